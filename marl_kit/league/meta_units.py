"""Payoffs in the units that meta-solvers are shown, without the rounding that they carry."""

from __future__ import annotations

import math

import numpy as np

from marl_kit.core.errors import UnsupportedGameError

ROUNDING = 4 * np.finfo(float).eps
"""Of the largest payoff: what computed payoffs that should be equal may differ by."""
NOISE = 1e-12
"""Of a player's payoff range, below which alpha-rank and the programs of correlated equilibria
are shown nothing: with infinite alpha the smallest difference decides, and rounding must not; a
program with gains of 1e-17 in it is one that HiGHS gives up."""
DIGITS = 30
"""Decimal digits at most; those of the smallest ranges beside the largest."""
APART = 1e-6
"""Ratio of payoff ranges below which no common scale shows all players' gains to a program."""


def spread(payoffs: np.ndarray) -> np.ndarray:
    """Every player's payoff range, float64 [P]."""
    return np.asarray(np.ptp(payoffs.reshape(len(payoffs), -1), axis=1))


def in_units(payoffs: np.ndarray) -> np.ndarray:
    """Every player's payoffs moved and scaled into [0, 1]; 0 where they differ by rounding alone.

    No equilibrium depends on a player's scale, and a tolerance means the same to all of them.
    """
    cells = tuple(range(1, payoffs.ndim))
    low, high = (f(payoffs, axis=cells, keepdims=True) for f in (np.min, np.max))
    alive = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
    return np.where(alive, (payoffs - low) / np.where(alive, high - low, 1.0), 0.0)


def without_noise(payoffs: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Each player's payoffs from 0 on in units of its ``scale`` [P], rounded to what the payoffs'
    own rounding and ``NOISE`` of the player's own range leave of them."""
    ranges = spread(payoffs)
    units = in_units(payoffs) * (ranges / scale).reshape(-1, *[1] * (payoffs.ndim - 1))
    largest = np.abs(payoffs).reshape(len(payoffs), -1).max(axis=1)
    coarse = np.maximum(NOISE * ranges, ROUNDING * largest) / scale
    return np.stack([_rounded(x, float(c)) for x, c in zip(units, coarse, strict=True)])


def _rounded(table: np.ndarray, coarse: float) -> np.ndarray:
    """To the decimal digits whose unit is at least ``coarse``."""
    digits = math.floor(-math.log10(coarse) + ROUNDING) if coarse > 0 else DIGITS
    return np.round(table, min(max(digits, 0), DIGITS))


def in_common_units(payoffs: np.ndarray) -> np.ndarray:
    """In [0, 1] by one scale for all players, for an objective that compares their payoffs."""
    ranges = spread(payoffs)
    if (ranges[ranges > 0] < APART * ranges.max()).any():
        raise UnsupportedGameError(
            f"the objective 'egalitarian' compares the players' payoffs, whose ranges from "
            f"{ranges[ranges > 0].min():.3g} to {ranges.max():.3g} are too far apart; take "
            f"'welfare' or 'entropy'."
        )
    return np.round((payoffs - payoffs.min()) / (np.ptp(payoffs) or 1.0), 12)
