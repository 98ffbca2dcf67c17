"""The ``.efg`` reader and writer: dialects, exact numbers, places of errors, round trips."""

from fractions import Fraction

import numpy as np
import pyspiel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marl_kit.core.errors import GameFileError, GameTooLargeError
from marl_kit.games.builder import TreeBuilder
from marl_kit.games.efg import read_efg, write_efg
from marl_kit.games.load import load_game
from marl_kit.games.tree import CHANCE, TERMINAL

HEAD = 'EFG 2 R "t" { "a" "b" }\n'
# action numbers of the source are not kept by the format
COLUMNS = [
    *("parent", "player", "first_child", "num_children", "chance_prob", "infoset"),
    *("terminal_index", "depth_offset", "payoffs", "infoset_player", "infoset_offset"),
]


def assert_same_tree(a, b):
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(a, column), getattr(b, column), err_msg=column)


def test_actions_once_outcomes_by_number_and_inner_outcomes():
    game = read_efg(
        'EFG 2 D "t" { "a" "b" } "a comment"\n'
        'c "" 1 "deal" { "x" 1/3 "y" 0.5 "z" 1/6 } 0\n'
        'p "same" 1 7 "left" { "U" "D" } 1 "inner" { 10, 20 }\n'
        't "same" 2 "leaf" { 1 2 }\n'
        't "" 2\n'
        'p "same" 1 7 0\n'
        't "" 1 t "" 0\n'
        'p "" 1 7 "" 0 t "" 3 { .5 1e19, } t "" 2 "leaf" { 1, 2 }'
    )
    tree = game.tree()
    assert tree.player.tolist() == [CHANCE, 0, 0, 0] + [TERMINAL] * 6
    assert tree.infoset_keys == ("0:7",)
    assert game.infoset_labels == ("left",)
    assert game.action_names(0) == ("U", "D")
    assert game.chance_names == {0: ("x", "y", "z")}
    assert tree.exact.chance == {1: Fraction(1, 3), 2: Fraction(1, 2), 3: Fraction(1, 6)}
    half = Fraction(1, 2)
    assert tree.exact.payoffs == ((11, 22), (11, 22), (10, 20), (0, 0), (half, 10**19), (1, 2))


def test_infosets_are_numbered_by_player():
    game = read_efg(HEAD + 'p "" 2 1 "" { "x" } 0 p "" 1 1 "" { "y" "z" } 0 t "" 0 t "" 0')
    assert game.tree().infoset_keys == ("0:1", "1:1")
    assert game.action_names(0) == ("y", "z")


def test_rounded_chance_probabilities_are_accepted():
    text = HEAD + 'c "" 1 "" { "x" 0.3333333333 "y" 0.3333333333 "z" 0.3333333333 } 0'
    tree = read_efg(text + ' t "" 0' * 3).tree()
    assert tree.exact.chance[1] == Fraction("0.3333333333")


def test_openspiels_samples_agree_with_openspiel():
    for text in (pyspiel.get_sample_efg_data(), pyspiel.get_kuhn_poker_efg_data()):
        theirs = load_game(pyspiel.load_efg_game(text)).tree()
        ours = read_efg(text).tree()
        np.testing.assert_array_equal(ours.parent, theirs.parent)
        np.testing.assert_array_equal(ours.player, theirs.player)
        np.testing.assert_allclose(ours.chance_prob, theirs.chance_prob, rtol=1e-15)
        np.testing.assert_array_equal(ours.payoffs, theirs.payoffs)
        # OpenSpiel numbers infosets by its strings; the partition of the nodes must be ours
        pairs = set(zip(ours.infoset.tolist(), theirs.infoset.tolist(), strict=True))
        assert len(pairs) == ours.num_infosets + 1


def test_openspiel_reads_what_we_write():
    text = write_efg(load_game("kuhn_1950"))
    theirs = load_game(pyspiel.load_efg_game(text)).tree()
    ours = read_efg(text).tree()
    np.testing.assert_array_equal(theirs.payoffs, ours.payoffs)


@pytest.mark.parametrize(
    "spec", ["kuhn_poker", "kuhn_poker(players=3)", "liars_dice(dice_sides=2)"]
)
def test_compiled_openspiel_games_survive(spec):
    game = load_game("openspiel:" + spec)
    again = read_efg(write_efg(game))
    assert_same_tree(again.tree(), game.tree())
    assert again.tree().infoset_keys == game.tree().infoset_keys
    names = [game.action_names(i) for i in range(game.tree().num_infosets)]
    assert [again.action_names(i) for i in range(again.tree().num_infosets)] == names


def test_keys_that_players_share():
    game = load_game("openspiel:turn_based_simultaneous_game(game=goofspiel(num_cards=2))")
    tree = game.tree()
    assert read_efg(write_efg(game)).tree().infoset_keys == tree.infoset_keys


def test_labels_become_keys_only_where_they_are_unique():
    body = 'p "" 1 1 "L" { "x" "y" } 0 p "" 1 2 "L" { "x" } 0 t "" 0 p "" 2 1 "M" { "x" } 0 t "" 0'
    plain = read_efg(HEAD + body).tree()
    assert plain.infoset_keys == ("0:1", "0:2", "1:1")
    keyed = read_efg(HEAD + '"Made by hand. Infoset labels are keys."' + body).tree()
    assert keyed.infoset_keys == ("0:1", "0:2", "M")


def test_plain_keys_keep_their_numbers_and_labels():
    text = HEAD + 'p "" 1 12 "L" { "x" "y" } 0 t "" 0 t "" 1 "" { 1, -1 }'
    again = write_efg(read_efg(text))
    assert "are keys" not in again
    assert 'p "" 1 12 "L"' in again


