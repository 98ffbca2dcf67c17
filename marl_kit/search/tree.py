"""The search tree: arrays with one row for each running search (a *slot*)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NONE = -1
"""No child yet, no parent, no edge."""


class Tree(NamedTuple):
    """S searches at once; a kernel sees these arrays, and nothing else of a search.

    Node 0 is the root. A node's edges lie side by side, in random order, so that "the first"
    among equals favours no action. Values are sums of returns, one for each player: neither games
    in which a player moves twice nor games of many players need tricks with signs.
    """

    # nodes
    first_edge: np.ndarray  # int32 [S, N]
    num_edges: np.ndarray  # int32 [S, N]
    player: np.ndarray  # int8 [S, N]; to move, CHANCE or TERMINAL
    parent: np.ndarray  # int32 [S, N]
    parent_edge: np.ndarray  # int32 [S, N]
    # edges
    action: np.ndarray  # int32 [S, E]
    child: np.ndarray  # int32 [S, E]
    visits: np.ndarray  # int32 [S, E]
    value: np.ndarray  # float64 [S, E, P]
    prior: np.ndarray  # float64 [S, E]; probability of a chance outcome, unset elsewhere
    known: np.ndarray  # bool [S, E]; the game ends there: the mean return is exact
    # how many nodes and edges are in use
    used: np.ndarray  # int32 [S, 2]


def new_tree(slots: int, nodes: int, edges: int, players: int) -> Tree:
    """An empty tree with room for so many nodes and edges a slot."""
    return Tree(
        first_edge=np.empty((slots, nodes), np.int32),
        num_edges=np.empty((slots, nodes), np.int32),
        player=np.empty((slots, nodes), np.int8),
        parent=np.empty((slots, nodes), np.int32),
        parent_edge=np.empty((slots, nodes), np.int32),
        action=np.empty((slots, edges), np.int32),
        child=np.empty((slots, edges), np.int32),
        visits=np.empty((slots, edges), np.int32),
        value=np.empty((slots, edges, players), np.float64),
        prior=np.empty((slots, edges), np.float64),
        known=np.empty((slots, edges), np.bool_),
        used=np.zeros((slots, 2), np.int32),
    )


def bytes_per_edge(players: int) -> int:
    """Memory of an edge; nodes are few beside them."""
    return 4 + 4 + 4 + 8 + 1 + 8 * players
