"""A team is still paid when one of its agents has left, and its learners know it."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from pettingzoo import ParallelEnv

import marl_kit as mk


class Sacrifice(ParallelEnv):
    """If a leaves at once, b is paid 20 in the next step; if it stays, both are paid 1 now."""

    metadata = {"name": "sacrifice"}
    possible_agents = ["a", "b"]

    def observation_space(self, agent):
        return Box(0, 5, (2,))

    def action_space(self, agent):
        return Discrete(2)

    def _seen(self, agents):
        return {agent: np.array([self.time, self.left], np.float32) for agent in agents}

    def reset(self, seed=None, options=None):
        self.time, self.left, self.agents = 0, 0, ["a", "b"]
        return self._seen(self.agents), {agent: {} for agent in self.agents}

    def step(self, actions):
        there, self.time = self.agents, self.time + 1
        over = dict.fromkeys(there, self.time == 2)
        rewards = dict.fromkeys(there, 0.0)
        if self.time == 1 and actions["a"] == 1:
            self.left, over["a"] = 1, True
        elif self.time == 1:
            rewards = dict.fromkeys(there, 1.0)
        elif self.left:
            rewards["b"] = 20.0
        self.agents = [agent for agent in there if not over[agent]]
        nothing = dict.fromkeys(there, False), {agent: {} for agent in there}
        return self._seen(there), rewards, over, *nothing


@pytest.mark.parametrize("algorithm", ["vdn", "ippo", "mappo"])
def test_leaving_pays(algorithm):
    found = mk.train_team(Sacrifice, algorithm, 2_000, copies=8, episodes=2, evaluate_every=2_000)
    assert found.returns[0, -1] == 10


def test_a_folder_remembers_how_its_environment_was_made(tmp_path):
    name = "pettingzoo:mpe2/simple_spread_v3(N=2)"
    options = {"steps": 0, "path": tmp_path / "run", "copies": 1, "episodes": 1, "width": 8}
    mk.train_team(mk.as_team(name, horizon=5), "vdn", **options)
    assert mk.load_teams(tmp_path / "run")[0].team.sizes.horizon == 5
    with pytest.raises(mk.InvalidOptionError, match="of_environment"):
        mk.train_team(name, "vdn", **options)


def test_one_live_environment_is_enough_for_one_run():
    found = mk.train_team(Sacrifice(), "vdn", 60, episodes=2, evaluate_every=30, width=8)
    assert found.returns.shape[0] == 1
    assert np.isfinite(found.returns).all()
    with pytest.raises(mk.MarlKitError, match="live environment"):
        mk.train_team(Sacrifice(), "vdn", 60, seeds=2)
