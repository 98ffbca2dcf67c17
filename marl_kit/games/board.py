"""Games of perfect information whose rules are numba functions on a flat position."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import (
    GameFileError,
    GameTooLargeError,
    IllegalActionError,
    InvalidOptionError,
    UnsupportedGameError,
)
from marl_kit.core.progress import Progress
from marl_kit.games._board_kernels import BEGIN, advance, observation
from marl_kit.games.enumerate import enumerate_tree
from marl_kit.games.game import Form, Game, Properties
from marl_kit.games.load import load_game
from marl_kit.games.preorder import NODE_LIMIT
from marl_kit.games.rules import Rules
from marl_kit.games.tree import TERMINAL, GameTree


class BoardGame(Game):
    """A deterministic game of perfect information with rules for kernels.

    Parameters
    ----------
    rules : str
        ``__name__`` of the rules file: the module that defines the functions which
        ``marl_kit.games.rules.RULES`` lists.
    name : str
    num_actions : int
        Actions are 0 .. num_actions - 1.
    state_size : int
        Length of the int64 array that holds a position.
    observation_shape : sequence of int
        Shape of what ``observe`` writes.
    action_name : callable
        ``(player, action) -> str``.
    drawing : callable
        ``list of int (the position) -> str``.
    params : sequence of int
        What the functions get as ``params``, such as the size of the board.
    utilities : (float, float)
        The smallest and the largest return.
    zero_sum : bool
    num_players : int
    enumerable : bool
        Whether there is hope to walk every history; if not, ``tree`` refuses at once unless it is
        given a larger limit.

    Raises
    ------
    InvalidOptionError
        Numbers that do not make a board game.
    GameFileError
        Functions of the rules that are missing.
    """

    form: Form = "board"

    def __init__(
        self,
        rules: str,
        *,
        name: str,
        num_actions: int,
        state_size: int,
        observation_shape: Sequence[int],
        action_name: Callable[[int, int], str],
        drawing: Callable[[list[int]], str],
        params: Sequence[int] = (),
        utilities: tuple[float, float] = (-1.0, 1.0),
        zero_sum: bool = True,
        num_players: int = 2,
        enumerable: bool = False,
    ):
        for what, number in (
            ("num_actions", num_actions),
            ("state_size", state_size),
            ("num_players", num_players),
        ):
            if type(number) is not int or number < 1:
                raise InvalidOptionError(
                    f"{what} of {name} is {number!r}; give a whole number of at least 1."
                )
        super().__init__(name=name, num_players=num_players)
        self.rules = Rules(sys.modules[rules])
        self.params = np.array(params, np.int64)
        self.num_actions, self.state_size = num_actions, state_size
        self.observation_shape = tuple(observation_shape)
        self.action_name, self.drawing = action_name, drawing
        # where kernels write, for all states in turn; room to spare, so that rules which
        # write too many actions are told of it and do not write into something else
        self.scratch = np.zeros(2 * num_actions + 1, np.int64), np.zeros(num_players)
        self._utilities, self._zero_sum, self._enumerable = utilities, zero_sum, enumerable

    def new_initial_state(self) -> BoardState:
        return BoardState(self)

    @property
    def perfect_information(self) -> bool:
        return True

    def utility_bounds(self) -> tuple[float, float]:
        return self._utilities

    @property
    def info(self) -> Properties:
        """What the rules declare; nothing is enumerated."""
        low, high = self._utilities
        return Properties(
            num_players=self.num_players,
            enumerable=self._enumerable,
            perfect_information=True,
            perfect_recall=True,
            zero_sum=self._zero_sum,
            constant_sum=self._zero_sum,
            stochastic=False,
            exact=False,
            payoff_range=high - low,
        )

    def action_names(self, infoset: int) -> tuple[str, ...]:
        tree = self.tree()
        actions = tree.action_number[tree.slots(infoset)].tolist()
        return tuple(self.action_name(int(tree.infoset_player[infoset]), a) for a in actions)

    def infoset_key(self, state: Any) -> Hashable:
        return state.information_state_string()

    def same_rules(self, other: BoardGame) -> bool:
        """Whether a position of the other game means the same in this one."""
        same = self.rules.same(other.rules) and self.num_actions == other.num_actions
        return same and np.array_equal(self.params, other.params)

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        if not self._enumerable and node_limit <= NODE_LIMIT:
            raise GameTooLargeError(
                f"{self.name} has far more than {node_limit:,} histories, so it is not enumerated; "
                f"use search (mcts), a smaller board, or game.tree(node_limit=...)."
            )
        return enumerate_tree(self, node_limit, progress)

    def __reduce__(self) -> tuple[Callable[[str], Game], tuple[str]]:
        """Another process loads the game again: compiled functions and drawings do not travel."""
        if not self.spec:
            raise UnsupportedGameError(
                f"{self.name} was not made by mk.load_game, so another process cannot load it."
            )
        return load_game, (self.spec,)


class BoardState:
    """A position and how it came about, answering as OpenSpiel's states do.

    Attributes
    ----------
    game : BoardGame
    position : int64 [state_size]
        As the rules keep it; do not write into it.
    """

    __slots__ = ("_history", "_legal", "_player", "_returns", "game", "position")

    def __init__(self, game: BoardGame):
        self.game = game
        self.position = np.zeros(game.state_size, np.int64)
        self._history: list[int] = []
        self._advance(BEGIN)

    def _advance(self, action: int) -> None:
        game = self.game
        legal, returns = game.scratch
        player, count = game.rules.call(advance, game.params, self.position, action, legal, returns)
        if not (0 <= player < game.num_players or player == TERMINAL):
            raise GameFileError(
                f"player() gives {player}; it must be 0 to {game.num_players - 1}, or {TERMINAL} "
                f"at the end.",
                path=str(game.rules.path),
            )
        if count > game.num_actions or (player != TERMINAL and count < 1):
            raise GameFileError(
                f"legal() gives {count} actions where player {player} is to move; the game has "
                f"{game.num_actions}.",
                path=str(game.rules.path),
            )
        self._player = player
        self._legal = legal[:count].tolist()
        self._returns = returns.tolist() if player == TERMINAL else None

    def current_player(self) -> int:
        return self._player

    def is_terminal(self) -> bool:
        return self._player == TERMINAL

    def is_chance_node(self) -> bool:
        return False

    def is_simultaneous_node(self) -> bool:
        return False

    def legal_actions(self, player: int | None = None) -> list[int]:
        return [] if player not in (None, self._player) else list(self._legal)

    def chance_outcomes(self) -> list[tuple[int, float]]:
        return []

    def apply_action(self, action: int) -> None:
        if action not in self._legal:
            raise IllegalActionError(
                f"action {action} is not legal after the history {self._history}; legal actions "
                f"are {self._legal}."
            )
        self._advance(int(action))
        self._history.append(int(action))

    def child(self, action: int) -> BoardState:
        copy = self.clone()
        copy.apply_action(action)
        return copy

    def clone(self) -> BoardState:
        copy = object.__new__(BoardState)
        copy.game, copy.position = self.game, self.position.copy()
        copy._history, copy._player = self._history.copy(), self._player
        copy._legal, copy._returns = self._legal, self._returns  # replaced by a move, not changed
        return copy

    def returns(self) -> list[float]:
        return [0.0] * self.game.num_players if self._returns is None else list(self._returns)

    def rewards(self) -> list[float]:
        return self.returns()

    def history(self) -> list[int]:
        return list(self._history)

    def history_str(self) -> str:
        return ", ".join(map(str, self._history))

    def num_players(self) -> int:
        return self.game.num_players

    def information_state_string(self, player: int | None = None) -> str:
        """The history: everybody sees everything."""
        return self.history_str()

    def observation_string(self, player: int | None = None) -> str:
        return str(self)

    def observation_tensor(self, player: int | None = None) -> list[float]:
        game = self.game
        seen_by = self._player if player is None else player
        if not 0 <= seen_by < game.num_players:  # a kernel would read beyond the position
            raise InvalidOptionError(
                f"player is {seen_by}; say whose observation is meant, from 0 to "
                f"{game.num_players - 1}."
            )
        out = np.zeros(int(np.prod(game.observation_shape)), np.float32)
        game.rules.call(observation, game.params, self.position, seen_by, out)
        return out.tolist()

    def action_to_string(self, player: int, action: int) -> str:
        if not (0 <= player < self.game.num_players and 0 <= action < self.game.num_actions):
            raise IllegalActionError(
                f"there is no action {action} of player {player}; players are 0 to "
                f"{self.game.num_players - 1} and actions 0 to {self.game.num_actions - 1}."
            )
        return self.game.action_name(player, action)

    def __str__(self) -> str:
        return self.game.drawing(self.position.tolist())
