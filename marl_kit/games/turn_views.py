"""What all players see at every node of a game in turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from marl_kit.games.game import Game
from marl_kit.games.tree import NO_INFOSET, GameTree

Tensor = Callable[[Any, int], Sequence[float]]
"""``(state, player) -> numbers``."""


class TurnViews(NamedTuple):
    """Tables for N nodes, P players and R nodes where somebody moves."""

    row: np.ndarray  # int64 [N]; of ``seen``, its last one where nobody moves
    seen: np.ndarray  # float32 [R + 1, P, D]; zeros in the last row
    returns: np.ndarray  # float64 [N, P]; what the players have gained so far


def turn_views(game: Game, tree: GameTree) -> TurnViews:
    """What is seen of ``tree``, the tree of ``game``."""
    moved = tree.infoset != NO_INFOSET
    row = np.where(moved, np.cumsum(moved) - 1, moved.sum())
    returns = np.zeros((tree.num_nodes, tree.num_players))
    leaves = tree.terminal_index >= 0
    returns[leaves] = tree.payoffs[tree.terminal_index[leaves]]
    if (tensor := tensor_of(game)) is None:
        return TurnViews(row, _last_infosets(tree, moved), returns)
    seen = np.zeros((0, 0, 0), np.float32)
    for state, node in _moves(game, tree):
        vectors = [tensor(state, p) for p in range(tree.num_players)]
        if not len(seen):
            seen = np.zeros((moved.sum() + 1, len(vectors), len(vectors[0])), np.float32)
        seen[row[node]] = vectors
        returns[node] = state.returns()
    return TurnViews(row, seen, returns)


def _moves(game: Game, tree: GameTree) -> Iterator[tuple[Any, int]]:
    """Every state in which a player moves, with its node in the tree."""
    stack: list[tuple[Any, int]] = [(game.new_initial_state(), 0)]
    while stack:
        state, node = stack.pop()
        if tree.infoset[node] != NO_INFOSET:
            yield state, node
        first = int(tree.first_child[node])
        for child in range(first, first + int(tree.num_children[node])):
            if tree.num_children[child]:
                stack.append((state.child(int(tree.action[child])), child))


def tensor_of(game: Game) -> Tensor | None:
    """What the rules make of a state for a player; None where they make nothing of it."""
    if game.form == "board":
        return lambda state, player: state.observation_tensor(player)
    from marl_kit.games.openspiel import OpenSpielGame

    if not isinstance(game, OpenSpielGame):
        return None
    told = game.rules.get_type()
    if told.provides_information_state_tensor:
        return lambda state, player: state.information_state_tensor(player)
    if told.provides_observation_tensor:
        return lambda state, player: state.observation_tensor(player)
    return None


def _last_infosets(tree: GameTree, moved: np.ndarray) -> np.ndarray:
    """Which of its infosets a player came to last (zeros before its first), and whether it moves.

    Of the same length for all players, that of the one with the most infosets; as in ``seen``.
    """
    counts = np.bincount(tree.infoset_player, minlength=tree.num_players)
    first = np.cumsum(counts) - counts  # infosets are sorted by player
    last = np.full((tree.num_nodes, tree.num_players), -1)
    for start, end in zip(tree.depth_offset[:-1], tree.depth_offset[1:], strict=True):
        nodes = np.arange(start, end)
        if start:
            last[nodes] = last[tree.parent[nodes]]
        moving = nodes[moved[nodes]]
        mover = tree.player[moving]
        last[moving, mover] = tree.infoset[moving] - first[mover]
    seen = np.zeros((moved.sum() + 1, tree.num_players, counts.max() + 1), np.float32)
    node, player = np.nonzero((last >= 0) & moved[:, None])
    row = np.cumsum(moved) - 1
    seen[row[node], player, last[node, player]] = 1.0
    seen[row[moved], tree.player[moved], -1] = 1.0
    return seen
