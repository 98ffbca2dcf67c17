"""Connect Four solved: alpha-beta on bitboards, for every board that the catalogue's file takes."""

from __future__ import annotations

import functools
from typing import Any, TypeGuard

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.game import Game
from marl_kit.games.load import as_game, load_game
from marl_kit.games.rules import Rules
from marl_kit.games.tree import TERMINAL
from marl_kit.search.exact import _connect_four_kernels as kernels
from marl_kit.search.exact._connect_four_kernels import MOVES, NO_MOVE, NOT_BEGUN, score_moves
from marl_kit.search.exact.position_score import PositionScore

TABLE_BITS = 22
"""2**22 entries of 8 bytes: 32 MB, of which only what is written to takes memory."""
FEWEST_BITS, MOST_BITS = 8, 30
BUDGET = 1 << 21
"""Positions in one call of the kernel, some tenths of a second: between two calls Python hears of
Ctrl-C."""
MIRROR_FROM = 0.6
"""As long as so large a share of the cells is free, a position and its mirror image are one: later
they rarely meet, and looking for the image costs more than it saves."""


class ConnectFourSolver:
    """Scores of positions of one size of board; what was searched once is remembered.

    Parameters
    ----------
    game : Game or str
        ``connect_four(...)`` of the catalogue, of any size.
    table_bits : int
        The transposition table has ``2**table_bits`` entries of 8 bytes.

    Raises
    ------
    UnsupportedGameError
        Not the catalogue's Connect Four.
    InvalidOptionError
        ``table_bits`` beyond 8 to 30.

    Notes
    -----
    Null-window alpha-beta that closes in on the score, moves ordered by the threats that they make,
    and bounds in a transposition table, as described by Pons (2015-2019), Solving Connect 4: how to
    build a perfect AI. Answers are exact and do not depend on what was asked before; only the
    count of nodes does.
    """

    def __init__(self, game: Any, *, table_bits: int = TABLE_BITS):
        if type(table_bits) is not int or not FEWEST_BITS <= table_bits <= MOST_BITS:
            raise InvalidOptionError(
                f"table_bits is {table_bits!r}; give a whole number from {FEWEST_BITS} to "
                f"{MOST_BITS}."
            )
        given = as_game(game)
        if not _is_connect_four(given):
            raise UnsupportedGameError(
                f"{given.spec or given.name!r} is not the catalogue's Connect Four; give "
                f"'connect_four(...)'."
            )
        self.game, self.table_bits = given, table_bits
        self.rows, self.columns, length = _size(given)
        self._board = _board(self.rows, self.columns, length, table_bits)
        self._table = np.zeros(1 << table_bits, np.uint64)
        cells = self.rows * self.columns
        self._frames = np.zeros((cells + 2, MOVES + 2 * self.columns), np.int64)

    def solve(self, state: BoardState, *, distances: bool = True) -> PositionScore:
        """What a position and its moves are worth.

        Parameters
        ----------
        state : BoardState
        distances : bool
            False: only who wins, several times as fast.

        Raises
        ------
        UnsupportedGameError
            A state of another game, or of another size of board.
        """
        if _size(_game_of(state)) != _size(self.game):
            raise UnsupportedGameError(
                f"the state belongs to {state.game.spec!r} and the solver to {self.game.spec!r}; "
                f"give one of the same rows, columns and x_in_row."
            )
        if state.is_terminal():
            return _over(state, distances)
        left = self.rows * self.columns - int(state.position[2])
        scores, nodes = self._scores(state, left, weak=not distances)
        return _position_score(state.current_player(), left, scores, nodes, distances)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process searches again: what was searched would be many megabytes."""
        return _solver, (self.game, self.table_bits)

    def _scores(self, state: BoardState, left: int, weak: bool) -> tuple[np.ndarray, int]:
        """Of each column, for the player to move; NO_MOVE where it is full."""
        work = np.zeros(kernels.WORK, np.int64)
        work[kernels.STONES] = state.position[state.current_player()]
        work[kernels.TAKEN] = state.position[0] | state.position[1]
        work[kernels.LEFT], work[kernels.DEPTH] = left, NOT_BEGUN
        scores = np.zeros(self.columns, np.int64)
        arrays = (self._board, self._table, self._frames, work, scores)
        budget = BUDGET
        while not score_moves(*arrays, weak, budget):
            budget += BUDGET
        return scores, int(work[kernels.NODES])


def solve_connect_four(state: BoardState, *, distances: bool = True) -> PositionScore:
    """What a position of Connect Four and its moves are worth under perfect play.

    Parameters
    ----------
    state : BoardState
        Of ``mk.load_game("connect_four(...)")``, any size.
    distances : bool
        False: only who wins, several times as fast.

    Returns
    -------
    PositionScore

    Raises
    ------
    UnsupportedGameError
        A state of another game.

    Notes
    -----
    See ``ConnectFourSolver``. On the board of 6 x 7 the first positions take minutes; the median of
    random positions after 12 moves some tenths of a second, after 16 some milliseconds, after 20
    less than one; single positions ten times as long.

    Examples
    --------
    >>> import marl_kit as mk
    >>> state = mk.load_game("connect_four(rows=4,columns=4)").new_initial_state()
    >>> solve_connect_four(state).value
    0.0
    """
    return _by_size(*_size(_game_of(state))).solve(state, distances=distances)


@functools.lru_cache(maxsize=2)
def _by_size(rows: int, columns: int, length: int) -> ConnectFourSolver:
    return ConnectFourSolver(load_game("connect_four", rows=rows, columns=columns, x_in_row=length))


def _solver(game: BoardGame, table_bits: int) -> ConnectFourSolver:
    return ConnectFourSolver(game, table_bits=table_bits)


def _size(game: BoardGame) -> tuple[int, int, int]:
    """Rows, columns and x_in_row."""
    rows, columns, length = game.params[:3].tolist()
    return rows, columns, length


def _game_of(state: Any) -> BoardGame:
    game = getattr(state, "game", None)
    if isinstance(state, BoardState) and _is_connect_four(game):
        return state.game
    kind = type(state)
    told = repr(game.spec) if isinstance(game, Game) else f"{kind.__module__}.{kind.__name__}"
    raise UnsupportedGameError(
        f"the state belongs to {told}; give one of the catalogue's Connect Four, "
        f"mk.load_game('connect_four(...)').new_initial_state()."
    )


def _is_connect_four(game: Any) -> TypeGuard[BoardGame]:
    return isinstance(game, BoardGame) and game.rules.same(_rules())


@functools.cache
def _rules() -> Rules:
    game = load_game("connect_four")
    assert isinstance(game, BoardGame)
    return game.rules


def _board(rows: int, columns: int, length: int, table_bits: int) -> np.ndarray:
    """What the kernels know of the board; as Python integers first, which cannot overflow."""
    column = (1 << rows) - 1
    bottoms = [1 << c * (rows + 1) for c in range(columns)]
    middle_first = sorted(range(columns), key=lambda c: (abs(2 * c - columns + 1), -c))
    numbers = [
        rows,
        columns,
        length,
        sum(bottoms),
        sum(bottoms) * column,
        64 - table_bits,
        int(MIRROR_FROM * rows * columns),
        *(bottoms[c] * column for c in middle_first),
    ]
    return np.array(numbers, np.int64)


def _over(state: BoardState, distances: bool) -> PositionScore:
    return PositionScore(
        player=TERMINAL,
        values=np.array(state.returns()),
        distance=0 if distances else None,
        actions=np.zeros(0, np.int64),
        action_values=np.zeros((0, 2)),
        distances=np.zeros(0, np.int64) if distances else None,
        best=(),
        nodes=0,
    )


def _position_score(
    player: int, left: int, scores: np.ndarray, nodes: int, distances: bool
) -> PositionScore:
    actions = np.flatnonzero(scores != NO_MOVE)
    scores = scores[actions]
    plies = np.array([_plies(s, left) for s in scores.tolist()]) if distances else None
    best = np.flatnonzero(scores == scores.max())
    own = np.sign(scores).astype(np.float64)
    values = np.stack([own, 0.0 - own] if player == 0 else [0.0 - own, own], axis=1)  # no -0
    return PositionScore(
        player=player,
        values=values[best[0]],
        distance=None if plies is None else int(plies[best[0]]),
        actions=actions,
        action_values=values,
        distances=plies,
        best=tuple(actions[best].tolist()),
        nodes=nodes,
    )


def _plies(score: int, left: int) -> int:
    """When the game ends: the winner's last stone but ``score - 1`` others that he had left."""
    if score > 0:
        return left - (1 - left % 2) - 2 * (score - 1)
    return left - left % 2 - 2 * (-score - 1) if score < 0 else left
