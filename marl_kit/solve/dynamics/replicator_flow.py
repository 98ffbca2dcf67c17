"""The replicator equation as a flow: scipy integrates it, with mutation if you like."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.core.interrupt import StopRequest
from marl_kit.core.trajectory import TIME
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import number
from marl_kit.solve.dynamics.populations import ONE, check_populations
from marl_kit.solve.dynamics.stepped import Piece
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs

ACCURACY = 1e-10
"""Local error of a step, relative and absolute, with payoffs in units of their range: constants of
motion then hold to some 1e-8 over a hundred units of time."""
AT_ONCE = 100
"""Recorded times that one call of the solver is asked for; it starts afresh after them, and Ctrl-C
loses those of the call that it meets."""
MOST_STEPS = 100_000
"""Of the solver, between two recorded times: seconds."""
ROW_TOLERANCE = 1e-9
"""Probabilities of a mutation matrix that were rounded to decimals."""

Slope = Callable[[np.ndarray, float], np.ndarray]
"""Rates of the variables at a point; the equations do not depend on the time."""
Read = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False, slots=True)
class FlowState:
    """An initial value problem in units in which the payoff range is 1.

    Its variables are those of the S shares and, behind them, the integrals of the shares.
    """

    slope: Slope
    scale: float  # units of the problem's time in a unit of time
    read: Read  # shares [K, S] from K values of the variables
    start: np.ndarray  # float64 [S]
    variables: np.ndarray  # float64 [2 S]


@dataclass(frozen=True, eq=False, slots=True)
class ReplicatorFlow:
    """The replicator equation x_a' = x_a (u_a - mean) in continuous time (Taylor and Jonker 1978).

    Payoffs and time are in the game's own units. Without mutation log x is integrated, so
    probabilities keep their relative accuracy however small they are, and zeros stay zeros.

    Attributes
    ----------
    populations : str
        ``"many"``: one a player (Taylor 1979). ``"one"``: a symmetric game within a population.
    mutation : float
        Rate mu of changing to a uniformly drawn action: adds mu (1/A - x_a) (Bomze and Burger
        1995).
    mutation_matrix : array_like [A, A], or a list of one a population
        Entry (b, a) is the probability that a child of b is an a: the replicator-mutator equation
        x_a' = sum_b x_b u_b Q_ba - x_a mean (Hadeler 1981). It depends on the level of payoffs,
        which should be positive.
    """

    populations: str = "many"
    mutation: float = 0.0
    mutation_matrix: Any = None

    unit: ClassVar[str] = TIME
    interior: ClassVar[bool] = True
    log_spaced: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_populations(self.populations)
        number("mutation", self.mutation)
        if not 0 <= self.mutation < np.inf:
            raise InvalidOptionError(f"mutation is {self.mutation}; give a finite rate >= 0.")

    @property
    def single(self) -> bool:
        return self.populations == ONE

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> FlowState:
        """At ``start``, which the caller has chosen."""
        assert start is not None, "the centre may be a rest point"
        if self.single:
            symmetric_payoffs(game, "replicator with one population")
            start = start[: game.num_actions[0]]
        sizes = game.num_actions[: 1 if self.single else None]
        matrices = _mutation(self.mutation_matrix, sizes)
        table = game.payoffs if matrices else levelled(game.payoffs)
        scale = _scale(table)
        payoffs, offset = _flat(table, scale)
        if self.mutation or matrices:
            values = _values(payoffs, offset, self.single)
            slope = _in_shares(values, sizes, self.mutation / scale, matrices)
            variables, read = start, partial(_normalised, sizes)
        else:
            inside = start > 0
            slope = _in_logarithms(payoffs, offset, self.single, inside)
            variables = np.log(np.where(inside, start, 1.0))
            read = partial(_softmax, sizes, inside)
        both = np.concatenate([variables, np.zeros(len(start))])
        return FlowState(slope, scale, read, start.copy(), both)

    def follow(self, state: FlowState, times: np.ndarray, stop: StopRequest) -> Iterator[Piece]:
        """Shares and their averages at the times, some at once."""
        yield times[:1], state.start[None], state.start[None]
        y, goals = state.variables, times * state.scale
        watch = Watch(state.slope, stop)
        for first in range(0, len(times) - 1, AT_ONCE):
            part = slice(first, first + AT_ONCE + 1)
            try:
                rows = _integrate(watch, y, goals[part])
            except StoppedError:
                # The solver's last trial point, within its accuracy of the path. At a time that
                # is already recorded it would add nothing.
                if watch.time > goals[first]:
                    now = np.array([watch.time])
                    yield _piece(state, now / state.scale, now, watch.point[None])
                return
            if not np.isfinite(rows).all():
                raise UnsupportedGameError(
                    f"the replicator equation cannot be followed from time {times[first]:.6g} "
                    f"to {times[part][-1]:.6g} with {MOST_STEPS:,} steps between recorded times; "
                    f"rescale the payoffs, or give a larger record or less time."
                )
            y = rows[-1]
            yield _piece(state, times[part][1:], goals[part][1:], rows)
            if stop.requested:
                return

    def note(self, state: FlowState, actions: tuple[str, ...]) -> str:
        return ""


class StoppedError(Exception):
    """Leads out of the solver's loop; never leaves this file."""


