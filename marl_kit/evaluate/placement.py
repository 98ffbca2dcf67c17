"""From fitted blocks to numbers on the Elo scale: ratings, intervals, differences, superiority."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from marl_kit.evaluate.bradley_terry import Evidence
from marl_kit.evaluate.counts import Counts
from marl_kit.evaluate.separation import Block, Group, beats_in_the_limit, smallest_gap

SCALE = 400 / math.log(10)
"""Elo in a logit: 400 Elo are odds of 10 to 1."""
Z = 1.959963984540054
"""Standard deviations to each side that hold 95 % of a normal distribution."""


def place(
    evidence: Evidence,
    blocks: Sequence[Block],
    groups: Sequence[Group],
    anchors: Mapping[int, float],
) -> dict[str, np.ndarray]:
    """``elo``, ``low``, ``high`` and the number of the ``group`` (from 1) of each player, [n].

    The zero of a group is its anchor, at the rating given, else the mean of its core. The interval
    is that of the difference to it.
    """
    n = len(evidence.points)
    placed = {name: np.zeros(n) for name in ("elo", "low", "high")}
    placed["group"] = np.zeros(n, np.int64)
    for number, group in enumerate(groups, 1):
        members = group.members
        zero, offset = _zero(n, group, anchors)
        placed["group"][members] = number
        _place_core(placed, group.core, zero, offset)
        for i in group.above:
            gap = SCALE * smallest_gap(evidence, blocks, _unit(n, i), zero)
            _put(placed, i, (np.inf, gap + offset, np.inf))
        for i in group.below:
            gap = SCALE * smallest_gap(evidence, blocks, zero, _unit(n, i))
            _put(placed, i, (-np.inf, -np.inf, offset - gap))
    return placed


def difference(
    evidence: Evidence, blocks: Sequence[Block], i: int, j: int
) -> tuple[float, float, float]:
    """Elo of i minus Elo of j, with the ends of its 95 % interval."""
    for block in blocks:
        if i in block.members and j in block.members:
            k, m = np.searchsorted(block.members, (i, j))
            gap = float(SCALE * (block.fit.ratings[k] - block.fit.ratings[m]))
            error = float(SCALE * _errors(block)[k, m])
            return gap, gap - Z * error, gap + Z * error
    n = len(evidence.points)

    def bound(upper: int, lower: int) -> float:
        return SCALE * smallest_gap(evidence, blocks, _unit(n, upper), _unit(n, lower))

    if beats_in_the_limit(evidence.points, i, j):
        return math.inf, bound(i, j), math.inf
    if beats_in_the_limit(evidence.points, j, i):
        return -math.inf, -math.inf, -bound(j, i)
    return math.nan, -math.inf, math.inf


def superiority(counts: Counts, blocks: Sequence[Block], seats_matter: bool = False) -> np.ndarray:
    """Probability that row is better than column, float64 [n, n].

    Within a block from the normal distribution of the difference. Between blocks NaN, but where
    one side won all direct games: 1 - 2^-wins, the confidence by the exact sign test. (Not with
    ``seats_matter``: a win with the better seat says less than that.)
    """
    wins = np.asarray(counts.wins)
    played = (wins + wins.T > 0) & (not seats_matter)
    found = np.where(played, np.where(wins > 0, 1 - 0.5**wins, 0.5**wins.T), np.nan)
    for block in blocks:
        errors = _errors(block)
        r = block.fit.ratings
        np.fill_diagonal(errors, 1.0)  # a player against itself: 1/2
        found[np.ix_(block.members, block.members)] = ndtr((r[:, None] - r) / errors)
    return found


def covariance(
    blocks: Sequence[Block], anchors: Mapping[int, float], finite: np.ndarray
) -> np.ndarray:
    """Covariance of the ratings relative to their zero, Elo squared, float64 [n, n].

    NaN between blocks, which have no common zero, and for infinite ratings.
    """
    found = np.full((len(finite), len(finite)), np.nan)
    for block in blocks:
        if finite[block.members].all():
            weights = np.array([float(i in anchors) for i in block.members])
            weights = weights if weights.any() else np.full(len(weights), 1 / len(weights))
            shift = np.eye(len(weights)) - weights  # rows: a rating minus the zero
            found[np.ix_(block.members, block.members)] = (
                SCALE**2 * shift @ block.fit.covariance @ shift.T
            )
    return found


def _errors(block: Block) -> np.ndarray:
    """Standard errors of the differences, in logits, [k, k]."""
    covariance = block.fit.covariance
    variance = covariance.diagonal()
    return np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0.0))


def _zero(n: int, group: Group, anchors: Mapping[int, float]) -> tuple[np.ndarray, float]:
    """Weights [n] of the mean that is the zero, and the rating that it is given."""
    for i in group.core.members:
        if i in anchors:
            return _unit(n, i), anchors[i]
    zero = np.zeros(n)
    zero[group.core.members] = 1 / len(group.core.members)
    return zero, 0.0


def _unit(n: int, i: int) -> np.ndarray:
    unit = np.zeros(n)
    unit[i] = 1.0
    return unit


def _place_core(
    placed: dict[str, np.ndarray], core: Block, zero: np.ndarray, offset: float
) -> None:
    weights = zero[core.members]
    covariance = core.fit.covariance
    shared = covariance @ weights
    variance = covariance.diagonal() - 2 * shared + weights @ shared
    error = SCALE * np.sqrt(np.maximum(variance, 0.0))
    error[weights == 1.0] = 0.0  # the anchor itself, where rounding might leave something
    value = offset + SCALE * (core.fit.ratings - weights @ core.fit.ratings)
    _put(placed, core.members, (value, value - Z * error, value + Z * error))


def _put(placed: dict[str, np.ndarray], where: Any, values: tuple[Any, ...]) -> None:
    for name, value in zip(("elo", "low", "high"), values, strict=True):
        placed[name][where] = value
