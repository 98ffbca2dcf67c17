"""From the rules of a game to its table of positions."""

from __future__ import annotations

import gc
from array import array
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from marl_kit.core.errors import (
    EndlessGameError,
    GameTooLargeError,
    InvalidOptionError,
    UnsupportedGameError,
)
from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.games.enumerate import MAX_DEPTH
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.table import NO_ROW, PositionTable, layers_of
from marl_kit.games.table_check import Again, Met, compare
from marl_kit.games.table_game import TableGame
from marl_kit.games.table_guard import Guard
from marl_kit.games.table_sources import Different, Moves, Positions, keys_for
from marl_kit.games.tree import TERMINAL, read_only

POSITION_LIMIT = 3_000_000
"""Positions that a table may have unless the caller raises the limit."""
CHUNK = 4_000
"""Moves that are made at once; a look at the limit and the memory follows."""
_TABLES: WeakKeyDictionary[Game, PositionTable] = WeakKeyDictionary()
_GAMES: WeakKeyDictionary[Game, ref[TableGame]] = WeakKeyDictionary()
"""A ``TableGame`` holds its source: held here, neither would ever be forgotten."""


def compile_table(game: Any, *, limit: int = POSITION_LIMIT, progress: bool = False) -> TableGame:
    """Turn a game of perfect information into tables, and the tables into a board game.

    Positions that are met on several ways become one. Those of board rules are told apart by the
    arrays that the rules keep, which is exact. Those of other games are told apart by the player
    to move and the text ``str(state)``, and that is checked: where a text is met again, the
    actions, the probabilities of chance, the returns and the texts of all successors must be the
    same (of some of these positions if there are many: checking takes no longer than walking),
    random plays from such positions must go in the game as they go in the table, and no position
    may come back. Where the check fails the number of plies is added to the text, and where that
    fails too nothing is merged.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information, in turns; chance with explicit probabilities.
    limit : int
        Positions.
    progress : bool
        Positions and memory so far, on stderr.

    Returns
    -------
    TableGame
        The same game for search, play and solvers, with ``.table``, which is kept for the next
        call with the same ``Game``.

    Raises
    ------
    GameTooLargeError
        More positions than the limit or the free memory, or a guess that says so early.
    EndlessGameError
        A position can come back, so that plays need not end.
    UnsupportedGameError
        Hidden information, simultaneous moves, or chance that is not told.
    InvalidOptionError
        A limit below 1 or not whole.

    Examples
    --------
    >>> compile_table("openspiel:tic_tac_toe").table.num_positions
    5478
    """
    if isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1:
        raise InvalidOptionError(f"limit is {limit!r}; give a whole number of at least 1.")
    game = as_game(game)
    if isinstance(game, TableGame):
        return game
    table = _TABLES.get(game)
    if table is None:
        table = _TABLES[game] = _compiled(game, limit, progress)
    if table.num_positions > limit:
        raise GameTooLargeError(
            f"{game.name} has {table.num_positions:,} positions, more than the limit of "
            f"{limit:,}; raise the limit."
        )
    known = _GAMES.get(game, lambda: None)()
    if known is None:
        known = TableGame(table, game)
        _GAMES[game] = ref(known)
    return known


def _compiled(game: Game, limit: int, progress: bool) -> PositionTable:
    _require_perfect_information(game)
    collecting = gc.isenabled()
    gc.disable()  # a walk makes no cycles, and collecting costs a quarter of it
    try:
        with StatusProgress(f"compiling {game.name}") if progress else Progress() as shown:
            return _compile(game, limit, shown)
    finally:
        if collecting:
            gc.enable()


def _compile(game: Game, limit: int, progress: Progress) -> PositionTable:
    for name in keys_for(game):
        source = Positions(game, name)
        try:
            columns, again = _walk(source, limit, progress)
            table = _assemble(source, columns)
            compare(source, table, again)
            return table
        except Different:
            continue
    raise AssertionError("histories are never merged, so they cannot differ")


@dataclass(slots=True)
class _Columns:
    """Positions in the order in which they are met; that is also how they are expanded."""

    player: array = field(default_factory=lambda: array("b"))
    count: array = field(default_factory=lambda: array("q"))
    action: array = field(default_factory=lambda: array("q"))
    child: array = field(default_factory=lambda: array("q"))
    probability: array = field(default_factory=lambda: array("d"))
    returns: list[tuple[float, ...]] = field(default_factory=list)  # of those that are over


