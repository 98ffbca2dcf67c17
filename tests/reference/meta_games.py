"""Slow and obvious: fixation by its defining sum, stationary distributions by Fractions, limits by
listing every spanning tree; and the empirical game of OpenSpiel's alpha-rank example."""

import itertools
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

DIGITS = 60


def fixation(fitness_gap, m, alpha):
    """1 / (1 + sum_l prod_{p <= l} exp(-alpha gap(p))), in 60 decimal digits.

    ``fitness_gap(p)``: advantage of mutants when they are p.
    """
    with localcontext() as context:
        context.prec = DIGITS
        total, product = Decimal(1), Decimal(1)
        for p in range(1, m):
            product *= (
                -Decimal(alpha)
                * Decimal(fitness_gap(p).numerator)
                / Decimal(fitness_gap(p).denominator)
            ).exp()
            total += product
        return Fraction(1 / total)


def population_gap(table, resident, mutant, m):
    """Mean payoffs against the rest of a population of m, p of them mutants."""

    def gap(p):
        mutants = (p - 1) * table[mutant][mutant] + (m - p) * table[mutant][resident]
        residents = (m - p - 1) * table[resident][resident] + p * table[resident][mutant]
        return Fraction(mutants - residents, m - 1)

    return gap


def one_population(table, m, alpha, local=False):
    """Chain of Fractions [n][n] (off the diagonal) for an integer table."""
    n = len(table)

    def rate(s, r):
        difference = Fraction(table[r][s] - table[s][r])
        gap = (lambda p: difference) if local else population_gap(table, s, r, m)
        return fixation(gap, m, alpha)

    return [[rate(s, r) if s != r else Fraction(0) for r in range(n)] for s in range(n)]


def neighbours(sizes):
    """Pairs of profiles that differ in one population, which one, and their numbers."""
    cells = list(itertools.product(*map(range, sizes)))
    number = {cell: i for i, cell in enumerate(cells)}
    for cell in cells:
        for p, n in enumerate(sizes):
            for a in range(n):
                if a != cell[p]:
                    other = (*cell[:p], a, *cell[p + 1 :])
                    yield p, cell, other, number[cell], number[other]


def several_populations(payoffs, m, alpha):
    """Chain of Fractions for integer payoffs [P, A_1, ..., A_P]."""
    sizes = payoffs.shape[1:]
    count = int(np.prod(sizes))
    chain = [[Fraction(0)] * count for _ in range(count)]
    for p, cell, other, i, j in neighbours(sizes):
        gain = Fraction(int(payoffs[(p, *other)] - payoffs[(p, *cell)]))
        chain[i][j] = fixation(lambda _, gain=gain: gain, m, alpha)
    return chain


def stationary(chain):
    """Solve pi (I - C) = 0, sum pi = 1, by elimination in Fractions."""
    n = len(chain)
    rows = [[chain[i][j] if i != j else -sum(chain[i]) for i in range(n)] for j in range(n)]
    rows[-1] = [Fraction(1)] * n
    rows = [[*row, Fraction(int(j == n - 1))] for j, row in enumerate(rows)]
    for k in range(n):
        pivot = next(r for r in range(k, n) if rows[r][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for r in range(n):
            if r != k and rows[r][k] != 0:
                rows[r] = [x - rows[r][k] * y for x, y in zip(rows[r], rows[k], strict=True)]
    return np.array([float(row[-1]) for row in rows])


def limit(order, weight):
    """Markov chain tree theorem: state i has the sum over all trees that lead to i; of those the
    least order stays. ``order[i][j]`` None: no transition."""
    n = len(order)
    found = []
    for root in range(n):
        choices = [
            [j for j in range(n) if j != i and order[i][j] is not None] if i != root else [None]
            for i in range(n)
        ]
        for tree in itertools.product(*choices):
            if all(_reaches(tree, i, root) for i in range(n)):
                edges = [(i, j) for i, j in enumerate(tree) if i != root]
                total = sum(order[i][j] for i, j in edges)
                product = Fraction(1)
                for i, j in edges:
                    product *= weight[i][j]
                found.append((total, root, product))
    least = min(total for total, _, _ in found)
    pi = [sum(w for t, r, w in found if t == least and r == i) for i in range(n)]
    return np.array([float(x / sum(pi)) for x in pi])


def _reaches(tree, i, root):
    for _ in range(len(tree)):
        if i == root:
            return True
        i = tree[i]
    return i == root


# OpenSpiel 2.0.2, egt/examples/alpharank_example.py: three iterations of fictitious play on Kuhn
# poker for three players, each pair of oracles played 100 times with seed 5; in hundredths.
_ROWS = """
 30 -44 -35 -35  -9 -76 -83 -21  23 -54 -71 -46  38 -42 -43 -44
 84  -8   4  -6  14  27  -3   2  59 -33 -34 -28   8 -38  -8 -76
 54  57   5  48  -5  20  12  20  33  49  14  -3  27 -21  28 -18
103  28  49  30  -5   8  39  20  51   1  -5 -33  16   4  11 -15
 -5  23 -22 -28  85  16  49  -3  37  97  15  14   4   0  -3   8
-44 -65 -61 -49  38  -9 -20 -37  -1 -29  54 -27  36  48  16  52
-25 -51 -26 -65  65  12 -31 -11  10 -30  -3 -31  -2  40   9  16
-68 -27 -90 -83  54  -2 -17  -3   9  28 -11   5  35  50   9 -21
-25  21  57  63 -76  60  34  24 -60 -43  56  32 -42  42  46  36
-40  73  57  55 -52 -18  23  35 -58  62 -20  55 -44 -10  -8  24
-29  -6  21  17 -60 -32  19  -9 -43 -19 -11  34 -25 -19 -37   2
-35  -1  41  53 -49  -6 -22 -17 -60 -29  16  28 -51 -54 -20  36
"""
KUHN_3P = np.loadtxt(_ROWS.split("\n")).reshape(3, 4, 4, 4) / 100
