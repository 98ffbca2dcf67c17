"""Games that begin at random, so that two who always answer the same do not play one again and
again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.games.game import State
from marl_kit.play.mcts import SearchPlayer
from marl_kit.play.random_player import RandomPlayer

PLIES = 2
"""More would decide most games of a small board, and pull all ratings together."""
RANDOM = RandomPlayer()


@dataclass(frozen=True, eq=False, slots=True)
class RandomOpening:
    """A player who draws moves evenly on the first plies of a game, chance included."""

    player: SearchPlayer
    plies: int = PLIES

    def act(self, state: State, rng: np.random.Generator) -> int:
        return self.act_batch([state], [rng])[0]

    def act_batch(self, states: Sequence[State], rngs: Sequence[np.random.Generator]) -> list[int]:
        later = [i for i, state in enumerate(states) if len(state.history()) >= self.plies]
        asked = [states[i] for i in later], [rngs[i] for i in later]
        told = iter(self.player.act_batch(*asked) if later else [])
        return [
            RANDOM.act(state, rng) if len(state.history()) < self.plies else next(told)
            for state, rng in zip(states, rngs, strict=True)
        ]
