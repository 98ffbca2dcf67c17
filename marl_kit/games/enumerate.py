"""From the rules of a game to its tree: every history is walked once."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Hashable
from typing import Any

from marl_kit.core.progress import Progress
from marl_kit.games.game import Game
from marl_kit.games.preorder import Preorder, assemble, fill_columns, guard_size, memory_mb
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree

_LOOK_EVERY = 1 << 16
"""Nodes between two looks at the limit and the free memory."""


def enumerate_tree(
    game: Game,
    node_limit: int,
    progress: Progress,
    key_of: Callable[[Any], Hashable] | None = None,
) -> GameTree:
    """The tree of a game whose states answer the protocol ``State``.

    Parameters
    ----------
    game : Game
    node_limit : int
    progress : Progress
        Hears of nodes and memory.
    key_of : callable, optional
        ``state -> infoset key``; ``game.infoset_key`` if left out.

    Raises
    ------
    GameTooLargeError
    InvalidGameError
    """
    rows = Preorder(game.num_players)
    collecting = gc.isenabled()
    gc.disable()  # a walk makes no cycles, and collecting costs a quarter of it
    try:
        _walk(rows, game.new_initial_state(), key_of or game.infoset_key, node_limit, progress)
    finally:
        if collecting:
            gc.enable()
    _separate_keys(rows)
    return assemble(rows)


def _walk(
    rows: Preorder,
    start: Any,
    key_of: Callable[[Any], Hashable],
    node_limit: int,
    progress: Progress,
) -> None:
    """Depth first over live states.

    This loop is nearly all of the time of compiling: it is one piece, works on local names, asks
    only ``current_player`` what kind of node it is, and keeps what cannot be derived.
    """
    parents, kinds = array("i"), array("i")
    outcomes: list[tuple[int, float]] = []  # of all chance nodes in turn
    add_parent, add_kind, add_payoffs = parents.append, kinds.append, rows.payoffs.extend
    number: list[dict[Hashable, int]] = [{} for _ in range(rows.num_players)]
    stack = [(start, -1)]
    push, pop = stack.append, stack.pop
    row, look_at = 0, 0
    while stack:
        state, parent = pop()
        while True:
            player = state.current_player()
            add_parent(parent)
            if row >= look_at:
                guard_size(row + 1, node_limit)
                progress.say(f"{row + 1:,} nodes, {memory_mb(row + 1):,.0f} MB")
                look_at = min(row + _LOOK_EVERY, node_limit)
            if player >= 0:
                legal = state.legal_actions()
                key = key_of(state)
                infoset = number[player].get(key)
                if infoset is None:
                    infoset = number[player][key] = rows.add_infoset(key, player, legal)
                add_kind(infoset)
                for a in legal[:0:-1]:
                    push((state.child(a), row))
                action = legal[0]
            elif player == TERMINAL:
                add_kind(TERMINAL)
                add_payoffs(state.returns())
                row += 1
                break
            else:
                add_kind(CHANCE)
                pairs = state.chance_outcomes()
                outcomes += pairs
                for a, _ in pairs[:0:-1]:
                    push((state.child(a), row))
                action = pairs[0][0]
            parent = row
            row += 1
            state.apply_action(action)  # the first child needs no clone
    fill_columns(rows, parents, kinds, outcomes)


def _separate_keys(rows: Preorder) -> None:
    """Where two players share a string, the key becomes (player, string)."""
    owners: dict[Hashable, int] = {}
    shared = False
    for key, player in zip(rows.infoset_keys, rows.infoset_player, strict=True):
        shared = shared or owners.setdefault(key, player) != player
    if shared:
        rows.infoset_keys[:] = list(zip(rows.infoset_player, rows.infoset_keys, strict=True))
