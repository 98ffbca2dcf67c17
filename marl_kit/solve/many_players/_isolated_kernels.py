"""Kernels of the search for all solutions of an indifference system in a product of simplices.

A cell is a product of simplices, one a player. Payoffs are multilinear, so over a cell they lie
between their values at its vertex profiles, exactly: a cell is kept as the table of these values,
``table[r, c]`` for action r (of all players, one after another) and vertex profile c (the last
player's vertex varying fastest), and its two halves are averages of slices. Points of a cell are
barycentric weights ``bary[player, vertex]``; the unknowns are those of the vertices after a
player's first.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NEWTON_STEPS = 12
FAR = 1.0
"""A Newton iterate that is a cell's size outside of the cell is of no use to it."""
WIDEST = 3.0
"""Most that a cell is blown up by to have the root inside."""
SETTLED = 1e-10
"""Newton steps converge quadratically: the one after this is at the limit of float64."""
MARGIN = 1e-3
"""Least barycentric weight of a root in its widened cell, relative to that of the centre, which is
1 / (vertices)."""
CONTRACTION = 0.9
SINGULAR = 1e-9
"""Pivots below this, relative to the largest, count as zero in a preconditioner."""
GROWTH = 2.0 * WIDEST - 1.0
"""Most that widening by one player multiplies payoffs, and so their rounding, by."""
WITHIN = MARGIN / 2.0
"""The root is inside of the widened cell if its radius times the square of the vertices is smaller:
the weight of a player's first vertex is off by the sum of the others' radii."""
FLAT = 1e-3
"""Directions in which payoffs do not change are cut last, but they are cut."""

EMPTY, ROOT, CUT = 0, 1, 2
EXHAUSTED, PAUSED = 0, 2


@njit(error_model="numpy")
def _dominated(top, tables, owner, played, rounding):
    """Whether a played action is worse than another one of its player in the whole cell."""
    rows, cells = tables.shape[1], tables.shape[2]
    for a in range(rows):
        if not played[a]:
            continue
        for b in range(rows):
            if owner[b] != owner[a] or a == b:
                continue
            c = 0
            while c < cells and tables[top, b, c] - tables[top, a, c] > rounding:
                c += 1
            if c == cells:
                return True
    return False


@njit(error_model="numpy")
def _differences(top, tables, upper, lower, out):
    """The indifference equations at the vertex profiles."""
    for i in range(len(upper)):
        for c in range(tables.shape[2]):
            out[i, c] = tables[top, upper[i], c] - tables[top, lower[i], c]


@njit(error_model="numpy")
def _evaluate(f, digit, stride, of_player, of_vertex, bary, value, jacobian):
    """The equations and their derivatives at a point of the cell."""
    n, cells = f.shape
    for i in range(n):
        value[i] = 0.0
        for j in range(n):
            jacobian[i, j] = 0.0
    for c in range(cells):
        weight = 1.0
        for q in range(len(bary)):
            weight *= bary[q, digit[q, c]]
        for i in range(n):
            value[i] += weight * f[i, c]
        for j in range(n):
            p = of_player[j]
            if digit[p, c] != of_vertex[j]:
                continue
            weight = 1.0
            for q in range(len(bary)):
                if q != p:
                    weight *= bary[q, digit[q, c]]
            base = c - of_vertex[j] * stride[p]
            for i in range(n):
                jacobian[i, j] += weight * (f[i, c] - f[i, base])


@njit(error_model="numpy")
def _eliminate(m, e, column):
    """Gauss and Jordan with complete pivoting: e m has unit columns ``column[:rank]``.

    Rows of e behind the rank combine equations so that their gradients cancel.
    """
    n = len(column)
    largest = 0.0
    for i in range(n):
        column[i] = -1
        for j in range(n):
            e[i, j] = 1.0 if i == j else 0.0
            if abs(m[i, j]) > largest:
                largest = abs(m[i, j])
    used = np.zeros(n, np.bool_)
    for r in range(n):
        row, col, best = -1, -1, SINGULAR * largest
        for i in range(r, n):
            for j in range(n):
                if not used[j] and abs(m[i, j]) > best:
                    row, col, best = i, j, abs(m[i, j])
        if row < 0:
            return r
        used[col] = True
        column[r] = col
        for j in range(n):
            m[r, j], m[row, j] = m[row, j], m[r, j]
            e[r, j], e[row, j] = e[row, j], e[r, j]
        pivot = m[r, col]
        for j in range(n):
            m[r, j] /= pivot
            e[r, j] /= pivot
        for i in range(n):
            factor = m[i, col]
            if i != r and factor != 0.0:
                for j in range(n):
                    m[i, j] -= factor * m[r, j]
                    e[i, j] -= factor * e[r, j]
    return n


