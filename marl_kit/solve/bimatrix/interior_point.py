"""A dense primal-dual interior-point method for zero-sum matrix games.

With slacks s = A'x - v and t = w - Ay, optimal strategies are the zeros of

    A'x - s = v 1,  1'x = 1,  Ay + t = w 1,  1'y = 1,  x t = 0,  y s = 0     (all >= 0).

A game needs no first phase: the uniform strategies with v low and w high enough are strictly
feasible, and Newton steps keep every equation but the last two. Predictor and corrector are
Mehrotra's (1992, "On the implementation of a primal-dual interior point method", SIAM J.
Optimization 2); the normal equations are dense, so one rank-k product and one Cholesky
factorisation of the smaller side are nearly all of the work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dpotrf, dpotrs

from marl_kit.solve.bimatrix.support_system import duality_gap, on_supports

ITERATIONS = 100
"""Twenty are usual at 1000 x 1000; whoever needs more is stuck."""
GAP = 1e-12
"""Relative to the payoff range: near rounding, so that supports can be told from the rest."""
GOOD = 1e-9
"""Relative to the payoff range: below it, one step that gets nowhere is the end."""
SLOW, PATIENCE = 0.9, 5
"""Farther from the end, so many steps in a row that each leave more than this share of the gap."""
EXACT = 1e-12
"""Relative to the payoff range: what rounding leaves of a solved system of some hundred rows. A
supports' solution this good ends the run early."""
MARGIN = 0.3
"""First slacks, in units of the spread of the payoffs against uniform play (tuned: 0.1 to 3)."""
TO_THE_WALL = 0.995
"""Share of the way to the boundary that a step goes (tuned: 0.99 to 0.9995)."""
REGULAR = (0.0, 1e-15, 1e-13, 1e-11)
"""Added to the diagonal in units of its maximum, in turn, until the factorisation succeeds."""


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """A strictly feasible pair of strategies; also a direction between two of them."""

    x: np.ndarray  # float64 [m]
    s: np.ndarray  # float64 [n]: what the row player gets above v
    v: float
    y: np.ndarray  # float64 [n]
    t: np.ndarray  # float64 [m]: what the rows fall short of w
    w: float

    @property
    def gap(self) -> float:
        """w - v, the complementarity that is left."""
        return float(self.x @ self.t + self.y @ self.s)

    def moved(self, step: Point, own: float, other: float) -> Point:
        """``own`` of the way along the row player's side, ``other`` along the column player's."""
        return Point(
            self.x + own * step.x,
            self.s + own * step.s,
            self.v + own * step.v,
            self.y + other * step.y,
            self.t + other * step.t,
            self.w + other * step.w,
        )


