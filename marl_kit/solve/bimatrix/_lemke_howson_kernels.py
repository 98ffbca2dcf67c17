"""Kernels of Lemke and Howson's path, by the revised simplex method.

Side s is a polytope {z >= 0, M z <= 1}, M [k, d]. Variable j < d is column j, variable d + i the
slack of row i. Of the condensed tableau (basic = value - T nonbasic) only the block of basic
columns and nonbasic slacks is kept, the inverse of that part of M: it and M give the rest. Supports
stay small where paths are long, so a pivot costs k |C| + |C|^2 instead of the k d of a tableau, and
the block can be cleared of rounding now and then.

Arrays of both sides; ``room`` is the largest block that fits:

    first [m, n], second [n, m]   M of side 0 and of side 1 transposed: its columns are contiguous
    block [2, room, room]    T of basic columns (rows) and nonbasic slacks (columns)
    basic, tight [2, room]   the columns that are basic, C; the slacks that are not, d + R
    place [2, m + n]         where a variable stands in ``basic`` or ``tight``
    value [2, m + n + 1]     of the k slacks, then of the basic columns
    entry [m + n + 1]        T of the entering variable, in the same order
    spare [room, room], tied [m + n]   for work
    state                    next label, turn, pivots, |C| of each side, pivots since a refreshment
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

DONE, MORE, FULL, LOST = 0, 1, 2, 3
"""Why ``follow`` came back: at an equilibrium, after its pivots, without room, without a pivot."""
LABEL, TURN, PIVOTS, SIZE, AGE = 0, 1, 2, 3, 5
"""Places in ``state``."""
REFRESH = 64
"""Pivots between two refreshments: rounding has no time to grow, and it costs less than they."""
TIE = 1e-10
"""A basic variable (all lie in [0, 1]) is 0 below this: 1e6 roundings, as payoffs of unlike size
leave a variable that many."""
PIVOT = 1e-10
"""Entries of a column, of size 1, that count as positive."""
LEXICOGRAPHIC = 1e-9
"""Relative difference of ratios that decides a tie; their rounding is 1e-13 and the like."""
DIVERGES = 0.5
"""Newton's step makes an inverse better where |M W - I| is below 1."""
SPOILT = 1e-9
"""A basic variable that is so negative has left the polytope, by more than ties explain."""

_UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_inner = njit(error_model="numpy", **_UNWRAPPED)
"""For what Python never calls: a fifth of the time of compiling is saved."""


@njit(cache=True, error_model="numpy")
def follow(
    until,
    label,
    payoffs,
    profile,
    state,
    first,
    second,
    block,
    basic,
    tight,
    spare,
    place,
    value,
    entry,
    tied,
):
    """Pivot on, until so many are done, from where ``state`` stands: after 0 pivots, the origin.

    Side 0 has the row player's strategies as columns, so that its variables have their labels as
    numbers; side 1 has the column player's, whose labels come after those of the slacks.
    ``payoffs`` [2, rows, columns]; ``profile`` [m + n] is where the path ended.
    """
    if state[PIVOTS] == 0:
        _origin(payoffs, first, second, place, value, entry)
    why = MORE
    while why == MORE and state[PIVOTS] < until:
        s = state[TURN]
        table = first if s == 0 else second
        if state[SIZE + s] == block.shape[1]:
            return FULL
        leaving = _pivot(
            s,
            state,
            table,
            block[s],
            basic[s],
            tight[s],
            place[s],
            value[s],
            entry,
            spare,
            tied,
        )
        if leaving < 0:
            return LOST
        state[PIVOTS] += 1
        state[TURN] = 1 - s
        state[LABEL] = leaving if s == 0 else _other(leaving, len(second), len(first))
        if state[LABEL] == label:
            why = DONE
    for s in range(2):
        table = first if s == 0 else second
        if why == DONE and not _refresh(
            s, state, table, block[s], basic[s], tight[s], value[s], entry, spare
        ):
            return LOST
        _strategy(s, state, table, basic[s], value[s], profile)
    return why


@njit(cache=True, error_model="numpy")
def is_clear(payoffs, x, y, share):
    """Whether no player gains more than this share of the payoffs met, beside their mean."""
    row_gain, row_met = _gain_and_met(payoffs[0], x, y)
    column_gain, column_met = _gain_and_met(payoffs[1].T, y, x)
    return row_gain <= share * row_met and column_gain <= share * column_met


