"""Lemke and Howson's path in floating point, around the kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.bimatrix._lemke_howson_kernels import DONE, FULL, LOST, MORE, PIVOTS, follow

BLOCK = 5_000
"""Pivots between two chances for Ctrl-C: a few ms at 50 x 50, half a second at 500 x 500."""
ROOM = 40
"""Support that fits at first: those of random games rarely grow larger, and small matrices stay in
the cache."""


class FloatPath(NamedTuple):
    """Where a path stands, and after how many pivots.

    ``ended``: at an equilibrium, whose inequalities were looked at once more. ``lost``: rounding
    led off the path, and ``profile`` is nothing.
    """

    profile: list[np.ndarray]
    pivots: int
    ended: bool
    lost: bool


def float_path(game: NormalFormGame, label: int, max_pivots: int) -> FloatPath:
    """The path of ``label`` to its end, or as far as so many pivots lead."""
    m, n = game.num_actions
    state = np.array([label, int(label >= m), 0, 0, 0, 0, 0])
    profile, first, second = np.empty(m + n), np.empty((m, n)), np.empty((n, m))
    place, tied = np.empty((2, m + n), np.int64), np.empty(m + n, np.int64)
    value, entry = np.empty((2, m + n + 1)), np.empty(m + n + 1)
    fixed, moving = (
        (label, game.payoffs, profile, state, first, second),
        (place, value, entry, tied),
    )
    bases = _bases(min(m, n, ROOM) + 1)
    why, until = MORE, 0
    while why == FULL or (why == MORE and until < max_pivots):
        if why == FULL:
            bases = _bases(min(m, n, 2 * len(bases[1][0])) + 1, bases)
        else:
            until = min(until + BLOCK, max_pivots)
        why = follow(until, *[*fixed, *bases, *moving])
    return FloatPath([profile[:m], profile[m:]], int(state[PIVOTS]), why == DONE, why == LOST)


def _bases(room: int, old: tuple[np.ndarray, ...] = ()) -> tuple[np.ndarray, ...]:
    """``block``, ``basic``, ``tight`` and ``spare`` with so much room, and what they held."""
    square, row = (room, room), (2, room)
    new = np.empty((2, *square)), np.empty(row, np.int64), np.empty(row, np.int64), np.empty(square)
    for small, large in zip(old, new, strict=False):
        large[tuple(slice(n) for n in small.shape)] = small
    return new
