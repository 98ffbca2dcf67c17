"""Slow and obvious: the best mixed commitment of the row player, in exact fractions.

Independent of the library. For each reply the commitments to which it is best are a polytope; all
its vertices are tried, found from every set of tight inequalities.
"""

from fractions import Fraction
from itertools import combinations

from tests.reference.bimatrix import solve


def best_commitment(A, B):
    """The leader's value at the strong Stackelberg equilibrium."""
    m, n = len(A), len(A[0])
    best = None
    for j in range(n):
        replies = [[Fraction(B[i][k]) - Fraction(B[i][j]) for i in range(m)] for k in range(n)]
        signs = [[-Fraction(i == k) for i in range(m)] for k in range(m)]
        total = [*[Fraction(1)] * m, Fraction(1)]
        for tight in combinations([r for k, r in enumerate(replies) if k != j] + signs, m - 1):
            x = solve([*([*row, Fraction(0)] for row in tight), total])
            if x is None or min(x) < 0:
                continue
            if any(sum(a * b for a, b in zip(row, x, strict=True)) > 0 for row in replies):
                continue
            value = sum(Fraction(A[i][j]) * x[i] for i in range(m))
            best = value if best is None else max(best, value)
    return best
