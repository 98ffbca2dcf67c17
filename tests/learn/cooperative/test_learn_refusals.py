"""What training a team does not take, and the smallest that it does."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.learn.cooperative.algorithms import ALGORITHMS
from marl_kit.learn.cooperative.train_team import train_team
from tests.learn.cooperative.test_learn_runs import POLICIES, VALUES, tiny

BOXES = "simple_spread(agents=2, continuous_actions=true)"


@pytest.mark.parametrize("name", VALUES + POLICIES)
def test_boxes_are_for_maddpg(name):
    with pytest.raises(InvalidOptionError, match=r"boxes of numbers.*algorithm='maddpg'"):
        train_team(BOXES, name, 16)


def test_maddpg_takes_boxes_and_lists_of_actions():
    for env in (BOXES, "simple_speaker_listener"):
        found = train_team(env, "maddpg", 16, copies=2, episodes=2, **tiny("maddpg"))
        assert np.isfinite(found.returns).all()
    agent = train_team(BOXES, "maddpg", 0, episodes=1, **tiny("maddpg")).players[0][1]
    action = agent.act(np.zeros(12))
    assert ((action > 0) & (action < 1)).all()


@pytest.mark.parametrize("name", [*VALUES[1:], "coma", "happo"])
def test_a_team_that_is_made_one_has_no_rewards_of_its_own(name):
    with pytest.raises(InvalidOptionError, match=r"reward='own'.*reward='mean'"):
        train_team("chicken", name, 16, reward="own")


@pytest.mark.parametrize("name", ["iql", "ippo", "mappo", "maddpg"])
def test_others_learn_from_their_own(name):
    found = train_team("chicken", name, 16, reward="own", copies=2, episodes=2, **tiny(name))
    assert found.returns.shape == (1, len(found.steps))
    assert np.isfinite(found.returns).all()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"algorithm": "qmx"}, UnknownNameError, "qmix"),
        ({"algorithm": "vdn", "widht": 8}, UnknownNameError, "width"),
        ({"algorithm": "vdn", "clip": 0.2}, UnknownNameError, "option of vdn"),
        ({"steps": -1}, InvalidOptionError, "steps is -1"),
        ({"steps": 1.5}, InvalidOptionError, "whole number"),
        ({"seeds": 0}, InvalidOptionError, "seeds is 0"),
        ({"copies": 0}, InvalidOptionError, "copies is 0"),
        ({"episodes": -3}, InvalidOptionError, "episodes is -3"),
        ({"evaluate_every": 0}, InvalidOptionError, "evaluate_every is 0"),
        ({"reward": "average"}, InvalidOptionError, "mean, sum, shared, own"),
        ({"discount": 1.1}, InvalidOptionError, "from 0 to 1"),
        ({"rate": -1e-3}, InvalidOptionError, "rate is -0.001"),
        ({"width": True}, InvalidOptionError, "width is True"),
        ({"rollout": 0}, InvalidOptionError, "rollout is 0"),
        ({"mixer": "monotonic"}, InvalidOptionError, "monotone"),
        ({"underrated": 0.0}, InvalidOptionError, "underrated is 0"),
        ({"algorithm": "vdn", "underrated": 0.5}, InvalidOptionError, "monotone mixer"),
        ({"sharing": "ID"}, InvalidOptionError, "groups of 2 agents"),
        ({"sharing": [0, 0, 1]}, InvalidOptionError, "groups of 2 agents"),
        ({"algorithm": "happo", "sharing": "ids"}, InvalidOptionError, "sharing='separate'"),
        ({"algorithm": "coma", "recurrent": True}, InvalidOptionError, "recurrent=False"),
        ({"algorithm": "mappo", "critic": "global"}, InvalidOptionError, "central"),
        ({"algorithm": "mappo", "clip": 0}, InvalidOptionError, "clip is 0"),
        ({"algorithm": "maddpg", "noise": -0.1}, InvalidOptionError, "noise is -0.1"),
        ({"env": "chikcen"}, UnknownNameError, "chicken"),
        ({"env": 7}, InvalidOptionError, "nothing that a team plays"),
    ],
)
def test_what_is_not_allowed_is_refused_in_a_sentence(given, error, words):
    with pytest.raises(error, match=words):
        train_team(**{"env": "chicken", "algorithm": "qmix", "steps": 16, **given})


def test_what_has_no_name_cannot_be_kept(tmp_path):
    game = mk.NormalFormGame([[[1, 0], [0, 1]]] * 2)
    with pytest.raises(UnsupportedGameError, match=r"has no spec.*leave path away"):
        train_team(game, "vdn", 16, path=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_no_steps_give_untrained_teams(name, tmp_path):
    wanted = {"copies": 2, "episodes": 2, "path": tmp_path / "run", "evaluate_every": 8}
    found = train_team("chicken", name, 0, **wanted, **tiny(name))
    assert (found.steps.tolist(), found.returns.shape) == ([0], (1, 1))
    assert np.isnan([found.low, found.high]).all()
    assert "one run: no interval" in repr(found)
    more = train_team("chicken", name, 8, **wanted, **tiny(name))
    assert more.steps.tolist() == [0, 8]
    assert more.returns[0, 0] == found.returns[0, 0]


@pytest.mark.parametrize("name", ["iql", "qplex", "mappo", "coma", "happo"])
def test_one_agent_learns_the_better_of_two_actions(name):
    quick = {"rate": 0.02, "width": 8, "rollout": 1}
    if name in VALUES:
        quick |= {"explore_steps": 0, "explore_to": 0.5, "renew": 5, "updates": 2}
    else:
        quick |= {"critic_rate": 0.05}
    game = mk.NormalFormGame([[0.0, 1.0]])
    found = train_team(game, name, 640, copies=16, episodes=1, evaluate_every=640, **quick)
    assert found.returns[0, -1] == 1


def test_players_refuse_masks_and_observations_that_are_too_long():
    player = train_team("chicken", "vdn", 0, episodes=1).players[0][0]
    for given in ([1.0], [1, 1, 1]), ([1.0, 2.0], None):
        with pytest.raises(InvalidOptionError, match=r"shape|sees 1"):
            player.act(*given)
    assert player.act([1.0], [False, True]) == 1
    assert player.act([1.0], [True, False]) == 0


def test_the_scale_of_own_rewards_says_that_returns_are_means():
    found = train_team("chicken", "ippo", 0, episodes=1, reward="own")
    assert "mean over the agents" in found.scale


def test_huge_payoffs_are_learned_where_advantages_are_standardised():
    """And values far below -1e9 are still those of legal actions."""
    game = mk.NormalFormGame([np.array([[1.0, 3.0], [0.0, 2.0]]) * 1e10 - 1e12] * 2)
    found = train_team(game, "mappo", 2_000, copies=8, episodes=1, evaluate_every=2_000, seeds=3)
    assert found.returns[:, -1] == pytest.approx(3e10 - 1e12, rel=1e-9)
    found = train_team(game, "vdn", 64, copies=4, episodes=1, **tiny("vdn"))
    assert all(row.sum() == 1 for row in found.players[0].profile())


def test_cross_play_refuses_teams_of_different_games():
    one, other = (
        mk.train_team(mk.NormalFormGame([table] * 2), "vdn", 0, episodes=1).players[0]
        for table in ([[1, 0], [0, 2]], [[2, 0], [0, 1]])
    )
    for teams in ([one, other], [one, 7], []):
        with pytest.raises(InvalidOptionError):
            mk.cross_play(teams, episodes=1)
    assert mk.cross_play([one, one], episodes=1).shape == (2, 2)


def test_agents_refuse_states_and_a_team_plays_games_in_turns():
    team = train_team("openspiel:tiny_hanabi", "vdn", 0, episodes=1).players[0]
    game = mk.load_game("openspiel:tiny_hanabi")
    with pytest.raises(InvalidOptionError, match=r"team\.player"):
        team[0].act(game.new_initial_state())
    found = mk.play(game, [team.player(), team.player()], seed=0)
    assert found is not None
    with pytest.raises(InvalidOptionError, match="cross_play"):
        train_team("chicken", "vdn", 0, episodes=1).players[0].player()
