"""The search tree: arrays with one row for each running search."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

NONE = -1
"""No child yet, no parent, no action."""
ROOT = 0
"""Node 0 is the root; edge 0 leads to it."""

LOW, HIGH = range(2)

OPEN, KNOWN, SHUT = 0, 1, 2
"""What an edge is to the player who chooses it: open; leading to a closed node; proven to be worse
than another (or no better, where that is all the same to the others)."""


NODE = np.dtype(
    [
        ("first", np.int32),  # of its edges
        ("count", np.int32),  # of its edges
        ("parent", np.int32),  # the node above
        ("player", np.int16),  # to move, CHANCE or TERMINAL
        ("closed", np.int16),  # 1: the game is over, or the value of every player is proven
    ]
)
EDGE = np.dtype(
    [
        ("mean", np.float64),  # of what the player who chooses it got; before the first try what
        # counts then, NaN for the mean of the node
        ("weight", np.float64),  # of the exploration (Gumbel: the logit)
        ("prior", np.float64),  # the evaluator's, or the probability of an outcome of chance
        ("action", np.int32),
        ("child", np.int32),  # a node, or NONE
        ("visits", np.int32),
        ("standing", np.int32),  # OPEN, KNOWN or SHUT
    ]
)

FIRST_EDGE = np.array((0.0, 0.0, 1.0, NONE, NONE, 0, OPEN), EDGE)
"""To the root, before it is there."""


class Tree(NamedTuple):
    """R searches at once; a kernel sees these arrays, and nothing else of a search.

    Edge 0 stands for "the search came here": it leads to the root, and its visits and values are
    the root's own. A node was visited as often as the edge that leads to it; the first of these
    visits was its own evaluation (a chance node has none).

    A node's edges lie side by side, in random order, so that "the first" among equals favours no
    action. Values are sums of returns, one for each player: neither games in which a player moves
    twice nor games of many players need tricks with signs. Memory is used for what is there, not
    for every action at every node, and what is read together lies together in small records: a
    search waits for memory most of its time.

    ``raw`` and ``reward`` have length 0 in searches that do not need them.
    """

    # nodes
    node: np.ndarray  # NODE [R, N]
    bound: np.ndarray  # float64 [R, N, 2, P]; with best play a player gets at least, at most this;
    # set where the game is over, and where the search proves values everywhere
    raw: np.ndarray  # float64 [R, N or 0, P]; the node's own evaluation
    # edges
    edge: np.ndarray  # EDGE [R, E]
    value: np.ndarray  # float64 [R, E, P]; sum of what was backed up, unset before the first visit
    reward: np.ndarray  # float64 [R, E or 0, P]; paid on the way
    # how many nodes and edges are in use
    used: np.ndarray  # int32 [R, 2]


def new_tree(
    rows: int, nodes: int, edges: int, players: int, *, raw: bool = False, rewards: bool = False
) -> Tree:
    """A tree with room for so many nodes and edges a row, every row without a root."""
    shapes: dict[str, tuple[np.dtype, tuple[int, ...]]] = {
        "edge": (EDGE, (edges,)),
        "value": (np.dtype(np.float64), (edges, players)),
        "reward": (np.dtype(np.float64), (edges if rewards else 0, players)),
        "bound": (np.dtype(np.float64), (nodes, 2, players)),
        "raw": (np.dtype(np.float64), (nodes if raw else 0, players)),
        "node": (NODE, (nodes,)),
        "used": (np.dtype(np.int32), (2,)),
    }
    sizes = {
        name: rows * math.prod(shape) * kind.itemsize for name, (kind, shape) in shapes.items()
    }
    # one block: numpy asks for huge pages for large ones, and thousands of small pages would
    # have to be fetched from the system in every search
    block, start = np.empty(sum(sizes.values()), np.uint8), 0
    arrays: dict[str, np.ndarray] = {}
    for name, (kind, shape) in shapes.items():
        part = block[start : start + sizes[name]]
        arrays[name] = part.view(kind).reshape(rows, *shape)
        start += sizes[name]
    tree = Tree(**arrays)
    clear(tree, slice(None))
    return tree


def clear(tree: Tree, row: int | slice) -> None:
    """Forget a search (or all): nothing but the edge to a root that is not there yet."""
    tree.used[row] = 0, 1
    tree.edge[row, 0] = FIRST_EDGE
    tree.value[row, 0] = 0.0
    if tree.reward.shape[1]:
        tree.reward[row, 0] = 0.0


def enlarged(tree: Tree, nodes: int, edges: int) -> Tree:
    """The same with room for more."""
    rows, players = len(tree.used), tree.value.shape[2]
    raw, rewards = tree.raw.shape[1] > 0, tree.reward.shape[1] > 0
    larger = new_tree(rows, nodes, edges, players, raw=raw, rewards=rewards)
    for old, new in zip(tree, larger, strict=True):
        new[:, : old.shape[1]] = old
    return larger


def bytes_needed(nodes: int, edges: int, players: int) -> int:
    """Memory of a row."""
    return nodes * (NODE.itemsize + 16 * players) + edges * (EDGE.itemsize + 8 * players)
