"""The stationary distribution of a chain whose transitions may be as small as exp(-10**6)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

PANEL = 48
"""States eliminated before the rest is updated by one product of matrices."""
SMALLEST, LARGEST = 1e-290, 1e290
"""Products and quotients between them are normal numbers with all their digits."""
GENTLE = -300.0
"""Chains with a smaller log transition are not tried in plain numbers: products underflow."""
RADIX = 2.0**-256
LOG_RADIX = float(np.log(RADIX))


def stationary(log_rate: np.ndarray) -> np.ndarray:
    """The stationary distribution, float64 [n], of an irreducible chain.

    Plain numbers while a run-time check shows that nothing underflows, else scaled ones.

    Parameters
    ----------
    log_rate : float64 [n, n]
        Logarithms of the transitions, ``-inf`` where there is none; the diagonal is not read.
    """
    there = np.isfinite(log_rate)
    np.fill_diagonal(there, False)
    if log_rate[there].min(initial=0.0) > GENTLE:
        rate = np.exp(np.where(there, log_rate, -np.inf))
        if (pi := _eliminate(rate)) is not None:
            return pi
    from marl_kit.solve.meta_games._gth_kernels import scaled_stationary

    order = np.where(there, np.round(np.where(there, log_rate, 0.0) / LOG_RADIX), np.inf)
    weight = np.exp(np.where(there, log_rate - np.where(there, order, 0.0) * LOG_RADIX, -np.inf))
    return _normalised(*scaled_stationary(order, weight, RADIX))


def limit_distribution(order: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Limit of the stationary distribution of ``weight * x**order`` as x goes to 0.

    Orders are whole numbers in float64 and compared exactly, ``inf`` where there is no transition.
    """
    from marl_kit.solve.meta_games._gth_kernels import scaled_stationary

    found, share = scaled_stationary(order.copy(), weight.copy(), 0.0)
    pi = np.where(found == found.min(), share, 0.0)
    return pi / pi.sum()


def exact_limit_distribution(order: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The same with orders in Python's integers of any size; a weight of 0 is no transition.

    As in ``scaled_stationary``, one row after the other: n**3 steps of about a microsecond.
    """
    n = len(order)
    chain = [
        {j: (order[i, j], weight[i, j]) for j in range(n) if j != i and weight[i, j] > 0}
        for i in range(n)
    ]
    for k in range(n - 1, 0, -1):
        ways = [(j, way) for j, way in chain[k].items() if j < k]
        least, total = _sum_of(way for _, way in ways)
        for i in range(k):
            if k not in chain[i]:
                continue
            o, w = chain[i][k]
            o, w = o - least, w / total
            chain[i][k] = o, w
            for j, (further, share) in ways:
                if i != j:
                    way = (o + further, w * share)
                    chain[i][j] = _sum_of((chain[i][j], way)) if j in chain[i] else way
    found = [(0, 1.0)]
    for k in range(1, n):
        into = ((i, chain[i][k]) for i in range(k) if k in chain[i])
        found.append(_sum_of((found[i][0] + o, found[i][1] * w) for i, (o, w) in into))
    least = min(o for o, _ in found)
    pi = np.array([w if o == least else 0.0 for o, w in found])
    return pi / pi.sum()


def _sum_of(ways: Iterable[tuple[int, float]]) -> tuple[int, float]:
    """Leading order of a sum, with its weight."""
    ways = list(ways)
    least = min(o for o, _ in ways)
    return least, sum(w for o, w in ways if o == least)


def _normalised(order: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Numbers ``weight * RADIX**order`` divided by their sum."""
    behind = np.minimum(order - order.min(), 10)  # so many orders behind is 0 in float64
    pi = weight * RADIX**behind
    return pi / pi.sum()


def _eliminate(rate: np.ndarray) -> np.ndarray | None:
    """Grassmann, Taksar and Heyman's elimination by panels; None if a number gets too small."""
    last = len(rate)
    while last > 1:
        first = max(last - PANEL, 1)
        if not _eliminate_panel(rate, first, last):
            return None
        shares, rows = rate[:first, first:last], rate[first:last, :first]
        if not _safe(shares, rows):
            return None
        rate[:first, :first] += shares @ rows
        last = first
    return _substitute(rate)


def _eliminate_panel(rate: np.ndarray, first: int, last: int) -> bool:
    """Take out states ``last - 1`` to ``first``; states before ``first`` only see their columns."""
    for k in range(last - 1, first - 1, -1):
        out = rate[k, :k].sum()
        if not out > SMALLEST:
            return False
        rate[:k, k] /= out
        share = rate[:k, k, None]
        if not _safe(share, rate[k, :k]):
            return False
        rate[:first, first:k] += share[:first] * rate[k, first:k]
        rate[first:k, :k] += share[first:] * rate[k, :k]
    return True


def _safe(shares: np.ndarray, rows: np.ndarray) -> bool:
    least = _least(shares) * _least(rows)
    return bool(least > SMALLEST and shares.max(initial=0.0) < LARGEST)


def _least(x: np.ndarray) -> float:
    """Least positive entry; 1 where there is none, which multiplies nothing."""
    return float(np.min(x, initial=1.0, where=x > 0))


def _substitute(rate: np.ndarray) -> np.ndarray | None:
    pi = np.ones(len(rate))
    for k in range(1, len(rate)):
        parts = pi[:k] * rate[:k, k]
        pi[k] = parts.sum()
        if not SMALLEST < pi[k] < LARGEST or _least(parts) < SMALLEST:
            return None
    return pi / pi.sum()
