"""Games in turns as environments of teams: OpenSpiel's step by step; chance; refusals."""

import pickle

import numpy as np
import pytest

from marl_kit.core.errors import (
    GameTooLargeError,
    IllegalActionError,
    InvalidGameError,
    UnsupportedGameError,
)
from marl_kit.evaluate.exploitability import expected_values
from marl_kit.games import team_openspiel, team_turns
from marl_kit.games.builder import TreeBuilder
from marl_kit.games.load import load_game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.team import JointBatch
from marl_kit.games.team_batch import BatchedTeam
from marl_kit.games.team_openspiel import OpenSpielRules
from marl_kit.games.team_turns import TurnRules, TurnTeam
from marl_kit.testing import check_game

SMALL_HANABI = (
    "openspiel:hanabi(players=2,colors=2,ranks=2,hand_size=2,max_information_tokens=3,"
    "max_life_tokens=1)"
)
HEX = "hex(num_rows=2,num_cols=2)"
COMPILED = [
    "openspiel:tiny_hanabi",
    "openspiel:kuhn_poker(players=3)",
    "openspiel:leduc_poker",
    "openspiel:cliff_walking(height=2,width=3,horizon=5)",  # one player, paid on the way
    "openspiel:goofspiel(num_cards=3,imp_info=true,points_order=descending)",
]
LIVE = [SMALL_HANABI, "openspiel:coop_box_pushing(horizon=5)", "openspiel:kuhn_poker(players=3)"]
FIELDS = JointBatch.__dataclass_fields__


def random_actions(mask, rng):
    return np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=2)


def assert_shows(view, copy, state, tensor):
    """What a copy shows is what OpenSpiel's state does."""
    players = range(state.num_players())
    np.testing.assert_array_equal(view.observations[copy], [tensor(state, p) for p in players])
    np.testing.assert_array_equal(view.states[copy], view.observations[copy].ravel())
    for player in players:
        moves = state.current_player() == player
        legal = state.legal_actions() if moves else [0]
        assert np.flatnonzero(view.mask[copy, player]).tolist() == legal


def tensor_of(game):
    if game.rules.get_type().provides_information_state_tensor:
        return lambda state, p: state.information_state_tensor(p)
    return lambda state, p: state.observation_tensor(p)


@pytest.mark.parametrize(
    ("rules_of", "spec"),
    [*((TurnRules, spec) for spec in COMPILED), *((OpenSpielRules, spec) for spec in LIVE)],
)
def test_every_step_is_openspiels(rules_of, spec):
    game, rng = load_game(spec), np.random.default_rng(0)
    compiled = rules_of is TurnRules
    rules = TurnRules(game, game.tree()) if compiled else OpenSpielRules(game)
    tensor = tensor_of(game)

    def state_of(world, copy):
        """A state of OpenSpiel's that has gone the same way."""
        state = game.new_initial_state()
        if compiled:
            for action in game.tree().history(world["node"][copy]):
                state.apply_action(action)
            return state
        for action in rules._positions(world)[copy].history():
            assert action in state.legal_actions()
            state.apply_action(action)
        return state

    for play in range(12):
        world = rules.start(np.random.default_rng(play).random((1, rules.draws)))
        total, steps, ended = np.zeros(game.num_players), 0, False
        while not ended:
            before = state_of(world, 0)
            view = rules.view(world)
            assert_shows(view, 0, before, tensor)
            actions = random_actions(view.mask, rng)
            world, rewards, (ended,) = rules.step(world, actions)
            after = state_of(world, 0)
            moved = [*before.history(), int(actions[0, before.current_player()])]
            assert after.history()[: len(moved)] == moved
            expected = np.subtract(after.returns(), before.returns())
            np.testing.assert_allclose(rewards[0], expected, atol=1e-12)
            total, steps = total + rewards[0], steps + 1
            assert ended == after.is_terminal()
        np.testing.assert_allclose(total, after.returns(), atol=1e-12)
        assert not rules.view(world).observations.any()
        assert steps <= rules.sizes.horizon


def mean_and_error(rules, copies=4000, seed=1):
    """Returns of random play, and their standard errors."""
    team, rng = BatchedTeam(rules, copies, seed), np.random.default_rng(seed)
    shown, total = team.reset(), np.zeros((copies, len(rules.sizes.agents)))
    going = np.ones(copies, bool)
    while going.any():
        shown = team.step(random_actions(shown.mask, rng))
        total[going] += shown.rewards[going]
        going &= ~shown.over
    return total.mean(axis=0), total.std(axis=0) / copies**0.5


