"""Rules of a team that break a promise are found, and it is said which."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.errors import InvalidGameError
from marl_kit.games.team import Outcome
from marl_kit.games.team_game import TeamGame
from marl_kit.games.team_stage import StageRules


class Sound(StageRules):
    def __init__(self):
        super().__init__(np.arange(12.0).reshape(2, 2, 3), rounds=3)
        self.draws = 1

    def start(self, numbers):
        return {"round": np.zeros(len(numbers), np.int64), "luck": numbers[:, 0].copy()}

    def step(self, world, actions):
        outcome = super().step(world, actions)
        return Outcome({**world, **outcome.world}, outcome.rewards, outcome.ended)


class TakenName(Sound):
    def start(self, numbers):
        return {**super().start(numbers), "steps": np.zeros(len(numbers))}


class OneRow(Sound):
    def start(self, numbers):
        return {**super().start(numbers), "luck": np.zeros(1)}


class OwnLuck(Sound):
    def start(self, numbers):
        return {**super().start(numbers), "luck": np.random.default_rng().random(len(numbers))}


class SharedLuck(Sound):
    def start(self, numbers):
        return {**super().start(numbers), "luck": np.full(len(numbers), numbers.sum())}


class Careless(Sound):
    def step(self, world, actions):
        outcome = super().step(world, actions)
        world["luck"] += 1
        return outcome


class MixedRewards(Sound):
    def step(self, world, actions):
        world, rewards, ended = super().step(world, actions)
        return Outcome(world, rewards - world["luck"].mean(), ended)


class NoNumber(Sound):
    def step(self, world, actions):
        world, rewards, ended = super().step(world, actions)
        return Outcome(world, rewards * np.nan, ended)


class Narrow(Sound):
    def view(self, world):
        seen = super().view(world)
        return seen._replace(states=seen.states[:, 0])


class Idle(Sound):
    def view(self, world):
        seen = super().view(world)
        return seen._replace(mask=np.zeros_like(seen.mask))


class TooFree(Sound):
    def view(self, world):
        seen = super().view(world)
        return seen._replace(mask=np.ones_like(seen.mask))


class Long(Sound):
    def __init__(self):
        super().__init__()
        self.lengths = np.zeros(2, np.int64)


def test_sound_rules_pass():
    game = TeamGame(Sound(), name="sound")
    assert mk.testing.check_game(game) is game


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (TakenName, "may not call an array one of"),
        (OneRow, "not a row for a copy"),
        (OwnLuck, "differs when asked again"),
        (SharedLuck, "start.. mixes the copies"),
        (Careless, "changes the world that it is given"),
        (MixedRewards, "rewards mix the copies"),
        (NoNumber, "rewards are not finite"),
        (Narrow, r"states are of shape \(8,\), not \(8, 1\)"),
        (Idle, "no legal action"),
        (TooFree, "allows an action that the agent does not have"),
        (Long, "agent_0 sees more than its 0 numbers"),
    ],
)
def test_broken_rules_are_named(rules, complaint):
    with pytest.raises(InvalidGameError, match=complaint):
        mk.testing.check_game(TeamGame(rules(), name="broken"))
