"""Tabular Q-learning against a population."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from marl_kit.games.game import Game, State
from marl_kit.learn.episodes import require_turns
from marl_kit.learn.options import positive, within, written
from marl_kit.learn.oracle import Answer, Task
from marl_kit.learn.rows import Row, Rows, rows_of, trained
from marl_kit.play.options import whole
from marl_kit.play.tabular import Q_VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class QLearning:
    """Learns what each action at each infoset is worth, from games; answers with the greedy policy.

    Values are in units of half the payoff range about its middle, so that options mean the same
    in every game. A game's moves are learned from when it is over, the last one first: the target
    of a move is what the game paid, or the best value at the learner's own next infoset.

    Attributes
    ----------
    episodes : int
        Games of one task, each seat in turn.
    step : float, above 0 and at most 1
    power : float from 0 to 1
        The ``n``-th visit of an action moves its value by ``step / n**power`` of the way: 0 keeps
        the step, so that a learner follows opponents who change; above 0.5 the values converge
        (Robbins and Monro 1951).
    epsilon : float from 0 to 1
        How often a random action is tried.
    discount : float from 0 to 1
        For each own move until the end.
    optimism : float
        The value of what was never tried; 1 is the best payoff of all, and lets everything be
        tried early.
    keep : int
        Infosets that are kept at the end of a task, the most visited: a player's file has 80 bytes
        for each.

    Source: Watkins and Dayan 1992, "Q-learning".
    """

    episodes: int = 2000
    step: float = 0.5
    power: float = 0.5
    epsilon: float = 0.1
    discount: float = 1.0
    optimism: float = 0.0
    keep: int = 200_000

    def __post_init__(self) -> None:
        whole("q_learning", "episodes", self.episodes)
        positive("q_learning", "step", self.step, 1)
        within("q_learning", "power", self.power, 0, 1)
        within("q_learning", "epsilon", self.epsilon, 0, 1)
        within("q_learning", "discount", self.discount, 0, 1)
        within("q_learning", "optimism", self.optimism, -math.inf, math.inf)
        whole("q_learning", "keep", self.keep)

    @property
    def spec(self) -> str:
        return written("q_learning", self)

    @property
    def resumes(self) -> bool:
        return True

    def check(self, game: Game) -> None:
        """Refuse simultaneous moves, and infosets without names.

        Raises
        ------
        UnsupportedGameError
        """
        require_turns(game)

    def answer(self, task: Task) -> Answer:
        """The table after this task's games; the fact ``infosets`` is how many it has.

        Raises
        ------
        CheckpointError
            ``task.learner`` cannot be gone on from.
        """
        rows = rows_of(task, Q_VALUES, float(self.optimism))
        return trained(task, rows, _Learner(self, rows), self.episodes, self.keep)


class _Learner:
    """The moves of one game, until it is learned from."""

    def __init__(self, options: QLearning, rows: Rows):
        self.options, self.rows = options, rows
        self._path: list[tuple[Row, int]] = []

    def act(self, state: State, rng: np.random.Generator) -> int:
        row = self.rows.at(state)
        if rng.random() < self.options.epsilon:
            place = int(rng.random() * len(row.values))
        else:
            place = _greedy(row.values, rng)
        self._path.append((row, place))
        return row.actions[place]

    def learn(self, score: float) -> None:
        options, target = self.options, score
        for row, place in reversed(self._path):
            row.visits[place] += 1
            step = options.step / row.visits[place] ** options.power
            row.values[place] += step * (target - row.values[place])
            target = options.discount * max(row.values)
        self._path.clear()


def _greedy(values: list[float], rng: np.random.Generator) -> int:
    """The place of the highest value; ties equally likely."""
    most = max(values)
    if values.count(most) == 1:
        return values.index(most)
    ties = [k for k, value in enumerate(values) if value == most]
    return ties[int(rng.random() * len(ties))]
