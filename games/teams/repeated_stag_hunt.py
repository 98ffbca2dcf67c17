"""The stag hunt for some rounds: a team whose safe choice is not its best."""

from __future__ import annotations

import math

from marl_kit.core.checks import number, whole
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.team_game import TeamGame
from marl_kit.games.team_stage import stage_team

FACTS = {
    "title": "Repeated stag hunt",
    "source": "R. J. Aumann (1990), Nash equilibria are not self-enforcing, in Economic "
    "Decision-Making: Games, Econometrics and Optimisation; the catalogue's stag_hunt, repeated",
    "players": 2,
    "size": "2x2, 25 rounds",
    "optimum": 225,
    "safe": 175,
}


def load(
    stag: float = 9, alone: float = 0, hare: float = 8, hares: float = 7, rounds: int = 25
) -> TeamGame:
    """Payoffs: two hunt the stag, alone at it, a hare meanwhile, two hunt hares."""
    given = {"stag": stag, "alone": alone, "hare": hare, "hares": hares}
    stag, alone, hare, hares = (number(name, value, -math.inf) for name, value in given.items())
    row = [[stag, alone], [hare, hares]]
    column = [[stag, hare], [alone, hares]]
    return stage_team(
        NormalFormGame([row, column]), whole("rounds", rounds, 1), name="repeated_stag_hunt"
    )
