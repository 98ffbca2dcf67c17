"""Passes over tables of pairwise results."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def worst_triangle(table, known):
    """The a < b, c of the greatest ``table[a, b] + table[b, c] + table[c, a]`` among pairs that
    are known, the first of equals; -1 where there is none."""
    n = len(table)
    back = np.ascontiguousarray(table.T)
    found = np.full(3, -1)
    best = -np.inf
    for a in range(n):
        for b in range(a + 1, n):  # a is the first of the three, so each cycle is seen once
            if known[a, b]:
                for c in range(a + 1, n):
                    if known[b, c] and known[a, c]:
                        total = table[a, b] + table[b, c] + back[a, c]
                        if total > best:
                            best = total
                            found[0], found[1], found[2] = a, b, c
    return found