class Watch:
    """A slope that looks at Ctrl-C, as the solver's own loop does not."""

    __slots__ = ("point", "slope", "stop", "time")

    def __init__(self, slope: Slope, stop: StopRequest) -> None:
        self.slope, self.stop = slope, stop
        self.point, self.time = np.zeros(0), -np.inf

    def __call__(self, y: np.ndarray, time: float) -> np.ndarray:
        if self.stop.requested:
            self.point, self.time = y.copy(), time
            raise StoppedError
        return self.slope(y, time)


def _piece(state: FlowState, times: np.ndarray, goals: np.ndarray, rows: np.ndarray) -> Piece:
    """What is recorded of the variables at the problem's times ``goals``."""
    size = len(state.start)
    mean = np.maximum(rows[:, size:] / goals[:, None], 0.0)
    return times, state.read(rows[:, :size]), mean


def _integrate(slope: Slope, y: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The variables at ``times[1:]``; NaN where the solver gave up."""
    from scipy.integrate import ODEintWarning, odeint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ODEintWarning)
        rows, said = odeint(
            slope,
            y,
            times,
            rtol=ACCURACY,
            atol=ACCURACY,
            mxstep=MOST_STEPS,
            full_output=True,
        )
    good = "successful" in said["message"]
    return np.asarray(rows)[1:] if good else np.full((len(times) - 1, len(y)), np.nan)


def _parts(sizes: tuple[int, ...], x: np.ndarray) -> list[np.ndarray]:
    return np.split(x, np.cumsum(sizes)[:-1], axis=-1)


def _normalised(sizes: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    """Shares without what rounding leaves below 0."""
    sides = [np.maximum(side, 0.0) for side in _parts(sizes, x)]
    return np.concatenate([side / side.sum(axis=-1, keepdims=True) for side in sides], axis=-1)


def _softmax(sizes: tuple[int, ...], inside: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Shares from their logarithms up to a constant a population; 0 outside the support."""
    sides = _parts(sizes, np.where(inside, z, -np.inf))
    tops = [np.exp(side - side.max(axis=-1, keepdims=True)) for side in sides]
    return _normalised(sizes, np.concatenate(tops, axis=-1))


def _in_logarithms(
    payoffs: np.ndarray, offset: np.ndarray, single: bool, inside: np.ndarray
) -> Slope:
    """Variables z with x proportional to e^z; outside the support nothing moves."""
    from marl_kit.solve.dynamics import _matrix_kernels

    x, values = np.zeros(offset[-1]), np.zeros(offset[-1])

    def slope(y: np.ndarray, _: float) -> np.ndarray:
        out = np.empty_like(y)
        _matrix_kernels.replicator_slope(single, payoffs, offset, inside, y, x, values, out)
        return out

    return slope


def _in_shares(
    values: Read, sizes: tuple[int, ...], rate: float, matrices: list[np.ndarray] | None
) -> Slope:
    """Variables x themselves, which mutation moves off the faces."""
    centre = [np.full(n, 1.0 / n) for n in sizes]

    def slope(y: np.ndarray, _: float) -> np.ndarray:
        shares = y[: len(y) // 2]
        moves = []
        both = zip(_parts(sizes, shares), _parts(sizes, values(shares)), strict=True)
        for p, (x, u) in enumerate(both):
            born = x * u if matrices is None else (x * u) @ matrices[p]
            moves.append(born - x * (x @ u) + rate * (centre[p] - x))
        return np.concatenate([*moves, shares])

    return slope


def levelled(payoffs: np.ndarray) -> np.ndarray:
    """Payoffs less the best reply's to each choice of the others.

    That changes no difference between own actions, hence no path; and a level far above the
    differences would leave the solver nothing but its rounding errors.
    """
    return np.array([table - table.max(axis=p, keepdims=True) for p, table in enumerate(payoffs)])


def _scale(table: np.ndarray) -> float:
    """The largest range of a player's payoffs."""
    return max(float(np.ptp(side)) for side in table) or 1.0


def _flat(table: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    payoffs = np.ascontiguousarray(table.reshape(len(table), -1) / scale)
    return payoffs, np.concatenate([[0], np.cumsum(table.shape[1:])])


def _values(payoffs: np.ndarray, offset: np.ndarray, single: bool) -> Read:
    """Action values at a point."""
    from marl_kit.solve.dynamics import _matrix_kernels

    values = np.zeros(offset[-1])

    def of(x: np.ndarray) -> np.ndarray:
        _matrix_kernels.all_values(payoffs, offset, np.concatenate([x, x]) if single else x, values)
        return values[: offset[1]] if single else values

    return of


def _mutation(matrix: Any, sizes: tuple[int, ...]) -> list[np.ndarray] | None:
    if matrix is None:
        return None
    try:
        several = isinstance(matrix, list | tuple) and len(matrix) and np.ndim(matrix[0]) == 2
        found = [np.array(Q, np.float64) for Q in (matrix if several else [matrix] * len(sizes))]
    except (TypeError, ValueError) as error:
        raise InvalidOptionError(f"mutation_matrix is no table of numbers ({error}).") from error
    if [Q.shape for Q in found] != [(n, n) for n in sizes]:
        raise InvalidOptionError(
            f"mutation_matrix has shapes {[Q.shape for Q in found]}; give "
            f"{[(n, n) for n in sizes]}, one a population."
        )
    for p, Q in enumerate(found):
        off = ~((Q >= 0).all(axis=1) & (np.abs(Q.sum(axis=1) - 1) <= ROW_TOLERANCE))
        if off.any():
            row = int(np.argmax(off))
            raise InvalidOptionError(
                f"row {row} of population {p}'s mutation_matrix is {Q[row].tolist()}; rows are "
                f"probabilities that sum to 1."
            )
    return found
