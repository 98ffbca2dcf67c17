"""What all environments of teams promise, game by game of the catalogue."""

import copy
import pickle

import numpy as np
import pytest

from marl_kit.core.errors import (
    CheckpointError,
    IllegalActionError,
    InvalidGameError,
    InvalidOptionError,
    UnsupportedGameError,
)
from marl_kit.games.catalogue import facts, list_games
from marl_kit.games.load import load_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.team import JointBatch
from marl_kit.games.team_draws import uniforms
from marl_kit.games.team_stage import stage_team

SPECS = [
    *(info.name for info in list_games("team")),
    "simple_spread(agents=2,continuous_actions=true,horizon=9)",
    "simple_speaker_listener(continuous_actions=true)",
    "foraging(size=5,agents=3,foods=1,coop=false,horizon=12)",
    "repeated_stag_hunt(rounds=1)",
]
FIELDS = JointBatch.__dataclass_fields__


def random_actions(sizes, batch, rng):
    if sizes.box:
        return rng.random((batch, len(sizes.agents), sizes.box))
    return rng.integers(0, sizes.actions, (batch, len(sizes.agents)))


def run(team, shown, steps, rng):
    """The batches of some random steps."""
    found = [shown]
    for _ in range(steps):
        found.append(team.step(random_actions(team.sizes, team.batch, rng)))
    return found


def assert_same(ours, others, rows=slice(None)):
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(ours, field)[rows], getattr(others, field), field)


@pytest.mark.parametrize("spec", SPECS)
def test_shapes_kinds_and_autoreset(spec):
    team = load_game(spec).environment(5, 1)
    sizes = team.sizes
    n, d, s, a = len(sizes.agents), sizes.observation, sizes.state, sizes.most_actions
    shapes = {
        "observations": (5, n, d),
        "states": (5, s),
        "mask": (5, n, a),
        "alive": (5, n),
        "rewards": (5, n),
        "terminated": (5, n),
        "truncated": (5,),
        "final_observations": (5, n, d),
        "final_states": (5, s),
        "final_mask": (5, n, a),
        "episode": (5,),
    }
    steps = np.zeros(5, int)
    batches = run(team, team.reset(), 2 * sizes.horizon + 3, np.random.default_rng(0))
    for number, shown in enumerate(batches):
        assert {name: getattr(shown, name).shape for name in FIELDS} == shapes
        flags = (shown.mask, shown.alive, shown.terminated, shown.truncated)
        assert {flag.dtype for flag in flags} == {np.dtype(bool)}
        going_on = ~shown.over
        assert shown.alive.all()
        np.testing.assert_array_equal(
            shown.observations[going_on], shown.final_observations[going_on]
        )
        np.testing.assert_array_equal(shown.states[going_on], shown.final_states[going_on])
        np.testing.assert_array_equal(shown.mask[going_on], shown.final_mask[going_on])
        if sizes.box == 0:
            assert shown.mask.any(axis=2).all()
        if number > 0:
            steps += 1
            np.testing.assert_array_equal(
                shown.episode, batches[number - 1].episode + shown.over.astype(int)
            )
            ended = shown.terminated.all(axis=1)
            np.testing.assert_array_equal(shown.truncated, (steps == sizes.horizon) & ~ended)
            steps[shown.over] = 0
    assert (batches[-1].episode >= 2).all()


@pytest.mark.parametrize("spec", SPECS)
def test_an_episode_begins_by_seed_copy_and_number_alone(spec):
    """Not by the size of the batch, nor by how the episodes before went."""
    small, large = (load_game(spec).environment(batch, 7) for batch in (2, 6))
    few, many = small.reset(), large.reset()
    assert_same(many, few, slice(0, 2))
    rng = np.random.default_rng(0)
    while few.episode.min() < 1 or many.episode[:2].min() < 1:
        few = small.step(random_actions(small.sizes, 2, rng))
        many = large.step(random_actions(large.sizes, 6, rng))
        for row in range(2):
            if few.over[row] and many.over[row] and few.episode[row] == many.episode[row]:
                np.testing.assert_array_equal(few.observations[row], many.observations[row])


@pytest.mark.parametrize("spec", SPECS)
def test_what_was_remembered_goes_on_to_the_bit(spec):
    game, rng = load_game(spec), np.random.default_rng(0)
    team = game.environment(4, 11)
    half = run(team, team.reset(), game.sizes.horizon - 1, rng)[-1]
    memory, state = team.memory(), copy.deepcopy(rng)
    rest = run(team, half, game.sizes.horizon + 2, rng)[1:]
    again = load_game(spec).environment(4, 99)
    shown = again.remember(memory)
    for field in ("observations", "states", "mask", "alive", "episode"):
        np.testing.assert_array_equal(getattr(shown, field), getattr(half, field))
    for ours, theirs in zip(
        run(again, shown, game.sizes.horizon + 2, state)[1:], rest, strict=True
    ):
        assert_same(ours, theirs)


