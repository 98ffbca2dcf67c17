"""From any source to a ``GameTree``: depth-first columns, checked and renumbered."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidGameError
from marl_kit.games.tree import CHANCE, NO_INFOSET, TERMINAL, ExactNumbers, GameTree, read_only

NODE_LIMIT = 3_000_000
"""Nodes that a tree may have unless the caller raises the limit."""
BYTES_PER_NODE = 160
"""Measured need of compiling (columns, renumbering, sequence form), rounded up."""
CHANCE_TOLERANCE = 1e-9
"""Chance probabilities are decimal numbers in most files: a sum is 1 up to their rounding."""


@dataclass(eq=False, slots=True)
class Preorder:
    """A tree in depth-first preorder, one row a node, filled in by a source.

    A node's children are met in the order of its actions. ``infoset`` holds numbers in the order
    of first meeting; the tables beside it have one entry for each.
    """

    num_players: int
    parent: array = field(default_factory=lambda: array("i"))
    depth: array = field(default_factory=lambda: array("i"))
    action: array = field(default_factory=lambda: array("q"))
    player: array = field(default_factory=lambda: array("b"))
    chance_prob: array = field(default_factory=lambda: array("d"))
    infoset: array = field(default_factory=lambda: array("i"))
    payoffs: array = field(default_factory=lambda: array("d"))  # P numbers a leaf, in preorder
    infoset_keys: list[Hashable] = field(default_factory=list)
    infoset_player: list[int] = field(default_factory=list)
    infoset_actions: list[Sequence[int]] = field(default_factory=list)
    exact_payoffs: list[tuple[Fraction, ...]] | None = None  # by leaf, in preorder
    exact_chance: dict[int, Fraction] | None = None  # preorder row -> probability of its edge

    def add(self, parent: int, action: int, player: int, probability: float, infoset: int) -> int:
        """Append a node and return its row."""
        row = len(self.parent)
        self.parent.append(parent)
        self.depth.append(self.depth[parent] + 1 if parent >= 0 else 0)
        self.action.append(action)
        self.player.append(player)
        self.chance_prob.append(probability)
        self.infoset.append(infoset)
        return row

    def add_infoset(self, key: Hashable, player: int, actions: Sequence[int]) -> int:
        """Register an infoset and return its number."""
        self.infoset_keys.append(key)
        self.infoset_player.append(player)
        self.infoset_actions.append(actions)
        return len(self.infoset_keys) - 1


def fill_columns(
    rows: Preorder, parents: array, kinds: array, outcomes: Sequence[tuple[int, float]]
) -> None:
    """Fill all node columns from the two that a fast source keeps.

    Parameters
    ----------
    rows : Preorder
        With infosets and payoffs filled in.
    parents, kinds : array of int32 [N]
        Rows of the parents; infoset numbers, ``CHANCE`` or ``TERMINAL``.
    outcomes : sequence of (action, probability)
        Of the chance nodes in preorder, one after another; so many as a node has children.
    """
    parent, kind = np.frombuffer(parents, np.int32), np.frombuffer(kinds, np.int32)
    decision, chance = kind >= 0, kind == CHANCE
    sizes = np.fromiter(map(len, rows.infoset_actions), np.int64, len(rows.infoset_actions))
    children = np.bincount(parent[1:], minlength=len(parent))
    # where a node's actions start in the table of all actions: infosets first, then chance nodes
    start = np.zeros(len(parent), np.int64)
    start[decision] = (np.cumsum(sizes) - sizes)[kind[decision]]
    start[chance] = sizes.sum() + np.cumsum(children[chance]) - children[chance]
    chance_action = np.array([a for a, _ in outcomes], np.int64)
    chance_prob = np.array([p for _, p in outcomes], np.float64)
    actions = np.concatenate([_flat(rows.infoset_actions), chance_action])
    probabilities = np.concatenate([np.ones(int(sizes.sum())), chance_prob])
    entry = _place_among_siblings(parent) + start[parent]
    owner = np.array(rows.infoset_player, np.int8)
    player = np.where(decision, owner[np.maximum(kind, 0)] if len(owner) else 0, kind)
    is_root = parent < 0
    rows.parent, rows.depth = parents, array("i", _depths(parent).tobytes())
    rows.action = array("q", np.where(is_root, 0, actions[entry]).tobytes())
    rows.player = array("b", player.astype(np.int8).tobytes())
    rows.chance_prob = array("d", np.where(is_root, 1.0, probabilities[entry]).tobytes())
    rows.infoset = array("i", np.where(decision, kind, NO_INFOSET).astype(np.int32).tobytes())


def _place_among_siblings(parent: np.ndarray) -> np.ndarray:
    """0 for the first child of a node, 1 for the second, ...; int64 [N]."""
    order = np.argsort(parent, kind="stable")
    new = np.r_[True, parent[order][1:] != parent[order][:-1]]
    first = np.flatnonzero(new)[np.cumsum(new) - 1]
    place = np.empty(len(parent), np.int64)
    place[order] = np.arange(len(parent)) - first
    return place


def _depths(parent: np.ndarray) -> np.ndarray:
    """Distance from the root, by doubling: each round looks twice as far up."""
    depth, jump = (parent >= 0).astype(np.int32), parent
    while np.any(jump >= 0):
        # index -1 is harmless: the where() drops what it reads
        depth = depth + np.where(jump >= 0, depth[jump], 0)
        jump = np.where(jump >= 0, jump[jump], -1)
    return depth


def guard_size(nodes: int, node_limit: int) -> None:
    """Refuse to go on when the limit is reached or memory would run out."""
    if nodes > node_limit:
        raise GameTooLargeError(
            f"the tree has more than {node_limit:,} nodes ({nodes:,} so far, about "
            f"{memory_mb(nodes):,.0f} MB); use a smaller game, or raise the limit with "
            f"game.tree(node_limit=...)."
        )
    free = _free_memory()
    if nodes * BYTES_PER_NODE > free:
        raise GameTooLargeError(
            f"{nodes:,} nodes so far, and compiling them needs more than the {free / 1e6:,.0f} MB "
            f"that are free; use a smaller game or a machine with more memory."
        )


def memory_mb(nodes: int) -> float:
    """What compiling so many nodes needs, estimated in MB."""
    return nodes * BYTES_PER_NODE / 1e6


def _free_memory() -> float:
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):  # not every system tells
        return float("inf")


def assemble(rows: Preorder, describe: Callable[[int], str] = "infoset {}".format) -> GameTree:
    """Check the columns and renumber them breadth-first.

    Raises
    ------
    InvalidGameError
        Not a game: no nodes, payoffs that are not finite, chance probabilities that are negative
        or do not sum to 1, nodes of one infoset with different numbers of actions.
    """
    parent = np.frombuffer(rows.parent, np.int32)
    if len(parent) == 0:
        raise InvalidGameError("the game has no nodes; a game has at least one payoff.")
    depth = np.frombuffer(rows.depth, np.int32)
    order = np.argsort(depth, kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)

    new_parent = parent[order]
    new_parent[1:] = rank[new_parent[1:]]
    num_children = np.bincount(new_parent[1:], minlength=len(order)).astype(np.int32)
    first_child = (1 + np.cumsum(num_children, dtype=np.int64) - num_children).astype(np.int32)
    player = np.frombuffer(rows.player, np.int8)[order]
    infoset, infoset_order = _sorted_infosets(rows, order)

    terminal = player == TERMINAL
    preorder_leaf = np.cumsum(np.frombuffer(rows.player, np.int8) == TERMINAL) - 1
    leaf_rows = preorder_leaf[order[terminal]]
    payoffs = np.frombuffer(rows.payoffs, np.float64).reshape(-1, rows.num_players)[leaf_rows]
    terminal_index = np.where(terminal, np.cumsum(terminal) - 1, -1)

    numbers = infoset_order.tolist()
    actions = [rows.infoset_actions[i] for i in numbers]
    sizes = np.fromiter(map(len, actions), np.int64, len(actions))
    tree = GameTree(
        num_players=rows.num_players,
        parent=read_only(new_parent),
        action=read_only(np.frombuffer(rows.action, np.int64)[order]),
        player=read_only(player),
        first_child=read_only(first_child),
        num_children=read_only(num_children),
        chance_prob=read_only(np.frombuffer(rows.chance_prob, np.float64)[order]),
        infoset=read_only(infoset),
        terminal_index=read_only(terminal_index, np.int32),
        depth_offset=read_only(np.concatenate([[0], np.cumsum(np.bincount(depth))])),
        payoffs=read_only(payoffs),
        infoset_player=read_only(np.array(rows.infoset_player, np.int32)[infoset_order]),
        infoset_offset=read_only(np.concatenate([[0], np.cumsum(sizes)]), np.int64),
        action_number=read_only(_flat(actions)),
        infoset_keys=tuple([rows.infoset_keys[i] for i in numbers]),
        exact=_exact(rows, leaf_rows, rank),
    )
    _check(tree, describe)
    return tree


def _sorted_infosets(rows: Preorder, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Infoset of each node, renumbered by (player, first node), and the old numbers in order."""
    old = np.frombuffer(rows.infoset, np.int32)[order]
    decisions = np.flatnonzero(old != NO_INFOSET)
    first = np.full(len(rows.infoset_keys), len(order), np.int64)
    first[old[decisions[::-1]]] = decisions[::-1]
    infoset_order = np.lexsort((first, np.array(rows.infoset_player, np.int64)))
    number = np.empty(len(infoset_order) + 1, np.int32)
    number[infoset_order] = np.arange(len(infoset_order), dtype=np.int32)
    number[-1] = NO_INFOSET  # so that NO_INFOSET = -1 maps to itself
    return number[old], infoset_order


