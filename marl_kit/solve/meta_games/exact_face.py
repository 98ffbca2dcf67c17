"""Optimal strategies of small zero-sum games in exact arithmetic.

The same face and value as ``most_even`` finds with HiGHS, whatever the payoffs' orders of
magnitude: a forbidden cell of 10**12 beside cells of 1 leaves no room for tolerances.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np


def exact_value(payoffs: np.ndarray) -> Fraction:
    """Value of the zero-sum game, Fractions [n, k]: 1 / max sum u with (payoffs > 0) u <= 1."""
    lift = 1 - min(payoffs.ravel())
    k = payoffs.shape[1]
    u = maximise(np.ones(k, object), payoffs + lift, np.ones(len(payoffs), object))
    return 1 / sum(u) - lift


def exact_face(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which entries of {x >= 0, sum x = 1, rows x <= 0} can be positive, and which rows are 0.

    The set is a slice of a cone, so ``sum x <= 1`` does as well and 0 is a vertex to start from.
    """
    count, n = rows.shape
    alive, loose = np.zeros(n, bool), np.zeros(count, bool)
    system = np.vstack([rows, np.ones((1, n), object)])
    bound = np.array([0] * count + [1], object)
    while True:
        wanted = np.where(alive, 0, 1).astype(object) - rows[~loose].sum(axis=0)
        x = maximise(wanted, system, bound)
        new_alive = ~alive & (x > 0).astype(bool)
        new_loose = ~loose & (rows @ x < 0).astype(bool)
        if not (new_alive.any() or new_loose.any()):
            return alive, ~loose
        alive |= new_alive
        loose |= new_loose


def reduced(rows: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Reduced row echelon form of Fractions [K, n] without its zero rows, and its pivots."""
    rows = rows.copy()
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        top = len(pivots)
        nonzero = [i for i in range(top, len(rows)) if rows[i, column] != 0]
        if not nonzero:
            continue
        rows[[top, nonzero[0]]] = rows[[nonzero[0], top]]
        rows[top] = rows[top] / Fraction(rows[top, column])
        for i in range(len(rows)):
            if i != top and rows[i, column] != 0:
                rows[i] = rows[i] - rows[i, column] * rows[top]
        pivots.append(column)
    return rows[: len(pivots)], pivots


def maximise(gain: np.ndarray, system: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """A vertex that maximises ``gain x`` over {x >= 0, system x <= bound}, bound >= 0; Fractions.

    The simplex method with Bland's (1977) rule, which cannot cycle, on integers over one common
    denominator (Edmonds 1967).
    """
    count, n = system.shape
    table = np.empty((count + 1, n + 1), object)
    for i in range(count):
        table[i] = _whole(np.append(system[i], bound[i]))
    table[count] = _whole(np.append(-gain, 0))
    inside, outside = list(range(n, n + count)), list(range(n))  # basic and nonbasic variables
    unit = 1
    while (s := _entering(table[count, :n], outside)) is not None:
        r = _leaving(table[:count], s, inside)
        unit = _pivot(table, r, s, unit)
        inside[r], outside[s] = outside[s], inside[r]
    x = np.array([Fraction(0)] * n, object)
    for i, name in enumerate(inside):
        if name < n:
            x[name] = Fraction(table[i, n], unit)
    return x


def _whole(row: np.ndarray) -> np.ndarray:
    """The row in integers without a common factor."""
    parts = [Fraction(x) for x in row]
    common = math.lcm(*(x.denominator for x in parts))
    whole = [int(x * common) for x in parts]
    factor = math.gcd(*whole) or 1
    return np.array([x // factor for x in whole], object)


def _entering(reduced_costs: np.ndarray, outside: list[int]) -> int | None:
    useful = [s for s, cost in enumerate(reduced_costs) if cost < 0]
    return min(useful, key=lambda s: outside[s], default=None)


def _leaving(table: np.ndarray, s: int, inside: list[int]) -> int:
    """The row that binds first; the set is bounded, so there is one."""
    binding = [i for i, row in enumerate(table) if row[s] > 0]
    return min(binding, key=lambda i: (Fraction(table[i, -1], table[i, s]), inside[i]))


def _pivot(table: np.ndarray, r: int, s: int, unit: int) -> int:
    """Exchange the basic variable of row r for the nonbasic one of column s."""
    row, column, pivot = table[r].copy(), table[:, s].copy(), table[r, s]
    table[:] = (table * pivot - np.outer(column, row)) // unit
    table[:, s] = -column
    table[r] = row
    table[r, s] = unit
    return int(pivot)