def interior_point(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Optimal strategies of both players, and the iterations that it took.

    Parameters
    ----------
    A : float64 [m, n]
        The row player's payoffs, within [0, 1].

    Returns
    -------
    x : float64 [m]
    y : float64 [n]
        Whether they are good enough is for the caller to measure: a run that gets stuck returns
        what it has.
    """
    if A.shape[0] > A.shape[1]:  # the normal equations have a row for each of x
        y, x, iterations = interior_point(-A.T)
        return x, y, iterations
    A = np.asfortranarray(A)
    point, slow = _start(A), 0
    for iteration in range(ITERATIONS):
        if point.gap < GAP or slow == PATIENCE or (slow and point.gap < GOOD):
            break
        system = _factorise(A, point)
        if system is None:
            break
        before, point = point.gap, _iterate(system, point)
        slow = slow + 1 if point.gap > SLOW * before else 0
        solved = _early(A, point)
        if solved is not None:
            return *solved, iteration + 1
    x, y = np.maximum(point.x, 0.0), np.maximum(point.y, 0.0)
    return x / x.sum(), y / y.sum(), iteration


def _start(A: np.ndarray) -> Point:
    m, n = A.shape
    x, y = np.full(m, 1.0 / m), np.full(n, 1.0 / n)
    low, high = x @ A, A @ y
    margin = MARGIN * max(float(np.ptp(low)), float(np.ptp(high)))
    v, w = float(low.min()) - margin, float(high.max()) + margin
    return Point(x, low - v, v, y, w - high, w)


def _early(A: np.ndarray, point: Point) -> tuple[np.ndarray, np.ndarray] | None:
    """The strategies that make the likely supports indifferent, if they are optimal already."""
    rows, columns = np.flatnonzero(point.x > point.t), np.flatnonzero(point.y > point.s)
    if len(rows) != len(columns):  # the answer is not a single point, or it is not yet in sight
        return None
    solved = on_supports(A, rows, columns)
    return solved if solved is not None and duality_gap(A, *solved) < EXACT else None


@dataclass(frozen=True, eq=False, slots=True)
class _System:
    """The normal equations of a point, factorised.

    Steps keep 1'dy = 0, so a constant may be taken off each row of A: its mean by the weights
    y / s leaves dv and dx uncoupled, and out the cancellation that solving for dv would bring.
    They keep 1'dx = 0 as well, so a constant may be added to the whole matrix: near the end the
    rows that are played depend on each other but for it.
    """

    point: Point
    mean: np.ndarray  # float64 [m]: weighted mean of each row of A
    rows: np.ndarray  # float64 [m, n]: (A - mean) sqrt(y / s)
    root: np.ndarray  # float64 [n]: sqrt(y / s)
    factor: np.ndarray  # float64 [m, m]: Cholesky factor of rows rows' + diag(t / x) + constant
    ones: np.ndarray  # float64 [m]: the solution for a right-hand side of ones

    def direction(self, xt: np.ndarray, ys: np.ndarray) -> Point:
        """The Newton step that changes the products x t and y s by ``xt`` and ``ys``."""
        p = self.point
        free = ys / p.s
        base = dpotrs(self.factor, self.rows @ (free / self.root) + xt / p.x, lower=1)[0]
        dw = float(base.sum() / self.ones.sum())
        dx = base - dw * self.ones
        gained = (dx @ self.rows) / self.root
        shift = -float(free.sum() / (self.root @ self.root))
        dy = self.root * self.root * (shift - gained) + free
        dt = dw - self.rows @ (dy / self.root)
        return Point(dx, gained - shift, shift + float(self.mean @ dx), dy, dt, dw)


def _factorise(A: np.ndarray, point: Point) -> _System | None:
    weight = point.y / point.s
    mean = (A @ weight) / weight.sum()
    root = np.sqrt(weight)
    rows = A - mean[:, None]
    rows *= root
    diagonal = np.diag_indices(len(A))
    for regular in REGULAR:
        normal = dsyrk(1.0, rows, lower=1)
        normal[diagonal] += point.t / point.x
        normal += normal[diagonal].mean() / len(A)
        normal[diagonal] += regular * normal[diagonal].max()
        factor, failed = dpotrf(normal, lower=1, clean=0, overwrite_a=1)
        if not failed:
            ones = dpotrs(factor, np.ones(len(A)), lower=1)[0]
            return _System(point, mean, rows, root, factor, ones)
    return None


def _iterate(system: _System, p: Point) -> Point:
    """Predict where the boundary is, correct towards the middle."""
    xt, ys = p.x * p.t, p.y * p.s
    affine = system.direction(-xt, -ys)
    reached = p.moved(affine, *_lengths(p, affine, 1.0)).gap
    per_pair = p.gap / (len(p.x) + len(p.y))
    target = (reached / p.gap) ** 3 * per_pair
    step = system.direction(target - xt - affine.x * affine.t, target - ys - affine.y * affine.s)
    return p.moved(step, *_lengths(p, step, TO_THE_WALL))


def _lengths(p: Point, step: Point, share: float) -> tuple[float, float]:
    own = min(_until_zero(p.x, step.x), _until_zero(p.s, step.s))
    other = min(_until_zero(p.y, step.y), _until_zero(p.t, step.t))
    return min(1.0, share * own), min(1.0, share * other)


def _until_zero(z: np.ndarray, dz: np.ndarray) -> float:
    steepest = float((dz / z).min())
    return -1.0 / steepest if steepest < 0 else np.inf