def _flat(actions: list[Sequence[int]]) -> np.ndarray:
    return np.fromiter(chain.from_iterable(actions), np.int64, sum(map(len, actions)))


def _exact(rows: Preorder, leaf_rows: np.ndarray, rank: np.ndarray) -> ExactNumbers | None:
    if rows.exact_payoffs is None or rows.exact_chance is None:
        return None
    payoffs = tuple(rows.exact_payoffs[i] for i in leaf_rows)
    return ExactNumbers(payoffs, {int(rank[r]): p for r, p in rows.exact_chance.items()})


def _check(tree: GameTree, describe: Callable[[int], str]) -> None:
    bad = np.argwhere(~np.isfinite(tree.payoffs))
    if len(bad):
        leaf, p = bad[0]
        raise InvalidGameError(
            f"the payoff of player {p} at leaf {leaf} is {tree.payoffs[leaf, p]}; payoffs must be "
            f"finite numbers."
        )
    _check_chance(tree)
    nodes = np.flatnonzero(tree.infoset != NO_INFOSET)
    expected = tree.num_actions[tree.infoset[nodes]]
    wrong = np.flatnonzero(tree.num_children[nodes] != expected)
    if len(wrong):
        node = nodes[wrong[0]]
        infoset = int(tree.infoset[node])
        raise InvalidGameError(
            f"{describe(infoset)} (key {tree.infoset_keys[infoset]!r}) has "
            f"{expected[wrong[0]]} actions at one node and {tree.num_children[node]} at another; "
            f"all nodes of an infoset must offer the same actions."
        )


def _check_chance(tree: GameTree) -> None:
    nodes = np.flatnonzero(tree.player == CHANCE)
    if not len(nodes):
        return
    below = np.flatnonzero((tree.parent >= 0) & (tree.player[tree.parent] == CHANCE))
    probability = tree.chance_prob[below]
    bad = np.flatnonzero(~((probability >= 0) & (probability <= 1 + CHANCE_TOLERANCE)))
    if len(bad):
        raise InvalidGameError(
            f"a chance outcome after the history {tree.history(int(tree.parent[below[bad[0]]]))} "
            f"has probability {probability[bad[0]]}; probabilities must lie in [0, 1]."
        )
    total = np.bincount(tree.parent[below], weights=probability, minlength=tree.num_nodes)[nodes]
    off = np.flatnonzero(np.abs(total - 1) > CHANCE_TOLERANCE)
    if len(off):
        raise InvalidGameError(
            f"the chance probabilities after the history {tree.history(int(nodes[off[0]]))} sum to "
            f"{total[off[0]]:.12g}; they must sum to 1."
        )
