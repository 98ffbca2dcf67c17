"""All vertices of a polytope {z >= 0, M z <= 1}, in Python integers of any size.

The slow twin of ``_exact_kernels``, which says what is done here: reverse search (Avis and Fukuda
1992) on the lexicographically perturbed polytope (Dantzig, Orden and Wolfe 1955), with tableaux
over one common denominator (Edmonds 1967; Bareiss 1968). It serves tiny games, where it is done
before kernels are loaded, and whatever is too large for int64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex and its tight inequalities.

    Attributes
    ----------
    point : tuple of d ints
        Numerators of its coordinates; the origin has only zeros.
    tight : int
        Bit i (i < d): ``z_i = 0``; bit d + j: row j of ``M z <= 1`` is an equation.
    """

    point: tuple[int, ...]
    tight: int


@dataclass(slots=True)
class _Basis:
    """k rows and one of reduced costs, of d + 1 integers over ``det``: columns, right-hand side."""

    table: list[list[int]]
    rows: list[int]  # the label of each row: variables 0 to d - 1, slacks from d
    columns: list[int]  # the label of each column
    det: int
    cursor: int = 0  # the next column to look at


def vertex_bound(d: int, k: int) -> int:
    """Most vertices that {z >= 0, M z <= 1} can have, M of k rows and d columns.

    McMullen (1970), the upper bound theorem, for d dimensions and d + k facets.
    """
    n = d + k
    return comb(n - (d + 1) // 2, k) + comb(n - d // 2 - 1, k)


def vertices(M: list[list[int]]) -> Iterator[Vertex]:
    """Every vertex once, the origin first; M must be positive, so that the polytope is bounded."""
    seen = set()
    for basis in _bases(M):
        vertex = _vertex(basis)
        if vertex.tight not in seen:
            seen.add(vertex.tight)
            yield vertex


def _bases(M: list[list[int]]) -> Iterator[_Basis]:
    k, d = len(M), len(M[0])
    table = [[*row, 1] for row in M] + [[1] * d + [0]]
    path = [_Basis(table, list(range(d, d + k)), list(range(d)), 1)]
    yield path[0]
    while path:
        child = _next_child(path[-1])
        if child is None:
            path.pop()
        else:
            path.append(child)
            yield child


def _next_child(basis: _Basis) -> _Basis | None:
    cost = basis.table[-1]
    for j in range(basis.cursor, len(basis.columns)):
        if cost[j] > 0:
            r = _leaving_row(basis, j)
            if _is_child(basis, r, j):
                basis.cursor = j + 1
                return _pivot(basis, r, j)
    return None


def _vertex(basis: _Basis) -> Vertex:
    d = len(basis.columns)
    point, tight = [0] * d, sum(1 << label for label in basis.columns)
    for row, label in zip(basis.table, basis.rows, strict=False):
        if row[-1] == 0:
            tight |= 1 << label
        elif label < d:
            point[label] = row[-1]
    return Vertex(tuple(point), tight)


def _leaving_row(basis: _Basis, j: int) -> int:
    """Lexicographic minimum ratio: right-hand side first, then the slack columns."""
    best = -1
    top, side = 0, 0
    for i in range(len(basis.rows)):
        row = basis.table[i]
        entry = row[j]
        if entry > 0:
            left, right = row[-1] * top, side * entry
            if best < 0 or left < right or (left == right and _precedes(basis, i, best, j)):
                best, top, side = i, entry, row[-1]
    return best


def _precedes(basis: _Basis, a: int, b: int, j: int) -> bool:
    """Whether row a is smaller than row b by the slack columns; those of the basis are units."""
    d = len(basis.columns)
    first, second = basis.table[a], basis.table[b]
    place = {label: c for c, label in enumerate(basis.columns)}
    for label in range(d, d + len(basis.rows)):
        if label in place:
            left, right = first[place[label]], second[place[label]]
        else:
            left = basis.det if basis.rows[a] == label else 0
            right = basis.det if basis.rows[b] == label else 0
        if left * second[j] != right * first[j]:
            return left * second[j] < right * first[j]
    raise AssertionError("two rows of a basis are never proportional")


def _is_child(basis: _Basis, r: int, j: int) -> bool:
    """Whether Dantzig's rule would pivot back, ties to the lowest label."""
    row, cost, leaving = basis.table[r], basis.table[-1], basis.rows[r]
    pivot, up, det = row[j], cost[j], basis.det
    for c, label in enumerate(basis.columns):
        if c != j:
            left, right = cost[c] * pivot, up * (row[c] - det)
            if left < right or (left == right and label < leaving):
                return False
    return True


def _pivot(basis: _Basis, r: int, j: int) -> _Basis:
    source, det = basis.table[r], basis.det
    pivot = source[j]
    table = []
    for row in basis.table:
        factor = row[j]
        new = [(pivot * x - factor * y) // det for x, y in zip(row, source, strict=True)]
        new[j] = -factor
        table.append(new)
    table[r] = [*source[:j], det, *source[j + 1 :]]
    rows, columns = list(basis.rows), list(basis.columns)
    rows[r], columns[j] = columns[j], rows[r]
    return _Basis(table, rows, columns, pivot)