@_inner
def _gain_and_met(payoffs, own, other):
    """Of the player who chooses the row: the best response's gain, and the mean distance of the
    payoffs met from their mean."""
    played = np.flatnonzero(other)
    mean, best = 0.0, -np.inf
    for i in range(len(own)):
        total = 0.0
        for j in played:
            total += payoffs[i, j] * other[j]
        mean += own[i] * total
        best = max(best, total)
    met = 0.0
    for i in np.flatnonzero(own):
        for j in played:
            met += own[i] * other[j] * abs(payoffs[i, j] - mean)
    return best - mean, met


@_inner
def _other(number, own, others):
    """From a variable of side 1 to its label, or back: columns first, or slacks first."""
    return number + others if number < own else number - own


@_inner
def _pivot(s, state, table, block, basic, tight, place, value, entry, spare, tied):
    """Let the variable of the next label enter on side s; the one that leaves, or -1 if lost."""
    d, k = table.shape
    if state[AGE + s] >= REFRESH and not _refresh(
        s, state, table, block, basic, tight, value, entry, spare
    ):
        return -1
    size = state[SIZE + s]
    entering = state[LABEL] if s == 0 else _other(state[LABEL], k, d)
    _column(d, k, size, entering, table, block, basic, tight, place, entry)
    count = _move(d, k, size, entering, basic, value, entry, tied)
    if count == 0:
        return -1
    if count > 1:
        _lexicographic(d, k, size, count, table, block, basic, place, entry, tied)
    state[SIZE + s] = _exchange(
        d, k, size, entering, tied[0], table, block, basic, tight, place, value, entry
    )
    state[AGE + s] += 1
    return tied[0]


@_inner
def _strategy(s, state, table, basic, value, profile):
    """The columns' values, scaled to sum to 1; uniform at the origin, which is no strategy."""
    d, k = table.shape
    size = state[SIZE + s]
    total = 0.0
    for a in range(size):
        total += value[k + a]
    for j in range(d):
        profile[s * k + j] = 1.0 / d if size == 0 else 0.0
    for a in range(size):
        profile[s * k + basic[a]] = value[k + a] / total


@_inner
def _origin(payoffs, first, second, place, value, entry):
    """Payoffs moved and scaled into [1, 2], so that neither their unit nor what is added to them
    matters; every slack is 1."""
    rows, columns = first.shape
    for p in range(2):
        low, high = _range(payoffs, p, rows, columns, entry, value[p])
        scale = 1.0 / (high - low) if high > low else 0.0
        if p == 1:
            for i in range(rows):
                for j in range(columns):
                    first[i, j] = 1.0 + (payoffs[1, i, j] - low) * scale
        else:
            for j in range(columns):
                for i in range(rows):
                    second[j, i] = 1.0 + (payoffs[0, i, j] - low) * scale
        for i in range(rows + columns):
            value[p, i] = 1.0
            place[p, i] = -1


@_inner
def _range(payoffs, p, rows, columns, lows, highs):
    """Least and largest payoff; column by column first, which computes four at a time."""
    for j in range(columns):
        lows[j] = highs[j] = payoffs[p, 0, j]
    for i in range(rows):
        for j in range(columns):
            x = payoffs[p, i, j]
            lows[j] = x if x < lows[j] else lows[j]
            highs[j] = x if x > highs[j] else highs[j]
    for j in range(columns):
        lows[0] = min(lows[0], lows[j])
        highs[0] = max(highs[0], highs[j])
    return lows[0], highs[0]


@_inner
def _column(d, k, size, entering, table, block, basic, tight, place, entry):
    """The tableau's column of the entering variable, into ``entry``."""
    for a in range(size):
        entry[k + a] = 0.0
    if entering < d:
        for i in range(k):
            entry[i] = table[entering, i]
        for b in range(size):
            factor = table[entering, tight[b] - d]
            for a in range(size):
                entry[k + a] += factor * block[a, b]
    else:
        for i in range(k):
            entry[i] = 0.0
        for a in range(size):
            entry[k + a] = block[a, place[entering]]
    _subtract(d, k, size, table, basic, entry)
    for b in range(size):
        entry[tight[b] - d] = 0.0


@_inner
def _subtract(d, k, size, table, basic, x):
    """The slacks of x lose M times its basic columns; two at a time, which halves the traffic."""
    for a in range(0, size, 2):
        c0, f0 = basic[a], x[k + a]
        c1, f1 = c0, 0.0
        if a + 1 < size:
            c1, f1 = basic[a + 1], x[k + a + 1]
        for i in range(k):
            x[i] -= f0 * table[c0, i] + f1 * table[c1, i]


