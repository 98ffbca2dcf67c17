"""How often a player's moves keep what the position is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.table import PositionTable
from marl_kit.games.table_game import TableGame
from marl_kit.games.table_states import require_state_of
from marl_kit.games.tree import read_only
from marl_kit.play.frozen import chosen_actions, position_rng
from marl_kit.play.frozen_policy import ASKED_LIMIT, table_for_players
from marl_kit.play.oracle import Oracle, oracle
from marl_kit.play.player import Player, player_name
from marl_kit.play.refutation import automatic_player, seed_list
from marl_kit.play.strength_result import ValueKeeping
from marl_kit.search.exact.table_solver import solve_table

CHUNK = 1024
"""Positions whose states are in memory at once."""


def value_keeping(
    game: Any,
    player: Any,
    seeds: int | Iterable[int] = 5,
    *,
    states: Sequence[State] | None = None,
    known: Oracle | None = None,
    limit: int = ASKED_LIMIT,
) -> ValueKeeping:
    """Ask a player for a move in many positions, and look whether it keeps their values.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    player : str or Player
        As for ``mk.make_player``.
    seeds : int or iterable of int
        A number means 0, 1, ...; the player's random numbers follow from (seed, position).
    states : sequence of State, optional
        Where it is asked, such as middle-game positions of a large Connect Four board; every
        position of the game at which a player moves, if left out.
    known : Oracle, optional
        Who knows the values of ``states``; ``mk.oracle(game)`` unless given.
    limit : int
        Positions that the table may have.

    Raises
    ------
    InvalidOptionError
        No seeds, no states, states of another game, or states at which nobody moves.
    UnsupportedGameError, GameTooLargeError
        The game cannot be solved; a player that is a person.

    Examples
    --------
    >>> found = value_keeping("tic_tac_toe", "random", seeds=1)
    >>> found.positions, found.nontrivial_positions
    (4520, 3191)
    """
    chosen = seed_list(seeds)
    game = as_game(game)
    if states is not None:
        _check_states(game, states)
    made = automatic_player(player, game)
    if states is None:
        game, compiled = table_for_players(game, limit)
        return _on_table(game, compiled, made, chosen)
    known = known or oracle(game)
    keeping = [known.keeping(state) for state in states]
    moves = np.stack([_moves(made, states, seed) for seed in chosen])
    legal = [state.legal_actions() for state in states]
    kept = [[a in k for a, k in zip(row, keeping, strict=True)] for row in moves.tolist()]
    return ValueKeeping(
        game=game,
        player=player_name(made),
        seeds=chosen,
        kept=read_only(np.array(kept)),
        nontrivial=read_only(
            np.array([set(k) != set(x) for k, x in zip(keeping, legal, strict=True)])
        ),
        histories=tuple(tuple(state.history()) for state in states),
        sampled=True,
    )


def _on_table(
    game: Game, compiled: TableGame, player: Player, seeds: tuple[int, ...]
) -> ValueKeeping:
    """On every position at which a player moves, in chunks."""
    table = compiled.table
    keeps, nodes = solve_table(table).keeps(), table.decisions
    kept = np.zeros((len(seeds), len(nodes)), bool)
    show = compiled.state_at if game is compiled else compiled.source_state
    histories: list[tuple[int, ...]] = []
    for first in range(0, len(nodes), CHUNK):
        some = nodes[first : first + CHUNK].tolist()
        states = [show(node) for node in some]
        histories += [tuple(state.history()) for state in states]
        for s, seed in enumerate(seeds):
            actions = _moves(player, states, seed).tolist()
            pairs = zip(some, actions, strict=True)
            edges = np.array([table.edge(node, action) for node, action in pairs], np.int64)
            kept[s, first : first + CHUNK] = keeps[edges]
    return ValueKeeping(
        game=game,
        player=player_name(player),
        seeds=seeds,
        kept=read_only(kept),
        nontrivial=read_only(_nontrivial(table, keeps)),
        histories=tuple(histories),
    )


def _nontrivial(table: PositionTable, keeps: np.ndarray) -> np.ndarray:
    """Whether a position at which a player moves has a move that loses value."""
    lost = np.bincount(table.sources(), weights=~keeps, minlength=table.num_positions)
    return np.asarray(lost[table.decisions] > 0)


def _moves(player: Player, states: Sequence[State], seed: int) -> np.ndarray:
    rngs = [position_rng(seed, state) for state in states]
    return np.array(chosen_actions(player, states, rngs), np.int64)


def _check_states(game: Game, states: Sequence[State]) -> None:
    if not len(states):
        raise InvalidOptionError("states is empty; give positions at which a player moves.")
    for state in states:
        require_state_of(game, state)
        if state.current_player() < 0:
            raise InvalidOptionError(
                f"nobody moves after the history {list(state.history())}; give states at which a "
                f"player moves."
            )
