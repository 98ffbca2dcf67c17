"""A game in normal form, played by a team for some rounds."""

from __future__ import annotations

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import InvalidGameError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.team import Outcome, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame


def stage_team(game: NormalFormGame, rounds: int = 1, *, name: str = "") -> TeamGame:
    """A game in normal form as an environment: once, or repeated by agents that see nothing.

    Observations and states are the one number 1, and the last round ends the game; so learners
    look for joint actions, not for strategies of the repeated game.

    Parameters
    ----------
    game : NormalFormGame
        Every agent's rewards are its own payoffs; the players need not be a team.
    rounds : int
    name : str
        That of the game unless given.

    Examples
    --------
    >>> climbing = [[11, -30, 0], [-30, 7, 0], [0, 6, 5]]
    >>> team = stage_team(NormalFormGame([climbing, climbing]), rounds=25).environment(batch=2)
    >>> _ = team.reset()
    >>> team.step(np.array([[0, 0], [2, 1]])).rewards.tolist()
    [[11.0, 11.0], [6.0, 6.0]]
    """
    if not isinstance(game, NormalFormGame):
        raise InvalidGameError(
            f"{game!r} is not a game in normal form; make one with mk.NormalFormGame(payoffs)."
        )
    rules = StageRules(game.payoffs, whole("rounds", rounds, 1))
    return TeamGame(rules, name=name or game.name)


class StageRules:
    """The rules.

    Parameters
    ----------
    payoffs : float64 [N, A_0, ..., A_{N-1}]
    rounds : int
    """

    def __init__(self, payoffs: np.ndarray, rounds: int):
        self.payoffs, self.rounds = np.asarray(payoffs, float), rounds
        agents = len(self.payoffs)
        self.sizes = TeamSizes(
            agents=tuple(f"agent_{n}" for n in range(agents)),
            observation=1,
            state=1,
            actions=np.array(self.payoffs.shape[1:]),
            box=0,
            horizon=rounds,
        )
        self.lengths, self.boxes = np.ones(agents, np.int64), np.zeros(agents, np.int64)
        self.draws = 0

    def start(self, numbers: np.ndarray) -> World:
        return {"round": np.zeros(len(numbers), np.int64)}

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        round_ = world["round"] + 1
        rewards = self.payoffs[(slice(None), *actions.T)].T.copy()
        return Outcome({"round": round_}, rewards, round_ >= self.rounds)

    def view(self, world: World) -> View:
        copies, agents = len(world["round"]), len(self.sizes.agents)
        legal = np.arange(self.sizes.most_actions) < self.sizes.actions[:, None]
        mask = np.broadcast_to(legal, (copies, *legal.shape))
        return View(np.ones((copies, agents, 1)), np.ones((copies, 1)), mask)
