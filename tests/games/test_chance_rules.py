"""Rules files with the seventh function, ``chance``: what they may say, and what is refused."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.board import BoardGame
from tests.reference import takeaway

SOURCE = """
from numba import njit
from marl_kit.games.board import BoardGame

MOST = 3


@njit
def initial(params, state):
    for i in range(len(state)):
        state[i] = 0  # points of both, who moves, whether the spinner turns


@njit
def player(params, state):
    if state[2] == 2:
        return -4
    return -1 if state[3] else state[2]


@njit
def legal(params, state, out):
    out[0], out[1] = 0, 1  # keep one point, or spin
    return 2


@njit
def chance(params, state, actions, probabilities):
    for i in range(3):
        actions[i] = i
        probabilities[i] = 0.25 if i > 0 else 0.5
    return 3


@njit
def apply(params, state, action):
    if state[3] == 0 and action == 1:
        state[3] = 1
    else:
        state[state[2]] = action if state[3] else 1
        state[2], state[3] = state[2] + 1, 0


@njit
def returns(params, state, out):
    out[0] = 1.0 * (state[0] > state[1]) - 1.0 * (state[0] < state[1])
    out[1] = -out[0]


@njit
def observe(params, state, player, out):
    out[0] = state[0]


def load():
    return BoardGame(
        __name__,
        name="spinner",
        num_actions=2,
        state_size=4,
        observation_shape=(1,),
        action_name=lambda player, action: f"{player} does {action}",
        drawing=str,
        max_chance_outcomes=MOST,
        enumerable=True,
    )
"""


@pytest.fixture
def load(tmp_path):
    def loaded(old="", new=""):
        assert old in SOURCE
        path = tmp_path / "spinner.py"
        path.write_text(SOURCE.replace(old, new) if old else SOURCE)
        return mk.load_game(path)

    return loaded


def test_a_state_at_a_chance_node(load):
    state = load().new_initial_state()
    assert (state.is_chance_node(), state.chance_outcomes()) == (False, [])
    state.apply_action(1)
    assert (state.current_player(), state.is_chance_node(), state.is_terminal()) == (
        -1,
        True,
        False,
    )
    assert state.chance_outcomes() == [(0, 0.5), (1, 0.25), (2, 0.25)]
    assert state.legal_actions() == [0, 1, 2] == state.legal_actions(-1)
    assert state.legal_actions(0) == state.legal_actions(1) == []
    assert state.action_to_string(-1, 2) == "-1 does 2"
    assert state.clone().chance_outcomes() == state.chance_outcomes()
    after = state.child(2)
    assert (after.current_player(), after.history(), after.chance_outcomes()) == (1, [1, 2], [])
    assert state.is_chance_node()
    with pytest.raises(mk.IllegalActionError, match=r"action 3 is not legal after the history \[1"):
        state.apply_action(3)
    with pytest.raises(mk.IllegalActionError, match=r"chance \(-1\) has 3 outcomes"):
        state.action_to_string(-1, 3)


def test_its_tree_and_its_value(load):
    """Spinning wins a quarter against a point that is kept, and loses a half."""
    game = load()
    assert mk.testing.check_game(game) is game
    assert (game.info.stochastic, game.max_branches) == (True, 3)
    tree = game.tree()
    assert sorted(set(tree.chance_prob.tolist())) == [0.25, 0.5, 1.0]
    solution = mk.solve(game)
    assert (solution.values.tolist(), solution.nash_conv) == ([0.0, 0.0], 0.0)
    spin = mk.best_response(game, {key: [0.0, 1.0] for key in tree.infoset_keys}, 0)
    assert np.isclose(spin.value, 0.5 - 0.25)  # against who always spins: keep the point


def test_rules_without_chance_have_none():
    game = takeaway.load()
    assert (game.max_chance_outcomes, game.info.stochastic, game.rules.has_chance) == (
        0,
        False,
        False,
    )
    with pytest.raises(mk.IllegalActionError, match="no action 0 of player -1"):
        game.new_initial_state().action_to_string(-1, 0)


def test_a_game_that_never_uses_its_chance_is_not_stochastic(load):
    game = load("MOST = 3", "MOST = 0")
    assert not game.info.stochastic
    with pytest.raises(mk.GameFileError, match=r"chance\(\) gives 3 outcomes; max_chance_outcomes"):
        game.new_initial_state().child(1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("MOST = 3", "MOST = 2", "chance.. gives 3 outcomes; max_chance_outcomes of the game is 2"),
        ("return 3", "return 0", "chance.. gives 0 outcomes"),
        ("else 0.5", "else 0.6", r"chance.. writes the probabilities \[0.6, 0.25, 0.25\]"),
        ("0.25 if i > 0 else 0.5", "-0.5 if i > 0 else 2.0", "must be at least 0 and sum to 1"),
        ("return -1 if", "return -2 if", "player.. gives -2; it must be 0 to 1, -1 where chance"),
    ],
)
def test_what_chance_must_not_say(load, old, new, complaint):
    with pytest.raises(mk.GameFileError, match=complaint):
        load(old, new).new_initial_state().child(1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("MOST = 3", "MOST = 2", r"chance\(\) goes beyond its arrays"),
        ("return 3", "return 4", r"chance\(\) gives 4 as the number of actions"),
        ("else 0.5", "else 0.6", r"chance\(\) writes the probabilities \[0.6, 0.25, 0.25\]"),
        ("actions[i] = i", "actions[i] = 2 - i", r"legal actions \[2, 1, 0\] are not ascending"),
        ("actions[i] = i", "actions[i] = i + 1", r"are not below 3"),
    ],
)
def test_check_game_finds_it(load, old, new, complaint):
    with pytest.raises(mk.InvalidGameError, match=complaint):
        mk.testing.check_game(load(old, new))


def test_outcomes_without_the_function_are_refused(load):
    with pytest.raises(mk.GameFileError, match="max_chance_outcomes is 3, and the rules define no"):
        load("@njit\ndef chance", "def chance")
    with pytest.raises(mk.InvalidOptionError, match="max_chance_outcomes of x is -1"):
        BoardGame(
            takeaway.__name__,
            name="x",
            num_actions=1,
            state_size=1,
            observation_shape=(1,),
            action_name=lambda player, action: "",
            drawing=str,
            max_chance_outcomes=-1,
        )