@pytest.mark.parametrize("spec", [*COMPILED, "openspiel:liars_dice(numdice=1,dice_sides=3)"])
def test_chance_draws_with_its_probabilities(spec):
    """Random play earns what it does by exact arithmetic."""
    game = load_game(spec)
    exact = expected_values(game, TabularPolicy.uniform(game))
    mean, error = mean_and_error(TurnRules(game, game.tree()))
    assert np.all(np.abs(mean - exact) < 4 * error + 1e-12)


def test_chance_of_a_game_that_is_not_compiled_draws_with_its_probabilities():
    game = load_game("openspiel:kuhn_poker(players=3)")
    exact = expected_values(game, TabularPolicy.uniform(game))
    mean, error = mean_and_error(OpenSpielRules(game), copies=1000)
    assert np.all(np.abs(mean - exact) < 4 * error)


def lottery():
    """Three players; the first moves twice, chance in between has outcomes that never come."""
    builder = TreeBuilder(players=3, name="lottery").decision((), 0, "first", ["l", "r"])
    chances = {"never": 0, "often": "3/4", "rare": "1/4", "nor this": 0}
    for a in "lr":
        builder.chance((a,), chances)
        for drawn in chances:
            builder.decision((a, drawn), 0, f"again {a} {drawn}", ["x", "y", "z"])
            for b in "xyz":
                builder.decision((a, drawn, b), 2, "last", ["u", "v"])
                for c in "uv":
                    builder.payoff((a, drawn, b, c), [drawn == "often", len(drawn), c == "u"])
    return builder.build()


def test_a_tree_shows_the_last_infoset_and_whether_one_moves():
    team = TurnTeam(lottery())
    assert team.sizes.agents == ("player_0", "player_1", "player_2")
    assert team.sizes.actions.tolist() == [3, 1, 2]
    assert (team.sizes.horizon, team.rules.draws) == (3, 1)
    env = team.environment(200, 0)
    shown = env.reset()
    assert shown.acting.tolist() == [[True, False, False]] * 200
    first = shown.observations[0]
    assert first.tolist() == [[1, *[0] * 8, 1], [0] * 10, [0] * 10]
    shown = env.step(np.tile([1, 0, 0], (200, 1)))
    again = np.unique(shown.observations[:, 0].argmax(axis=1), return_counts=True)
    assert len(again[0]) == 2  # of eight infosets only two can come
    assert abs(again[1].max() - 150) < 25
    assert (shown.observations[:, 0].sum(axis=1) == 2).all()
    shown = env.step(np.tile([2, 0, 0], (200, 1)))
    assert shown.acting.tolist() == [[False, False, True]] * 200
    assert shown.observations[0, 2].tolist() == [1, *[0] * 8, 1]
    assert shown.observations[0, 0].sum() == 1  # it remembers, and waits
    assert not shown.over.any()
    shown = env.step(np.tile([0, 0, 1], (200, 1)))
    assert shown.terminated.all()
    assert not shown.truncated.any()
    often = shown.rewards[:, 0] == 1
    assert abs(often.sum() - 150) < 25
    np.testing.assert_array_equal(shown.rewards[:, 1], np.where(often, 5, 4))
    assert not shown.rewards[:, 2].any()


@pytest.mark.parametrize("number", [0.0, 0.75, 0.75 - 2**-53, 1 - 2**-53])
def test_impossible_outcomes_are_not_drawn_at_the_edges(number):
    team = TurnTeam(lottery())
    world = team.rules.start(np.array([[number]]))
    world = team.rules.step(world, np.zeros((1, 3), int)).world
    labels = [key for key in team.game.tree().infoset_keys if "again l" in str(key)]
    key = team.game.tree().infoset_keys[team.game.tree().infoset[world["node"][0]]]
    assert key in labels
    assert key == ("again l often" if number < 0.75 else "again l rare")


