"""From the rules of a game to its tree: every history is walked once."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from marl_kit.core.errors import EndlessGameError, InvalidGameError
from marl_kit.core.progress import Progress
from marl_kit.games.game import Game
from marl_kit.games.preorder import Preorder, assemble, fill_columns, guard_size, memory_mb
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree

_LOOK_EVERY = 1 << 16
"""Nodes between two looks at the limit and the free memory, once so many have been met."""
MAX_DEPTH = 4096
"""Moves of one play. A walk of a game without an end goes ever deeper, and the siblings that wait
on its way hold their whole histories: the memory is lost long before the limit of nodes."""


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
        More nodes than the limit, or more than the memory holds.
    EndlessGameError
        A play of 4,096 moves that has not ended.
    InvalidGameError
        Nodes of one infoset with different actions, or a node without any.
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
    known = rows.infoset_actions
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
                _guard_depth(parents, row)
                progress.say(f"{row + 1:,} nodes, {memory_mb(row + 1):,.0f} MB")
                look_at = min(row + min(max(row, MAX_DEPTH), _LOOK_EVERY), node_limit)
            if player >= 0:
                legal = state.legal_actions()
                key = key_of(state)
                infoset = number[player].get(key)
                if infoset is None:
                    if not legal:
                        _refuse_no_actions(state, f"player {player}")
                    infoset = number[player][key] = rows.add_infoset(key, player, legal)
                elif legal != known[infoset]:
                    _refuse_unequal(state, key, player, known[infoset], legal)
                add_kind(infoset)
                child = state.child
                for a in legal[:0:-1]:
                    push((child(a), row))
                action = legal[0]
            elif player == TERMINAL:
                add_kind(TERMINAL)
                add_payoffs(state.returns())
                row += 1
                break
            else:
                add_kind(CHANCE)
                pairs = state.chance_outcomes()
                if not pairs:
                    _refuse_no_actions(state, "chance")
                outcomes += pairs
                child = state.child
                for a, _ in pairs[:0:-1]:
                    push((child(a), row))
                action = pairs[0][0]
            parent = row
            row += 1
            state.apply_action(action)  # the first child needs no clone
    fill_columns(rows, parents, kinds, outcomes)


def _guard_depth(parents: array, row: int) -> None:
    """Refuse a play that has gone on for too long."""
    depth, above = 0, parents[row]
    while above >= 0 and depth <= MAX_DEPTH:
        depth, above = depth + 1, parents[above]
    if depth >= MAX_DEPTH:
        raise EndlessGameError(
            f"a play of {MAX_DEPTH:,} moves has not ended, so the game seems to have no end and "
            f"cannot be enumerated; give it a limit of moves (many games have a parameter for it)."
        )


def _refuse_no_actions(state: Any, who: str) -> None:
    raise InvalidGameError(
        f"{who} is to move after the history {list(state.history())} and has no action; a node "
        f"offers at least one, or the game is over there."
    )


def _refuse_unequal(
    state: Any, key: Hashable, player: int, known: Sequence[int], legal: Sequence[int]
) -> None:
    raise InvalidGameError(
        f"infoset {key!r} of player {player} has the actions {list(known)} at one node and "
        f"{list(legal)} after the history {list(state.history())}; all nodes of an infoset must "
        f"offer the same actions, in the same order."
    )


def _separate_keys(rows: Preorder) -> None:
    """Where two players share a string, the key becomes (player, string)."""
    owners: dict[Hashable, int] = {}
    shared = False
    for key, player in zip(rows.infoset_keys, rows.infoset_player, strict=True):
        shared = shared or owners.setdefault(key, player) != player
    if shared:
        rows.infoset_keys[:] = list(zip(rows.infoset_player, rows.infoset_keys, strict=True))
