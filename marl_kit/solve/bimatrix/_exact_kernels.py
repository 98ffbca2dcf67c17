"""Reverse search over the vertices of {z >= 0, M z <= 1} in exact int64 arithmetic.

The search is that of ``_float_kernels`` on the lexicographically perturbed polytope, which is
simple whatever the game (Dantzig, Orden and Wolfe 1955); the cost is the sum of the variables, and
ties between reduced costs go to the lowest label. Tableaux, by columns here too, are kept over one
common denominator (Edmonds 1967; Bareiss 1968): every entry is an integer minor, and every
division is exact.

Products are taken modulo 2^64. What they are is certain all the same, or the search stops with
OVERFLOW: entries stay below 2^54, so that a difference of two products is in error by less than
2^60 when floats compute it. Either they show its sign, or it is so small that its low 64 bits are
all of it.
"""

import numpy as np
from numba import njit

MORE, DONE, TOO_DEEP, OVERFLOW = 0, 1, 2, 3
_LIMIT = 2.0**54
_SURE = 2.0**61
"""Beyond this in floats a difference of two products has the right sign; else it is below 2^62."""
_RELATIVE = 2.0**-50
"""Bounds the error of ``a * b - c * d`` in floats, relative to |a b| + |c d|."""
_WORD = 62


@njit
def _compare(a, b, c, d):
    """The sign of a * b - c * d."""
    difference = np.float64(a) * np.float64(b) - np.float64(c) * np.float64(d)
    if difference > _SURE:
        return 1
    if difference < -_SURE:
        return -1
    exact = a * b - c * d
    return (exact > 0) - (exact < 0)


@njit
def _precedes(tableau, det, place, a, b, j):
    """Whether row a is lexicographically smaller than row b after division by column j.

    The right-hand sides tie; what follows are the slack columns, in the order of their labels.
    Those in the basis are unit columns.
    """
    for label in range(len(tableau) - 1, len(place)):
        at = place[label]
        if at >= 0:
            left, right = tableau[at, a], tableau[at, b]
        else:
            left = det if at == -1 - a else 0
            right = det if at == -1 - b else 0
        order = _compare(left, tableau[j, b], right, tableau[j, a])
        if order != 0:
            return order < 0
    return False  # not reached: no two rows of a basis are proportional


@njit
def _leaving_row(tableau, det, place, j, k):
    """The lexicographic minimum ratio in column j."""
    column, side = tableau[j], tableau[len(tableau) - 1]
    best = -1
    for i in range(k):
        if column[i] > 0:
            order = -1 if best < 0 else _compare(side[i], column[best], side[best], column[i])
            if order < 0 or (order == 0 and _precedes(tableau, det, place, i, best, j)):
                best = i
    return best


@njit
def _is_child(tableau, det, columns, leaving, r, j, k):
    """Whether Dantzig's rule, after the pivot on row r and column j, would undo it.

    Reduced costs after the pivot, times the pivot element: that of column j, where the label
    ``leaving`` will be, must be the smallest, the first by label among equals.
    """
    up, pivot = tableau[j, k], tableau[j, r]
    for other in range(len(columns)):
        if other != j:
            order = _compare(tableau[other, k], pivot, up, tableau[other, r] - det)
            if order < 0 or (order == 0 and columns[other] < leaving):
                return False
    return True


@njit
def _fits(old, c, j, r, det, pivot, limit):
    """Whether the entries of column c stay in range, looked at one by one."""
    for i in range(old.shape[1]):
        left = np.float64(pivot) * np.float64(old[c, i])
        right = np.float64(old[j, i]) * np.float64(old[c, r])
        if not abs(left - right) + _RELATIVE * (abs(left) + abs(right)) < limit * det:
            return False
    return True


@njit
def _pivot(old, new, old_bits, new_bits, det, r, j):
    """Whether every entry fits: then ``new`` is the tableau over the denominator ``old[j, r]``.

    det = 2^t odd divides N = pivot * a - b * c, of which the low 64 bits are known: N / det is
    (N / 2^t) * odd^-1 modulo 2^(64 - t), and itself if it is that small. ``bits`` bound columns.
    """
    pivot = old[j, r]
    t = 0
    odd = det
    while odd & 1 == 0:
        odd >>= 1
        t += 1
    inverse = (3 * odd) ^ 2
    for _ in range(4):  # right modulo 2^5, 2^10, 2^20, 2^40, 2^80
        inverse *= 2 - odd * inverse
    limit = min(_LIMIT, 2.0 ** (_WORD - t))
    size = old.shape[1]
    for c in range(len(old)):
        factor = old[c, r]
        bound = np.float64(pivot) * old_bits[c] + abs(np.float64(factor)) * old_bits[j]
        if not bound < limit * det and not _fits(old, c, j, r, det, pivot, limit):
            return False
        bits = factor ^ (factor >> 63)
        for i in range(size):
            quotient = ((pivot * old[c, i] - old[j, i] * factor) >> t) * inverse
            quotient = (quotient << t) >> t
            new[c, i] = quotient
            bits |= quotient ^ (quotient >> 63)
        new[c, r] = factor
        new_bits[c] = bits + 1
    for i in range(size):
        new[j, i] = -old[j, i]
    new[j, r] = det
    new_bits[j] = max(old_bits[j], det)
    return True


@njit(cache=True)
def enumerate_bases(tableaux, bits, dets, rows, columns, places, cursor, location, masks, points):
    """Go on with the search until ``masks`` is full; the number of bases written.

    A vertex comes once for each of its bases. ``points`` are numerators of its coordinates; their
    denominator is not needed for mixed strategies. ``location`` holds the level (-1 before the
    origin) and MORE, DONE, TOO_DEEP or OVERFLOW.
    """
    d = columns.shape[1]
    k = rows.shape[1]
    one = np.uint64(1)
    level = location[0]
    count = 0
    arrived = level < 0
    if arrived:
        level = 0
    while True:
        tableau = tableaux[level]
        det = dets[level]
        if arrived:
            mask = np.uint64(0)
            for j in range(d):
                points[count, j] = 0
                mask |= one << np.uint64(columns[level, j])
            for i in range(k):
                value = tableau[d, i]
                if value == 0:
                    mask |= one << np.uint64(rows[level, i])
                elif rows[level, i] < d:
                    points[count, rows[level, i]] = value
            masks[count] = mask
            count += 1
            cursor[level] = 0
            arrived = False
            if count == len(masks):
                location[0] = level
                return count
        j = cursor[level]
        r = 0
        while j < d:
            if tableau[j, k] > 0:
                r = _leaving_row(tableau, det, places[level], j, k)
                if _is_child(tableau, det, columns[level], rows[level, r], r, j, k):
                    break
            j += 1
        cursor[level] = j + 1
        if j == d:
            if level == 0:
                location[1] = DONE
                return count
            level -= 1
            continue
        if level + 1 == len(tableaux):
            location[1] = TOO_DEEP
            return count
        if not _pivot(tableau, tableaux[level + 1], bits[level], bits[level + 1], det, r, j):
            location[1] = OVERFLOW
            return count
        dets[level + 1] = tableau[j, r]
        for i in range(k):
            rows[level + 1, i] = rows[level, i]
        for q in range(d):
            columns[level + 1, q] = columns[level, q]
        for q in range(d + k):
            places[level + 1, q] = places[level, q]
        level += 1
        entering, leaving = columns[level, j], rows[level, r]
        rows[level, r] = entering
        columns[level, j] = leaving
        places[level, entering] = -1 - r
        places[level, leaving] = j
        arrived = True