@njit(error_model="numpy")
def _precondition(f, e, g):
    n, cells = f.shape
    for i in range(n):
        for c in range(cells):
            total = 0.0
            for k in range(n):
                total += e[i, k] * f[k, c]
            g[i, c] = total


@njit(error_model="numpy")
def _one_sign(g, e, rounding):
    """Whether a combination of the equations is nowhere zero in the cell."""
    n, cells = g.shape
    for i in range(n):
        low, high, weight = g[i, 0], g[i, 0], 0.0
        for c in range(1, cells):
            if g[i, c] < low:
                low = g[i, c]
            if g[i, c] > high:
                high = g[i, c]
        for k in range(n):
            weight += abs(e[i, k])
        if low > weight * rounding or high < -weight * rounding:
            return True
    return False


@njit(error_model="numpy")
def _newton_step(e, value, size, of_player, of_vertex, column, bary):
    """One Newton step; its longest coordinate, or -1 where it leads far away from the cell."""
    longest = 0.0
    for r in range(len(value)):
        step = 0.0
        for k in range(len(value)):
            step -= e[r, k] * value[k]
        if abs(step) > longest:
            longest = abs(step)
        bary[of_player[column[r]], of_vertex[column[r]]] += step
    for q in range(len(size)):
        bary[q, 0] = 1.0
        for v in range(1, size[q]):
            bary[q, 0] -= bary[q, v]
        for v in range(size[q]):
            if bary[q, v] < -FAR:
                return -1.0
    return longest


@njit(error_model="numpy")
def _widen(f, digit, size, stride, bary):
    """Blow the cell up about its centre until the point lies well inside; False if by too much."""
    n, cells = f.shape
    for q in range(len(size)):
        centre = 1.0 / size[q]
        least = centre
        for v in range(size[q]):
            if bary[q, v] < least:
                least = bary[q, v]
        factor = (centre - least) / (centre - MARGIN * centre)
        if factor > WIDEST:
            return False
        if factor <= 1.0:
            continue
        for v in range(size[q]):
            bary[q, v] = centre + (bary[q, v] - centre) / factor
        for c in range(cells):
            if digit[q, c]:
                continue
            for i in range(n):
                mean = 0.0
                for v in range(size[q]):
                    mean += f[i, c + v * stride[q]] / size[q]
                for v in range(size[q]):
                    k = c + v * stride[q]
                    f[i, k] = mean + factor * (f[i, k] - mean)
    return True


@njit(error_model="numpy")
def _contraction(g, digit, stride, of_player, of_vertex, column):
    """Largest row sum of |1 - derivative of g| over the cell; below 1 there g is one-to-one."""
    n, cells = g.shape
    worst = 0.0
    for r in range(n):
        total = 0.0
        for j in range(n):
            unit = 1.0 if column[r] == j else 0.0
            p, largest = of_player[j], 0.0
            for c in range(cells):
                if digit[p, c] == of_vertex[j]:
                    off = abs(unit - g[r, c] + g[r, c - of_vertex[j] * stride[p]])
                    if off > largest:
                        largest = off
            total += largest
        if total > worst:
            worst = total
    return worst


@njit(error_model="numpy")
def _radius(value, e, contraction, rounding):
    """How far the exact root can be, in barycentric weights (Krawczyk 1969)."""
    worst = 0.0
    for r in range(len(value)):
        step, weight = 0.0, 0.0
        for k in range(len(value)):
            step += e[r, k] * value[k]
            weight += abs(e[r, k])
        if abs(step) + weight * rounding > worst:
            worst = abs(step) + weight * rounding
    return worst / (1.0 - contraction)


@njit(error_model="numpy")
def _edge(top, tables, vertices, digit, size, stride):
    """The edge along which payoffs change most: player, two vertices; and its length."""
    rows, cells = tables.shape[1], tables.shape[2]
    player, one, two, most, length = -1, 0, 0, -1.0, 0.0
    for q in range(len(size)):
        for v in range(size[q]):
            for w in range(v + 1, size[q]):
                extent = 0.0
                for a in range(size[q]):
                    d = abs(vertices[top, q, v, a] - vertices[top, q, w, a])
                    if d > extent:
                        extent = d
                change = FLAT * extent
                for c in range(cells):
                    if digit[q, c] == v:
                        other = c + (w - v) * stride[q]
                        for r in range(rows):
                            d = abs(tables[top, r, c] - tables[top, r, other])
                            if d > change:
                                change = d
                if change > most:
                    player, one, two, most, length = q, v, w, change, extent
    return player, one, two, length


