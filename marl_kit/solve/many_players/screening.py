"""Support profiles that conditional dominance leaves, many at once.

An action that another one beats at every pure profile of the others' supports is not played there
(Porter, Nudelman and Shoham 2008). It is the first test of the branch and bound; done for whole
blocks of supports it spares most of them the building of their equations.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from math import prod

import numpy as np

from marl_kit.solve.many_players.roots import ROUNDING
from marl_kit.solve.many_players.supports import Supports, support_profiles

ROOM = 500_000
"""Payoffs that are compared at once: 4 MB."""


def undominated_supports(
    joint: np.ndarray, actions: tuple[int, ...]
) -> Iterator[tuple[int, Supports]]:
    """The supports in which no action is dominated, with their number among all."""
    start = 0
    for sizes, alike in groupby(support_profiles(actions), key=_sizes):
        room = max(ROOM // (prod(sizes) * len(joint)), 1)
        while block := list(islice(alike, room)):
            keep = _undominated(joint, actions, block)
            for number, (supports, kept) in enumerate(zip(block, keep, strict=True), start):
                if kept:
                    yield number, supports
            start += len(block)


def _sizes(supports: Supports) -> tuple[int, ...]:
    return tuple(len(s) for s in supports)


def _undominated(joint: np.ndarray, actions: tuple[int, ...], block: list[Supports]) -> np.ndarray:
    """For supports of the same sizes, bool [S]."""
    chosen = [np.array([one[p] for one in block]) for p in range(len(actions))]
    place = np.zeros((len(block), 1), np.int64)
    for n, own in zip(actions, chosen, strict=True):
        place = (place[:, :, None] * n + own[:, None, :]).reshape(len(block), -1)
    table, keep, begin = joint[:, place], np.ones(len(block), bool), 0
    for n, own in zip(actions, chosen, strict=True):
        mine = table[begin : begin + n]
        worse = np.zeros((n, len(block)), bool)
        for better in mine:
            worse |= (better - mine > ROUNDING).all(axis=2)
        keep &= ~np.take_along_axis(worse.T, own, axis=1).any(axis=1)
        begin += n
    return keep
