"""Any game whose states answer the protocol ``State``, as a dynamics.

The tree keeps no states: a simulation clones the root's and makes the moves again, which costs no
more than a clone at every node would, and needs no memory.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.games.game import State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search._kernels import fill_draws
from marl_kit.search.dynamics import Leaves, moves, widened
from marl_kit.search.plan import Slots, new_slots

DRAWS = 64
"""Random numbers that are fetched at once for a rollout; longer ones fetch more."""
WIDTH = 32
"""Room for so many actions a node at the beginning; it grows."""


class HeldStates:
    """States in hand, by row: what evaluators ask of leaves."""

    def __init__(self, held: list[Any]):
        self.held = held

    def states(self, rows: np.ndarray) -> list[State]:
        return [self.held[row] for row in rows.tolist()]

    def observations(self, rows: np.ndarray) -> np.ndarray:
        states = self.states(rows)
        seen = [state.observation_tensor(state.current_player()) for state in states]
        return np.array(seen, np.float32)

    def identities(self, rows: np.ndarray) -> list[Hashable]:
        return [tuple(state.history()) for state in self.states(rows)]

    def roll_out(self, leaves: Leaves, rollouts: int) -> np.ndarray:
        states, keys, simulations = self.states(leaves.rows), leaves.keys, leaves.simulations
        block = np.empty((len(states), DRAWS), np.int64)
        fill_draws(keys, simulations, 0, block)
        values = np.empty((len(states), states[0].num_players()))
        for i, state in enumerate(states):
            draws = _stream(keys, simulations, i, block)
            values[i] = _mean_of_games(state, draws, rollouts)
        return values


class StateDynamics(HeldStates):
    """States that are asked, one by one."""

    pays, exact, branches, width = False, True, WIDTH, WIDTH

    def __init__(self, num_players: int, rows: int):
        super().__init__([None] * rows)
        self.num_players = num_players
        self._roots: list[Any] = [None] * rows

    def place(self, row: int, state: State) -> None:
        self._roots[row] = state

    def meet(self, rows: np.ndarray, slots: Slots) -> Slots:
        for row in rows.tolist():
            state = self._roots[row].clone()
            for action in moves(slots, row):
                state.apply_action(action)
            self.held[row] = state
            slots = _tell(slots, row, state)
        return slots


def _tell(slots: Slots, row: int, state: State) -> Slots:
    """Note what a leaf offers."""
    player = state.current_player()
    actions: Sequence[int] = ()
    priors: Sequence[float] | float = 0.0
    if player >= 0:
        actions = state.legal_actions()
        priors = 1.0 / len(actions)
    elif player == CHANCE:
        actions, priors = zip(*state.chance_outcomes(), strict=True)
    elif player == TERMINAL:
        slots.value[row] = state.returns()
    else:
        raise UnsupportedGameError(
            f"players move at the same time after the history {list(state.history())}, and this "
            f"search needs turns; load the game by mk.load_game, which makes them."
        )
    count = len(actions)
    if count > slots.actions.shape[1]:
        slots = widened(slots, 2 * count)
    slots.player[row], slots.branches[row] = player, count
    slots.actions[row, :count] = actions
    slots.prior[row, :count] = priors
    return slots


def held_leaves(states: Sequence[State], keys: np.ndarray, simulations: np.ndarray) -> Leaves:
    """States in hand as leaves; at each of them a player moves."""
    slots = new_slots(len(states), 0, WIDTH, states[0].num_players())
    slots.key[:], slots.simulation[:] = keys, simulations
    for row, state in enumerate(states):
        slots = _tell(slots, row, state)
    return Leaves(np.arange(len(states)), HeldStates(list(states)), slots)


def _stream(keys: np.ndarray, simulations: np.ndarray, i: int, first: np.ndarray) -> Iterator[int]:
    """The random numbers of the i-th leaf's rollouts, integers in [0, 2**32)."""
    yield from first[i].tolist()
    start, block = DRAWS, np.empty((1, DRAWS), np.int64)
    while True:
        fill_draws(keys[i : i + 1], simulations[i : i + 1], start, block)
        yield from block[0].tolist()
        start += DRAWS


def _mean_of_games(state: State, draws: Iterator[int], rollouts: int) -> Sequence[float]:
    if rollouts == 1:
        return _roll_out(state.clone(), draws)
    mean, share = [0.0] * state.num_players(), 1.0 / rollouts
    for _ in range(rollouts):
        one = _roll_out(state.clone(), draws)
        mean = [m + x * share for m, x in zip(mean, one, strict=True)]
    return mean


def _roll_out(state: State, draws: Iterator[int]) -> list[float]:
    """Random moves to the end of the game, in place; each takes one of the numbers."""
    current_player, legal_actions = state.current_player, state.legal_actions
    apply_action, player = state.apply_action, state.current_player()
    for draw in draws:
        if player == CHANCE:
            action = chance_outcome(state.chance_outcomes(), draw / 2**32)
        else:
            legal = legal_actions()
            action = legal[draw * len(legal) >> 32]
        apply_action(action)
        player = current_player()
        if player == TERMINAL:
            break
    return state.returns()


def chance_outcome(outcomes: Sequence[tuple[int, float]], left: float) -> int:
    """The outcome in whose part of [0, 1) the number lies."""
    for action, probability in outcomes:
        left -= probability
        if left < 0:
            return action
    return outcomes[-1][0]
