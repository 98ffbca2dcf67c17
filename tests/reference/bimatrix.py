"""Slow and obvious: all extreme equilibria of a bimatrix game, in exact fractions.

Independent of the library. The strategies y of the column player and what the row player can get
against them form the polyhedron {(y, u): A y <= u, y >= 0, sum y = 1}; its vertices are found by
trying every set of n inequalities that hold with equality, and likewise for the row player. A pair
of vertices is an extreme equilibrium if each pure strategy is a best reply or not played
(Mangasarian 1964; von Stengel 2002, section 2.2).
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

Vector = tuple[Fraction, ...]
Matrix = Sequence[Sequence[Any]]


def solve(rows: list[list[Fraction]]) -> Vector | None:
    """The solution of a square linear system, each row ``[coefficients..., right hand side]``, by
    Gauss elimination; None if it is not unique."""
    rows = [list(row) for row in rows]
    size = len(rows)
    for column in range(size):
        pivot = next((r for r in range(column, size) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [x / head for x in rows[column]]
        for r in range(size):
            if r != column and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[column], strict=True)]
    return tuple(row[-1] for row in rows)


def vertices(payoffs: Matrix) -> set[Vector]:
    """Mixed strategies of the column player at the vertices of its polyhedron, for the payoffs
    ``[m][n]`` of the row player."""
    n = len(payoffs[0])
    zero, one = Fraction(0), Fraction(1)
    # each inequality as coefficients of (y, u) with right hand side 0: a <= 0
    replies = [[Fraction(x) for x in row] + [-one, zero] for row in payoffs]
    signs = [[-one * (j == k) for k in range(n)] + [zero, zero] for j in range(n)]
    total = [one] * n + [zero, one]
    found = set()
    for tight in combinations(replies + signs, n):
        point = solve([*tight, total])
        if point is None or min(point[:n]) < 0:
            continue
        if all(sum(a * x for a, x in zip(row, point, strict=False)) <= 0 for row in replies):
            found.add(point[:n])
    return found


def best_replies(payoffs: Matrix, strategy: Vector) -> set[int]:
    """Rows that are best against a mixed strategy of the column player."""
    values = [sum(Fraction(a) * p for a, p in zip(row, strategy, strict=True)) for row in payoffs]
    return {i for i, value in enumerate(values) if value == max(values)}


def played(strategy: Vector) -> set[int]:
    """Pure strategies of positive probability."""
    return {i for i, p in enumerate(strategy) if p}


def is_equilibrium(A: Matrix, B: Matrix, x: Vector, y: Vector) -> bool:
    """Whether only best replies are played, and ``x`` and ``y`` are mixed strategies."""
    transposed = [list(column) for column in zip(*B, strict=True)]
    return (
        min(x) >= 0
        and min(y) >= 0
        and sum(x) == sum(y) == 1
        and played(x) <= best_replies(A, y)
        and played(y) <= best_replies(transposed, x)
    )


def extreme_equilibria(A: Matrix, B: Matrix) -> set[tuple[Vector, Vector]]:
    """All extreme equilibria (x, y) of the game with row payoffs A and column payoffs B."""
    transposed = [list(column) for column in zip(*B, strict=True)]
    # each vertex with what is played in it and with the best replies to it
    xs = [(x, played(x), best_replies(transposed, x)) for x in vertices(transposed)]
    ys = [(y, played(y), best_replies(A, y)) for y in vertices(A)]
    return {
        (x, y)
        for x, rows, to_x in xs
        for y, columns, to_y in ys
        if rows <= to_y and columns <= to_x
    }
