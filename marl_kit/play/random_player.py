"""The player that everybody is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import Game, State


@dataclass(frozen=True, slots=True)
class RandomPlayer:
    """Plays every legal action with equal probability."""

    spec: str = "random"

    def act(self, state: State, rng: np.random.Generator) -> int:
        legal = state.legal_actions()
        # several times faster than rng.integers, and as even as doubles are fine
        return legal[int(rng.random() * len(legal))]

    def probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}``, all equal."""
        legal = state.legal_actions()
        return dict.fromkeys(legal, 1.0 / len(legal))


def random_player(game: Game) -> RandomPlayer:
    """Build ``random``."""
    return RandomPlayer()
