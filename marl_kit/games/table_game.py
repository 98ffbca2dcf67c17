"""A table of positions as a board game."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games import table_rules
from marl_kit.games.board import BoardGame
from marl_kit.games.board_state import BoardState
from marl_kit.games.game import Game, State
from marl_kit.games.preorder import NODE_LIMIT
from marl_kit.games.table import PositionTable
from marl_kit.games.table_rules import bits_of, pack
from marl_kit.games.table_states import require_state_of
from marl_kit.games.tree import CHANCE


class TableGame(BoardGame):
    """A compiled game: the same actions, chance and returns, read from tables by kernels.

    ``mk.compile_table`` makes it. Search, matches and solvers take it like any board game; its
    states have the number of the position as their array. What a player sees
    (``observation_tensor``) is that number in binary digits.

    Attributes
    ----------
    table : PositionTable
    source : Game
        What was compiled; names of actions and drawings are asked of it.
    """

    def __init__(self, table: PositionTable, source: Game):
        low, high = float(table.payoffs.min()), float(table.payoffs.max())
        total = table.payoffs.sum(axis=1)
        bits, params = bits_of(table), cast("Sequence[int]", pack(table))
        self.table, self.source = table, source
        by_chance = np.repeat(table.player == CHANCE, np.diff(table.first_edge))
        super().__init__(
            table_rules.__name__,
            name=source.name,
            num_actions=_above(table.action[~by_chance]),
            state_size=1,
            observation_shape=(bits,),
            action_name=self._action_name,
            drawing=self._drawing,
            params=params,
            utilities=(low, high),
            zero_sum=bool(np.all(np.abs(total) <= 1e-9 * (high - low))),
            num_players=table.num_players,
            max_chance_outcomes=_above(table.action[by_chance]) if by_chance.any() else 0,
            enumerable=table.count_histories() <= NODE_LIMIT,
        )
        self.note = source.note
        self._first_with: dict[tuple[int, int], int] | None = None

    def index(self, state: State) -> int:
        """The number of a state's position: of this game, of the source, or of OpenSpiel's game of
        the same name and parameters.

        Raises
        ------
        InvalidOptionError
            A state of another game, or what is no state.
        """
        if isinstance(state, BoardState) and state.game is self:
            return int(state.position[0])
        require_state_of(self.source, state)
        position = self.position_after(state.history())
        if position is None or not self._agrees(position, state):
            raise InvalidOptionError(
                f"the state with the history {list(state.history())} is none of {self.name}; give "
                f"a state of {self.source.spec or self.source.name!r}."
            )
        return position

    def _agrees(self, position: int, state: State) -> bool:
        """Whether a state has the mover, the actions and the returns of a position."""
        table = self.table
        if table.player[position] != state.current_player():
            return False
        if state.is_terminal():
            told = table.payoffs[table.payoff_row[position]]
            return bool(np.array_equal(told, np.asarray(state.returns(), float)))
        return table.actions(position) == sorted(state.legal_actions())

    def position_after(self, history: list[int]) -> int | None:
        """The number of the position that some actions lead to; None if one is not legal."""
        position, table = 0, self.table
        for action in history:
            edge = table.edge(position, action)
            if edge is None:
                return None
            position = int(table.child[edge])
        return position

    def to_state(self, state: State) -> BoardState:
        """The state of this game that stands for one of the source, with the same history."""
        self.index(state)
        return _after(self.new_initial_state(), state.history())

    def state_at(self, position: int) -> BoardState:
        """A state of this game at a position, after ``history_to(position)``."""
        return _after(self.new_initial_state(), self.history_to(position))

    def history_to(self, position: int) -> list[int]:
        """The actions of one way to a position."""
        actions = []
        while position:
            edge = int(self._edge_into[position])
            actions.append(int(self.table.action[edge]))
            position = int(np.searchsorted(self.table.first_edge, edge, "right")) - 1
        return actions[::-1]

    def source_state(self, position: int) -> State:
        """A state of the source at a position, after ``history_to(position)``."""
        return _after(self.source.begin(0), self.history_to(position))

    def same_rules(self, other: BoardGame) -> bool:
        return other is self or super().same_rules(other)

    @cached_property
    def _edge_into(self) -> np.ndarray:
        """The first edge that leads to each position, int64 [N]; 0 for the beginning."""
        into = np.zeros(self.table.num_positions, np.int64)
        met, edge = np.unique(self.table.child, return_index=True)
        into[met] = edge
        return into

    def _drawing(self, position: list[int]) -> str:
        return str(self.source_state(position[0]))

    def _action_name(self, player: int, action: int) -> str:
        """As at the first position at which the player has the action."""
        if self._first_with is None:
            table = self.table
            pairs = np.stack([table.player[table.sources()], table.action], axis=1)
            found, edge = np.unique(pairs, axis=0, return_index=True)
            nodes = table.sources()[edge].tolist()
            self._first_with = {(p, a): n for (p, a), n in zip(found.tolist(), nodes, strict=True)}
        place = self._first_with.get((player, action))
        if place is None:
            return f"{action}"
        return self.source_state(place).action_to_string(player, action)

    def __reduce__(self) -> tuple[Callable[..., Game], tuple[Any, ...]]:
        """Another process compiles the source again, up to a limit under which it fits."""
        return _compile_again, (self.source, self.table.num_positions)


def _compile_again(source: Game, positions: int) -> TableGame:
    from marl_kit.games.table_compile import POSITION_LIMIT, compile_table

    return compile_table(source, limit=max(POSITION_LIMIT, positions))


def _after(state: Any, history: list[int]) -> Any:
    for action in history:
        state.apply_action(action)
    return state


def _above(actions: np.ndarray) -> int:
    """One more than the largest action number, at least 1."""
    return 1 + int(actions.max(initial=0))
