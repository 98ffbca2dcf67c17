"""The two-step game: the first agent chooses which matrix the two then play."""

from __future__ import annotations

import numpy as np

from marl_kit.games.team import Outcome, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame

FACTS = {
    "title": "Two-step game",
    "source": "Rashid et al. (2018), QMIX: monotonic value function factorisation for deep "
    "multi-agent reinforcement learning, ICML, section 5 and table 1",
    "players": 2,
    "size": "3 states, 2 actions, 2 steps",
    "optimum": 8,
    "safe": 7,
}

FIRST, CHOSE_A, CHOSE_B, END = 0, 1, 2, 3
PAYOFFS = np.array([[[7.0, 7.0], [7.0, 7.0]], [[0.0, 1.0], [1.0, 8.0]]])
"""What both get in 2A and 2B, by the actions of the two."""
PLACES = np.vstack([np.eye(3), np.zeros((1, 3))])
"""What is seen in each state: one number for each, none at the end."""


class TwoStep:
    """The rules; in the first state the second agent's action does not matter."""

    def __init__(self) -> None:
        self.sizes = TeamSizes(
            agents=("agent_1", "agent_2"),
            observation=3,
            state=3,
            actions=np.full(2, 2),
            box=0,
            horizon=2,
        )
        self.lengths, self.boxes = np.full(2, 3), np.zeros(2, np.int64)
        self.draws = 0

    def start(self, numbers: np.ndarray) -> World:
        return {"state": np.full(len(numbers), FIRST)}

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        state = world["state"]
        second = state != FIRST
        matrix = np.where(second, state - CHOSE_A, 0)
        reward = np.where(second, PAYOFFS[matrix, actions[:, 0], actions[:, 1]], 0.0)
        following = np.where(second, END, CHOSE_A + actions[:, 0])
        return Outcome({"state": following}, np.stack([reward, reward], axis=1), second)

    def view(self, world: World) -> View:
        """Both see the state."""
        states = PLACES[world["state"]]
        seen = np.repeat(states[:, None], 2, axis=1)
        return View(seen, states, np.ones((len(states), 2, 2), bool))


def load() -> TeamGame:
    return TeamGame(TwoStep(), name="two_step")
