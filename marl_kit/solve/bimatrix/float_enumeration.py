"""Vertices in float64, with a proof that they are all, or not at all.

The proof has two parts and does not depend on how the vertices were found: each of them is a
vertex at which just d inequalities are tight, by bounds on the rounding errors (in doubt, in exact
arithmetic); and each of its edges leads to another one of the list. A polytope's graph is
connected, so there are no others. A degenerate polytope has no such proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from marl_kit.solve.bimatrix.best_replies import BLURRED, BestReplies
from marl_kit.solve.bimatrix.linear_system import tight_system, unique_solution
from marl_kit.solve.bimatrix.vertex_block import BLOCK, GivenUp, VertexBlock

LEVELS = 3
"""Times k + d: room for the depth of the search, which stays below k + d in practice."""
MOST_DOUBTS = 200
"""Vertices that are checked exactly; more of them tell that floats are of no use here."""


def float_blocks(M: BestReplies) -> Iterator[VertexBlock]:
    """Vertices of {z >= 0, M z <= 1}; coming to the end is the proof that they are all.

    Raises
    ------
    GivenUp
        The polytope is degenerate, or nearly so.
    """
    from marl_kit.solve.bimatrix import _float_kernels as kernels

    if M.floats is None or M.error > BLURRED:
        raise GivenUp
    d = M.shape[1]
    search = _search(M.floats)
    go_on: Any = kernels.enumerate_vertices
    place = np.array([-1, kernels.MORE])
    tight, doubtful = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.bool_)
    found, doubts = [], 0
    while place[1] == kernels.MORE:
        n = go_on(M.floats, M.error, *search, place, tight, doubtful)
        if doubtful[:n].any():
            doubts += int(doubtful[:n].sum())
            checked = tight[:n][doubtful[:n]].tolist()
            if doubts > MOST_DOUBTS or not all(_is_simple(M, t) for t in checked):
                raise GivenUp
        if n:
            found.append(tight[:n].copy())
            yield VertexBlock(found[-1], None)
    everything = np.concatenate(found)
    size = 1 << (len(everything) * d).bit_length()
    table, hits = np.zeros(size, np.uint64), np.zeros(size, np.uint8)
    if place[1] != kernels.DONE or not kernels.edges_pair_up(everything, table, hits):
        raise GivenUp


def _search(M: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays of the search, one slot a level, with the origin in the first."""
    k, d = M.shape
    levels = LEVELS * (k + d)
    tableaux = np.empty((levels, d + 1, (k + 3) // 4 * 4))
    tableaux[0] = 0.0
    tableaux[0, :d, :k] = M.T
    tableaux[0, d, :k] = 1.0
    costs = np.empty((levels, d))
    costs[0] = 1.0 + 0.3 * np.sin(1.7 * np.arange(1, d + 1))  # generic: no two of a ratio
    rows, columns = np.empty((levels, k), np.int64), np.empty((levels, d), np.int64)
    rows[0], columns[0] = np.arange(d, d + k), np.arange(d)
    tight = np.empty(levels, np.uint64)
    tight[0] = (1 << d) - 1
    inverses = np.empty((levels, tableaux.shape[2]))
    return tableaux, costs, inverses, rows, columns, np.empty(levels, np.int64), tight


def _is_simple(M: BestReplies, tight: int) -> bool:
    """Whether the d tight inequalities meet in one point, inside all others: exactly."""
    variables, rows = tight_system(tight, *M.shape)
    table = M.integers
    z = unique_solution([[table[j][i] for i in variables] for j in rows])
    if z is None or min(z, default=1) <= 0:
        return False
    others = set(range(len(table))) - set(rows)
    return all(_load(table[j], variables, z) < 1 for j in others)


def _load(row: list[int], variables: list[int], z: list[Fraction]) -> Fraction:
    return sum((row[i] * v for i, v in zip(variables, z, strict=True)), Fraction(0))