@_inner
def _move(d, k, size, entering, basic, value, entry, tied):
    """Let the entering variable grow until others are 0: these into ``tied``, counted."""
    step = np.inf
    for i in range(k + size):
        if entry[i] > PIVOT:
            ratio = value[i] / entry[i]
            step = ratio if ratio < step else step
    if step == np.inf:
        return 0
    count = 0
    for i in range(k + size):
        rest = value[i] - step * entry[i]
        if rest < TIE:
            rest = 0.0
            if entry[i] > PIVOT:
                tied[count] = d + i if i < k else basic[i - k]
                count += 1
        value[i] = rest
    value[k + size if entering < d else entering - d] = step
    return count


@_inner
def _lexicographic(d, k, size, count, table, block, basic, place, entry, tied):
    """Put first of the tied variables the one whose row of the inverse basis, divided by its entry,
    is lexicographically least, as if row i of M z <= 1 had the right-hand side 1 + epsilon^(i+1).
    """
    for i in range(k):
        least, kept = np.inf, 0
        for t in range(count):
            ratio = _ratio(d, k, size, tied[t], i, table, block, basic, place, entry)
            margin = LEXICOGRAPHIC * (1.0 + abs(ratio))
            if ratio > least + margin:
                continue
            if ratio < least - margin:
                least, kept = ratio, 0
            tied[kept] = tied[t]
            kept += 1
        count = kept
        if count == 1:
            return


@_inner
def _ratio(d, k, size, variable, i, table, block, basic, place, entry):
    """Entry of a basic variable's row in the column of slack i, over that in the entering one."""
    b = place[d + i]
    if variable < d:
        a = place[variable]
        return block[a, b] / entry[k + a] if b >= 0 else 0.0
    own = variable - d
    total = 1.0 if own == i else 0.0
    if b >= 0:
        for a in range(size):
            total -= table[basic[a], own] * block[a, b]
    return total / entry[own]


@_inner
def _exchange(d, k, size, entering, leaving, table, block, basic, tight, place, value, entry):
    """Two variables change places, and the size of the block after that: a row or a column that was
    not kept is joined to it, the pivot done, and one that need not be kept is dropped."""
    p, rows = place[leaving], size
    if leaving >= d:  # the row of a slack
        p, rows = size, size + 1
        for b in range(size):
            block[p, b] = 0.0
        for a in range(size):
            factor = table[basic[a], leaving - d]
            for b in range(size):
                block[p, b] -= factor * block[a, b]
        entry[k + p] = entry[leaving - d]
    q, columns = place[entering], size
    if entering < d:  # the column of a column of M
        q, columns = size, size + 1
        value[k + p] = value[k + size]  # where it was while the leaving one had the place
    scale = 1.0 / entry[k + p]
    for b in range(size):
        block[p, b] *= scale
    for a in range(rows):
        factor = entry[k + a]
        if a != p:
            for b in range(size):
                block[a, b] -= factor * block[p, b]
        block[a, q] = -factor * scale
    block[p, q] = scale
    basic[p], tight[q] = entering, leaving
    place[entering], place[leaving] = p, q
    if entering >= d:  # it is basic, and a slack
        rows -= 1
        for b in range(columns):
            block[p, b] = block[rows, b]
        value[k + p] = value[k + rows]
        basic[p] = basic[rows]
        place[basic[p]] = p
        place[entering] = -1
    if leaving < d:  # it is nonbasic, and a column
        columns -= 1
        for a in range(rows):
            block[a, q] = block[a, columns]
        tight[q] = tight[columns]
        place[tight[q]] = q
        place[leaving] = -1
    return rows


@_inner
def _refresh(s, state, table, block, basic, tight, value, entry, spare):
    """One step of Newton's iteration for the block, W <- W + W (1 - M W), which squares its error,
    and the values from it; False where rounding has spoilt it already."""
    d, k = table.shape
    size = state[SIZE + s]
    for r in range(size):
        for b in range(size):
            spare[r, b] = 0.0
        spare[r, r] = 1.0
        for a in range(size):
            factor = table[basic[a], tight[r] - d]
            for b in range(size):
                spare[r, b] -= factor * block[a, b]
    for a in range(size):
        for b in range(size):
            entry[b] = block[a, b]
        for r in range(size):
            for b in range(size):
                block[a, b] += entry[r] * spare[r, b]
        total = 0.0
        for b in range(size):
            if not abs(spare[a, b]) < DIVERGES / size:
                return False
            total += block[a, b]
        entry[k + a] = total
    for i in range(k):
        entry[i] = 1.0
    _subtract(d, k, size, table, basic, entry)
    for b in range(size):
        entry[tight[b] - d] = 0.0
    for i in range(k + size):
        if entry[i] < -SPOILT:
            return False
        value[i] = entry[i] if entry[i] > TIE else 0.0
    state[AGE + s] = 0
    return True
