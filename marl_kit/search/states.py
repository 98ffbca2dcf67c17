"""Searches on any game whose states answer the protocol ``State``.

The tree keeps no states: a simulation clones the root's and makes the moves again, which costs no
more than a clone at every node would, and needs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from marl_kit.games.game import State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search._kernels import fill_draws, grow, walk
from marl_kit.search.tree import NONE, Tree, new_tree

DRAWS = 64
"""Random numbers that are fetched at once for a rollout; longer ones fetch more."""
EDGES = 4
"""Room for so many edges a node at the beginning; it grows."""
WIDTH = 32
"""Room for so many actions a node at the beginning; it grows."""


def search_states(
    states: Sequence[State],
    keys: np.ndarray,
    rollouts: int,
    bonuses: np.ndarray,
    roots: np.ndarray,
    trust: bool,
) -> Tree:
    """One finished search for each state, in a slot of the tree."""
    simulations, players = len(roots), states[0].num_players()
    tree = new_tree(len(states), simulations, EDGES * simulations, players)
    run = _Run(states, keys, rollouts, trust, tree)
    for simulation in range(simulations):
        run.simulate(simulation, bonuses, roots)
    return run.tree


class _Run:
    """The arrays that pass between Python and the kernels, one row a slot."""

    def __init__(
        self, states: Sequence[State], keys: np.ndarray, rollouts: int, trust: bool, tree: Tree
    ):
        slots, nodes = tree.player.shape
        self.states, self.keys, self.rollouts, self.tree = states, keys, rollouts, tree
        self.trust = trust
        self.leaf = np.empty((slots, 3), np.int64)
        self.path = np.empty((slots, nodes + 1), np.int32)
        self.draws = np.empty((slots, DRAWS), np.int64)
        self.players, self.counts = np.zeros(slots, np.int64), np.zeros(slots, np.int64)
        self.actions = np.zeros((slots, WIDTH), np.int64)
        self.priors = np.zeros((slots, WIDTH))
        self.returns = np.empty((slots, tree.value.shape[2]))

    def simulate(self, simulation: int, bonuses: np.ndarray, roots: np.ndarray) -> None:
        """One simulation in every slot."""
        walk(self.tree, self.keys, simulation, bonuses, roots, self.leaf, self.path, self.draws)
        for s, (node, edge, depth) in enumerate(self.leaf.tolist()):
            state = self.states[s].clone()
            for action in self.path[s, :depth].tolist():
                state.apply_action(action)
            if node == NONE or edge != NONE:
                self._meet(s, state)
            self.returns[s] = self._evaluate(s, state, simulation)
        self._make_room()
        grow(
            self.tree,
            self.keys,
            simulation,
            self.leaf,
            self.players,
            self.actions,
            self.priors,
            self.counts,
            self.returns,
            self.trust,
        )

    def _meet(self, s: int, state: State) -> None:
        """Note what a new node offers."""
        player = state.current_player()
        self.players[s] = player
        actions: Sequence[int] = ()
        priors: Sequence[float] = ()
        if player == CHANCE:
            actions, priors = zip(*state.chance_outcomes(), strict=True)
        elif player != TERMINAL:
            actions = state.legal_actions()
        count = len(actions)
        if count > self.actions.shape[1]:
            self._widen(2 * count)
        self.counts[s] = count
        self.actions[s, :count] = actions
        if priors:
            self.priors[s, :count] = priors

    def _widen(self, width: int) -> None:
        more = ((0, 0), (0, width - self.actions.shape[1]))
        self.actions, self.priors = np.pad(self.actions, more), np.pad(self.priors, more)

    def _make_room(self) -> None:
        needed = int((self.tree.used[:, 1] + self.counts).max())
        edges = self.tree.action.shape[1]
        if needed > edges:
            more = max(needed, 2 * edges) - edges
            self.tree = self.tree._replace(
                **{
                    name: _longer(getattr(self.tree, name), more)
                    for name in ("action", "child", "visits", "value", "prior", "known")
                }
            )

    def _evaluate(self, s: int, state: State, simulation: int) -> Sequence[float]:
        """Mean returns of random games from ``state``, or its own if it is terminal."""
        if state.current_player() == TERMINAL:
            return state.returns()
        draws = self._stream(s, simulation)
        if self.rollouts == 1:
            return _roll_out(state, draws)
        mean, share = [0.0] * state.num_players(), 1.0 / self.rollouts
        for _ in range(self.rollouts):
            one = _roll_out(state.clone(), draws)
            mean = [m + x * share for m, x in zip(mean, one, strict=True)]
        return mean

    def _stream(self, s: int, simulation: int) -> Iterator[int]:
        """The random numbers of a simulation's rollout, integers in [0, 2**32)."""
        yield from self.draws[s].tolist()
        start, block = DRAWS, self.draws[s]  # its numbers are used up
        while True:
            fill_draws(self.keys[s], simulation, start, block)
            yield from block.tolist()
            start += len(block)


def _longer(array: np.ndarray, more: int) -> np.ndarray:
    shape = list(array.shape)
    shape[1] = more
    return np.concatenate([array, np.empty(shape, array.dtype)], axis=1)


def _roll_out(state: State, draws: Iterator[int]) -> list[float]:
    """Random moves to the end of the game, in place."""
    while (player := state.current_player()) != TERMINAL:
        if player == CHANCE:
            action = _outcome(state.chance_outcomes(), next(draws) / 2**32)
        else:
            legal = state.legal_actions()
            action = legal[next(draws) * len(legal) >> 32]
        state.apply_action(action)
    return state.returns()


def _outcome(outcomes: Sequence[tuple[int, float]], left: float) -> int:
    """The outcome in whose part of [0, 1) the number lies."""
    for action, probability in outcomes:
        left -= probability
        if left < 0:
            return action
    return outcomes[-1][0]
