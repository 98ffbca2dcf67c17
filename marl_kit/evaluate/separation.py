"""Who can be compared with whom, and what one-sided results still say.

Without a prior the most likely difference of two players is infinite where one side never scored:
a player who won every game has no finite rating. What can be said is a bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from marl_kit.core.errors import MarlKitError
from marl_kit.evaluate.bradley_terry import Evidence, Fit, fit, maximise

LEVEL = 0.05
"""Relative likelihood at which a difference counts as rejected."""
MOST_STEPS = 100
SETTLED = 1e-9
"""Logits."""
LOST, LEAP = 1e-6, 10.0
"""A loss of likelihood that may be rounding says only that the point, in logits, is far left."""


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Players whose differences are finite, and the fit of the games among them."""

    members: np.ndarray  # int64 [k], ascending
    fit: Fit


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Players who share a zero: a block, and whoever is infinitely far above or below it."""

    core: Block
    above: np.ndarray  # int64, ascending; empty with a prior
    below: np.ndarray  # int64, ascending; empty with a prior

    @property
    def members(self) -> np.ndarray:
        """All of them."""
        return np.concatenate([self.core.members, self.above, self.below])


def fit_blocks(points: np.ndarray, precision: float) -> list[Block]:
    """Maximal blocks, largest first.

    With a prior they are linked by chains of games, without one by chains of scored points in both
    directions.
    """
    parts = comparable_parts(points, precision)
    return [Block(part, fit(points[np.ix_(part, part)], precision)) for part in parts]


def comparable_parts(points: np.ndarray, precision: float) -> list[np.ndarray]:
    """The members of each block, largest block first."""
    return _parts(points, "weak" if precision else "strong")


def connected_groups(blocks: list[Block], anchors: Collection[int]) -> list[Group]:
    """With a prior: a group for each block, those with an anchor first."""
    none = np.zeros(0, np.int64)
    ranked = sorted(blocks, key=lambda block: not _anchored(block, anchors))
    return [Group(block, none, none) for block in ranked]


def separated_groups(
    points: np.ndarray, blocks: list[Block], anchors: Collection[int]
) -> list[Group]:
    """Without a prior: a core, and whoever is above or below it by likelihood alone.

    The core is the block that has an anchor, else the largest, among equals the one that scored
    least. Those who are neither above nor below it have no comparison with it, and make further
    groups in the same way.
    """
    score = points.sum(axis=1) / (points + points.T).sum(axis=1)
    graph, reverse = csr_array(points > 0), csr_array(points.T > 0)
    taken = np.zeros(len(points), bool)

    def rank(block: Block) -> tuple[bool, int, float]:
        share = float(score[block.members].mean())
        return not _anchored(block, anchors), -len(block.members), share

    groups = []
    for core in sorted(blocks, key=rank):
        if not taken[core.members[0]]:
            taken[core.members] = True
            below, above = (_newly_reached(g, core.members[0], taken) for g in (graph, reverse))
            groups.append(Group(core, above, below))
    return groups


def _anchored(block: Block, anchors: Collection[int]) -> bool:
    return any(int(i) in anchors for i in block.members)


def beats_in_the_limit(points: np.ndarray, i: int, j: int) -> bool:
    """Whether a chain of scored points leads from i to j."""
    return j in breadth_first_order(csr_array(points > 0), i, return_predecessors=False)


def smallest_gap(
    evidence: Evidence, blocks: Iterable[Block], upper: np.ndarray, lower: np.ndarray
) -> float:
    """The smallest difference, in logits, that the results do not reject at 95 %.

    ``upper`` and ``lower`` are weights [n] that sum to 1 and say of whom the two ratings are
    means; no chain of scored points leads from ``lower``'s block up to ``upper``'s. With the
    difference held at d and all other ratings free the likelihood has a maximum L(d), which grows
    to a finite limit L as d grows to infinity; the result is the d where L(d) = L / 20. After n
    wins in n games that is expit(d)^n = 0.05, the exact one-sided bound of Clopper and Pearson
    (1934).
    """
    between = _between(evidence.points, int(upper.argmax()), int(lower.argmax()))
    start = np.zeros(len(upper))
    limit = 0.0
    for block in blocks:
        if block.members[0] in between:
            # games between blocks cost nothing at infinity
            limit += block.fit.log_likelihood
            start[block.members] = block.fit.ratings
    contrast = upper[between] - lower[between]
    return _where_rejected(evidence.subset(between), start[between], contrast, limit)


def _where_rejected(evidence: Evidence, r: np.ndarray, contrast: np.ndarray, limit: float) -> float:
    """The value of ``contrast @ r`` at which the log likelihood, maximal otherwise, is too low.

    The loss against the limit falls about linearly far to the left of that point and exponentially
    to the right of it; its logarithm bends downwards, so that Newton's steps on it come to the root
    from the right after at most one jump.
    """
    allowed = -np.log(LEVEL)
    for _ in range(MOST_STEPS):
        r, slope = maximise(evidence, r, held=contrast)
        loss = limit - evidence.log_likelihood(r)
        step = np.log(loss / allowed) * loss / slope if loss > LOST else -LEAP
        r = r + contrast * step / (contrast @ contrast)
        if abs(step) <= SETTLED:
            return float(contrast @ r)
    raise MarlKitError(f"a bound has not settled after {MOST_STEPS} Newton steps; use a prior.")


def _between(points: np.ndarray, upper: int, lower: int) -> np.ndarray:
    """Whoever is on a chain of scored points from ``upper`` down to ``lower``.

    All others go to infinity while the difference is held, and their games with these cost nothing.
    """
    down = breadth_first_order(csr_array(points > 0), upper, return_predecessors=False)
    up = breadth_first_order(csr_array(points.T > 0), lower, return_predecessors=False)
    return np.intersect1d(down, up).astype(np.int64)


def _newly_reached(graph: csr_array, start: int, taken: np.ndarray) -> np.ndarray:
    found = breadth_first_order(graph, int(start), return_predecessors=False)
    found = np.sort(found[~taken[found]]).astype(np.int64)
    taken[found] = True
    return found


def _parts(points: np.ndarray, connection: str) -> list[np.ndarray]:
    """Connected parts of the graph of scored points, largest first."""
    if not len(points):
        return []
    number, label = connected_components(csr_array(points > 0), connection=connection)
    order = np.argsort(label, kind="stable")
    sizes = np.bincount(label, minlength=number)
    parts = np.split(order.astype(np.int64), np.cumsum(sizes)[:-1])
    return sorted(parts, key=lambda part: (-len(part), int(part[0])))
