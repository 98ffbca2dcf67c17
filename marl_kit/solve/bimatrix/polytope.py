"""All vertices of a polytope {z >= 0, M z <= 1}, in exact integer arithmetic.

The lexicographically perturbed polytope is simple, so its feasible bases are connected by pivots
and each vertex of the polytope belongs to at least one of them (Dantzig, Orden and Wolfe 1955).
Tableaux are kept over one common denominator (Edmonds 1967; Bareiss 1968): every entry is an
integer minor and every division is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex and its tight inequalities.

    Attributes
    ----------
    point : tuple of d Fractions
    tight : int
        Bit i (i < d): ``z_i = 0``; bit d + j: row j of ``M z <= 1`` is an equation.
    """

    point: tuple[Fraction, ...]
    tight: int


@dataclass(slots=True)
class _Tableau:
    """k rows of d + k + 1 integers over ``det``: variables, slacks, right-hand side."""

    rows: list[list[int]]
    basis: list[int]  # the variable of each row
    det: int


def vertex_bound(d: int, k: int) -> int:
    """Most vertices that {z >= 0, M z <= 1} can have, M of k rows and d columns.

    McMullen (1970), the upper bound theorem, for d dimensions and d + k facets.
    """
    n = d + k
    return comb(n - (d + 1) // 2, k) + comb(n - d // 2 - 1, k)


def vertices(M: list[list[int]]) -> Iterator[Vertex]:
    """Every vertex once, the origin first; M must be positive, so that the polytope is bounded."""
    k, d = len(M), len(M[0])
    start = _Tableau(
        [[*row, *(int(i == j) for j in range(k)), 1] for i, row in enumerate(M)],
        list(range(d, d + k)),
        1,
    )
    seen = {frozenset(start.basis)}
    points = set()
    stack = [start]
    while stack:
        tableau = stack.pop()
        vertex = _vertex(tableau, d, k)
        if vertex.point not in points:
            points.add(vertex.point)
            yield vertex
        basic = set(tableau.basis)
        for column in range(d + k):
            if column in basic:
                continue
            row = _leaving_row(tableau, column, d)
            basis = frozenset(basic - {tableau.basis[row]} | {column})
            if basis not in seen:
                seen.add(basis)
                stack.append(_pivot(tableau, row, column))


def _vertex(tableau: _Tableau, d: int, k: int) -> Vertex:
    value = [0] * (d + k)
    for row, variable in zip(tableau.rows, tableau.basis, strict=True):
        value[variable] = row[-1]
    tight = sum(1 << i for i, v in enumerate(value) if v == 0)
    return Vertex(tuple(Fraction(v, tableau.det) for v in value[:d]), tight)


def _leaving_row(tableau: _Tableau, column: int, d: int) -> int:
    """Lexicographic minimum ratio: right-hand side first, then the slack columns."""
    best = -1
    for i, row in enumerate(tableau.rows):
        if row[column] > 0 and (best < 0 or _less(row, tableau.rows[best], column, d)):
            best = i
    return best


def _less(a: list[int], b: list[int], column: int, d: int) -> bool:
    pa, pb = a[column], b[column]
    left, right = a[-1] * pb, b[-1] * pa
    if left != right:
        return left < right
    for j in range(d, len(a) - 1):
        left, right = a[j] * pb, b[j] * pa
        if left != right:
            return left < right
    raise AssertionError("two rows of a basis are never proportional")


def _pivot(tableau: _Tableau, row: int, column: int) -> _Tableau:
    source = tableau.rows[row]
    pivot, det = source[column], tableau.det
    rows = [
        source
        if i == row
        else [(pivot * x - other[column] * y) // det for x, y in zip(other, source, strict=True)]
        for i, other in enumerate(tableau.rows)
    ]
    basis = list(tableau.basis)
    basis[row] = column
    return _Tableau(rows, basis, pivot)
