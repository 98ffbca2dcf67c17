"""Small linear algebra in Fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

Row = list[Fraction]


def solve(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> Row | None:
    """The only solution of a square system; None where it is singular."""
    n = len(matrix)
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        _clear(rows, k, k)
    return [rows[k][n] / rows[k][k] for k in range(n)]


def kernel_line(matrix: Sequence[Sequence[Fraction]]) -> Row | None:
    """A vector that spans the kernel of a square matrix; None unless that is a line."""
    n = len(matrix)
    rows = [list(row) for row in matrix]
    pivots: list[int] = []
    free: list[int] = []
    for column in range(n):
        top = len(pivots)
        pivot = next((i for i in range(top, n) if rows[i][column]), None)
        if pivot is None:
            free.append(column)
            continue
        rows[top], rows[pivot] = rows[pivot], rows[top]
        _clear(rows, top, column)
        pivots.append(column)
    if len(free) != 1:
        return None
    vector = [Fraction(0)] * n
    vector[free[0]] = Fraction(1)
    for i, column in enumerate(pivots):
        vector[column] = -rows[i][free[0]] / rows[i][column]
    return vector


def _clear(rows: list[Row], pivot: int, column: int) -> None:
    """Zeros in a column of all rows but the pivot's."""
    for i, row in enumerate(rows):
        if i != pivot and row[column]:
            factor = row[column] / rows[pivot][column]
            rows[i] = [x - factor * y for x, y in zip(row, rows[pivot], strict=True)]


def schur_complement(matrix: Sequence[Sequence[Fraction]], count: int) -> list[Row] | None:
    """What is left of a symmetric form once its first ``count`` variables are chosen best.

    None where the form is not positive definite in them.
    """
    rows = [list(row) for row in matrix]
    for k in range(count):
        if rows[k][k] <= 0:
            return None
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return [row[count:] for row in rows[count:]]


def strictly_copositive(matrix: Sequence[Sequence[Fraction]]) -> bool:
    """Whether z'Mz > 0 for all z >= 0 but 0, of a symmetric M; tries all principal submatrices.

    If not, take a z of smallest support K at which the form, on the simplex, is least and not
    positive: there M_K z = -1 up to scale, or M_K z = 0, has a positive solution, and only one,
    since moving along a kernel would reach a smaller support. (Gaddum 1958 and Hadeler 1983
    decide by the same submatrices.)
    """
    n = len(matrix)
    if any(matrix[i][i] <= 0 for i in range(n)):
        return False
    if all(x >= 0 for row in matrix for x in row):
        return True
    for size in range(2, n + 1):
        for chosen in combinations(range(n), size):
            part = [[matrix[i][j] for j in chosen] for i in chosen]
            z = solve(part, [Fraction(-1)] * size) or kernel_line(part)
            if z is not None and _one_sign(z) and _form(part, z) <= 0:
                return False
    return True


def _one_sign(z: Row) -> bool:
    return all(x > 0 for x in z) or all(x < 0 for x in z)


def _form(matrix: Sequence[Sequence[Fraction]], z: Row) -> Fraction:
    products = (
        a * x * y for row, x in zip(matrix, z, strict=True) for a, y in zip(row, z, strict=True)
    )
    return sum(products, Fraction(0))