@pytest.mark.parametrize("spec", SPECS)
def test_batches_are_not_changed_by_later_steps(spec):
    team = load_game(spec).environment(3, 0)
    rng = np.random.default_rng(0)
    batches = [team.reset()]
    kept = [copy.deepcopy(batches[0])]
    for _ in range(team.sizes.horizon + 2):
        batches.append(team.step(random_actions(team.sizes, 3, rng)))
        kept.append(copy.deepcopy(batches[-1]))
    for ours, theirs in zip(batches, kept, strict=True):
        assert_same(ours, theirs)


def test_other_seeds_begin_otherwise():
    team = load_game("simple_spread").environment(4, 0)
    first = team.reset()
    np.testing.assert_array_equal(team.reset().states, first.states)
    assert not np.array_equal(team.reset(1).states, first.states)
    assert len(np.unique(first.states[:, 2])) == 4  # where the first agent begins, by copy


def test_numbers_by_counter_are_uniform_and_independent():
    copies, episodes = np.divmod(np.arange(4000), 100)
    numbers = uniforms(2**64 - 1, copies, episodes, 5)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.apply_along_axis(lambda x: np.histogram(x, 10, (0, 1))[0], 0, numbers)
    assert (np.square(counts - 400).sum(axis=0) / 400 < 30).all()  # chi-square, 9 degrees
    related = np.corrcoef(numbers.T) - np.eye(5)
    beside = np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]
    assert max(abs(related).max(), abs(beside)) < 0.06
    assert len(np.unique(numbers)) == numbers.size


@pytest.mark.parametrize("spec", SPECS)
def test_parallel_env_passes_the_api_test(spec):
    from pettingzoo.test import parallel_api_test

    parallel_api_test(load_game(spec).parallel_env(), num_cycles=60)


def test_parallel_env_plays_the_episodes_of_copy_0():
    game = load_game("foraging(size=6,horizon=8)")
    team, env = game.environment(3, 5), game.parallel_env()
    shown, (seen, infos) = team.reset(), env.reset(seed=5)
    rng = np.random.default_rng(0)
    for _ in range(30):
        for n, agent in enumerate(env.agents):
            np.testing.assert_array_equal(seen[agent], shown.observations[0, n])
            np.testing.assert_array_equal(infos[agent]["action_mask"], shown.mask[0, n])
        np.testing.assert_array_equal(env.state(), shown.states[0])
        actions = rng.integers(0, 6, (3, 2))
        shown = team.step(actions)
        agents = list(env.agents)
        seen, rewards, ended, cut, infos = env.step(
            dict(zip(agents, actions[0].tolist(), strict=True))
        )
        assert list(rewards.values()) == shown.rewards[0].tolist()
        assert list(ended.values()) == shown.terminated[0].tolist()
        assert set(cut.values()) == {bool(shown.truncated[0])}
        if shown.over[0]:
            assert env.agents == []
            seen, infos = env.reset()


def test_parallel_env_refuses_with_a_sentence():
    env = load_game("simple_speaker_listener(continuous_actions=true)").parallel_env()
    with pytest.raises(InvalidOptionError, match="call reset"):
        env.step({})
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match="listener_0"):
        env.step({"speaker_0": np.zeros(3)})
    with pytest.raises(IllegalActionError, match="give 3 numbers"):
        env.step({"speaker_0": np.zeros(5), "listener_0": np.zeros(5)})


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ([[0, 0], [0, 0]], r"give whole numbers of shape \(2, 3\)"),
        ([[0.0] * 3] * 2, "float64"),
        ([[0, 0, 0], [0, 5, 0]], "agent_1 of copy 1 takes action 5; it has the actions 0 to 4"),
        ([[0, 0, -1], [0, 0, 0]], "agent_2 of copy 0 takes action -1"),
    ],
)
def test_actions_that_are_none_change_nothing(actions, sentence):
    team = load_game("simple_spread").environment(2, 0)
    team.reset()
    before = team.memory()
    with pytest.raises(IllegalActionError, match=sentence):
        team.step(np.array(actions))
    for name, array in team.memory().items():
        np.testing.assert_array_equal(array, before[name])


