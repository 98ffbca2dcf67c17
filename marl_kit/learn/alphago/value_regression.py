"""Stage 3: values, learned from one position of each game."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.core.seeds import child, generator
from marl_kit.games.game import Game
from marl_kit.learn.alphago.options import AlphaGo
from marl_kit.learn.alphago.positions import Decision, decision_at, packed, play_on
from marl_kit.learn.alphago.records import Record
from marl_kit.learn.alphago.supervised import fitted
from marl_kit.learn.alphazero.examples import Examples
from marl_kit.learn.networks.architecture import PolicyValueNetwork
from marl_kit.learn.networks.view import View
from marl_kit.play.player import Player
from marl_kit.play.random_player import RandomPlayer

CHUNK = 512
"""Games that are played side by side."""


def value_network(
    view: View, examples: Examples, options: AlphaGo, root: np.random.SeedSequence
) -> PolicyValueNetwork:
    """A network whose values are those of the examples; its policy is not learned."""
    return fitted(view, examples, options, options.value_steps, root)


def value_positions(
    game: Game,
    view: View,
    supervised: Player,
    reinforced: Player,
    records: Sequence[Record],
    games: int,
    root: np.random.SeedSequence,
) -> Examples:
    """Positions from games of their own, each with the result of its game.

    The supervised policy makes U moves, U drawn evenly below the length of the longest recorded
    game; one move is drawn evenly from all that are legal; then comes the position, and the
    reinforced policy plays on to the end (Silver et al. 2016, methods, "Value network:
    regression"). Two positions of one game would share one result, and a network would remember
    it. Games that are over too early leave nothing.

    Raises
    ------
    UnsupportedGameError
        No game came as far as a position after a move.
    """
    longest = max(map(len, records))
    told: list[Decision] = []
    for first in range(0, games, CHUNK):
        numbers = range(first, min(first + CHUNK, games))
        told += _chunk(game, supervised, reinforced, longest, numbers, root)
    if not told:
        raise UnsupportedGameError(
            f"no game of {game.name} goes on after its first moves, so there are no positions "
            f"whose values can be learned; give a longer game, or more value_games."
        )
    return packed(view, told)


def _chunk(
    game: Game,
    supervised: Player,
    reinforced: Player,
    longest: int,
    numbers: range,
    root: np.random.SeedSequence,
) -> list[Decision]:
    rngs = [generator(root, number) for number in numbers]
    states = [game.begin(int(child(root, n, "chance").generate_state(1)[0])) for n in numbers]
    play_on(states, supervised, rngs, np.array([rng.integers(longest) for rng in rngs]))
    play_on(states, RandomPlayer(), rngs, np.ones(len(states), np.int64))
    kept = [i for i, state in enumerate(states) if not state.is_terminal()]
    states, rngs = [states[i] for i in kept], [rngs[i] for i in kept]
    before = [state.clone() for state in states]
    play_on(states, reinforced, rngs)
    return [
        decision_at(position, None, end.returns(), numbers[i])
        for i, position, end in zip(kept, before, states, strict=True)
    ]
