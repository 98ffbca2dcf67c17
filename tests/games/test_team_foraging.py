"""Our batched foraging is that of lbforaging, step by step."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from marl_kit.games.load import load_game
from tests.reference.team_peers import Forage

COPIES, STEPS = 2, 200
LOAD = 5
SETTINGS = [
    {},
    {"agents": 3, "foods": 3, "size": 6, "coop": False, "sight": 2, "penalty": 0.1},
    {"agents": 4, "foods": 4, "size": 10, "sight": 3, "horizon": 30, "max_player_level": 3},
    {"agents": 6, "foods": 2, "size": 5, "coop": False, "max_food_level": 2, "penalty": 0.5},
    {"agents": 9, "foods": 1, "size": 5, "sight": 1},
]


def peer_of(game, agents=2, foods=2, size=8, coop=True, sight=0, horizon=50, **rest):
    return Forage(
        players=agents,
        min_player_level=1,
        max_player_level=rest.get("max_player_level", 2),
        min_food_level=1,
        max_food_level=rest.get("max_food_level"),
        field_size=(size, size),
        max_num_food=foods,
        sight=sight or size,
        max_episode_steps=horizon,
        force_coop=coop,
        penalty=rest.get("penalty", 0.0),
    )


def begin(peer, world, copy):
    peer.begin(world["players"][copy], world["levels"][copy], world["field"][copy])


def eager_actions(mask, rng):
    """Random ones, legal or not, but whoever can load mostly does."""
    actions = rng.integers(0, 6, mask.shape[:2])
    return np.where(mask[..., LOAD] & (rng.random(mask.shape[:2]) < 0.8), LOAD, actions)


@pytest.mark.parametrize(("settings", "seed"), [(s, n) for n, s in enumerate(SETTINGS)])
def test_foraging_is_that_of_lbforaging(settings, seed):
    game, rng = load_game("foraging", **settings), np.random.default_rng(seed)
    team, peers = game.environment(COPIES, seed), [peer_of(game, **settings) for _ in range(COPIES)]
    shown = team.reset()
    for copy, peer in enumerate(peers):
        begin(peer, team.memory(), copy)
    ends = 0
    for _ in range(STEPS):
        for copy, peer in enumerate(peers):
            np.testing.assert_array_equal(shown.observations[copy], peer.observations())
            np.testing.assert_array_equal(shown.mask[copy], peer.mask())
        actions = eager_actions(shown.mask, rng)
        shown = team.step(actions)
        for copy, peer in enumerate(peers):
            rewards, over = peer.step(actions[copy])
            np.testing.assert_allclose(shown.rewards[copy], rewards, rtol=0, atol=1e-12)
            np.testing.assert_array_equal(shown.final_observations[copy], peer.observations())
            empty = not peer.env.field.any()
            assert shown.terminated[copy].tolist() == [empty] * len(rewards)
            assert over == (empty or shown.truncated[copy])
            if over:
                ends += 1
                begin(peer, team.memory(), copy)
    assert ends >= COPIES * (STEPS // game.sizes.horizon)


@pytest.mark.parametrize("settings", SETTINGS[1:4])
def test_food_is_loaded_refused_and_adds_up_to_one(settings):
    """So the comparison above meets what it is about."""
    game, rng = load_game("foraging", **settings), np.random.default_rng(0)
    team = game.environment(64, 0)
    shown, returns, complete = team.reset(), np.zeros(64), []
    loads = refusals = 0
    for _ in range(150):
        shown = team.step(eager_actions(shown.mask, rng))
        loads += (shown.rewards > 0).sum()
        refusals += (shown.rewards < 0).sum()
        returns += np.maximum(shown.rewards, 0).sum(axis=1)
        complete += returns[shown.terminated[:, 0]].tolist()
        returns[shown.over] = 0
    assert loads > 20
    assert (refusals > 0) == ("penalty" in settings)
    if len(complete):
        np.testing.assert_allclose(complete, 1.0)


def test_the_state_tells_all_to_whom_sees_all():
    shown = load_game("foraging").environment(16, 0).reset()
    np.testing.assert_array_equal(shown.states, shown.observations[:, 0])


@pytest.mark.parametrize("coop", [True, False])
def test_beginnings_are_drawn_as_in_lbforaging(coop):
    settings = {"agents": 2, "foods": 2, "size": 6, "coop": coop}
    game, many = load_game("foraging", **settings), 3000
    team = game.environment(many, 0)
    team.reset()
    ours = team.memory()
    env = peer_of(game, **settings).env
    theirs = {"players": [], "levels": [], "field": []}
    for seed in range(many):
        for player in env.players:
            player.position = None  # as in a new environment
        env.reset(seed=seed)
        theirs["players"].append([p.position for p in env.players])
        theirs["levels"].append([p.level for p in env.players])
        theirs["field"].append(env.field)
    theirs = {name: np.array(value) for name, value in theirs.items()}
    for summary in (_places, _levels, _foods, _food_levels, _company):
        a, b = summary(ours), summary(theirs)
        width = max(a.max(), b.max()) + 1
        table = np.array([np.bincount(a, minlength=width), np.bincount(b, minlength=width)])
        assert chi2_contingency(table[:, table.any(axis=0)]).pvalue > 1e-4


def _places(world):
    return world["players"][:, 1] @ [6, 1]


def _levels(world):
    return world["levels"] @ [3, 1]


def _foods(world):
    """Which cells hold food: the first and the last together."""
    full = world["field"].reshape(-1, 36) > 0
    return full.argmax(axis=1) * 36 + full[:, ::-1].argmax(axis=1)


def _food_levels(world):
    return world["field"].max(axis=(1, 2)) * 10 + world["levels"].sum(axis=1)


def _company(world):
    return np.abs(world["players"][:, 0] - world["players"][:, 1]).sum(axis=1)
