"""Hex, Othello and Pig against OpenSpiel's and against slow twins, move by move."""

import random

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.spec import parse_spec
from tests.games.test_boards import agree, same_tree, theirs_of
from tests.reference.hex import Hex
from tests.reference.othello import Othello
from tests.reference.pig import Pig

# Random plies, compared in all that a state says; strings of large boards take time. OpenSpiel
# 2.0.2 writes plain tensors of boards that are not square beyond their end: they are not asked for.
PLIES = {
    "hex": 60,
    "hex(board_size=4)": 500,
    "hex(num_rows=2,num_cols=7,string_rep=explicit)": 300,
    "hex(num_rows=6,num_cols=3)": 300,
    "hex(board_size=4,plain_obs_tensor=true)": 300,
    "hex(board_size=4,num_rows=3)": 300,
    "hex(board_size=5,swap=true,string_rep=explicit)": 500,
    "hex(board_size=2,swap=true,plain_obs_tensor=true)": 100,
    "othello": 400,
    "pig": 300,
    "pig(winscore=20,horizon=60)": 1000,
    "pig(winscore=5,horizon=7,players=3,diceoutcomes=4)": 500,
    "pig(winscore=9,piglet=true,horizon=50)": 1000,
    "pig(piglet=true,diceoutcomes=1,winscore=2,horizon=20,players=10)": 200,
    "pig(diceoutcomes=1,horizon=5)": 50,
}


@pytest.mark.parametrize("spec", PLIES)
def test_move_by_move_like_openspiel(spec):
    game, reference = mk.load_game(spec), theirs_of(spec)
    assert game.num_actions == reference.num_distinct_actions()
    assert list(game.observation_shape) == reference.observation_tensor_shape()
    assert game.utility_bounds() == (reference.min_utility(), reference.max_utility())
    rng, plies = random.Random(spec), 0
    while plies < PLIES[spec]:
        ours, theirs = game.new_initial_state(), reference.new_initial_state()
        agree(ours, theirs)
        while not theirs.is_terminal():
            action = rng.choice(theirs.legal_actions())
            ours.apply_action(action)
            theirs.apply_action(action)
            plies += 1
            agree(ours, theirs)


@pytest.mark.parametrize("spec", ["hex(board_size=7)", "hex", "othello", "pig"])
def test_thousands_of_random_plies_like_openspiel(spec):
    """What the rules say, without strings and tensors."""
    game, reference = mk.load_game(spec), theirs_of(spec)
    rng = random.Random(spec)
    passes = 0
    for _ in range(30):
        ours, theirs = game.new_initial_state(), reference.new_initial_state()
        while not theirs.is_terminal():
            legal = theirs.legal_actions()
            assert (ours.current_player(), ours.legal_actions()) == (theirs.current_player(), legal)
            passes += legal == [64]
            action = rng.choice(legal)
            ours.apply_action(action)
            theirs.apply_action(action)
        assert ours.is_terminal()
        assert ours.returns() == theirs.returns()
    assert passes > 0 or spec != "othello"


@pytest.mark.parametrize("size", [(2, 2), (3, 5), (5, 3), (6, 6)])
def test_hex_like_walking_from_border_to_border(size):
    game, twin = mk.load_game("hex", num_rows=size[0], num_cols=size[1]), Hex(*size)
    rng = random.Random(str(size))
    for _ in range(30):
        state, position = game.new_initial_state(), twin.start()
        while twin.legal(position):
            assert str(state).split() == list("".join(position))
            assert state.legal_actions() == twin.legal(position)
            assert state.current_player() == twin.mover(position)
            action = rng.choice(twin.legal(position))
            state.apply_action(action)
            position = twin.play(position, action)
        assert state.is_terminal()
        assert state.returns() == twin.returns(position)


def test_othello_like_a_dictionary_of_cells():
    game, twin, rng = mk.load_game("othello"), Othello(), random.Random(3)
    for _ in range(12):
        state, position = game.new_initial_state(), twin.start()
        while twin.legal(position):
            assert [line[2:-2].replace(" ", "") for line in str(state).split("\n")[2:-1]] == (
                twin.draw(position)
            )
            assert state.legal_actions() == twin.legal(position)
            assert state.current_player() == twin.mover(position)
            action = rng.choice(twin.legal(position))
            state.apply_action(action)
            position = twin.play(position, action)
        assert state.is_terminal()
        assert state.returns() == twin.returns(position)


def test_plain_tensors_of_hex_boards_that_are_not_square():
    state = mk.load_game("hex(num_rows=3,num_cols=2,plain_obs_tensor=true)").new_initial_state()
    for action in (0, 1, 4):
        state.apply_action(action)
    planes = np.reshape(state.observation_tensor(0), (3, 6)).tolist()
    assert planes == [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 1]]