def test_rounding_does_not_draw_beyond_the_last_outcome():
    """Ten times a tenth sums to less than 1, and to no more than the largest random number."""
    builder = TreeBuilder(players=1).chance((), {str(k): 0.1 for k in range(10)})
    for k in range(10):
        builder.decision((str(k),), 0, f"drew {k}", ["on"]).payoff((str(k), "on"), [k])
    rules = TurnTeam(builder.build()).rules
    worlds = rules.start(np.array([[0.0], [0.55], [1 - 2**-53]]))
    rewards = rules.step(worlds, np.zeros((3, 1), int)).rewards
    assert rewards.tolist() == [[0], [5], [9]]


def test_who_waits_has_action_zero_alone():
    env = TurnTeam("openspiel:tiny_hanabi").environment(2, 0)
    shown = env.reset()
    assert shown.mask.tolist() == [[[True] * 3, [True, False, False]]] * 2
    with pytest.raises(IllegalActionError, match="agent 1 of copy 1 takes action 2"):
        env.step(np.array([[2, 0], [1, 2]]))
    np.testing.assert_array_equal(env.memory()["steps"], [0, 0])


@pytest.mark.parametrize("rules_of", [TurnRules, OpenSpielRules])
def test_going_on_in_the_midst_of_an_episode_is_exact(rules_of, monkeypatch):
    game = load_game("openspiel:leduc_poker")

    def make():
        return rules_of(game, game.tree()) if rules_of is TurnRules else OpenSpielRules(game)

    def play(env, shown, steps):
        rng, found = np.random.default_rng(5), []
        for _ in range(steps):
            found.append(shown := env.step(random_actions(shown.mask, rng)))
        return found

    env = BatchedTeam(make(), 6, 3)
    assert env.exact_memory
    last = play(env, env.reset(), 7)[-1]
    memory = env.memory()
    there = play(env, last, 12)
    monkeypatch.setattr(team_openspiel, "MOST_STATES", 1)  # what is kept changes nothing
    again = BatchedTeam(make(), 6, 0)
    for ours, theirs in zip(play(again, again.remember(memory), 12), there, strict=True):
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field), field)


@pytest.mark.parametrize("spec", ["openspiel:tiny_hanabi", "leduc_poker", SMALL_HANABI])
def test_copies_do_not_depend_on_the_batch_and_the_rules_keep_their_promises(spec):
    team = check_game(TurnTeam(spec))
    two, five = team.environment(2, 9), team.environment(5, 9)
    shown, others, rng = two.reset(), five.reset(), np.random.default_rng(0)
    for _ in range(15):
        actions = random_actions(others.mask, rng)
        np.testing.assert_array_equal(shown.observations, others.observations[:2])
        shown, others = two.step(actions[:2]), five.step(actions)


def test_large_games_are_openspiels_own_or_refused(monkeypatch):
    assert isinstance(TurnTeam("openspiel:tiny_hanabi").rules, TurnRules)
    assert isinstance(TurnTeam(SMALL_HANABI).rules, OpenSpielRules)  # tells no infosets
    monkeypatch.setattr(team_turns, "MOST_NODES", 30)
    assert isinstance(TurnTeam("openspiel:tiny_hanabi").rules, OpenSpielRules)
    with pytest.raises(GameTooLargeError, match="at most 30 nodes are compiled, and it has 83"):
        TurnTeam(lottery())
    with pytest.raises(GameTooLargeError, match="at most 30 nodes are compiled, and the tree has"):
        TurnTeam(HEX)


def test_a_board_shows_its_observation_tensor():
    game = load_game(HEX)
    team = TurnTeam(game)
    shown = team.environment(1, 0).reset()
    state = game.new_initial_state()
    seen = [state.observation_tensor(p) for p in range(2)]
    np.testing.assert_array_equal(shown.observations[0], seen)


def test_games_that_are_refused():
    with pytest.raises(InvalidGameError, match="ends before anybody moves"):
        TurnTeam(TreeBuilder(players=2).payoff((), [1, 2]).build())
    with pytest.raises(UnsupportedGameError, match="draws its chance moves itself"):
        TurnTeam("openspiel:negotiation")


def test_another_process_compiles_the_game_again():
    team = TurnTeam("openspiel:tiny_hanabi")
    again = pickle.loads(pickle.dumps(team))
    assert (again.spec, again.sizes.horizon) == (team.spec, 2)
    with pytest.raises(UnsupportedGameError, match="another process cannot load it"):
        pickle.dumps(TurnTeam(lottery()))