def test_boxes_that_are_no_numbers_are_refused():
    team = load_game("simple_spread(continuous_actions=true)").environment(1, 0)
    team.reset()
    with pytest.raises(IllegalActionError, match="NaN"):
        team.step(np.full((1, 3, 5), np.nan))
    with pytest.raises(IllegalActionError, match=r"\(1, 3, 5\)"):
        team.step(np.zeros((1, 3), int))


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("simple_spread(agents=0)", "agents is 0; give a whole number from 1 to 100"),
        ("simple_spread(local_ratio=2)", "local_ratio is 2; give a number from 0 to 1"),
        ("simple_spread(horizon=2.5)", "horizon is 2.5"),
        ("simple_spread(continuous_actions=1)", "give true or false"),
        ("simple_spread(N=3)", "it takes"),
        ("foraging(sight=9)", "sight is 9; give a whole number from 0 to 8"),
        ("foraging(agents=10,size=3)", "agents is 10; give a whole number from 1 to 9"),
        ("repeated_stag_hunt(stag=nan)", "stag is nan"),
        ("two_step(horizon=3)", "it takes"),
    ],
)
def test_parameters_that_fit_no_game_are_refused(spec, sentence):
    with pytest.raises(InvalidOptionError, match=sentence):
        load_game(spec)


@pytest.mark.parametrize("batch", [0, -1, 2.5, True, 10**9])
def test_a_batch_is_a_number_of_copies(batch):
    with pytest.raises(InvalidOptionError, match="batch is"):
        load_game("two_step").environment(batch)


def test_a_memory_fits_its_game_and_batch():
    team = load_game("two_step").environment(2, 0)
    with pytest.raises(InvalidOptionError, match="call reset"):
        team.memory()
    with pytest.raises(InvalidOptionError, match="call reset"):
        team.step(np.zeros((2, 2), int))
    team.reset()
    with pytest.raises(CheckpointError, match="3 copies"):
        load_game("two_step").environment(3).remember(team.memory())
    with pytest.raises(CheckpointError, match="same game and batch"):
        load_game("simple_spread").environment(2).remember(team.memory())
    rounded = {**team.memory(), "state": np.zeros(2, np.float32)}
    with pytest.raises(CheckpointError, match=r"float32 \(2,\)"):
        team.remember(rounded)


@pytest.mark.parametrize("spec", SPECS)
def test_there_is_no_tree_and_another_process_loads_it_again(spec):
    game = load_game(spec)
    for look in (game.new_initial_state, game.tree, lambda: game.info, game.to_normal_form):
        with pytest.raises(UnsupportedGameError, match="has no tree to walk"):
            look()
    again = pickle.loads(pickle.dumps(game))
    assert again.spec == game.spec
    assert again.sizes.agents == game.sizes.agents
    with pytest.raises(UnsupportedGameError, match="load_game"):
        pickle.dumps(stage_team(NormalFormGame([[1, 2]])))


def test_the_two_step_game_pays_by_the_first_choice():
    team = load_game("two_step").environment(8, 0)
    first = team.reset()
    np.testing.assert_array_equal(first.observations, np.tile([1.0, 0, 0], (8, 2, 1)))
    plays = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    middle = team.step(np.stack([plays[:, 0], plays[:, 1]], axis=1))
    assert not middle.rewards.any()
    assert not middle.over.any()
    np.testing.assert_array_equal(middle.states, np.eye(3)[1 + plays[:, 0]])
    last = team.step(plays[:, 1:])
    matrices = [[[7, 7], [7, 7]], [[0, 1], [1, 8]]]
    paid = [[matrices[a][b][c]] * 2 for a, b, c in plays.tolist()]
    np.testing.assert_array_equal(last.rewards, paid)
    assert last.terminated.all()
    assert not last.truncated.any()
    assert last.rewards.max() == facts("two_step")["optimum"]


def test_stage_games_of_any_number_of_players_pay_their_table():
    rng = np.random.default_rng(0)
    game = NormalFormGame(rng.normal(size=(3, 2, 4, 3)))
    team = stage_team(game, rounds=4).environment(24, 0)
    shown = team.reset()
    np.testing.assert_array_equal(shown.mask[0].sum(axis=1), [2, 4, 3])
    cells = np.array(list(np.ndindex(2, 4, 3)))
    for _ in range(4):
        assert not shown.over.any()
        shown = team.step(cells)
        np.testing.assert_array_equal(
            shown.rewards, [game.payoffs[:, a, b, c] for a, b, c in cells]
        )
    assert shown.terminated.all()
    with pytest.raises(InvalidGameError, match="not a game in normal form"):
        stage_team([[1, 2]])
    with pytest.raises(InvalidOptionError, match="rounds"):
        stage_team(game, 0)


def test_the_repeated_stag_hunt_is_the_catalogues():
    hunt, repeated = load_game("stag_hunt"), load_game("repeated_stag_hunt")
    np.testing.assert_array_equal(repeated.rules.payoffs, hunt.payoffs)
    team = repeated.environment(2, 0)
    team.reset()
    total = sum(team.step(np.array([[0, 0], [1, 1]])).rewards for _ in range(25))
    known = facts("repeated_stag_hunt")
    assert total.tolist() == [[known["optimum"]] * 2, [known["safe"]] * 2]
