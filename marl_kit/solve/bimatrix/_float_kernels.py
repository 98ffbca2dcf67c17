"""Reverse search over the vertices of {z >= 0, M z <= 1} in float64, each vertex with its proof.

Avis and Fukuda (1992), "A pivoting algorithm for convex hulls and vertex enumeration of
arrangements and polyhedra", Discrete Comput. Geom. 8: the simplex method that minimises a generic
cost, run backwards from its optimum, the origin. A vertex's parent is where Dantzig's rule pivots
to, so no set of visited vertices is needed, and pivot paths are short.

Labels are those of the variables, 0 to d - 1, and of the slacks, d to d + k - 1. A level of the
depth-first search keeps one condensed tableau by *columns*, those of the d variables that are not
in the basis and then the right-hand side, each of the k rows and zeros that round them up for the
vector units; and the reduced costs.

Whether a vertex is what it seems does not rest on the path of pivots: ``_proven`` bounds its
rounding errors from the payoffs alone.
"""

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

MORE, DONE, LOST = 0, 1, 2
EPS = 2.0**-52
"""Twice the unit roundoff, so that one rounding too many is not missed in a bound."""
LARGEST = 2.001
"""Bound of the entries of M, whose callers scale them to [1, 2]."""
_NOTHING = 1e-200
"""Instead of a right-hand side that rounding made zero, and of those in the rows of padding: there
the entries are zero, and so stay the ratios."""
_ROW_BITS = 63
"""Low bits of a ratio that make room for the number of its row: at most 63 rows."""


