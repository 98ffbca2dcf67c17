"""One polytope, enumerated by the fastest way that is sure to be right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from marl_kit.core.results import Degeneracy
from marl_kit.solve.bimatrix.best_replies import BestReplies
from marl_kit.solve.bimatrix.degeneracy import witness_of
from marl_kit.solve.bimatrix.exact_enumeration import exact_blocks
from marl_kit.solve.bimatrix.float_enumeration import float_blocks
from marl_kit.solve.bimatrix.vertex_block import GivenUp, VertexBlock, python_blocks


class Polytope:
    """Mixed strategies of one player: vertices of {z >= 0, M z <= 1} by the other's payoffs.

    Attributes
    ----------
    player : int
        Whose strategies they are.
    replies : BestReplies
        M.
    way : int
        How many ways of enumerating were given up before the present one.
    exactly : bool
        Whether the arithmetic was exact, rather than float64 with a proof.
    degenerate : bool
        Whether a vertex with more tight inequalities than dimensions has been met.
    """

    def __init__(self, player: int, replies: BestReplies, python: bool):
        self.player, self.replies = player, replies
        self.way, self.exactly, self.degenerate = 0, True, False
        self._python = python
        self._many: tuple[int, np.ndarray] | None = None

    def blocks(self) -> Iterator[VertexBlock]:
        """All vertices, the origin first; coming to the end is the proof that they are all.

        Small integers are pivoted exactly in int64; if they grow too large, or to begin with,
        floats that prove every step; if they cannot, because ties are what makes a game
        degenerate, Python integers. After a way was given up, the next one begins anew.
        """
        for way, (exactly, blocks) in enumerate(self._ways()):
            self.way, self.exactly = way, exactly
            try:
                for block in blocks:
                    yield self._looked_at(block)
                return
            except GivenUp:
                continue

    def witness(self) -> Degeneracy | None:
        """A vertex that makes the game degenerate, if one has been met."""
        if self._many is None:
            return None
        return witness_of(self.replies, self.player, *self._many)

    def _ways(self) -> Iterator[tuple[bool, Iterator[VertexBlock]]]:
        if not self._python:
            if self.replies.small is not None:
                yield True, exact_blocks(self.replies.small)
            yield False, float_blocks(self.replies)
        yield True, python_blocks(self.replies.integers)

    def _looked_at(self, block: VertexBlock) -> VertexBlock:
        tight = block.tight
        if not self._python and isinstance(tight, list):
            block = VertexBlock(np.array(tight, np.uint64), block.points)
        if self.degenerate or block.points is None:  # floats find simple vertices, or give up
            return block
        counts = (
            np.array([t.bit_count() for t in tight])
            if isinstance(tight, list)
            else np.bitwise_count(tight)
        )
        i = int(counts.argmax())
        if counts[i] > self.replies.shape[1]:
            self.degenerate, self._many = True, (int(tight[i]), block.points[i])
        return block
