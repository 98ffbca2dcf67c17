"""Lemke and Howson's path in exact arithmetic: integer tableaux over a common denominator.

Both best-response polytopes {z >= 0, M z <= 1} start at the origin, where every label is there.
Dropping one of them, and then whichever is met twice, leads along edges to an equilibrium; ties
are decided lexicographically, so no basis comes twice (von Stengel 2007, section 3.4 and 3.6).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import NamedTuple

import numpy as np

Strategy = list[Fraction]
Rows = list[list[int]]


class ExactPath(NamedTuple):
    """Where a path stands, and after how many pivots; whether it ``ended`` at an equilibrium."""

    profile: list[Strategy]
    pivots: int
    ended: bool


def exact_path(payoffs: np.ndarray, label: int, max_pivots: int) -> ExactPath:
    """The path of ``label`` to its end, or as far as so many pivots lead; payoffs [2, m, n] of
    Fractions."""
    m, n = payoffs.shape[1:]
    first = _Tableau(_shifted(payoffs[1].T), lambda column: column)
    second = _Tableau(_shifted(payoffs[0]), lambda column: (column + m) % (m + n))
    turn, entering = label >= m, label
    pivots, ended = 0, False
    while not ended and pivots < max_pivots:
        entering = (second if turn else first).pivot(entering)
        ended = entering == label
        turn = not turn
        pivots += 1
    return ExactPath([first.strategy(), second.strategy()], pivots, ended)


class _Tableau:
    """Rows [variables, slacks, right-hand side] of k integers over ``det``; changed in place.

    ``label`` tells the label of a column; columns and labels correspond one to one.
    """

    def __init__(self, M: Rows, label: Callable[[int], int]):
        k, self.d = len(M), len(M[0])
        self.rows = [[*row, *(int(i == j) for j in range(k)), 1] for i, row in enumerate(M)]
        self.label = [label(c) for c in range(self.d + k)]
        self.basis = list(range(self.d, self.d + k))
        self.det = 1

    def pivot(self, entering: int) -> int:
        """Let the variable of a label enter; the label of the one that leaves."""
        column = self.label.index(entering)
        row = self._leaving_row(column)
        source = self.rows[row]
        head, det = source[column], self.det
        for i, other in enumerate(self.rows):
            if i != row:
                factor = other[column]
                self.rows[i] = [
                    (head * x - factor * y) // det for x, y in zip(other, source, strict=True)
                ]
        leaving, self.basis[row], self.det = self.basis[row], column, head
        return self.label[leaving]

    def _leaving_row(self, column: int) -> int:
        """Lexicographic minimum ratio: right-hand side first, then the slack columns."""
        candidates = [i for i, row in enumerate(self.rows) if row[column] > 0]
        width = len(self.rows[0])
        for j in (width - 1, *range(self.d, width - 1)):
            if len(candidates) == 1:
                break
            ratios = [Fraction(self.rows[i][j], self.rows[i][column]) for i in candidates]
            least = min(ratios)
            candidates = [i for i, r in zip(candidates, ratios, strict=True) if r == least]
        return candidates[0]

    def strategy(self) -> Strategy:
        """The variables' values, scaled to sum to 1."""
        weights = [0] * self.d
        for row, column in zip(self.rows, self.basis, strict=True):
            if column < self.d:
                weights[column] = row[-1]
        total = sum(weights)
        if not total:  # the origin is no strategy
            return [Fraction(1, self.d)] * self.d
        return [Fraction(w, total) for w in weights]


def _shifted(table: np.ndarray) -> Rows:
    """Payoffs moved into [range, 2 range] and scaled to integers: what the float path does, so
    that both decide ties alike."""
    low, high = min(table.ravel()), max(table.ravel())
    shift = (high - low or 1) - low
    scale = lcm(*((x + shift).denominator for x in table.ravel()))
    return [[int((x + shift) * scale) for x in row] for row in table]