def _walk(source: Positions, limit: int, progress: Progress) -> tuple[_Columns, list[Again]]:
    """Breadth first: a layer of positions after the other."""
    waiting: deque[Any] = deque([source.game.begin(0)])
    walk = _Walk(source, Guard(source.game, limit), {source.key(waiting[0], 0): 0})
    for ply in range(MAX_DEPTH + 1):
        fresh: deque[Any] = deque()
        while waiting:
            progress.say(f"{len(walk.number):,} positions, {ply} plies")
            walk.expand([waiting.popleft() for _ in range(walk.chunk(len(waiting)))], ply, fresh)
        if not fresh:
            return walk.columns, walk.look.kept
        waiting = fresh
        walk.guard.sizes.append(len(fresh))
    raise EndlessGameError(
        f"a play of {source.game.name} of {MAX_DEPTH:,} moves has not ended, so the game seems to "
        f"have no end; give it a limit of moves (many games have a parameter for it)."
    )


class _Walk:
    """Positions so far, and the numbers by which their keys are known."""

    def __init__(self, source: Positions, guard: Guard, number: dict[Hashable, int]):
        self.source, self.guard, self.number = source, guard, number
        self.columns, self.look = _Columns(), Met(source)

    def chunk(self, waiting: int) -> int:
        """How many positions are expanded at once: their children are all alive for a while."""
        columns = self.columns
        return min(waiting, 1 + CHUNK * len(columns.player) // (1 + len(columns.child)))

    def expand(self, states: list[Any], ply: int, fresh: deque[Any]) -> None:
        """Positions after so many plies; their children that nobody has met yet are appended."""
        columns, number, checked = self.columns, self.number, self.source.checked
        moves = self.source.expand(states, ply)
        met = len(number)
        for key, child in zip(moves.keys, moves.children, strict=True):
            row = number.setdefault(key, met)
            columns.child.append(row)
            if row == met:
                fresh.append(child)
                met += 1
                if met > self.guard.limit:
                    break
            elif checked:
                self.look.again(child, ply + 1, row, len(columns.child))
        self.guard.check(met, len(columns.child), len(fresh))
        if checked:
            self.look.expanded(moves, len(columns.player))
        _append(columns, moves)


def _append(columns: _Columns, moves: Moves) -> None:
    columns.player.extend(moves.player)
    columns.count.extend(moves.count)
    columns.action.extend(moves.action)
    columns.probability.extend(moves.probability)
    columns.returns.extend(moves.returns)


def _assemble(source: Positions, columns: _Columns) -> PositionTable:
    """Columns in the order of meeting, renumbered so that moves lead to larger numbers."""
    game = source.game
    player = np.frombuffer(columns.player, np.int8)
    first = np.concatenate([[0], np.cumsum(np.frombuffer(columns.count, np.int64))])
    child = np.frombuffer(columns.child, np.int64)
    layers = layers_of(first, child)
    if layers is None:
        if source.checked:  # plays of the game end, so the text does not tell all
            raise Different
        raise EndlessGameError(
            f"a position of {game.name} can come back, so plays need not end, and a table has no "
            f"exact values; let the rules count moves up to a limit."
        )
    order = np.concatenate(layers)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    degree = np.diff(first)[order]
    start = np.concatenate([[0], np.cumsum(degree)])
    edges = np.arange(len(child)) + np.repeat(first[:-1][order] - start[:-1], degree)
    payoffs, row = _payoffs(game, columns, player)
    return PositionTable(
        num_players=game.num_players,
        player=read_only(player[order]),
        first_edge=read_only(start),
        action=read_only(np.frombuffer(columns.action, np.int64)[edges]),
        child=read_only(number[child[edges]]),
        probability=read_only(np.frombuffer(columns.probability, np.float64)[edges]),
        payoff_row=read_only(row[order]),
        payoffs=read_only(payoffs),
        layer_offset=read_only(np.cumsum([0, *map(len, layers)])),
        key=source.name,
    )


def _payoffs(game: Game, columns: _Columns, player: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different returns [K, P], and which of them each position has [N]."""
    known: dict[tuple[float, ...], int] = {}
    rows = [known.setdefault(returns, len(known)) for returns in columns.returns]
    payoffs = np.array(list(known), np.float64).reshape(len(known), game.num_players)
    if not np.isfinite(payoffs).all():
        raise UnsupportedGameError(f"{game.name} has returns that are not finite.")
    place = np.full(len(player), NO_ROW, np.int64)
    place[player == TERMINAL] = rows
    return payoffs, place


def _require_perfect_information(game: Game) -> None:
    if not game.perfect_information:
        raise UnsupportedGameError(
            f"{game.name} hides information (or its players move at the same time), so its "
            f"positions cannot be tabled; game.tree() has its histories."
        )
