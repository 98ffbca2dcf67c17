"""Zero-sum matrix games as linear programs: which algorithm, and answers clean to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.optimize

from marl_kit.core.errors import MarlKitError, UnknownNameError
from marl_kit.solve.bimatrix.interior_point import interior_point
from marl_kit.solve.bimatrix.lemke_howson_exact import exact_path
from marl_kit.solve.bimatrix.support_system import (
    duality_gap,
    nearest_on_supports,
    on_supports,
)

ALGORITHMS = ("auto", "highs", "interior_point")
DENSE_ENTRIES = 1_600
"""From so many payoffs on (40 x 40), answers of the interior-point method. It is the faster one on
smaller games too, but where optimal strategies are many it answers with one in their middle, and
HiGHS with a vertex, which is easier to read."""
ACCEPTED = 1e-9
"""Relative to the payoffs that are met: where an answer has a larger gap, the other algorithm is
asked too (tables with one payoff that dwarfs the others)."""
EXACT_ENTRIES = 1_600
"""Payoffs up to which exact pivoting answers where both algorithms leave a gap: seconds at most."""
EXACT_WORK = 250_000
"""Payoffs times pivots, where it gives up: some five seconds at 40 x 40."""
CLIPPED = 1e3
"""Median distances from the median payoff beyond which a payoff counts as an outlier."""
ROUNDING = 16 * np.finfo(float).eps
"""Of the payoffs that are met: what a sum leaves behind."""
CLEAN = 1e-14
"""Relative to the payoff range: rounding; a gap below it is not worth another system."""
EXACT = 1e-12
"""Relative to the payoff range: an answer on the supports alone is taken up to this gap, even
from one with a smaller gap but a weight on everything."""
PLAYED = 1e-9
"""Below HiGHS's feasibility tolerance (1e-7) a weight carries no information."""

Found = tuple[np.ndarray, np.ndarray, str]
"""Strategies of both players, and how they were found."""


@dataclass(frozen=True, eq=False, slots=True)
class MatrixAnswer:
    """Optimal strategies of a zero-sum matrix game.

    Attributes
    ----------
    x, y : float64 [m] and [n]
    gap : float
        max(Ay) - min(x'A), in payoff units.
    how : str
        Which algorithm, and why.
    """

    x: np.ndarray
    y: np.ndarray
    gap: float
    how: str


def optimal_strategies(A: np.ndarray, algorithm: str = "auto") -> MatrixAnswer:
    """Optimal strategies of the zero-sum game with row player's payoffs ``A`` [m, n].

    Payoffs are moved and scaled into [0, 1] first, so that tolerances mean the same in every
    game. Answers are brought to rounding by solving the system of their supports.

    Parameters
    ----------
    algorithm : "auto", "highs" or "interior_point"
        ``"auto"``: HiGHS (simplex) below 1,600 payoffs, else the dense interior-point method;
        where one leaves a gap above 1e-9 of the payoffs that its strategies meet, the other is
        asked too, then both without the strictly dominated actions, then exact pivoting up to
        1,600 payoffs.

    Raises
    ------
    UnknownNameError
        No such algorithm.
    """
    if algorithm not in ALGORITHMS:
        raise UnknownNameError("algorithm of lp", str(algorithm), ALGORITHMS)
    chosen = algorithm
    if algorithm == "auto":
        chosen = "interior_point" if A.size >= DENSE_ENTRIES else "highs"
    order = (_highs, _interior_point) if chosen == "highs" else (_interior_point, _highs)
    unit = _unit(A)
    x, y, how = order[0](unit)
    if algorithm == "auto" and chosen != "highs":
        how = f"{how} ({A.shape[0]} x {A.shape[1]}, dense)"
    if not (_settled_on_supports(unit, x, y) or _settled(A, x, y)):
        x, y, how = _better_of(A, (x, y, how), order[1](unit))
        if not _settled(A, x, y):
            x, y, how = _with_more_care(A, (x, y, how))
    return MatrixAnswer(x, y, duality_gap(A, x, y), how)


def _unit(A: np.ndarray) -> np.ndarray:
    spread = float(np.ptp(A))
    return (A - A.min()) / spread if spread > 0 else np.zeros_like(A)


def _settled_on_supports(A: np.ndarray, x: np.ndarray, y: np.ndarray) -> bool:
    """``_settled`` from the payoffs on the supports alone, which a large game has at hand."""
    rows, columns = np.flatnonzero(x), np.flatnonzero(y)
    inner = A[np.ix_(rows, columns)]
    met = x[rows] @ np.abs(inner - x[rows] @ inner @ y[columns]) @ y[columns]
    return duality_gap(A, x, y) <= ACCEPTED * met


