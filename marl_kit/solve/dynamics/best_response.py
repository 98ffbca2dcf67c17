"""The best-response dynamic in continuous time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.interrupt import StopRequest
from marl_kit.core.trajectory import TIME
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import number
from marl_kit.solve.dynamics.matrix_state import TIE, MatrixState, uniform_state
from marl_kit.solve.dynamics.populations import ONE, check_populations
from marl_kit.solve.dynamics.stepped import Pace, Piece
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs

MOST_PIECES = 1e9
"""Of a path, where changes of the best reply pile up: hours."""
UNBOUNDED = 2**62


@dataclass(eq=False, slots=True)
class PathState(MatrixState):
    """The point (``mixed``) and where it is heading."""

    time: float
    total: np.ndarray  # float64 [sum A]; integral of the path
    drift: np.ndarray  # float64 [sum A]; action values at the best replies
    aims: np.ndarray  # int64 [P]; the best replies, -1 before the first


@dataclass(frozen=True, slots=True)
class BestResponseDynamic:
    """x' = best reply to x, minus x (Gilboa and Matsui 1991; Matsui 1992).

    Paths are straight towards a vertex until the best reply changes. With two players the changes
    are computed in closed form, in place of an integrator, for which the right-hand side jumps.
    Where several replies are best, the one that stays best when followed is taken (the path of
    least surprise: there can be others).

    Attributes
    ----------
    populations : str
        ``"many"`` or ``"one"``.
    shortest : float
        Shortest time between two changes; where they would come more often, as they do close to
        an equilibrium in mixed strategies, and with more than two players everywhere, the path is
        made of pieces of this length. In (0, 0.1], and at least 1e-9 of the time.
    """

    populations: str = "many"
    shortest: float = 1e-4

    unit: ClassVar[str] = TIME
    interior: ClassVar[bool] = True
    log_spaced: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_populations(self.populations)
        number("shortest", self.shortest)
        if not 0 < self.shortest <= 0.1:
            raise InvalidOptionError(f"shortest is {self.shortest}; give a time in (0, 0.1].")

    @property
    def single(self) -> bool:
        return self.populations == ONE

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> PathState:
        """At ``start``, which the caller has chosen."""
        assert start is not None, "the centre may be a rest point"
        if self.single:
            symmetric_payoffs(game, "best_response with one population")
        s = uniform_state(game)
        s.mixed[:] = start
        zeros = np.zeros_like(s.mixed)
        aims = np.full(game.num_players, -1)
        return PathState(0, s.payoffs, s.offset, s.mixed, s.values, 0.0, zeros, zeros.copy(), aims)

    def follow(self, state: PathState, times: np.ndarray, stop: StopRequest) -> Iterator[Piece]:
        """One point after another."""
        self._check(float(times[-1]))
        pace = Pace()
        for until in times:
            self._advance(state, float(until), pace, stop)
            mean = state.total / state.time if state.time else state.mixed
            yield np.array([state.time]), self._part(state, state.mixed), self._part(state, mean)
            if stop.requested:
                return

    def _check(self, end: float) -> None:
        if end > MOST_PIECES * self.shortest:
            raise InvalidOptionError(
                f"shortest is {self.shortest:g} and the time {end:g}: the path can need more than "
                f"{MOST_PIECES:,.0f} pieces; give a shortest of at least {end / MOST_PIECES:g}, or "
                f"less time."
            )

    def _advance(self, state: PathState, until: float, pace: Pace, stop: StopRequest) -> None:
        """Move to the time ``until``, in blocks of pieces that are the same without blocks."""
        left = until - state.time
        while left > 0:
            left = pace.run(partial(self._move, state, left), UNBOUNDED)
            if stop.requested:
                break
        state.time = until - max(left, 0.0)

    def _move(self, state: PathState, duration: float, most: int) -> float:
        """At most so many pieces; returns the time that is left of ``duration``."""
        from marl_kit.solve.dynamics import _matrix_kernels

        left: float = _matrix_kernels.best_response(
            most,
            duration,
            float(self.shortest),
            TIE,
            self.single,
            state.payoffs,
            state.offset,
            state.mixed,
            state.total,
            state.values,
            state.drift,
            state.aims,
        )
        return left

    def _part(self, state: PathState, x: np.ndarray) -> np.ndarray:
        """Of the first player where both are the same population; a row of its own."""
        return np.array(x[: state.offset[1]] if self.single else x)[None]

    def note(self, state: PathState, actions: tuple[str, ...]) -> str:
        return ""
