"""Board rules as a dynamics: positions are arrays, and whole searches can stay in numba."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.game import State
from marl_kit.search._kernels import meet_boards, observe_boards, roll_out_boards, search_boards
from marl_kit.search.dynamics import Leaves, moves
from marl_kit.search.plan import Plan, Slots
from marl_kit.search.tree import Tree


class BoardDynamics:
    """The rules of a board game, for searches in so many rows.

    Attributes
    ----------
    positions : int64 [R, state]
        At the roots.
    leaves : int64 [R, state]
        Where the searches are.
    """

    pays, exact = False, True

    def __init__(self, game: BoardGame, rows: int):
        self.game, self.num_players = game, game.num_players
        # room to spare, as in BoardGame.scratch
        self.branches, self.width = game.max_branches, 2 * game.max_branches + 1
        self.positions = np.zeros((rows, game.state_size), np.int64)
        self.leaves = np.zeros((rows, game.state_size), np.int64)
        self._roots: list[BoardState | None] = [None] * rows

    def place(self, row: int, state: BoardState) -> None:
        self.positions[row], self._roots[row] = state.position, state

    def meet(self, rows: np.ndarray, slots: Slots) -> Slots:
        call, game = self.game.rules.call, self.game
        call(meet_boards, game.params, self.positions, self.leaves, rows, slots)
        self._slots = slots
        return slots

    def run(
        self, rows: np.ndarray, block: int, rollouts: int, plan: Plan, tree: Tree, slots: Slots
    ) -> None:
        """Whole simulations of UCT with random rollouts."""
        call, params = self.game.rules.call, self.game.params
        scratch = (
            np.empty(self.game.state_size, np.int64),
            np.empty(self.game.state_size, np.int64),
            np.empty(self.width, np.int64),
            np.empty(self.width),
            np.empty(self.num_players),
            np.empty(1, np.uint64),
        )
        arrays = plan, tree, slots, scratch
        call(search_boards, params, self.positions, rows, block, rollouts, *arrays)

    def states(self, rows: np.ndarray) -> list[State]:
        return [self._state(row) for row in rows.tolist()]

    def _state(self, row: int) -> BoardState:
        root = self._roots[row]
        assert root is not None
        state = root.clone()
        for action in moves(self._slots, row):
            state.apply_action(action)
        return state

    def observations(self, rows: np.ndarray) -> np.ndarray:
        out = np.zeros((len(rows), int(np.prod(self.game.observation_shape))), np.float32)
        call, params = self.game.rules.call, self.game.params
        call(observe_boards, params, self.leaves, rows, self._slots, out)
        return out

    def identities(self, rows: np.ndarray) -> list[Hashable]:
        return [self.leaves[row].tobytes() for row in rows.tolist()]

    def roll_out(self, leaves: Leaves, rollouts: int) -> np.ndarray:
        values = np.empty((len(leaves), self.num_players))
        call, params = self.game.rules.call, self.game.params
        call(roll_out_boards, params, self.leaves, leaves.rows, rollouts, self._slots, values)
        return values
