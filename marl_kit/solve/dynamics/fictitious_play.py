"""Fictitious play on a normal form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.dynamics.matrix_state import MatrixState, strategies, uniform_state

TIE = 1e-12
"""Relative to the payoff range: averages of t plays carry rounding errors of about this size, and
a tie must fall to the first action however the numbers were rounded."""


@dataclass(frozen=True, slots=True)
class FictitiousPlay:
    """Simultaneous fictitious play (Brown 1951) for any number of players.

    Round 1 is a best reply to uniform play; round t + 1 to the average of the t plays so far. The
    answer is the averages.
    """

    def init(self, game: NormalFormGame, rng: np.random.Generator) -> MatrixState:
        """No plays yet, uniform beliefs; ``rng`` is not used."""
        return uniform_state(game)

    def step(self, state: MatrixState, n: int) -> None:
        """Play n rounds."""
        from marl_kit.solve.dynamics import _matrix_kernels

        _matrix_kernels.fictitious_play(
            n, state.t, TIE, state.payoffs, state.offset, state.mixed, state.values
        )
        state.t += n

    def profile(self, game: NormalFormGame, state: MatrixState) -> list[np.ndarray]:
        """Average plays."""
        return strategies(state)
