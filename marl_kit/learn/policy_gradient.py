"""Tabular policy gradient against a population."""

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
from marl_kit.play.tabular import LOGITS

WINDOW = 50
"""Visits over which an infoset's baseline forgets: payoffs change as the policy does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyGradient:
    """Learns logits of a softmax policy at each infoset, from games (REINFORCE).

    After a game each of its moves is made more likely by how much more the game paid than games
    from that infoset do on average, in units of half the payoff range.

    Attributes
    ----------
    episodes : int
        Games of one task, each seat in turn.
    rate : float above 0
        Of the steps along the gradient.
    entropy : float not below 0
        Weight of the policy's entropy at the infosets of the game, which keeps it mixed.
    keep : int
        Infosets that are kept at the end of a task, the most visited.

    Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist
    reinforcement learning", with a baseline; the entropy as in Mnih et al. 2016, "Asynchronous
    methods for deep reinforcement learning", section 4.
    """

    episodes: int = 2000
    rate: float = 0.5
    entropy: float = 0.01
    keep: int = 200_000

    def __post_init__(self) -> None:
        whole("policy_gradient", "episodes", self.episodes)
        positive("policy_gradient", "rate", self.rate)
        within("policy_gradient", "entropy", self.entropy, 0, math.inf)
        whole("policy_gradient", "keep", self.keep)

    @property
    def spec(self) -> str:
        return written("policy_gradient", self)

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
        rows = rows_of(task, LOGITS)
        return trained(task, rows, _Learner(self, rows), self.episodes, self.keep)


class _Learner:
    """The moves of one game, until it is learned from."""

    def __init__(self, options: PolicyGradient, rows: Rows):
        self.options, self.rows = options, rows
        self._path: list[tuple[Row, int]] = []

    def act(self, state: State, rng: np.random.Generator) -> int:
        row = self.rows.at(state)
        weights = _weights(row.values)
        place, left = 0, rng.random() * sum(weights)
        while left >= weights[place] and place < len(weights) - 1:
            left -= weights[place]
            place += 1
        self._path.append((row, place))
        return row.actions[place]

    def learn(self, score: float) -> None:
        for row, place in self._path:
            row.visits[place] += 1
            change = gradient(row.values, place, score - row.baseline, self.options.entropy)
            for k, slope in enumerate(change):
                row.values[k] += self.options.rate * slope
            row.baseline += (score - row.baseline) / min(sum(row.visits), WINDOW)
        self._path.clear()


def gradient(logits: list[float], place: int, advantage: float, entropy: float) -> list[float]:
    """The slope of ``advantage * log p[place] + entropy * H(p)`` by each logit, p their softmax."""
    weights = _weights(logits)
    total, most = sum(weights), max(logits)
    p = [w / total for w in weights]
    # by logits, as a probability may be rounded to 0
    log_p = [x - most - math.log(total) for x in logits]
    mean = sum(a * b for a, b in zip(p, log_p, strict=True))  # minus the entropy
    return [
        advantage * ((k == place) - p[k]) - entropy * p[k] * (log_p[k] - mean)
        for k in range(len(p))
    ]


def _weights(logits: list[float]) -> list[float]:
    most = max(logits)
    return [math.exp(x - most) for x in logits]
