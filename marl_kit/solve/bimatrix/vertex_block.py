"""What the three ways of enumerating a polytope's vertices hand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marl_kit.solve.bimatrix.polytope import vertices

BLOCK = 1024
"""Vertices between two looks at Ctrl-C: a millisecond or so. The result does not depend on it."""
PYTHON_BLOCK = 64
MOST_LABELS = 63
"""Labels that the kernels keep as bits of one word."""


class GivenUp(Exception):
    """This way of enumerating does not reach the end; another one starts anew."""


@dataclass(frozen=True, eq=False, slots=True)
class VertexBlock:
    """Some vertices; one that has several bases may come more than once.

    Attributes
    ----------
    tight : uint64 [n]; or a list of ints where there are more labels than 63
        As in ``polytope.Vertex``.
    points : int64 or object [n, d], or None
        Numerators of the coordinates; None from floats, where they are solved for when needed.
    """

    tight: np.ndarray | list[int]
    points: np.ndarray | None


def python_blocks(M: list[list[int]]) -> Iterator[VertexBlock]:
    """In Python integers, whatever M is; the slow way."""
    tight: list[int] = []
    points: list[tuple[int, ...]] = []
    for vertex in vertices(M):
        tight.append(vertex.tight)
        points.append(vertex.point)
        if len(tight) == PYTHON_BLOCK:
            yield _block(tight, points)
            tight, points = [], []
    if tight:
        yield _block(tight, points)


def _block(tight: list[int], points: list[tuple[int, ...]]) -> VertexBlock:
    table = np.empty((len(points), len(points[0])), object)
    table[:] = points
    return VertexBlock(tight, table)


def joined(blocks: list[VertexBlock]) -> tuple[np.ndarray | list[int], np.ndarray | None]:
    """``tight`` and ``points`` of several blocks of one kind."""
    if len(blocks) == 1:
        return blocks[0].tight, blocks[0].points
    points = [block.points for block in blocks if block.points is not None]
    table = np.concatenate(points) if points else None
    if blocks and isinstance(blocks[0].tight, list):
        return [t for block in blocks for t in block.tight], table
    return np.concatenate([block.tight for block in blocks]), table
