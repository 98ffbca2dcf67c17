"""Slow and obvious: elimination of one dominated action at a time, in any order.

Independent of the library. Whether a mixed strategy dominates strictly is asked from the other
side: an action is strictly dominated exactly if no (correlated) belief about the others makes it a
best reply (Pearce 1984, lemma 3; von Neumann's minimax theorem).
"""

import numpy as np
import scipy.optimize


def survivors(payoffs, dominated, order):
    """Actions that are left when the first dominated one in ``order(candidates)`` goes, again and
    again; ``payoffs`` [P, A_1, ..., A_P]."""
    alive = [list(range(n)) for n in np.shape(payoffs)[1:]]
    while True:
        table = [restricted(payoffs[p], alive, p) for p in range(len(alive))]
        candidates = [
            (p, a)
            for p, own in enumerate(alive)
            for a in range(len(own))
            if len(own) > 1 and dominated(table[p], a)
        ]
        if not candidates:
            return tuple(map(tuple, alive))
        player, action = order(candidates)
        del alive[player][action]


def restricted(table, alive, player):
    """[own actions, profiles of the others]"""
    inside = np.moveaxis(np.asarray(table)[np.ix_(*alive)], player, 0)
    return inside.reshape(len(inside), -1)


def strictly_by_pure(table, a):
    return any(all(x > y for x, y in zip(row, table[a], strict=True)) for row in table)


def weakly_by_pure(table, a):
    return any(
        all(x >= y for x, y in zip(row, table[a], strict=True))
        and any(x > y for x, y in zip(row, table[a], strict=True))
        for row in table
    )


def strictly_by_mixed(table, a):
    """No belief q makes a a best reply: the least of the largest regrets is positive."""
    table = np.asarray(table, float)
    n, k = table.shape
    result = scipy.optimize.linprog(
        np.r_[np.zeros(k), 1.0],
        A_ub=np.c_[table - table[a], -np.ones(n)],
        b_ub=np.zeros(n),
        A_eq=np.r_[np.ones(k), 0.0][None],
        b_eq=[1.0],
        bounds=[(0, None)] * k + [(None, None)],
    )
    return result.fun > 1e-7