def _settled(A: np.ndarray, x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the gap is small beside the payoffs that the strategies meet.

    Measured from a payoff that is met: relative to the range, one forbidden outcome swallows the
    game.
    """
    near = A - A[np.argmax(x), np.argmax(y)]
    far = np.abs(near)
    met = x @ far @ y
    size = max(met, float((far @ y)[np.argmax(near @ y)]), float((x @ far)[np.argmin(x @ near)]))
    return duality_gap(near, x, y) <= ACCEPTED * met + ROUNDING * size


def _with_more_care(A: np.ndarray, found: Found) -> Found:
    """Where both algorithms have left a gap: a tamer table, else exact pivoting."""
    for answer in (_without_dominated, _clipped, _exactly):
        other = answer(A)
        if other is not None:
            found = _better_of(A, found, other)
            if _settled(A, *found[:2]):
                break
    return found


def _without_dominated(A: np.ndarray) -> Found | None:
    """The answer on what is left after strictly dominated rows and columns, at its own scale."""
    rows, columns = _undominated(A)
    if (len(rows), len(columns)) == A.shape:
        return None
    inner = A[np.ix_(rows, columns)]
    left = _unit(inner)
    found = _highs(left)
    if not _settled(inner, *found[:2]):
        found = _better_of(inner, found, _interior_point(left))
    x, y = np.zeros(A.shape[0]), np.zeros(A.shape[1])
    x[rows], y[columns] = found[:2]
    return x, y, f"{found[2]} on the {len(rows)} x {len(columns)} undominated actions"


def _clipped(A: np.ndarray) -> Found:
    """The answer to a table without outliers: it is one to ``A`` where it keeps away from them,
    and the caller measures that."""
    middle = np.median(A)
    reach = CLIPPED * np.median(np.abs(A - middle))
    x, y, how = _highs(_unit(np.clip(A, middle - reach, middle + reach)))
    return x, y, f"{how} with outliers clipped"


def _undominated(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns that no other pure action strictly dominates, again and again."""
    rows, columns = np.arange(A.shape[0]), np.arange(A.shape[1])
    while True:
        keep = _best_somewhere(A[np.ix_(rows, columns)])
        rows = rows[keep]
        stay = _best_somewhere(-A[np.ix_(rows, columns)].T)
        columns = columns[stay]
        if keep.all() and stay.all():
            return rows, columns


def _best_somewhere(A: np.ndarray) -> np.ndarray:
    """Rows without another that is better in every column, bool [m]."""
    return np.array([not np.any(np.all(A > row, axis=1)) for row in A])


def _exactly(A: np.ndarray) -> Found | None:
    """The equilibrium at the end of a Lemke-Howson path in integers; None for a large table."""
    if A.size > EXACT_ENTRIES:
        return None
    exact = np.vectorize(lambda z: Fraction(repr(float(z))), otypes=[object])(A)
    path = exact_path(np.stack([exact, -exact]), 0, EXACT_WORK // A.size)
    if not path.ended:
        return None
    x, y = (np.array([float(z) for z in strategy]) for strategy in path.profile)
    return x, y, f"exact Lemke-Howson, {path.pivots} pivots"


def _better_of(A: np.ndarray, first: Found, second: Found) -> Found:
    """The one with the smaller gap; says that the first was not good enough."""
    near = A - A[np.argmax(second[0]), np.argmax(second[1])]  # an offset would cost digits
    gaps = duality_gap(near, *first[:2]), duality_gap(near, *second[:2])
    if gaps[0] <= gaps[1]:
        return first
    before = first[2].partition(", as ")[0]
    return *second[:2], f"{second[2]}, as {before} left a gap of {gaps[0]:.0e}"


def _interior_point(A: np.ndarray) -> Found:
    x, y, iterations = interior_point(A)
    slack_x, slack_y = (x @ A) - (x @ A).min(), (A @ y).max() - A @ y
    x, y = _polished(A, x, y, x > slack_y, y > slack_x)
    return x, y, f"interior point, {iterations} iterations"


def _highs(A: np.ndarray) -> Found:
    """max v subject to x'A >= v: the column player's strategy is the dual solution."""
    m, n = A.shape
    result = scipy.optimize.linprog(
        c=np.r_[np.zeros(m), -1.0],
        A_ub=np.c_[-A.T, np.ones(n)],
        b_ub=np.zeros(n),
        A_eq=np.r_[np.ones(m), 0.0][None],
        b_eq=[1.0],
        bounds=[(0, None)] * m + [(None, None)],
        method="highs",
    )
    check_highs(result)
    x, y = distribution(result.x[:m]), distribution(-result.ineqlin.marginals)
    x, y = _polished(A, x, y, x > PLAYED, y > PLAYED)
    return x, y, "HiGHS"


def _polished(
    A: np.ndarray, x: np.ndarray, y: np.ndarray, plays_x: np.ndarray, plays_y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The strategies that are indifferent on the supports, where they are as good."""
    gap = duality_gap(A, x, y)
    rows, columns = np.flatnonzero(plays_x), np.flatnonzero(plays_y)
    sparse = np.all(plays_x == (x > 0)) and np.all(plays_y == (y > 0))
    if not (len(rows) and len(columns)) or (sparse and gap <= CLEAN):
        return x, y
    good = max(gap, EXACT)
    solved = on_supports(A, rows, columns) if len(rows) == len(columns) else None
    if solved is None or duality_gap(A, *solved) > good:
        solved = nearest_on_supports(A, x, y, rows, columns)
    return solved if solved is not None and duality_gap(A, *solved) <= good else (x, y)


def distribution(weights: np.ndarray) -> np.ndarray:
    """Weights without what rounding left below 0, summing to 1."""
    weights = np.maximum(weights, 0.0)
    return weights / weights.sum()


def check_highs(result: Any) -> None:
    """Raise where HiGHS gave up.

    Raises
    ------
    MarlKitError
    """
    if result.status != 0:
        raise MarlKitError(
            f"HiGHS could not solve the linear program ({result.message}); try method='cfr+'."
        )
