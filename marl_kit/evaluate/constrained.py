"""The most likely distribution of outcomes that has a given mean, or a given t-value."""

from __future__ import annotations

import numpy as np
import scipy.optimize

from marl_kit.core.errors import InvalidOptionError, MarlKitError

MOST_ROUNDS = 1000
SETTLED = 1e-12
EXACT = 1e-7
"""How far the t-value that is reached may be from the one asked for."""
PACES = (1.0, 0.5, 0.2, 0.05)
"""Shares of a step, tried in turn: where an outcome was never seen, whole steps may go in circles
around the fixed point that smaller ones reach."""
HALF = 0.5


def with_mean(points: np.ndarray, p: np.ndarray, mean: float) -> np.ndarray:
    """The distribution of the given mean under which observed frequencies p are most likely.

    It is p / (1 + x (points - mean)) with the x that makes the mean right. Van den Bergh, The
    generalized maximum likelihood ratio for the expectation value of a distribution, prop. 1.1.

    Parameters
    ----------
    points : float64 [k]
        What each outcome brings.
    p : float64 [k]
        Observed frequencies, all positive; they sum to 1.
    mean : float
        Between the least and the most points.
    """
    if not points.min() < mean < points.max():
        raise InvalidOptionError(
            f"a hypothesis has the expected score {mean:g}, which no outcomes have; give Elo "
            f"nearer to 0."
        )
    return _tilted(p, points - mean)


def with_t_value(points: np.ndarray, p: np.ndarray, t: float) -> np.ndarray:
    """The likeliest distribution in which (mean - 1/2) / standard deviation is t.

    The condition is linear to first order about any distribution, which is solved as a condition
    on a mean, over and over. Van den Bergh, Normalized Elo practical, section 4.1.

    Parameters
    ----------
    points, p : float64 [k]
        As in ``with_mean``.
    t : float

    Raises
    ------
    InvalidOptionError
        A t-value too far from 0 to be reached.
    """
    for pace in PACES:
        q = _iterated(points, p, t, pace)
        if q is not None:
            return q
    raise InvalidOptionError(
        f"a hypothesis has the t-value {t:g}, for which no likeliest distribution of the outcomes "
        f"was found; give normalised Elo nearer to 0."
    )


def _iterated(points: np.ndarray, p: np.ndarray, t: float, pace: float) -> np.ndarray | None:
    """The fixed point, by steps of so large a share of the way; None where they do not settle."""
    q = np.full(len(p), 1 / len(p))
    for _ in range(MOST_ROUNDS):
        mean, deviation = _moments(points, q)
        slopes = points - HALF - t * deviation * (1 + ((mean - points) / deviation) ** 2) / 2
        if not slopes.min() < 0 < slopes.max():
            return None
        old, q = q, (1 - pace) * q + pace * _tilted(p, slopes)
        if np.abs(q - old).max() < SETTLED:
            mean, deviation = _moments(points, q)
            return q if abs((mean - HALF) / deviation - t) < EXACT else None
    return None


def _moments(points: np.ndarray, q: np.ndarray) -> tuple[float, float]:
    mean = float(q @ points)
    return mean, float(np.sqrt(q @ (points - mean) ** 2))


def _tilted(p: np.ndarray, a: np.ndarray) -> np.ndarray:
    """p / (1 + x a), where x makes the mean of a zero; a takes both signs."""
    ends = -1 / a.max(), -1 / a.min()
    # at the ends the sum is plus and minus infinity; within rounding of them a root is as good
    inset = 1e-13 * (ends[1] - ends[0])

    def mean(x: float) -> float:
        return float((p * a / (1 + x * a)).sum())

    low, high = ends[0] + inset, ends[1] - inset
    if not mean(low) > 0 > mean(high):
        raise MarlKitError("the counts are too many orders of magnitude apart for a test.")
    root = scipy.optimize.brentq(mean, low, high, xtol=1e-15, rtol=1e-14, maxiter=500)
    q = p / (1 + root * a)
    return np.asarray(q / q.sum())
