"""Replicator dynamics on a normal form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.dynamics.matrix_state import MatrixState, strategies, uniform_state


@dataclass(frozen=True, slots=True)
class Replicator:
    """Multi-population replicator dynamics (Taylor and Jonker 1978; Taylor 1979), by RK4.

    The start is drawn from the interior of the simplices (uniform Dirichlet, by ``seed``): the
    centre itself can be an unstable rest point. The answer is the last point. Cycles, as in
    rock-scissors-paper, are the dynamics' true behaviour and show in the NashConv.

    Attributes
    ----------
    dt : float
        Step in units of time, with payoffs scaled to a range of 1; in (0, 1].
    """

    dt: float = 0.1

    def __post_init__(self) -> None:
        is_number = isinstance(self.dt, int | float) and not isinstance(self.dt, bool)
        if not is_number or not 0 < self.dt <= 1:
            raise InvalidOptionError(f"dt is {self.dt!r}; give a step in (0, 1].")

    def init(self, game: NormalFormGame, rng: np.random.Generator) -> MatrixState:
        """A random interior point."""
        state = uniform_state(game)
        state.mixed[:] = np.concatenate([rng.dirichlet(np.ones(n)) for n in game.num_actions])
        return state

    def step(self, state: MatrixState, n: int) -> None:
        """Advance by n steps of ``dt``."""
        from marl_kit.solve.dynamics import _matrix_kernels

        _matrix_kernels.replicator(
            n, self.dt, state.payoffs, state.offset, state.mixed, state.values
        )
        state.t += n

    def profile(self, game: NormalFormGame, state: MatrixState) -> list[np.ndarray]:
        """The present point."""
        return strategies(state)
