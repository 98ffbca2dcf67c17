"""Coordinates of a vertex, afresh from its tight inequalities."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from marl_kit.solve.bimatrix.best_replies import BestReplies


def tight_system(tight: int, k: int, d: int) -> tuple[list[int], list[int]]:
    """The variables that are not zero, and the rows of M that are equations."""
    variables = [i for i in range(d) if not tight >> i & 1]
    return variables, [j for j in range(k) if tight >> (d + j) & 1]


def unique_solution(A: list[list[int]]) -> list[Fraction] | None:
    """z with A z = 1 for square A of integers, or None; Bareiss (1968)."""
    size = len(A)
    rows = [[*row, 1] for row in A]
    last = 1
    for c in range(size):
        r = next((i for i in range(c, size) if rows[i][c]), None)
        if r is None:
            return None
        rows[c], rows[r] = rows[r], rows[c]
        top = rows[c]
        pivot = top[c]
        for i in range(size):
            if i != c:
                factor = rows[i][c]
                rows[i] = [
                    (pivot * x - factor * y) // last for x, y in zip(rows[i], top, strict=True)
                ]
        last = pivot
    return [Fraction(row[-1], last) for row in rows]


def float_points(M: BestReplies, tight: np.ndarray) -> np.ndarray:
    """Coordinates of simple vertices, float64 [n, d]: d equations each, solved at once.

    What is zero at a vertex is exactly zero here.
    """
    left, right, bits = M.inequalities
    d = left.shape[1]
    is_tight = (tight[:, None] & bits) != 0
    which = is_tight.nonzero()[1].reshape(-1, d)
    points = np.linalg.solve(left[which], right[which][:, :, None])[:, :, 0]
    points[is_tight[:, :d]] = 0.0
    return points
