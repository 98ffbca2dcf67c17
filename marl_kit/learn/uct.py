"""The oracle that searches: a budget that may grow from wave to wave."""

from __future__ import annotations

import math
from dataclasses import dataclass

from marl_kit.games.game import Game
from marl_kit.learn.options import positive, written
from marl_kit.learn.oracle import Answer, Task
from marl_kit.play.options import whole
from marl_kit.play.registry import make_player

MOST = 1_000_000
"""Simulations a move that no wave goes beyond: a growing budget would stop the run, not only slow
it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UctOracle:
    """Answers with a UCT player of ``simulations * growth**wave`` simulations a move.

    It looks at no opponent. The budget is rounded, at least 1, and does not grow beyond 1,000,000.
    """

    simulations: int = 100
    growth: float = 1.0

    def __post_init__(self) -> None:
        whole("uct", "simulations", self.simulations)
        positive("uct", "growth", self.growth)

    @property
    def spec(self) -> str:
        return written("uct", self)

    @property
    def resumes(self) -> bool:
        return False

    def check(self, game: Game) -> None:
        """Refuse hidden information.

        Raises
        ------
        UnsupportedGameError
        """
        make_player(f"mcts(simulations={self.simulations})", game)

    def answer(self, task: Task) -> Answer:
        """The searcher of the task's wave."""
        try:
            budget = self.simulations * float(self.growth) ** task.wave
        except OverflowError:
            budget = math.inf
        simulations = max(1, round(min(budget, max(MOST, self.simulations))))
        return Answer(f"mcts(simulations={simulations})", facts={"simulations": simulations})