def test_an_early_end_of_othello():
    """All white stones are gone after nine moves."""
    state = mk.load_game("othello").new_initial_state()
    for name in ("e6", "f4", "e3", "f6", "g5", "d6", "e7", "f5", "c5"):
        [action] = [a for a in state.legal_actions() if state.action_to_string(0, a) == name]
        state.apply_action(action)
    assert "o" not in str(state).split("h", 1)[1]
    assert (state.is_terminal(), state.returns()) == (True, [1.0, -1.0])


@pytest.mark.parametrize(
    "spec",
    [
        "pig(winscore=12,horizon=40)",
        "pig(winscore=5,piglet=true,players=4)",
        "pig(winscore=6,horizon=9,players=3,diceoutcomes=3)",
    ],
)
def test_pig_like_a_tuple(spec):
    game, twin, rng = mk.load_game(spec), Pig(**parse_spec(spec)[1]), random.Random(spec)
    for _ in range(30):
        state, position = game.new_initial_state(), twin.start()
        while not twin.over(position):
            assert state.is_chance_node() == position.rolling
            if position.rolling:
                outcomes = [(face, float(p)) for face, p in twin.outcomes()]
                assert state.chance_outcomes() == outcomes
            else:
                assert state.legal_actions() == twin.legal(position)
                assert state.current_player() == position.mover
            action = rng.choice(state.legal_actions())
            state.apply_action(action)
            position = twin.play(position, action)
        assert state.is_terminal()
        assert state.returns() == list(map(float, twin.returns(position)))


@pytest.mark.parametrize(
    "spec",
    [
        "hex(num_rows=2,num_cols=3)",
        "hex(board_size=2,swap=true)",
        "pig(winscore=4,diceoutcomes=3,horizon=5)",
        "pig(piglet=true,winscore=2,horizon=6)",
        "pig(players=3,diceoutcomes=2,winscore=2,horizon=5)",
    ],
)
def test_trees_are_openspiels(spec):
    ours, theirs = mk.load_game(spec), mk.load_game(f"openspiel:{spec}")
    same_tree(ours, theirs)
    assert np.array_equal(ours.tree().chance_prob, theirs.tree().chance_prob)
    assert mk.solve(ours).values.tolist() == mk.solve(theirs).values.tolist()


def test_who_begins_wins_hex_on_three_by_three():
    """Nash (1952)."""
    assert mk.solve("hex(board_size=3)").values.tolist() == [1.0, -1.0]


@pytest.mark.parametrize(
    "spec",
    ["hex(board_size=3,swap=true)", "pig(winscore=4,diceoutcomes=3,horizon=5,players=3)"],
)
def test_check_game(spec):
    """Beside the games as they are by default, which tests/test_testing.py checks."""
    game = mk.load_game(spec)
    assert mk.testing.check_game(game) is game


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("hex(board_size=1)", "board_size is 1; give a whole number from 2 to 26"),
        ("hex(num_rows=27)", "num_rows is 27"),
        ("hex(num_cols=2.5)", "num_cols is 2.5"),
        ("hex(string_rep=tall)", "string_rep is 'tall'; give 'standard' or 'explicit'"),
        ("hex(swap=2)", "swap is 2; give true or false"),
        ("hex(plain_obs_tensor=x)", "plain_obs_tensor is 'x'"),
        ("hex(num_rows=3,num_cols=4,swap=true)", "swap on a board of 3 x 4"),
        ("othello(size=6)", "size"),
        ("pig(players=1)", "players is 1; give a whole number of at least 2"),
        ("pig(players=11)", "players is 11; pig has 2 to 10"),
        ("pig(winscore=0)", "winscore is 0"),
        ("pig(horizon=0)", "horizon is 0"),
        ("pig(diceoutcomes=true)", "diceoutcomes is True"),
        ("pig(piglet=1)", "piglet is 1; give true or false"),
    ],
)
def test_parameters_that_cannot_be_are_refused(spec, complaint):
    with pytest.raises(mk.InvalidOptionError, match=complaint):
        mk.load_game(spec)


def test_pig_says_that_there_is_chance():
    game = mk.load_game("pig(players=3)")
    assert (game.info.stochastic, game.info.perfect_information, game.num_players) == (
        True,
        True,
        3,
    )
    assert not mk.load_game("othello").info.stochastic
    with pytest.raises(mk.GameTooLargeError, match="pig has far more than"):
        game.tree()
    match = mk.play(game, ["random"] * 3, games=6, seed=1)
    assert np.allclose(match.scores.sum(axis=1), 0)
    assert match.scores.tolist() == mk.play(game, ["random"] * 3, games=6, seed=1).scores.tolist()
