"""Networks that play without a search: by their policy, and by their values one move ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from marl_kit.games.game import State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.evaluator import Evaluator, checked
from marl_kit.search.states import held_leaves


@dataclass(frozen=True, eq=False, slots=True)
class PriorPlayer:
    """Draws each action from the priors of an evaluator, such as a network's policy.

    Attributes
    ----------
    evaluator : Evaluator
    name : str
    """

    evaluator: Evaluator = field(repr=False)
    name: str

    def act(self, state: State, rng: np.random.Generator) -> int:
        return self.act_batch([state], [rng])[0]

    def act_batch(self, states: Sequence[State], rngs: Sequence[np.random.Generator]) -> list[int]:
        """The same in many states: one batch of the evaluator."""
        drawn = np.array([rng.random() for rng in rngs])
        sums = np.cumsum(_scores(self.evaluator, states)[0], axis=1)
        # rounding may leave the last sum below 1, and the draw above it
        places = (sums <= (drawn * sums[:, -1])[:, None]).sum(axis=1)
        return [s.legal_actions()[place] for s, place in zip(states, places.tolist(), strict=True)]

    def probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}`` in one state."""
        return self.probabilities_batch([state])[0]

    def probabilities_batch(self, states: Sequence[State]) -> list[dict[int, float]]:
        """The same in many states."""
        priors = _scores(self.evaluator, states)[0].tolist()
        return [
            dict(zip(state.legal_actions(), row, strict=False))
            for state, row in zip(states, priors, strict=True)
        ]


@dataclass(frozen=True, eq=False, slots=True)
class ValuePlayer:
    """Plays the action after which an evaluator's value is largest for the player who moves.

    Ends of the game count by their returns and chance by its probabilities; of equal values the
    first action is played.

    Attributes
    ----------
    evaluator : Evaluator
    name : str
    """

    evaluator: Evaluator = field(repr=False)
    name: str

    def act(self, state: State, rng: np.random.Generator | None = None) -> int:
        """``rng`` is not looked at."""
        return self.act_batch([state])[0]

    def act_batch(
        self, states: Sequence[State], rngs: Sequence[np.random.Generator] | None = None
    ) -> list[int]:
        """The same in many states: all that can follow is one batch of the evaluator."""
        moves = [state.legal_actions() for state in states]
        after = [
            (share, end)
            for state, legal in zip(states, moves, strict=True)
            for action in legal
            for share, end in _after(state.child(action))
        ]
        worth = iter(_values(self.evaluator, [end for _, end in after]))
        chosen = []
        for state, legal in zip(states, moves, strict=True):
            mover = state.current_player()
            own = [
                sum(share * next(worth)[mover] for share, _ in _after(state.child(action)))
                for action in legal
            ]
            chosen.append(legal[int(np.argmax(own))])
        return chosen

    def probabilities(self, state: State) -> dict[int, float]:
        """1 for what it does."""
        return self.probabilities_batch([state])[0]

    def probabilities_batch(self, states: Sequence[State]) -> list[dict[int, float]]:
        """The same in many states."""
        return [
            {action: float(action == chosen) for action in state.legal_actions()}
            for state, chosen in zip(states, self.act_batch(states), strict=True)
        ]


def _after(state: State, share: float = 1.0) -> list[tuple[float, State]]:
    """The decisions and ends that chance leads to, each with its probability."""
    if state.current_player() != CHANCE:
        return [(share, state)]
    return [
        found
        for outcome, probability in state.chance_outcomes()
        for found in _after(state.child(outcome), share * probability)
    ]


def _values(evaluator: Evaluator, states: Sequence[State]) -> np.ndarray:
    """What positions are worth to each player, float64 [B, P]; of ends, their returns."""
    values = np.zeros((len(states), states[0].num_players()))
    over = np.array([state.current_player() == TERMINAL for state in states])
    for place in np.flatnonzero(over).tolist():
        values[place] = states[place].returns()
    open_ = np.flatnonzero(~over)
    if len(open_):
        values[open_] = _scores(evaluator, [states[place] for place in open_.tolist()])[1]
    return values


def _scores(evaluator: Evaluator, states: Sequence[State]) -> tuple[np.ndarray, np.ndarray]:
    """Priors float64 [B, W] by place of the legal actions, and values float64 [B, P]."""
    keys = np.zeros(len(states), np.uint64)
    leaves = held_leaves(states, keys, np.zeros(len(states), np.int64))
    priors, values = checked(evaluator.evaluate(leaves), leaves)
    if priors is None:
        legal = np.arange(leaves.actions.shape[1]) < leaves.counts[:, None]
        priors = legal / leaves.counts[:, None]
    return priors, values
