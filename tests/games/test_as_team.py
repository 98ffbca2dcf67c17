"""What a team plays, from whatever one has in hand."""

import numpy as np
import pyspiel
import pytest
from mpe2 import simple_spread_v3

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.games.as_team import as_team
from marl_kit.games.load import load_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.pettingzoo import PettingZooGame
from marl_kit.games.pettingzoo.parallel import ParallelTeam
from marl_kit.games.team_game import TeamGame
from marl_kit.games.team_turns import TurnTeam


def two_agents():
    return simple_spread_v3.parallel_env(N=2)


@pytest.mark.parametrize(
    ("env", "kind", "agents"),
    [
        ("simple_spread(agents=2)", TeamGame, 2),
        ("chicken", TeamGame, 2),
        ("openspiel:matrix_pd", TeamGame, 2),
        (NormalFormGame(np.zeros((3, 2, 2, 2))), TeamGame, 3),
        ("kuhn_poker(players=3)", TurnTeam, 3),
        ("openspiel:tiny_hanabi", TurnTeam, 2),
        (pyspiel.load_game("tiny_hanabi"), TurnTeam, 2),
        ("pettingzoo:mpe2/simple_spread_v3(N=2)", ParallelTeam, 2),
        (two_agents, ParallelTeam, 2),
        (two_agents(), ParallelTeam, 2),
        (simple_spread_v3.env(N=2), ParallelTeam, 2),
        (lambda: load_game("two_step").parallel_env(), ParallelTeam, 2),
    ],
)
def test_all_that_a_team_plays(env, kind, agents):
    team = as_team(env)
    assert type(team) is kind
    assert as_team(team) is team
    assert team.name
    assert len(team.sizes.agents) == agents
    environment = team.environment(1, seed=0)
    shown = environment.reset()
    actions = shown.mask.argmax(axis=2)
    assert environment.step(actions).rewards.shape == (1, agents)
    assert environment.exact_memory == (kind is not ParallelTeam)
    if team.spec:
        assert type(as_team(team.spec)) is kind


def test_options_of_pettingzoos_environments():
    team = as_team("pettingzoo:mpe2/simple_spread_v3(N=2)", horizon=9, state="observations")
    assert (team.sizes.horizon, team.state) == (9, "observations")
    assert as_team(two_agents, horizon=4).sizes.horizon == 4
    for env in ("simple_spread", "chicken", as_team(two_agents)):
        with pytest.raises(InvalidOptionError, match="horizon and state are options of"):
            as_team(env, horizon=9)


def test_a_game_in_turns_of_pettingzoos_becomes_its_parallel_environment():
    game = load_game("pettingzoo:mpe2/simple_spread_v3(N=2,seed=3)")
    assert isinstance(game, PettingZooGame)
    assert as_team(game).spec == "pettingzoo:mpe2/simple_spread_v3(N=2)"


def test_a_stage_game_is_played_once():
    team = as_team(NormalFormGame([[[1, 2], [3, 4]]] * 2)).environment(2, 0)
    team.reset()
    shown = team.step(np.array([[0, 1], [1, 0]]))
    assert shown.rewards.tolist() == [[2, 2], [3, 3]]
    assert shown.terminated.all()


@pytest.mark.parametrize("wrong", [3, None, [[1, 2]], object()])
def test_what_no_team_plays(wrong):
    with pytest.raises(InvalidOptionError, match="is nothing that a team plays; give a spec"):
        as_team(wrong)


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="did you mean 'simple_spread'"):
        as_team("simple_sprad")
