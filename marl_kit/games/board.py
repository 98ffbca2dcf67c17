"""Games of perfect information whose rules are numba functions on a flat position."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, UnsupportedGameError
from marl_kit.core.progress import Progress
from marl_kit.games.board_numbers import (
    checked_count,
    checked_name,
    checked_outcomes,
    checked_params,
    checked_shape,
    checked_symmetries,
    checked_utilities,
)
from marl_kit.games.board_state import BoardState
from marl_kit.games.enumerate import enumerate_tree
from marl_kit.games.game import Form, Game, Properties
from marl_kit.games.load import load_game
from marl_kit.games.preorder import NODE_LIMIT
from marl_kit.games.rules import Rules
from marl_kit.games.symmetry import Symmetry
from marl_kit.games.tree import GameTree

__all__ = ["BoardGame", "BoardState"]


class BoardGame(Game):
    """A game of perfect information, with chance or without, whose rules kernels can call.

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
    max_chance_outcomes : int
        The most outcomes of a chance node, whose actions are 0 .. max_chance_outcomes - 1; 0 for
        rules without chance.
    enumerable : bool
        Whether there is hope to walk every history; if not, ``tree`` refuses at once unless it is
        given a larger limit.
    symmetries : sequence of Symmetry
        All but the identity: mirror images of the board, and what makes of the second player's
        view the first one's.

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
        max_chance_outcomes: int = 0,
        enumerable: bool = False,
        symmetries: Sequence[Symmetry] = (),
    ):
        checked_name(name)
        self.num_actions = checked_count(name, "num_actions", num_actions)
        self.state_size = checked_count(name, "state_size", state_size)
        checked_count(name, "num_players", num_players)
        super().__init__(name=name, num_players=num_players)
        self.rules = Rules(sys.modules[rules])
        self.params = checked_params(name, params)
        self.max_chance_outcomes = checked_outcomes(name, max_chance_outcomes, self.rules)
        self.observation_shape = checked_shape(name, observation_shape)
        self.action_name, self.drawing = action_name, drawing
        # where kernels write, for all states in turn; room to spare, so that rules which
        # write too many actions are told of it and do not write into something else
        room = 2 * self.max_branches + 1
        self.scratch = np.zeros(room, np.int64), np.zeros(room), np.zeros(num_players)
        self.symmetries = checked_symmetries(
            name, symmetries, self.observation_shape, num_actions, num_players
        )
        self._utilities = checked_utilities(name, utilities)
        self._zero_sum, self._enumerable = zero_sum, enumerable

    def new_initial_state(self) -> BoardState:
        return BoardState(self)

    @property
    def perfect_information(self) -> bool:
        return True

    @property
    def max_branches(self) -> int:
        """The most that can happen at a node: actions, or outcomes of chance."""
        return max(self.num_actions, self.max_chance_outcomes)

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
            stochastic=self.max_chance_outcomes > 0,
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
        same = same and self.max_chance_outcomes == other.max_chance_outcomes
        return same and np.array_equal(self.params, other.params)

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        if not self._enumerable and node_limit <= NODE_LIMIT:
            raise GameTooLargeError(
                f"{self.name} has far more than {node_limit:,} histories, so it is not enumerated; "
                f"use search (mcts), a smaller board, or game.tree(node_limit=...)."
            )
        return enumerate_tree(self, node_limit, progress)

    def __reduce__(self) -> tuple[Callable[..., Game], tuple[Any, ...]]:
        """Another process loads the game again: compiled functions and drawings do not travel."""
        if not self.spec:
            raise UnsupportedGameError(
                f"{self.name} was not made by mk.load_game, so another process cannot load it."
            )
        return load_game, (self.spec,)
