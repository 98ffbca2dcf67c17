"""The members that count, and the empirical game among them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.games.game import Game
from marl_kit.league.constant_sum import constant_sum_of
from marl_kit.league.log_reader import LogReader
from marl_kit.league.loss import best_members_gain
from marl_kit.league.meta import meta_mixture
from marl_kit.league.options import Options
from marl_kit.league.plans import Plans
from marl_kit.league.records import GATE, SOLVE, Member
from marl_kit.league.standing import Standing, standing


@dataclass(frozen=True, eq=False, slots=True)
class Pool:
    """What the log says of those who were not refused at a gate.

    Attributes
    ----------
    game : Game
    options : Options
    plans : Plans
        Of the members, where pay-offs are computed (``options.exact``).
    log : LogReader
    whole : bool
        Whether members of the wave that is going on count.
    """

    game: Game
    options: Options
    plans: Plans
    log: LogReader
    whole: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """The game's smallest and largest payoff."""
        return self.game.utility_bounds()

    def members(self) -> list[Member]:
        """Everybody who was not refused (or waits for a verdict), in the order of joining.

        Without ``whole`` those of a wave that has not come to its end are left out: the others have
        not met them yet.
        """
        verdicts = [json.loads(event.detail) for event in self.log.events(GATE)]
        out = {verdict["member"] for verdict in verdicts if not verdict["accepted"]}
        finished = len(self.log.events(SOLVE))
        return [
            member
            for member in self.log.members()
            if member.id not in out and (self.whole or member.step <= finished)
        ]

    def standing(self) -> Standing:
        """The empirical game."""
        ids = [member.id for member in self.members()]
        return self.standing_of(ids)

    def standing_of(self, ids: Sequence[int]) -> Standing:
        """The empirical game of any members."""
        players = self.game.num_players
        constant = constant_sum_of(self.game)
        return standing(self.log.cells(players), ids, players, self.bounds, constant)

    def mixture(self, solver: str = "") -> np.ndarray:
        """The meta-strategy, float64 [n]; by another meta-solver than the run's if one is given."""
        return meta_mixture(self.standing(), solver or self.options.meta_solver)

    def exploitability(self, solver: str = "") -> float:
        """NashConv / players of the meta-strategy, or a ``Bound``."""
        at = self.standing()
        mixture = meta_mixture(at, solver or self.options.meta_solver)
        if self.options.exact is True:
            return self.plans.exploitability(self.members(), mixture)
        return best_members_gain(at, mixture)
