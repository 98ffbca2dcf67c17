"""``TreeBuilder``: trees, keys, exact numbers and clear refusals."""

from fractions import Fraction

import numpy as np
import pytest

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.builder import TreeBuilder
from marl_kit.games.load import load_game
from tests.reference import trees


def poker():
    """Myerson's card game, nodes in no particular order."""
    builder = TreeBuilder(players=2, name="poker").chance((), {"red": "1/2", "black": 0.5})
    for colour, high in (("black", -2), ("red", 2)):
        builder.payoff((colour, "raise", "meet"), [high, -high])
        builder.payoff((colour, "raise", "pass"), [1, -1])
        builder.payoff((colour, "pass"), [Fraction(high, 2), -high / 2])
        builder.decision((colour, "raise"), 1, "raised", ["meet", "pass"])
        builder.decision((colour,), 0, colour, ["raise", "pass"])
    return builder


def test_the_same_game_as_in_the_catalogue():
    ours, theirs = poker().build().tree(), load_game("simplified_poker").tree()
    for column in ("parent", "player", "infoset", "payoffs", "chance_prob", "infoset_offset"):
        np.testing.assert_array_equal(getattr(ours, column), getattr(theirs, column))
    assert ours.exact.payoffs == theirs.exact.payoffs
    assert ours.exact.chance == theirs.exact.chance
    assert ours.infoset_keys == ("red", "black", "raised")


def test_building_twice_and_a_single_leaf():
    builder = poker()
    assert builder.build().tree().num_nodes == builder.build().tree().num_nodes == 11
    assert TreeBuilder(players=1).payoff((), ["1/3"]).build().tree().payoffs.tolist() == [[1 / 3]]


def test_floats_count_as_they_are_written():
    game = TreeBuilder(players=1).payoff((), [0.1]).build()
    assert game.tree().exact.payoffs == ((Fraction(1, 10),),)


def test_states_speak_in_labels():
    game = poker().build()
    state = game.new_initial_state()
    state.apply_action(1)
    assert state.action_to_string(0, 0) == "raise"
    assert state.information_state_string() == "black"
    assert trees.expected(game.tree(), trees.uniform(game.tree())) == [
        Fraction(1, 4),
        Fraction(-1, 4),
    ]


def saved(builder, tmp_path):
    path = tmp_path / "x.efg"
    builder.build().save(path)
    return load_game(path)


def test_keys_survive_a_file(tmp_path):
    assert saved(poker(), tmp_path).tree().infoset_keys == ("red", "black", "raised")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b: b.payoff(("red", "pass"), [0, 0]), r"\('red', 'pass'\) is defined twice"),
        (lambda b: b.chance(("red",), {"x": 1}), "defined twice"),
        (lambda b: b.payoff(("red", "fold"), [0, 0]), "'fold' is no action at"),
        (lambda b: b.payoff(("blue", "x"), [0, 0]), r"'x' is no action at \('blue',\)"),
        (lambda b: b.decision(("a",), 0, "i", ["x"]), "'a' is no action"),
        (lambda b: b.payoff(("q",), [0]), "1 payoffs at"),
        (lambda b: b.payoff(("q",), [0, float("nan")]), "finite"),
        (lambda b: b.payoff(("q",), [0, "inf"]), "finite"),
        (lambda b: b.payoff(("q",), [0, 10**400]), "float64"),
        (lambda b: b.payoff(("q",), [0, None]), "finite"),
        (lambda b: b.payoff("q", [0, 0]), "is a string"),
        (lambda b: b.decision(("q",), 2, "i", ["x"]), "players are 0 to 1"),
        (lambda b: b.decision(("q",), 1, "red", ["raise", "pass"]), "belongs to player 0"),
        (lambda b: b.decision(("q",), 0, "red", ["raise"]), "same actions"),
        (lambda b: b.decision(("q",), 0, "i", []), "at least one"),
        (lambda b: b.decision(("q",), 0, "i", "xy"), "list of"),
        (lambda b: b.decision(("q",), 0, "i", ["x", "x"]), "not all different"),
        (lambda b: b.chance(("q",), {"x": 0.5}), "sum to 0.5"),
        (lambda b: b.chance(("q",), {"x": 2, "y": -1}), "negative"),
        (lambda b: b.chance(("q",), {"x": float("nan")}), "finite"),
        (lambda b: b.chance(("q",), {}), "at least one"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(InvalidGameError, match=words):
        change(poker()).build()


def test_missing_nodes_are_named():
    builder = TreeBuilder().decision((), 0, "i", ["x", "y"]).payoff(("x",), [0, 0])
    with pytest.raises(InvalidGameError, match=r"no node at the history \('y',\)"):
        builder.build()
    with pytest.raises(InvalidGameError, match=r"no node at the history \(\)"):
        TreeBuilder().build()


@pytest.mark.parametrize("players", [0, 128])
def test_numbers_of_players(players):
    with pytest.raises(InvalidGameError, match="from 1 to 127"):
        TreeBuilder(players=players)
