"""The ``.nfg`` reader and writer: dialects, exact numbers, places of errors, round trips."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marl_kit.core.errors import GameFileError, GameTooLargeError
from marl_kit.games.nfg import read_nfg, write_nfg
from marl_kit.games.normal_form import NormalFormGame

HEAD = 'NFG 1 R "t" { "a" "b" } '


def test_payoffs_list_player_1_fastest():
    game = read_nfg(HEAD + '{ { "1" "2" "3" } { "x" "y" } }\n 1 1 0 2 0 2 1 1 0 3 2 0')
    assert game.payoffs[0].tolist() == [[1, 1], [0, 0], [0, 2]]
    assert game.payoffs[1].tolist() == [[1, 1], [2, 3], [2, 0]]
    assert game.actions == (("1", "2", "3"), ("x", "y"))
    assert game.player_names == ("a", "b")
    assert game.name == "t"


def test_outcome_list_with_commas_comment_and_outcome_zero():
    game = read_nfg(
        'NFG 1 R "t" { "1" "2" "3" } { { "u" "d" } { "l" "r" } { "w" "e" } } "a comment"\n'
        '{ { "" 9, 8, 12 } { "named" 9 8 2, } } 1 0 0 2 0 0 0 0'
    )
    assert game.payoffs[:, 0, 0, 0].tolist() == [9, 8, 12]
    assert game.payoffs[:, 1, 1, 0].tolist() == [9, 8, 2]
    assert np.count_nonzero(game.payoffs) == 6


def test_counts_and_header_d():
    game = read_nfg('NFG 1 D "t" { "a" "b" } { 1 2 } 0.2 -.5 +1e19 2.5E-1')
    assert game.actions == (("1",), ("1", "2"))
    exact = game.exact_payoffs
    assert exact[0, 0, 0] == Fraction(1, 5)
    assert exact[1, 0, 0] == Fraction(-1, 2)
    assert exact[0, 0, 1] == 10**19
    assert exact[1, 0, 1] == Fraction(1, 4)


def test_labels_with_quotes_backslashes_and_newlines():
    game = read_nfg('NFG 1 R "a \\"b\\"" { "one" } { { "x\\\\" "\\alpha\ny" } } 1/3 2')
    assert game.name == 'a "b"'
    assert game.actions == (("x\\", "\\alpha\ny"),)
    assert game.exact_payoffs[0, 0] == Fraction(1, 3)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "begin"),
        ("EFG 2 R", 1, 1, "NFG"),
        ('NFG 2 R "t" { "a" }', 1, 5, "version"),
        ('NFG 1 X "t" { "a" }', 1, 7, "R or D"),
        ("NFG 1 R { }", 1, 9, "title"),
        ('NFG 1 R "t" { }', 1, 13, "players"),
        ('NFG 1 R "t\n', 1, 9, "no end"),
        (HEAD + '{ { "1" } }\n1 2', 1, 25, "1 players"),
        (HEAD + '{ { "1" } { } }\n1 2', 1, 25, "at least one"),
        (HEAD + "{ 2 0 }\n1 2", 1, 25, "at least one"),
        (HEAD + "{ 1 1 }\n1", 2, 2, "payoff of player 2"),
        (HEAD + "{ 1 2 }\n1 2", 2, 4, "1 of 2"),
        (HEAD + "{ 1 1 }\n1 2\n 3", 3, 2, "more after"),
        (HEAD + "{ 1 1 }\n1 2x", 2, 3, "not a number"),
        (HEAD + "{ 1 1 }\n1 1/0", 2, 3, "zero"),
        (HEAD + "{ 1 1 }\n1 1e999999999", 2, 3, "exponent"),
        (HEAD + "{ 1 1 }\n1 1e400", 2, 3, "float64"),
        (HEAD + "{ 1 1 }\n1 " + "9" * 5000, 2, 3, "digits"),
        (HEAD + "{ 1 1 }\n1 nan", 2, 3, "payoff of player 2"),
        (HEAD + '{ 1 1 }\n{ { "" 1 2 } }\n2', 3, 1, "no outcome 2"),
        (HEAD + '{ 1 1 }\n{ { "" 1 2 } }\n-1', 3, 1, "no outcome -1"),
        (HEAD + '{ 1 1 }\n{ { "" 1 2 } }\n1.0', 3, 1, "whole number"),
        (HEAD + '{ 1 1 }\n{ { "" 1 } }\n1', 2, 10, "player 2"),
        (HEAD + '{ 1 1 }\n{ { "" 1 2 3 } }\n1', 2, 12, "2 payoffs"),
    ],
)
def test_errors_name_the_place(text, line, column, words):
    with pytest.raises(GameFileError, match=words) as caught:
        read_nfg(text, "x.nfg")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"x.nfg:{line}:{column}: ")


@pytest.mark.parametrize("sizes", ["{ 100000 100000 }", "{ 999999999999999999 1 }"])
def test_sizes_are_refused_before_anything_is_built(sizes):
    with pytest.raises(GameTooLargeError, match=r"<text>:1:25: .*10,000,000"):
        read_nfg(HEAD + sizes + " 1 2")


def test_more_players_than_numpy_has_axes():
    names, ones = '"p" ' * 64, "1 " * 64
    with pytest.raises(GameTooLargeError, match="64 players"):
        read_nfg(f'NFG 1 R "t" {{ {names} }} {{ {ones} }} {ones}')


fractions = st.fractions(-(10**6), 10**6, max_denominator=10**4)
# a label can hold anything but half a surrogate pair, which no file can
labels = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@st.composite
def games(draw):
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    cells = int(np.prod(sizes)) * len(sizes)
    numbers = draw(st.lists(fractions, min_size=cells, max_size=cells))
    payoffs = np.array(numbers, object).reshape(len(sizes), *sizes)
    actions = [draw(st.lists(labels, min_size=n, max_size=n)) for n in sizes]
    names = draw(st.lists(labels, min_size=len(sizes), max_size=len(sizes)))
    return NormalFormGame(payoffs, actions, name=draw(labels) or "x", player_names=names)


@settings(max_examples=60, deadline=None)
@given(games())
def test_round_trip(game):
    again = read_nfg(write_nfg(game))
    assert (again.exact_payoffs == game.exact_payoffs).all()
    assert np.array_equal(again.payoffs, game.payoffs)
    assert again.actions == game.actions
    assert again.player_names == game.player_names
    assert again.name == game.name


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_floats_survive(numbers):
    game = NormalFormGame(np.reshape(numbers, (2, 2, 1)))
    assert np.array_equal(read_nfg(write_nfg(game)).payoffs, game.payoffs)
