"""The most even of a zero-sum game's optimal strategies.

The optimal strategies of one side are a polytope, and its point of greatest entropy is unique
(Balduzzi, Tuyls, Perolat and Graepel 2018, "Re-evaluating evaluation", NeurIPS 31, theorem 1). A
few linear programs find what can be positive on it; there the point has Gibbs form and a smooth
dual.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from marl_kit.core.errors import MarlKitError
from marl_kit.solve.correlated_lp import TIGHT
from marl_kit.solve.meta_games.exact_face import exact_face, reduced

POSITIVE = 1e-8
"""Weights and slacks (of payoffs in units of their range) below it are HiGHS' rounding."""
RANK = 1e-10
"""Singular values below it, relative to the largest, belong to dependent equations."""
SOLVED = 1e-15
"""Where equations hold as well as sums of probabilities can be told."""
ALLOWED = 1e-13
"""What rounding may leave of a row that must not be positive."""
NEWTON_STEPS = 200
SHORTEST = 1e-8
"""Shortest part of a Newton step that is tried."""


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """What holds for every point of {x >= 0, sum x = 1, rows x <= 0}, and what for some."""

    alive: np.ndarray  # bool [n]: x[i] > 0 for some point
    tight: np.ndarray  # bool [K]: rows[k] x = 0 for all points


def game_value(payoffs: np.ndarray) -> float:
    """Value of the zero-sum game, float64 [n, k], by linear programming.

    The error of ``p @ payoffs @ q`` is the product of the errors of p and q, so it is at rounding
    although HiGHS stops at 1e-10.
    """
    import scipy.optimize

    n, k = payoffs.shape
    result = scipy.optimize.linprog(
        np.r_[np.zeros(n), -1.0],
        A_ub=np.c_[-payoffs.T, np.ones(k)],
        b_ub=np.zeros(k),
        A_eq=np.r_[np.ones(n), 0.0][None],
        b_eq=[1.0],
        bounds=[(0, None)] * n + [(None, None)],
        method="highs",
        options=TIGHT,
    )
    if result.status != 0:
        raise MarlKitError(f"HiGHS could not find the value of the game ({result.message}).")
    p, q = _cleaned(result.x[:n]), _cleaned(-result.ineqlin.marginals)
    return float(p @ payoffs @ q)


def most_even(rows: np.ndarray) -> np.ndarray:
    """The point of greatest entropy of {x >= 0, sum x = 1, rows x <= 0}, float64 [n].

    Parameters
    ----------
    rows : float64 [K, n]
        The set must not be empty.
    """
    kept = np.arange(rows.shape[1])
    while True:  # a column that is dead must not set the scale of the others
        inside = _scaled(rows[:, kept])
        face = find_face(inside)
        if face.alive.all():
            break
        kept = kept[face.alive]
    x = np.zeros(rows.shape[1])
    x[kept] = _gibbs_point(_basis(inside[face.tight]), inside[~face.tight])
    return x


def most_even_exactly(rows: np.ndarray) -> np.ndarray:
    """The same from Fractions: the face is exact, and so is the point where there is only one."""
    alive, tight = exact_face(rows)
    inside = rows[:, alive]
    equations, _ = reduced(inside[tight])
    ones = np.full((1, inside.shape[1] + 1), Fraction(1), object)
    system = np.vstack([np.c_[equations, np.zeros(len(equations), object)], ones])
    known, _ = reduced(system)
    x = np.zeros(rows.shape[1])
    if len(known) == inside.shape[1]:
        x[alive] = known[:, -1].astype(float)
    else:
        basis = _basis(_scaled(equations))
        x[alive] = _gibbs_point(basis, _scaled(inside[~tight]))
    return x


def _scaled(rows: np.ndarray) -> np.ndarray:
    """float64 rows whose largest entry is 1, or 0 throughout."""
    if not rows.size:
        return np.zeros(rows.shape)
    top = np.abs(rows).max(axis=1, keepdims=True)
    return (rows / np.where(top == 0, 1, top)).astype(float)


