"""A part of a search tree as the beginning of another search."""

import numpy as np
from numba import njit

from marl_kit.search.tree import NONE


@njit(cache=True)
def transplant(tree, source, edge, target):
    """Copy what lies below an edge of row ``source`` into the row ``target``, as its whole tree.

    Breadth first: a copied node's edges stay side by side and in their order.
    """
    origin = np.empty(tree.used[source, 0], np.int32)  # the old node of each new one
    nodes, edges = 1, 1
    tree.edge[target, 0] = tree.edge[source, edge]
    _copy_values(tree, source, edge, target, 0)
    _forget_reward(tree, target)
    origin[0], tree.edge[target, 0].child = tree.edge[source, edge].child, 0
    parent = tree.node[target]["parent"]
    parent[0] = NONE
    done = 0
    while done < nodes:
        old = tree.node[source, origin[done]]
        above = parent[done]
        tree.node[target, done] = old
        tree.node[target, done].first, parent[done] = edges, above
        _copy_bounds(tree, source, origin[done], target, done)
        for i in range(old.count):
            tree.edge[target, edges] = tree.edge[source, old.first + i]
            _copy_values(tree, source, old.first + i, target, edges)
            child = tree.edge[target, edges].child
            if child != NONE:
                origin[nodes], parent[nodes], tree.edge[target, edges].child = child, done, nodes
                nodes += 1
            edges += 1
        done += 1
    tree.used[target, 0], tree.used[target, 1] = nodes, edges


@njit
def _forget_reward(tree, target):
    """What was paid on the way to the new root is not to come."""
    if tree.reward.shape[1] > 0:
        for p in range(tree.value.shape[2]):
            visits, reward = tree.edge[target, 0].visits, tree.reward[target, 0, p]
            tree.value[target, 0, p] -= visits * reward
            tree.reward[target, 0, p] = 0.0


@njit
def _copy_values(tree, source, e, target, f):
    for p in range(tree.value.shape[2]):
        tree.value[target, f, p] = tree.value[source, e, p]
        if tree.reward.shape[1] > 0:
            tree.reward[target, f, p] = tree.reward[source, e, p]


@njit
def _copy_bounds(tree, source, node, target, copy):
    for p in range(tree.bound.shape[3]):
        for side in range(2):
            tree.bound[target, copy, side, p] = tree.bound[source, node, side, p]
        if tree.raw.shape[1] > 0:
            tree.raw[target, copy, p] = tree.raw[source, node, p]
