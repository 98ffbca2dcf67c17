"""Stationary distributions by elimination of states, without a subtraction.

Grassmann, Taksar and Heyman (1985), "Regenerative analysis and steady state distributions for
Markov chains", Operations Research 33. The last state is taken out and its probability handed to
the ways around it; the diagonal is never used, so nothing cancels. Sums, products and quotients
are all that is needed, and they work on numbers written as ``weight * x**order``: with
x = 2**-256 these are floats that cannot underflow, and with x = 0 they stand for the leading
order as x goes to 0.
"""

import numpy as np
from numba import njit

SMALL = 2.0**-128
LARGE = 2.0**128


@njit(cache=True)
def scaled_stationary(order, weight, x):
    """The stationary distribution of transitions ``weight * x**order``, up to a factor.

    Parameters
    ----------
    order : float64 [n, n]
        Whole numbers, whose sums must be exact; ``inf`` where there is no transition.
        Overwritten; the diagonal is not read.
    weight : float64 [n, n]
        Positive, between 2**-128 and 2**128 if x > 0. Overwritten.
    x : float
        2**-256, or 0.

    Returns
    -------
    float64 [n], float64 [n]
        Orders and weights.
    """
    n = order.shape[0]
    for k in range(n - 1, 0, -1):
        least, total = np.inf, 0.0
        for j in range(k):
            gap = order[k, j] - least
            if gap < 0:
                total = weight[k, j] + total * x if gap == -1 else weight[k, j]
                least = order[k, j]
            elif gap <= 1:
                total += weight[k, j] if gap == 0 else weight[k, j] * x
        for i in range(k):
            if order[i, k] == np.inf:
                continue
            o, w = order[i, k] - least, weight[i, k] / total
            if x > 0 and w < SMALL:
                o, w = o + 1, w / x
            elif x > 0 and w > LARGE:
                o, w = o - 1, w * x
            order[i, k], weight[i, k] = o, w
            for j in range(k):
                other, part = o + order[k, j], w * weight[k, j]
                if x > 0 and part < SMALL:
                    other, part = other + 1, part / x
                elif x > 0 and part > LARGE:
                    other, part = other - 1, part * x
                gap = other - order[i, j]  # nan where neither way exists: nothing to do
                if gap < 0:
                    weight[i, j] = part + weight[i, j] * x if gap == -1 else part
                    order[i, j] = other
                elif gap <= 1:
                    weight[i, j] += part if gap == 0 else part * x
    pi_order, pi_weight = np.zeros(n), np.ones(n)
    for k in range(1, n):
        least, total = np.inf, 0.0
        for i in range(k):
            other, part = pi_order[i] + order[i, k], pi_weight[i] * weight[i, k]
            if x > 0 and part < SMALL:
                other, part = other + 1, part / x
            elif x > 0 and part > LARGE:
                other, part = other - 1, part * x
            gap = other - least
            if gap < 0:
                total = part + total * x if gap == -1 else part
                least = other
            elif gap <= 1:
                total += part if gap == 0 else part * x
        pi_order[k], pi_weight[k] = least, total
    return pi_order, pi_weight