def find_face(rows: np.ndarray) -> Face:
    """Maximise what has not been positive yet, until nothing is left that can be."""
    import scipy.optimize

    count, n = rows.shape
    alive, loose = np.zeros(n, bool), np.zeros(count, bool)
    while not (alive.all() and loose.all()):
        wanted = np.where(alive, 0.0, 1.0) - rows[~loose].sum(axis=0)
        result = scipy.optimize.linprog(
            -wanted,
            A_ub=rows,
            b_ub=np.zeros(count),
            A_eq=np.ones((1, n)),
            b_eq=[1.0],
            method="highs",
            options=TIGHT,
        )
        if result.status != 0:
            raise MarlKitError(f"HiGHS could not find the optimal strategies ({result.message}).")
        new_alive = ~alive & (result.x > POSITIVE)
        new_loose = ~loose & (rows @ result.x < -POSITIVE)
        if not (new_alive.any() or new_loose.any()):
            break
        alive |= new_alive
        loose |= new_loose
    return Face(alive, ~loose)


def _cleaned(x: np.ndarray) -> np.ndarray:
    x = np.where(x > POSITIVE, x, 0.0)
    return x / x.sum()


def _basis(rows: np.ndarray) -> np.ndarray:
    """Orthonormal rows with the same null space."""
    if not rows.size:
        return np.zeros((0, rows.shape[1]))
    _, size, basis = np.linalg.svd(rows, full_matrices=False)
    return basis[size > RANK * max(size[0], 1.0)]


def _gibbs_point(equations: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The point of greatest entropy with ``equations x = 0`` and ``rows x <= 0``.

    Rows are taken for equations one by one, the most violated first, and left again where their
    multiplier would be negative, as in Lawson and Hanson's (1974) least squares; the dual value
    falls with every step, so no set of rows comes twice.
    """
    held: list[int] = []
    y = before = np.zeros(len(equations))
    while True:
        y, x = _newton(np.vstack([equations, rows[held]]), y)
        while len(y) > len(equations) and y[len(equations) :].min() < 0:
            at = before + (y - before) * _first_zero(before, y, len(equations))
            leave = len(equations) + int(np.argmin(at[len(equations) :]))
            before = np.delete(at, leave)
            del held[leave - len(equations)]
            y, x = _newton(np.vstack([equations, rows[held]]), before)
        left = rows @ x
        if not len(rows) or left.max() <= ALLOWED or len(held) > len(x):
            return x  # whoever asked checks it: rounding may have kept more rows than there can be
        held.append(int(np.argmax(left)))
        y = np.append(y, 0.0)
        before = y


def _first_zero(before: np.ndarray, after: np.ndarray, start: int) -> float:
    """Part of the way to ``after`` on which no multiplier from ``start`` on becomes negative."""
    falls = np.flatnonzero(after[start:] < 0) + start
    return float(np.min(before[falls] / (before[falls] - after[falls])))


def _newton(matrix: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the dual log sum exp(-y matrix); the multipliers and the point."""
    value, x = _dual(matrix, y)
    for _ in range(NEWTON_STEPS):
        slope = -(matrix @ x)
        worst = np.abs(slope).max(initial=0.0)
        if worst < SOLVED:
            break
        spread = (matrix * x) @ matrix.T - np.outer(slope, slope)
        step = np.linalg.lstsq(spread, -slope, rcond=SOLVED)[0]
        length = 1.0
        while length > SHORTEST:
            new, point = _dual(matrix, y + length * step)
            near = new <= value + SOLVED * (1 + abs(value))
            if new < value - SOLVED or (near and np.abs(matrix @ point).max() < worst):
                break
            length /= 2
        else:
            break
        y, value, x = y + length * step, new, point
    return y, x


def _dual(matrix: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    score = -(y @ matrix)
    top = score.max()
    weight = np.exp(score - top)
    total = weight.sum()
    return float(top + np.log(total)), weight / total
