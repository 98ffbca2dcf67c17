"""Intervals of shares and of bounded means."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


def wilson(mean: float, trials: int, low: float = 0.0, high: float = 1.0) -> tuple[float, float]:
    """Wilson's score interval of 95 % for the mean of independent trials between two bounds.

    Scaled to [0, 1], a variable of mean m has at most the variance m (1 - m) of one that is 0 or
    1, for which the interval was made: for others it is wider than need be.

    Parameters
    ----------
    mean : float
    trials : int
        At least 1.
    low, high : float
        What a trial can give; (0, 1) for a share.

    Returns
    -------
    (float, float)
        Within the bounds.

    Notes
    -----
    Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association 22.

    Examples
    --------
    >>> [round(x, 3) for x in wilson(0.5, 10)]
    [0.237, 0.763]
    """
    if not low < high:
        return mean, mean
    share, square = (mean - low) / (high - low), Z_95**2
    share = min(max(share, 0.0), 1.0)
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    spread = math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    spread *= Z_95 / (1 + square / trials)
    bottom, top = max(0.0, min(middle - spread, share)), min(1.0, max(middle + spread, share))
    return low + bottom * (high - low), low + top * (high - low)
