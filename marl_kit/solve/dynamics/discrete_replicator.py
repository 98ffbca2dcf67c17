"""The replicator dynamic in generations, and the choice between it and the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import number
from marl_kit.solve.dynamics.matrix_state import MatrixState, uniform_state
from marl_kit.solve.dynamics.populations import ONE, check_populations
from marl_kit.solve.dynamics.replicator_flow import ReplicatorFlow
from marl_kit.solve.dynamics.stepped import Stepped
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs


def replicator_dynamics(
    populations: str = "many",
    mutation: float = 0.0,
    mutation_matrix: Any = None,
    discrete: bool = False,
    background: float | None = None,
) -> ReplicatorFlow | DiscreteReplicator:
    """The flow, or with ``discrete`` the generations, of the replicator dynamic."""
    if not isinstance(discrete, bool):
        raise InvalidOptionError(f"discrete is {discrete!r}; give True or False.")
    if not discrete and background is not None:
        raise InvalidOptionError("background is for discrete=True only: time has no generations.")
    if not discrete:
        return ReplicatorFlow(populations, mutation, mutation_matrix)
    if mutation or mutation_matrix is not None:
        raise InvalidOptionError("mutation is for continuous time; leave it out or discrete=True.")
    return DiscreteReplicator(populations, background)


@dataclass(eq=False, slots=True)
class GenerationState(MatrixState):
    """Shares (``mixed``) and their sum over the generations."""

    background: np.ndarray  # float64 [P]; added to payoffs
    total: np.ndarray  # float64 [sum A]


@dataclass(frozen=True, slots=True)
class DiscreteReplicator(Stepped):
    """Shares grow in proportion to fitness, payoff + background (Weibull 1995, section 4.1).

    Attributes
    ----------
    populations : str
        ``"many"`` or ``"one"``.
    background : float, optional
        Fitness that everybody has beside the payoff, in payoff units; with it every fitness must
        be positive. Without, every player's lowest payoff counts as one payoff range, so that
        neither units nor the level of payoffs matter. The larger, the smaller the steps.
    """

    populations: str = "many"
    background: float | None = None

    interior: ClassVar[bool] = True
    log_spaced: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_populations(self.populations)
        if self.background is not None:
            number("background", self.background)
            if not abs(self.background) < np.inf:
                raise InvalidOptionError(f"background is {self.background}; give a finite number.")

    @property
    def single(self) -> bool:
        return self.populations == ONE

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> GenerationState:
        """At ``start``, which the caller has chosen."""
        assert start is not None, "the centre may be a rest point"
        if self.single:
            symmetric_payoffs(game, "replicator with one population")
        s = uniform_state(game)
        s.mixed[:] = start
        background = self._background(game)
        return GenerationState(
            s.t, s.payoffs, s.offset, s.mixed, s.values, background, np.zeros_like(s.mixed)
        )

    def _background(self, game: NormalFormGame) -> np.ndarray:
        """In units of each player's range, and above its lowest payoff."""
        if self.background is None:
            return np.ones(game.num_players)
        flat = game.payoffs.reshape(game.num_players, -1)
        low, spread = flat.min(axis=1), np.ptp(flat, axis=1)
        if low.min() + self.background <= 0:
            player = int(np.argmin(low))
            cell = np.unravel_index(int(np.argmin(flat[player])), game.num_actions)
            raise InvalidOptionError(
                f"with background={self.background:g} player {player}'s fitness at "
                f"{tuple(int(a) for a in cell)} is {low.min() + self.background:g}; it must be "
                f"above 0: give a larger background."
            )
        return (low + self.background) / np.where(spread > 0, spread, 1.0)

    def step(self, state: GenerationState, n: int) -> None:
        """n generations."""
        from marl_kit.solve.dynamics import _matrix_kernels

        _matrix_kernels.discrete_replicator(
            n,
            self.single,
            state.payoffs,
            state.offset,
            state.background,
            state.mixed,
            state.total,
            state.values,
        )
        state.t += n

    def _part(self, state: GenerationState, x: np.ndarray) -> np.ndarray:
        return x[: state.offset[1]] if self.single else x

    def current(self, state: GenerationState) -> np.ndarray:
        return self._part(state, state.mixed)

    def average(self, state: GenerationState) -> np.ndarray:
        """Over the generations so far."""
        return self._part(state, state.total / state.t if state.t else state.mixed)

    def note(self, state: GenerationState, actions: tuple[str, ...]) -> str:
        return "discrete generations"
