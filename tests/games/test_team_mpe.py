"""Our batched simple_spread and simple_speaker_listener are those of mpe2, step by step."""

import numpy as np
import pytest
from mpe2 import simple_speaker_listener_v4, simple_spread_v3

from marl_kit.games.load import load_game
from tests.reference.team_peers import Mpe

COPIES, STEPS = 2, 200
EXACT = {"rtol": 0, "atol": 1e-9}


def place_spread(peer, world, copy):
    def place(theirs):
        for n, agent in enumerate(theirs.agents):
            agent.state.p_pos = world["agents"][copy, n].copy()
            agent.state.p_vel = world["velocities"][copy, n].copy()
        for n, landmark in enumerate(theirs.landmarks):
            landmark.state.p_pos = world["landmarks"][copy, n].copy()

    peer.begin(place)


def place_speaker(peer, world, copy):
    def place(theirs):
        speaker, listener = theirs.agents
        speaker.goal_b = theirs.landmarks[world["goal"][copy]]
        listener.state.p_pos = world["listener"][copy].copy()
        for n, landmark in enumerate(theirs.landmarks):
            landmark.state.p_pos = world["landmarks"][copy, n].copy()

    peer.begin(place)


def random_actions(game, rng):
    """Boxes go beyond [0, 1] at times, where both sides clip."""
    sizes = game.sizes
    if sizes.box:
        return rng.uniform(-0.2, 1.2, (COPIES, len(sizes.agents), sizes.box))
    return rng.integers(0, sizes.actions, (COPIES, len(sizes.agents)))


def assert_seen(game, peer, observations, state):
    for n, theirs in enumerate(peer.observations()):
        np.testing.assert_allclose(observations[n, : len(theirs)], theirs, **EXACT)
        assert not observations[n, len(theirs) :].any()
        assert len(theirs) == game.rules.lengths[n]
    np.testing.assert_allclose(state, peer.state(), rtol=1e-6, atol=1e-6)  # theirs is float32
    np.testing.assert_allclose(state, np.concatenate(peer.observations()), **EXACT)


def compare(game, module, options, place, seed):
    team, rng = game.environment(COPIES, seed), np.random.default_rng(seed)
    shown = team.reset()
    peers = [Mpe(module, **options) for _ in range(COPIES)]
    for copy, peer in enumerate(peers):
        place(peer, team.memory(), copy)
        assert_seen(game, peer, shown.observations[copy], shown.states[copy])
    for _ in range(STEPS):
        actions = random_actions(game, rng)
        shown = team.step(actions)
        for copy, peer in enumerate(peers):
            chosen = actions[copy].tolist()
            if game.sizes.box:
                chosen = [actions[copy, n, :k] for n, k in enumerate(game.rules.boxes)]
            rewards, over = peer.step(chosen)
            np.testing.assert_allclose(shown.rewards[copy], rewards, **EXACT)
            assert over == (shown.terminated[copy].all(), shown.truncated[copy])
            assert_seen(game, peer, shown.final_observations[copy], shown.final_states[copy])
            if any(over):
                place(peer, team.memory(), copy)
                assert_seen(game, peer, shown.observations[copy], shown.states[copy])
    assert shown.episode.tolist() == [STEPS // game.sizes.horizon] * COPIES


@pytest.mark.parametrize(
    ("agents", "local_ratio", "horizon", "continuous", "seed"),
    [
        (3, 0.5, 25, False, 0),
        (3, 0.5, 25, True, 1),
        (5, 0.0, 40, False, 2),
        (2, 1.0, 7, True, 3),
        (1, 0.3, 25, False, 4),
        (6, 0.9, 200, False, 5),
    ],
)
def test_simple_spread_is_that_of_mpe2(agents, local_ratio, horizon, continuous, seed):
    shared = {"local_ratio": local_ratio, "continuous_actions": continuous}
    game = load_game("simple_spread", agents=agents, horizon=horizon, **shared)
    options = {"N": agents, "max_cycles": horizon, **shared}
    compare(game, simple_spread_v3, options, place_spread, seed)


def test_agents_that_stand_close_push_each_other_as_in_mpe2():
    """The soft contact where it is steep: hundreds of steps of agents driven together."""
    game, peer = load_game("simple_spread(horizon=300)"), Mpe(simple_spread_v3, max_cycles=300)
    team = game.environment(1, 0)
    team.reset()
    close = team.memory()
    close["agents"][0] = [[0.0, 0.0], [0.2, 0.01], [0.1, 0.25]]
    team.remember(close)
    place_spread(peer, close, 0)
    collisions = 0
    for step in range(299):
        middle = team.memory()["agents"][0].mean(axis=0)
        pull = middle - team.memory()["agents"][0]
        actions = np.where(pull[:, step % 2] < 0, 1, 2) + 2 * (step % 2)
        shown = team.step(actions[None])
        rewards, _ = peer.step(actions.tolist())
        np.testing.assert_allclose(shown.rewards[0], rewards, **EXACT)
        np.testing.assert_allclose(shown.observations[0], peer.observations(), **EXACT)
        collisions += len(set(rewards)) > 1
    assert collisions > 20


@pytest.mark.parametrize(
    ("horizon", "continuous", "seed"), [(25, False, 0), (25, True, 1), (40, False, 2)]
)
def test_simple_speaker_listener_is_that_of_mpe2(horizon, continuous, seed):
    game = load_game("simple_speaker_listener", horizon=horizon, continuous_actions=continuous)
    options = {"max_cycles": horizon, "continuous_actions": continuous}
    compare(game, simple_speaker_listener_v4, options, place_speaker, seed)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("simple_spread", simple_spread_v3),
        ("simple_speaker_listener", simple_speaker_listener_v4),
    ],
)
@pytest.mark.parametrize("continuous", [False, True])
def test_spaces_are_those_of_mpe2(name, module, continuous):
    ours = load_game(name, continuous_actions=continuous).parallel_env()
    theirs = module.parallel_env(continuous_actions=continuous)
    assert ours.possible_agents == theirs.possible_agents
    assert ours.state_space == theirs.state_space
    for agent in ours.possible_agents:
        assert ours.observation_space(agent) == theirs.observation_space(agent)
        assert ours.action_space(agent) == theirs.action_space(agent)


def test_returns_of_random_play_are_those_of_mpe2():
    """-26.44 a mean over agents and episodes, measured with mpe2; so starts are drawn alike."""
    game, rng = load_game("simple_spread"), np.random.default_rng(0)
    team = game.environment(2000, 0)
    team.reset()
    total = sum(team.step(rng.integers(0, 5, (2000, 3))).rewards.mean() for _ in range(25))
    assert abs(total + 26.44) < 0.5


def test_returns_of_silence_in_speaker_listener():
    """Nobody moves: 25 times the mean square of the distance of two points of the square, 4/3."""
    team = load_game("simple_speaker_listener").environment(4000, 0)
    team.reset()
    total = sum(team.step(np.zeros((4000, 2), int)).rewards.mean() for _ in range(25))
    assert abs(total + 25 * 4 / 3) < 1.0
