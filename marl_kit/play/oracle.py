"""Exact values of positions, where the game can be solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from marl_kit.core.errors import IllegalActionError, UnsupportedGameError
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.table_compile import POSITION_LIMIT, compile_table
from marl_kit.games.table_game import TableGame
from marl_kit.search.exact.connect_four import ConnectFourSolver
from marl_kit.search.exact.table_solver import TableValues, solve_table

if TYPE_CHECKING:
    from marl_kit.search.exact.position_score import PositionScore


class Oracle(Protocol):
    """Who knows what the positions of a game are worth when all play perfectly.

    Values are expected returns of all players, float64 [P].
    """

    @property
    def game(self) -> Game: ...

    def values(self, state: State) -> np.ndarray:
        """Of a position: also where chance moves, and at the end."""
        ...

    def action_values(self, state: State) -> dict[int, np.ndarray]:
        """After each legal action (or outcome of chance)."""
        ...

    def keeping(self, state: State) -> list[int]:
        """The actions after which the player to move gets as much as before."""
        ...

    def keeps_value(self, state: State, action: int) -> bool:
        """Whether an action is one of these."""
        ...

    def best_actions(self, state: State) -> list[int]:
        """Those of ``keeping`` that end the game soonest for who gets more than the middle of its
        payoffs, and latest for everybody else."""
        ...


def oracle(game: Any, *, limit: int = POSITION_LIMIT, progress: bool = False) -> Oracle:
    """Exact values of a game's positions.

    Connect Four is searched, position by position (on the 6 x 7 board some tenths of a second after
    a dozen moves, milliseconds after sixteen, minutes at the beginning); other games of perfect
    information, with any number of players and with chance, are compiled to a table, which is
    solved once. The oracle answers for states of this game, and of the game of the same name and
    parameters in the catalogue or in OpenSpiel; others are refused.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    limit : int
        Positions that a table may have.
    progress : bool
        How compiling goes, on stderr.

    Returns
    -------
    Oracle
        With ``values(state)``, ``action_values(state)``, ``keeping(state)``,
        ``keeps_value(state, action)`` and ``best_actions(state)``.

    Raises
    ------
    UnsupportedGameError
        Hidden information, or moves at the same time.
    GameTooLargeError
        More positions than the limit.

    Notes
    -----
    See ``solve_table`` for what is played where players are indifferent, which matters with more
    than two players and in games that are not zero-sum.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.load_game("tic_tac_toe")
    >>> known = oracle(game)
    >>> state = game.new_initial_state()
    >>> for action in (0, 4, 8):
    ...     state.apply_action(action)
    >>> known.values(state).tolist(), known.keeping(state)
    ([0.0, 0.0], [1, 3, 5, 7])
    """
    game = as_game(game)
    try:
        return ConnectFourOracle(ConnectFourSolver(game))
    except UnsupportedGameError:  # another game
        table = compile_table(game, limit=limit, progress=progress)
        return TableOracle(table, solve_table(table.table))


@dataclass(frozen=True, eq=False, slots=True)
class TableOracle:
    """Reads values from a solved table.

    Attributes
    ----------
    compiled : TableGame
    solution : TableValues
    """

    compiled: TableGame
    solution: TableValues

    @property
    def game(self) -> Game:
        return self.compiled.source

    def values(self, state: State) -> np.ndarray:
        return np.array(self.solution.values[self.compiled.index(state)])

    def action_values(self, state: State) -> dict[int, np.ndarray]:
        position = self.compiled.index(state)
        actions = self.compiled.table.actions(position)
        return dict(zip(actions, self.solution.action_values(position), strict=True))

    def keeping(self, state: State) -> list[int]:
        return [action for action, _ in self._kept(state)]

    def keeps_value(self, state: State, action: int) -> bool:
        kept = self.keeping(state)
        require_legal(state, action)
        return action in kept

    def best_actions(self, state: State) -> list[int]:
        kept = self._kept(state)
        if not kept:
            return []
        table, distance = self.compiled.table, self.solution.distance
        chosen = distance[table.child[self.solution.best[self.compiled.index(state)]]]
        return [action for action, edge in kept if distance[table.child[edge]] == chosen]

    def _kept(self, state: State) -> list[tuple[int, int]]:
        """Actions and their edges."""
        kept = self.solution.best_edges(self.compiled.index(state))
        return list(zip(self.compiled.table.action[kept].tolist(), kept.tolist(), strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class ConnectFourOracle:
    """Asks the solver of Connect Four.

    Attributes
    ----------
    solver : ConnectFourSolver
    """

    solver: ConnectFourSolver

    @property
    def game(self) -> Game:
        return self.solver.game

    def values(self, state: State) -> np.ndarray:
        return np.array(self._score(state, distances=False).values)

    def action_values(self, state: State) -> dict[int, np.ndarray]:
        score = self._score(state, distances=False)
        return dict(zip(score.actions.tolist(), np.array(score.action_values), strict=True))

    def keeping(self, state: State) -> list[int]:
        return list(self._score(state, distances=False).keeping)

    def keeps_value(self, state: State, action: int) -> bool:
        kept = self.keeping(state)
        require_legal(state, action)
        return action in kept

    def best_actions(self, state: State) -> list[int]:
        return list(self._score(state, distances=True).best)

    def _score(self, state: Any, distances: bool) -> PositionScore:
        return self.solver.solve(state, distances=distances)


def require_legal(state: State, action: Any) -> None:
    """Refuse to judge an action that cannot be played.

    Raises
    ------
    IllegalActionError
    """
    legal: Sequence[int] = state.legal_actions()
    if action not in legal:
        raise IllegalActionError(
            f"action {action!r} is not legal after the history {list(state.history())}; legal "
            f"actions are {list(legal)}."
        )


@dataclass(frozen=True, eq=False, slots=True)
class OraclePlayer:
    """Plays perfectly: one of the oracle's best actions, each as likely."""

    oracle: Oracle
    spec: str = "oracle"

    def act(self, state: State, rng: np.random.Generator) -> int:
        best = self.oracle.best_actions(state)
        return best[int(rng.random() * len(best))]

    def probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}``, equal for all best actions."""
        best = self.oracle.best_actions(state)
        return {a: (a in best) / len(best) for a in state.legal_actions()}


def oracle_player(game: Game) -> OraclePlayer:
    """Build ``oracle``.

    Raises
    ------
    UnsupportedGameError, GameTooLargeError
        The game cannot be solved, see ``mk.oracle``.
    """
    return OraclePlayer(oracle(game))
