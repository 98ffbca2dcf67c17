"""A mean over few runs that one bad run does not spoil, with its interval."""

from __future__ import annotations

import numpy as np

from marl_kit.core.checks import number

RESAMPLES = 2000


def interquartile_mean(runs: np.ndarray) -> np.ndarray:
    """Mean without the lowest and the highest quarter of the runs, over the first axis.

    Parameters
    ----------
    runs : float64 [S, ...]
        Of S runs, the floor of S / 4 are left out at either end: fewer than four all count.

    Notes
    -----
    Agarwal et al. (2021), Deep reinforcement learning at the edge of the statistical precipice.

    Examples
    --------
    >>> float(interquartile_mean(np.array([0.0, 1.0, 1.0, 2.0, 90.0])))
    1.3333333333333333
    """
    runs = np.sort(np.asarray(runs, float), axis=0)
    cut = len(runs) // 4
    return np.asarray(runs[cut : len(runs) - cut].mean(axis=0))


def bootstrap_interval(
    runs: np.ndarray, level: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval of the interquartile mean, runs being drawn again with replacement.

    Parameters
    ----------
    runs : float64 [S, ...]
    level : float
    seed : int
        Of the draws: the same runs have the same interval.

    Returns
    -------
    low, high : float64 [...]
        NaN where there is one run only, which says nothing about others.
    """
    number("level", level, 0.0, 1.0)
    runs = np.asarray(runs, float)
    if len(runs) < 2:
        nothing = np.full(runs.shape[1:], np.nan)
        return nothing, nothing
    drawn = np.random.default_rng(seed).integers(len(runs), size=(RESAMPLES, len(runs)))
    columns = runs.reshape(len(runs), -1).T  # one after another: all draws of all would be large
    tails = (1 - level) / 2, (1 + level) / 2
    ends = [np.quantile(interquartile_mean(column[drawn].T), tails) for column in columns]
    low, high = np.reshape(np.transpose(ends), (2, *runs.shape[1:]))
    return low, high