@intrinsic
def _bits(typing_context, x):
    """The bits of a float64 as an int64."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@njit
def _leaving_row(column, inverse):
    """The row of the smallest ratio: of the largest entry / right-hand side.

    The order of positive floats is that of their bits, and negative ones are below; so the maximum
    of the bits with the row's number in the lowest ones carries its place along.
    """
    best = 0
    for i in range(len(inverse)):
        best = max(best, (_bits(column[i] * inverse[i]) & ~_ROW_BITS) | i)
    return best & _ROW_BITS


@njit
def _is_child(tableau, cost, r, j):
    """Whether Dantzig's rule, after the pivot on row r and column j, would undo it.

    Reduced costs after the pivot, times the pivot element: the one of column j must be smallest.
    """
    up = cost[j]
    pivot = tableau[j, r]
    for other in range(len(cost)):  # noqa: SIM110 (numba compiles loops)
        if cost[other] * pivot - up * tableau[other, r] < -up:
            return False
    return True


@njit
def _pivot(old, new, old_cost, new_cost, r, j):
    inverse = 1.0 / old[j, r]
    source = old[j]
    size = len(source)
    for c in range(len(old)):
        factor = old[c, r] * inverse
        for i in range(size):
            new[c, i] = old[c, i] - factor * source[i]
        new[c, r] = factor
    for i in range(size):
        new[j, i] = -source[i] * inverse
    new[j, r] = inverse
    up = old_cost[j] * inverse
    for c in range(len(old_cost)):
        new_cost[c] = old_cost[c] - up * old[c, r]
    new_cost[j] = -up


@njit
def _proven(tableau, rows, columns, first, M, error, B, vectors, numbers):
    """Whether this basis is provably a vertex at which no other inequality is tight.

    With B the s tight rows of M in the s variables of the basis and R the tableau's inverse of it,
    G = I - R B has |G| < 1, so B is regular and its solution is within |G| / (1 - |G|) |R 1| of
    R 1 (Higham 2002, "Accuracy and stability of numerical algorithms", section 7). ``error``
    bounds what M's entries themselves may be off; ``first`` is the tableau of the origin, M by
    columns.
    """
    k, d = M.shape
    product, x, load = vectors[0], vectors[1], vectors[2]
    row_of, variable, column_of = numbers[0], numbers[1], numbers[2]
    s = 0
    for i in range(k):
        row_of[s] = i
        variable[s] = rows[i]
        s += rows[i] < d
    b = 0
    for j in range(d):
        column_of[b] = j
        b += columns[j] >= d
    wide = (s + 3) & ~3
    for b in range(s):
        line = M[columns[column_of[b]] - d]
        for c in range(s):
            B[b, c] = line[variable[c]]
        for c in range(s, wide):
            B[b, c] = 0.0
    for i in range(first.shape[1]):
        load[i] = 0.0
    norm = 0.0  # of R, and |G| below: largest sums of absolute values of a row
    gap = 0.0
    largest = 0.0
    for a in range(s):
        for c in range(wide):
            product[c] = 0.0
        total = 0.0
        size = 0.0
        for b in range(s):
            entry = tableau[column_of[b], row_of[a]]
            total += entry
            size += abs(entry)
            for c in range(wide):
                product[c] += entry * B[b, c]
        product[a] -= 1.0
        off = 0.0
        for c in range(s):
            off += abs(product[c])
        norm = max(norm, size)
        gap = max(gap, off)
        largest = max(largest, abs(total))
        x[a] = total
        column = first[variable[a]]
        for i in range(first.shape[1]):
            load[i] += column[i] * total
    gap = 1.001 * (gap + s * norm * (LARGEST * (s + 4) * EPS + error))
    if not gap < 0.25:
        return False
    doubt = 1.5 * gap * largest + (s + 1) * EPS * norm
    smallest = x[0] if s else 1.0
    for a in range(s):
        smallest = min(smallest, x[a])
    if not smallest > doubt:
        return False
    slack = 2.0 * s * (LARGEST * doubt + error * largest) + 4.0 * (s + 4) * EPS
    heaviest = 0.0
    for i in range(k):
        if rows[i] >= d:
            heaviest = max(heaviest, load[rows[i] - d])
    return 1.0 - heaviest > slack


@njit(cache=True)
def enumerate_vertices(
    M, error, tableaux, costs, inverses, rows, columns, cursor, tight, place, masks, doubtful
):
    """Go on with the search until ``masks`` is full; the number of vertices written.

    ``place`` holds the level (-1 before the origin) and MORE, DONE or LOST: where rounding left no
    feasible basis, or the search ran too deep.
    """
    k, d = M.shape
    width = tableaux.shape[2]
    B = np.empty((d, d + 3))
    vectors = np.empty((3, max(d + 3, width)))
    numbers = np.empty((3, max(k, d) + 1), np.int64)
    one = np.uint64(1)
    level = place[0]
    count = 0
    arrived = level < 0
    if arrived:
        level = 0
    while True:
        tableau = tableaux[level]
        cost = costs[level]
        if arrived:
            masks[count] = tight[level]
            doubtful[count] = not _proven(
                tableau, rows[level], columns[level], tableaux[0], M, error, B, vectors, numbers
            )
            count += 1
            cursor[level] = 0
            arrived = False
            for i in range(width):
                inverses[level, i] = 1.0 / max(tableau[d, i], _NOTHING)
            if count == len(masks):
                place[0] = level
                return count
        inverse = inverses[level]
        j = cursor[level]
        r = 0
        feasible = True
        while j < d:
            if cost[j] > 0.0:
                r = _leaving_row(tableau[j], inverse)
                feasible = r < k and tableau[j, r] > 0.0
                if not feasible or _is_child(tableau, cost, r, j):
                    break
            j += 1
        cursor[level] = j + 1
        if j == d:
            if level == 0:
                place[1] = DONE
                return count
            level -= 1
            continue
        if not feasible or level + 1 == len(tableaux):
            place[1] = LOST
            return count
        _pivot(tableau, tableaux[level + 1], cost, costs[level + 1], r, j)
        for i in range(k):
            rows[level + 1, i] = rows[level, i]
        for q in range(d):
            columns[level + 1, q] = columns[level, q]
        entering, leaving = columns[level, j], rows[level, r]
        rows[level + 1, r] = entering
        columns[level + 1, j] = leaving
        tight[level + 1] = tight[level] ^ (one << np.uint64(entering)) ^ (one << np.uint64(leaving))
        level += 1
        arrived = True


@njit(cache=True)
def edges_pair_up(masks, table, hits):
    """Whether every edge (d - 1 labels of a vertex) belongs to exactly two of the vertices.

    If so, and all of them are simple vertices, they are all there are: the graph of a polytope is
    connected. ``table`` and ``hits`` are zero, a power of two long, more than the half edges.
    """
    size = np.uint64(len(table) - 1)
    one = np.uint64(1)
    multiplier = np.uint64(0x9E3779B97F4A7C15)
    high = np.uint64(32)
    open_edges = 0
    for v in range(len(masks)):
        rest = masks[v]
        while rest:
            lowest = rest & (~rest + one)
            rest ^= lowest
            edge = (masks[v] ^ lowest) + one  # 0 is an empty place
            at = ((edge * multiplier) >> high) & size
            while table[at] != edge and table[at] != 0:
                at = (at + one) & size
            table[at] = edge
            hits[at] += 1
            if hits[at] == 1:
                open_edges += 1
            elif hits[at] == 2:
                open_edges -= 1
            else:
                return False
    return open_edges == 0
