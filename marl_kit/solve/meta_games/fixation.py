"""Probability that one mutant takes over a population, and how fast it vanishes with selection.

A population of m individuals imitates by the Fermi rule of intensity alpha (Traulsen, Nowak and
Pacheco 2006, "Stochastic dynamics of invasion and fixation", Physical Review E 74).
"""

from __future__ import annotations

import numpy as np

BLOCK = 1 << 22
"""Numbers held at once while one population's sums are taken."""


def log_fixation(gain: np.ndarray, m: int) -> np.ndarray:
    """Logarithm of (1 - exp(-u)) / (1 - exp(-m u)); 1/m where u = ``gain`` is 0.

    The mutant's advantage ``gain`` (times alpha) is the same however many mutants there are
    (Omidshafiei et al. 2019, equation 10). For u < 0 both parts are multiplied by exp(m u), so that
    nothing overflows.
    """
    size = np.abs(gain)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.expm1(-size) / np.expm1(-m * size))
    ratio = np.where(np.isfinite(ratio), ratio, -np.log(m))  # 0 / 0
    return np.where(gain < 0, ratio - (m - 1) * size, ratio)


def log_fixation_among(payoffs: np.ndarray, m: int, alpha: float) -> np.ndarray:
    """The same where fitness is the mean payoff against the rest of the population.

    Parameters
    ----------
    payoffs : float64 [n, n]
        Of the row's against the column's strategy.

    Returns
    -------
    float64 [n, n]
        Of a mutant of the column's strategy among the row's, -log(1 + sum_l exp(-alpha S_l)) with
        S_l the sum of the mutants' advantages while they are 1, ..., l.
    """
    n = len(payoffs)
    logs = np.empty((n, n))
    rows = max(1, BLOCK // (n * m))
    for start in range(0, n, rows):
        sums = -alpha * _advantages(payoffs, slice(start, start + rows), m) / (m - 1)
        top = np.maximum(sums.max(axis=-1), 0.0)
        total = np.exp(-top) + np.exp(sums - top[..., None]).sum(axis=-1)
        logs[start : start + rows] = -(top + np.log(total))
    return logs


def fixation_order(gain: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Order and weight of ``log_fixation`` for integer gains as alpha grows.

    The probability is about ``weight * exp(-alpha (m - 1) order)``.
    """
    return np.maximum(-gain, 0), np.where(gain == 0, 1.0 / m, 1.0)


def fixation_order_among(payoffs: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Order and weight of ``log_fixation_among`` for integer payoffs as alpha grows.

    The probability is about ``weight * exp(-alpha order / (m - 1))``.
    """
    n = len(payoffs)
    order, weight = np.empty((n, n), payoffs.dtype), np.empty((n, n))
    rows = max(1, BLOCK // (n * m))
    for start in range(0, n, rows):
        block = slice(start, start + rows)
        sums = _advantages(payoffs, block, m)
        least = np.minimum(sums.min(axis=-1), 0)
        order[block] = -least
        ties = (sums == least[..., None]).sum(axis=-1)
        weight[block] = 1.0 / ((least == 0) + ties).astype(float)
    return order, weight


def rare_order(gain: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Order and weight where every loss is as rare as any other (Rowland et al. 2019)."""
    return (gain < 0).astype(np.int64), np.where(gain == 0, 1.0 / m, 1.0)


def _advantages(payoffs: np.ndarray, block: slice, m: int) -> np.ndarray:
    """(m - 1) S_l, [rows, n, m - 1], of mutants of the column's strategy among the row's."""
    own = np.diag(payoffs)
    met = payoffs[block, :, None]  # the residents' payoff against mutants
    meets = payoffs.T[block, :, None]  # the mutants' against residents
    count = np.arange(1, m, dtype=payoffs.dtype)
    pairs = count * (count - 1) // 2  # mutants that a mutant met, summed over 1, ..., l
    residents = m * count - pairs - count
    return (
        pairs * own[None, :, None]
        + residents * meets
        - (residents - count) * own[block, None, None]
        - (pairs + count) * met
    )
