"""Games of perfect information whose rules are numba functions on a flat position."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import IllegalActionError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.progress import Progress
from marl_kit.games._board_kernels import BEGIN, advance, observation
from marl_kit.games.enumerate import enumerate_tree
from marl_kit.games.game import Form, Game, Properties
from marl_kit.games.load import load_game
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
    ):
        super().__init__(name=name, num_players=num_players)
        self.rules = Rules(sys.modules[rules])
        self.params = np.array(params, np.int64)
        self.num_actions, self.state_size = num_actions, state_size
        self.observation_shape = tuple(observation_shape)
        self.action_name, self.drawing = action_name, drawing
        self._utilities, self._zero_sum = utilities, zero_sum

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
            enumerable=True,
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

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
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
        legal, returns = np.empty(game.num_actions, np.int64), np.empty(game.num_players)
        player, count = game.rules.call(advance, game.params, self.position, action, legal, returns)
        self._player = player
        self._legal = legal[:count].tolist()
        self._returns = returns.tolist() if player == TERMINAL else [0.0] * game.num_players

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
        return list(self._returns)

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
        return self.game.action_name(player, action)

    def __str__(self) -> str:
        return self.game.drawing(self.position.tolist())
