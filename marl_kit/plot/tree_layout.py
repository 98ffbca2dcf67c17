"""Where the nodes of a drawn game tree stand: from left to right, in inches.

Leaves are stacked in the order of play, so subtrees never cross. Nodes of one depth share a column;
an infoset whose dashed line would run through another node gets a lane of its own within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.games.tree import NO_INFOSET, TERMINAL, GameTree

ROW = 0.31
"""Between two leaves."""
LANE = 0.17
"""Between two infosets side by side."""
FAN = 0.42
"""From a node to where the edges to its children have spread out."""
PAD = 0.22
"""Around a label."""


@dataclass(frozen=True, eq=False, slots=True)
class Layout:
    """Positions of N nodes, in inches; y grows upwards."""

    x: np.ndarray  # float64 [N]
    y: np.ndarray  # float64 [N]
    knee: np.ndarray  # float64 [N]; where the edge into the node becomes horizontal
    width: float
    height: float


def lay_out(tree: GameTree, label_width: np.ndarray, payoff_width: float) -> Layout:
    """Place the nodes of a tree.

    Parameters
    ----------
    tree : GameTree
    label_width : float64 [N]
        What is written on the edge into each node, in inches.
    payoff_width : float
        What is written at a leaf.
    """
    y = _rows(tree)
    lane = _lanes(tree, y)
    x, knee = np.zeros(tree.num_nodes), np.zeros(tree.num_nodes)
    edge = 0.0  # how far the drawing has come
    right = 0.0
    for d, (start, end) in enumerate(zip(tree.depth_offset, tree.depth_offset[1:], strict=False)):
        level = slice(int(start), int(end))
        run = float(label_width[level].max()) + PAD if d else 0.0
        knee[level] = edge + FAN if d else 0.0
        base = (edge + FAN + run) if d else 0.0
        x[level] = base + LANE * lane[level]
        leaf = tree.player[level] == TERMINAL
        edge = float(x[level].max())
        x[level][leaf] = edge  # beyond the dashed lines, with room for the payoffs
        if np.any(leaf):
            right = max(right, edge + payoff_width)
            edge = max(edge, edge + payoff_width - FAN - PAD)
    return Layout(x, y, knee, max(right, edge), float(y.max() - y.min()))


def _rows(tree: GameTree) -> np.ndarray:
    """Leaves one row apart in the order of play; a node halfway between its outer children."""
    y = np.zeros(tree.num_nodes)
    row, stack = 0, [0]
    while stack:
        node = stack.pop()
        first, count = int(tree.first_child[node]), int(tree.num_children[node])
        if not count:
            y[node], row = -ROW * row, row + 1
        stack.extend(range(first + count - 1, first - 1, -1))
    for node in np.flatnonzero(tree.num_children)[::-1]:  # children stand behind their parents
        first, count = int(tree.first_child[node]), int(tree.num_children[node])
        y[node] = (y[first] + y[first + count - 1]) / 2
    return y


def _lanes(tree: GameTree, y: np.ndarray) -> np.ndarray:
    """For each node the lane within its column: overlapping infosets never share one."""
    lane = np.zeros(tree.num_nodes, np.int64)
    for start, end in zip(tree.depth_offset, tree.depth_offset[1:], strict=False):
        nodes = np.arange(int(start), int(end))
        nodes = nodes[tree.player[nodes] != TERMINAL]
        groups: dict[int, list[int]] = {}
        for node in nodes.tolist():
            infoset = int(tree.infoset[node])
            groups.setdefault(infoset if infoset != NO_INFOSET else -1 - node, []).append(node)
        taken: list[list[tuple[float, float]]] = []
        for members in sorted(groups.values(), key=lambda g: -float(y[g].max())):
            low, high = float(y[members].min()), float(y[members].max())
            place = _free_lane(taken, low, high)
            taken[place].append((low, high))
            lane[members] = place
    return lane


def _free_lane(taken: list[list[tuple[float, float]]], low: float, high: float) -> int:
    """The first lane where nothing else stands between ``low`` and ``high``."""
    for k, spans in enumerate(taken):
        if all(high < a - ROW / 3 or low > b + ROW / 3 for a, b in spans):
            return k
    taken.append([])
    return len(taken) - 1