@njit(error_model="numpy")
def _halve(tables, vertices, top, player, one, two, digit, size, stride):
    """Replace the cell at ``top`` by its two halves, at ``top`` and ``top + 1``."""
    rows, cells = tables.shape[1], tables.shape[2]
    for q in range(len(size)):
        for v in range(size[q]):
            for a in range(size[q]):
                vertices[top + 1, q, v, a] = vertices[top, q, v, a]
    for a in range(size[player]):
        middle = 0.5 * (vertices[top, player, one, a] + vertices[top, player, two, a])
        vertices[top, player, one, a] = middle
        vertices[top + 1, player, two, a] = middle
    for r in range(rows):
        for c in range(cells):
            tables[top + 1, r, c] = tables[top, r, c]
        for c in range(cells):
            if digit[player, c] == one:
                other = c + (two - one) * stride[player]
                middle = 0.5 * (tables[top, r, c] + tables[top, r, other])
                tables[top, r, c] = middle
                tables[top + 1, r, other] = middle


@njit(error_model="numpy")
def _locate(top, vertices, size, bary, point, extent):
    """Global coordinates of a point of the cell, and the cell's extent, player by player."""
    for q in range(len(size)):
        extent[q] = 0.0
        for a in range(size[q]):
            point[q, a] = 0.0
            for v in range(size[q]):
                point[q, a] += bary[q, v] * vertices[top, q, v, a]
                d = abs(vertices[top, q, v, a] - vertices[top, q, 0, a])
                if d > extent[q]:  # from the first vertex: what weights are off by sums to 0
                    extent[q] = d


@njit(error_model="numpy")
def _decide(
    top, vertices, f, g, e, digit, size, stride, of_player, of_vertex, value, jacobian, column,
    bary, rounding, point, extent,
):  # fmt: skip
    """Whether the cell has no root, exactly one (and perhaps not inside of it), or must be cut.

    One loop for the centre of the cell, Newton's method from there and the proof around the root:
    every helper is called in one place, because each call is compiled anew.
    """
    n = len(column)
    for q in range(len(size)):
        for v in range(size[q]):
            bary[q, v] = 1.0 / size[q]
    widened, largest = False, 0
    for q in range(len(size)):
        largest = max(largest, size[q])
    for step in range(NEWTON_STEPS):
        _evaluate(f, digit, stride, of_player, of_vertex, bary, value, jacobian)
        rank = _eliminate(jacobian, e, column)
        if step == 0 or widened:
            _precondition(f, e, g)
        if step == 0 and _one_sign(g, e, rounding):
            return EMPTY, 0.0
        if rank < n:
            return CUT, 0.0
        if widened:
            slack = _contraction(g, digit, stride, of_player, of_vertex, column)
            if slack >= CONTRACTION:
                return CUT, 0.0
            radius = _radius(value, e, slack, rounding * GROWTH ** len(size))
            return (ROOT if radius * largest * largest < WITHIN else CUT), radius * WIDEST
        longest = _newton_step(e, value, size, of_player, of_vertex, column, bary)
        if longest < 0.0:
            return CUT, 0.0
        if longest < SETTLED:
            _locate(top, vertices, size, bary, point, extent)
            widened = True
            if not _widen(f, digit, size, stride, bary):
                return CUT, 0.0
    return CUT, 0.0


@njit(cache=True, error_model="numpy")
def search(
    budget, rounding, shortest, undecided, counts, tables, vertices, owner, played, upper, lower,
    digit, size, stride, of_player, of_vertex, point, extent,
):  # fmt: skip
    """Look at up to ``budget`` cells of the stack; stop at a root, left in ``point``.

    ``counts`` are the cells on the stack, those looked at so far and those given up because they
    are too small to be cut; more than ``undecided`` of these end the search. Returns what happened
    and how far each weight of ``point`` can be from the exact root's, per vertex and in units of
    the cell's ``extent`` along the player.
    """
    n, cells = len(upper), tables.shape[2]
    f, g, e = np.empty((n, cells)), np.empty((n, cells)), np.empty((n, n))
    value, jacobian, column = np.empty(n), np.empty((n, n)), np.empty(n, np.int64)
    bary = np.empty_like(point)
    for _ in range(budget):
        if counts[0] == 0:
            return EXHAUSTED, 0.0
        top = counts[0] - 1
        counts[1] += 1
        if _dominated(top, tables, owner, played, rounding):
            counts[0] -= 1
            continue
        _differences(top, tables, upper, lower, f)
        found, radius = _decide(
            top, vertices, f, g, e, digit, size, stride, of_player, of_vertex, value, jacobian,
            column, bary, rounding, point, extent,
        )  # fmt: skip
        if found != CUT:
            counts[0] -= 1
            if found == ROOT:
                return ROOT, radius
            continue
        player, one, two, length = _edge(top, tables, vertices, digit, size, stride)
        if length < shortest or counts[0] == len(tables):
            counts[0] -= 1
            counts[2] += 1
            if counts[2] > undecided:
                return PAUSED, 0.0
            continue
        _halve(tables, vertices, top, player, one, two, digit, size, stride)
        counts[0] += 1
    return PAUSED, 0.0