@pytest.mark.parametrize(
    ("body", "line", "column", "words"),
    [
        ("", 2, 1, "a node"),
        ("x", 2, 1, "c, p or t"),
        ("t 0", 2, 3, "label"),
        ('t ""', 2, 5, "outcome"),
        ('t "" 3', 2, 6, "outcome 3 has no payoffs"),
        ('t "" 0 "" { 1 2 }', 2, 6, "outcome 0"),
        ('t "" 1 "" { 1 }', 2, 15, "player 2"),
        ('t "" 1 "" { 1 2 3 }', 2, 17, "2 players"),
        ('t "" 1 "" { 1 1e999 }', 2, 15, "float64"),
        ('t "" 1 "" { 1 1e-99999999999 }', 2, 15, "exponent"),
        ('t "" 1 "" { 1 . }', 2, 15, "not a number"),
        ('t "" 1.5', 2, 6, "whole number"),
        ('t "" 0\nt "" 0', 3, 1, "more after"),
        ('p "" 3 1 "" { "x" } 0 t "" 0', 2, 6, "no player 3"),
        ('p "" 0 1 "" { "x" } 0 t "" 0', 2, 6, "no player 0"),
        ('p "" 1 1 0', 2, 8, "no actions yet"),
        ('p "" 1 1 "" { } 0', 2, 13, "empty"),
        ('p "" 1 1 "" { "x" } 0', 2, 22, "a node"),
        ('p "" 1 1 "" { "x" } 0\np "" 1 1 "" { "y" } 0', 3, 13, "actions"),
        ('p "" 1 1 "" { "x" } 0\np "" 1 1 "" { "x" "y" } 0', 3, 13, "actions"),
        ('\n\nc "" 1 "" { "x" 0.5 "y" 0.4 } 0', 4, 1, "sum to 0.9"),
        ('c "" 1 "" { } 0', 2, 1, "sum to 0"),
        ('c "" 1 "" { "x" -1 "y" 2 } 0', 2, 17, r"\[0, 1\]"),
        ('c "" 1 0', 2, 6, "no outcomes yet"),
        ('c "" 1 "" { "x" 1 } 0\nc "" 1 "" { "z" 1 } 0', 3, 6, "other outcomes"),
        ('p "" 1 1 "" { "x" "y" } 1 "" { 1 1 }\nt "" 1 t "" 1 "" { 1 2 }', 3, 13, "other payoffs"),
        ('p "" 1 1 "" { "x" } 1 "" { 1e308 0 }\nt "" 1', 3, 6, "add up"),
    ],
)
def test_errors_name_the_place(body, line, column, words):
    with pytest.raises(GameFileError, match=words) as caught:
        read_efg(HEAD + body, "x.efg")
    assert (caught.value.line, caught.value.column) == (line, column)


def test_limits():
    infoset = 'p "" 1 1 "" { "x" "y" } 0'
    with pytest.raises(GameTooLargeError, match=r"<text>:2:\d+: .*more than 3 nodes"):
        read_efg(HEAD + infoset + ' t "" 0 p "" 1 1 0 t "" 0 t "" 0', node_limit=3)
    with pytest.raises(GameTooLargeError, match="128 players"):
        read_efg(f'EFG 2 R "t" {{ {chr(34) * 2 * 128} }} t "" 0')


def test_payoffs_whose_sum_grows_for_ever_are_refused():
    """Each number is short; the sum of 1/n over many large primes would fill the memory."""
    lines = [
        f'p "" 1 {k} "" {{ "x" }} {k} "" {{ 1/{10**400 + 2 * k + 1} 0 }}' for k in range(1, 200)
    ]
    with pytest.raises(GameFileError, match="too many digits"):
        read_efg(HEAD + "\n".join(lines) + '\nt "" 0')


def test_deep_trees_need_no_recursion():
    depth = 20_000
    text = HEAD + "".join(f'p "" 1 {k} "" {{ "x" }} 0\n' for k in range(depth)) + 't "" 0'
    game = read_efg(text)
    assert game.tree().num_nodes == depth + 1
    assert_same_tree(read_efg(write_efg(game)).tree(), game.tree())


@st.composite
def built_games(draw):
    """Random trees of at most 30 nodes, with two players, chance and shared infosets."""
    builder = TreeBuilder(players=2, name=draw(st.text('ab"\\ \n', max_size=5)) or "x")
    numbers = st.fractions(-100, 100, max_denominator=50)
    open_nodes, budget = [()], 10
    while open_nodes:
        node = open_nodes.pop()
        kind = draw(st.sampled_from("tpc")) if budget else "t"
        if kind == "t":
            builder.payoff(node, [draw(numbers), draw(numbers)])
            continue
        budget -= 1
        labels = ["l", "r", "m"][: draw(st.integers(1, 3))]
        if kind == "p":
            player = draw(st.integers(0, 1))
            builder.decision(
                node, player, f"{player}{len(labels)}{draw(st.integers(0, 1))}", labels
            )
        else:
            weights = [draw(st.integers(1, 9)) for _ in labels]
            chances = [Fraction(w, sum(weights)) for w in weights]
            builder.chance(node, dict(zip(labels, chances, strict=True)))
        open_nodes += [(*node, label) for label in labels]
    return builder.build()


@settings(max_examples=60, deadline=None)
@given(built_games())
def test_round_trip(game):
    again = read_efg(write_efg(game))
    assert_same_tree(again.tree(), game.tree())
    np.testing.assert_array_equal(again.tree().action, game.tree().action)
    assert again.tree().infoset_keys == game.tree().infoset_keys
    assert again.tree().exact.payoffs == game.tree().exact.payoffs
    assert again.tree().exact.chance == game.tree().exact.chance
    assert again.chance_names == game.chance_names
    assert again.name == game.name
    assert write_efg(again) == write_efg(game)
