"""The matrix M of a best-response polytope {z >= 0, M z <= 1}, as integers and as floats.

M holds a player's payoffs, its own actions by rows, moved and scaled to be positive, which changes
no best reply (von Stengel 2002, "Computing equilibria for two-person games", section 2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

import numpy as np

from marl_kit.games.normal_form import NormalFormGame

EPS = 2.0**-52
WHOLE = 2.0**53
"""Below this every integer is a float64."""
SMALL = 2**50
"""Larger integers cannot be pivoted in int64."""
MOST_DECIMALS = 18
"""Powers of ten are float64 numbers up to 22; more digits than 16 mean an arbitrary float."""
MOST_DIGITS = 1e15
"""Decimals of 15 digits have a float each, so that a float tells which of them is meant."""
BLURRED = 1e-9
"""Relative to the payoff range: payoffs that are known no better leave floats to guess."""
FLOAT_RANGE = (1e-290, 1e290)
"""Magnitudes whose differences and quotients neither overflow nor lose digits."""


@dataclass(frozen=True, eq=False)
class BestReplies:
    """What one player's polytope is made of.

    Attributes
    ----------
    exact : object [k, d] of Fraction, or float64 [k, d] whose decimals count
    floats : float64 [k, d] in [1, 2], or None where float64 cannot hold it
    error : float
        Bounds how far ``floats`` are from a matrix with the same best replies.
    small : int64 [k, d], or None
        M in small integers where they are easily had.
    """

    exact: np.ndarray
    floats: np.ndarray | None
    error: float
    small: np.ndarray | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows k (the player's own actions) and columns d (the other's)."""
        k, d = self.exact.shape
        return k, d

    @cached_property
    def integers(self) -> list[list[int]]:
        """M in positive integers of any size, exactly."""
        if self.small is not None:
            return self.small.tolist()
        table = self.exact
        if table.dtype != object:
            table = np.array([[Fraction(repr(x)) for x in row] for row in table.tolist()], object)
        scale = lcm(*(x.denominator for x in table.ravel()))
        whole = [int(x * scale) for x in table.ravel()]
        low = min(whole)
        unit = gcd(*(x - low for x in whole)) or 1
        flat = [(x - low) // unit + 1 for x in whole]
        d = table.shape[1]
        return [flat[i : i + d] for i in range(0, len(flat), d)]

    @cached_property
    def inequalities(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Left sides [d + k, d] and right sides of -z <= 0 and M z <= 1, and the bits of labels."""
        assert self.floats is not None, "only vertices that floats found are solved for in floats"
        k, d = self.shape
        left, right = np.zeros((d + k, d)), np.zeros(d + k)
        left[:d].flat[:: d + 1], left[d:], right[d:] = 1.0, self.floats, 1.0
        return left, right, np.uint64(1) << np.arange(d + k, dtype=np.uint64)


def best_replies(game: NormalFormGame, player: int) -> BestReplies:
    """M of the polytope of the *other* player's strategies, by ``player``'s payoffs."""
    table, exact = game.payoffs[player], game._exact_payoffs
    table = table if player == 0 else table.T
    if exact is None:
        known, whole = table, _decimals(table)
    else:
        known = exact[player] if player == 0 else exact[player].T
        whole = _whole(known, table)
    floats, error = _as_floats(table)
    small = _from_one(whole) if whole is not None else _from_fractions(known)
    return BestReplies(known, floats, error, small)


def _decimals(table: np.ndarray) -> np.ndarray | None:
    """The integers table * 10^e, if a small e makes them: then the floats print as their quotient.

    Dividing by a power of ten rounds correctly.
    """
    first = float(table.flat[int(np.abs(table).argmax())])  # bounds the digits of all
    for e in range(MOST_DECIMALS + 1):
        scale = 10.0**e
        if abs(first) * scale >= MOST_DIGITS:
            return None
        if round(first * scale) / scale != first:
            continue
        scaled = table * scale
        whole = np.rint(scaled)
        if np.array_equal(whole / scale, table):
            return whole
    return None


def _whole(exact: np.ndarray, table: np.ndarray) -> np.ndarray | None:
    if float(np.abs(table).max()) < WHOLE and all(x.denominator == 1 for x in exact.flat):
        return table
    return None


def _from_one(whole: np.ndarray) -> np.ndarray | None:
    """Integers (as floats) with the smallest at 1, by their common unit."""
    table = whole.astype(np.int64)
    table -= table.min()
    table //= max(int(np.gcd.reduce(table, axis=None)), 1)
    table += 1
    return table if table.max() < SMALL else None


def _from_fractions(exact: np.ndarray) -> np.ndarray | None:
    if exact.dtype != object:
        return None
    table = np.array(BestReplies(exact, None, 0.0, None).integers, object)
    return table.astype(np.int64) if table.max() < SMALL else None


def _as_floats(table: np.ndarray) -> tuple[np.ndarray | None, float]:
    """(table - low) / range + 1 and its error: of reading decimals, and three roundings."""
    low, high = float(table.min()), float(table.max())
    largest = max(-low, high)
    if low == high:
        return np.ones_like(table), 0.0
    if largest > FLOAT_RANGE[1] or high - low < FLOAT_RANGE[0]:
        return None, 0.0
    error = EPS * (largest / (high - low) + 4.0)
    return np.ascontiguousarray((table - low) / (high - low) + 1.0), error
