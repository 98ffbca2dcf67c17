"""Vertices in exact int64 arithmetic, as long as it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from marl_kit.solve.bimatrix.vertex_block import BLOCK, GivenUp, VertexBlock

LEVELS = 3
"""Times k + d: room for the depth of the search, which stays below k + d in practice."""


def exact_blocks(M: np.ndarray) -> Iterator[VertexBlock]:
    """Vertices of {z >= 0, M z <= 1} for positive int64 M, degenerate or not.

    Raises
    ------
    GivenUp
        A number beyond 2^54 came up.
    """
    from marl_kit.solve.bimatrix import _exact_kernels as kernels

    d = M.shape[1]
    search = _search(M)
    go_on: Any = kernels.enumerate_bases
    location = np.array([-1, kernels.MORE])
    tight, points = np.empty(BLOCK, np.uint64), np.empty((BLOCK, d), np.int64)
    while location[1] == kernels.MORE:
        n = go_on(*search, location, tight, points)
        if n:
            yield VertexBlock(tight[:n].copy(), points[:n].copy())
    if location[1] != kernels.DONE:
        raise GivenUp


def _search(M: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays of the search, one slot a level, with the origin in the first."""
    k, d = M.shape
    levels = LEVELS * (k + d)
    tableaux = np.empty((levels, d + 1, (k + 4) // 4 * 4), np.int64)
    tableaux[0] = 0
    tableaux[0, :d, :k] = M.T
    tableaux[0, d, :k] = 1
    tableaux[0, :d, k] = 1  # the cost
    bits = np.empty((levels, d + 1))
    bits[0] = tableaux[0].max(axis=1)
    dets = np.ones(levels, np.int64)
    rows, columns = np.empty((levels, k), np.int64), np.empty((levels, d), np.int64)
    rows[0], columns[0] = np.arange(d, d + k), np.arange(d)
    places = np.empty((levels, d + k), np.int64)
    places[0, :d], places[0, d:] = columns[0], np.arange(-1, -1 - k, -1)
    return tableaux, bits, dets, rows, columns, places, np.empty(levels, np.int64)
