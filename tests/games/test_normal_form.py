"""Games in normal form: what they keep and what they refuse."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import marl_kit as mk
from marl_kit.games.tree import TERMINAL

PD = [[-1, -3], [0, -2]], [[-1, 0], [-3, -2]]


def test_shapes_and_names():
    game = mk.NormalFormGame(
        np.arange(12).reshape(2, 3, 2), [["a", "b", "c"], ["l", "r"]], name="twelve"
    )
    assert (game.num_players, game.num_actions, game.name) == (2, (3, 2), "twelve")
    assert game.actions == (("a", "b", "c"), ("l", "r"))
    assert game.payoffs.dtype == np.float64
    assert game.form == "normal"
    assert game.payoffs[1].tolist() == [[6, 7], [8, 9], [10, 11]]


def test_payoffs_are_copied_and_locked():
    table = np.ones((2, 2, 2))
    game = mk.NormalFormGame(table)
    table[...] = 7
    assert np.all(game.payoffs == 1)
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0, 0, 0] = 2


def test_from_bimatrix():
    game = mk.NormalFormGame.from_bimatrix(*PD, actions=[["C", "D"]] * 2, name="pd")
    assert game.payoffs.tolist() == [list(m) for m in PD]
    assert game.actions == (("C", "D"), ("C", "D"))
    zero_sum = mk.NormalFormGame.from_bimatrix(PD[0])
    assert zero_sum.info.zero_sum
    assert zero_sum.payoffs[1].tolist() == [[1, 3], [0, 2]]


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        ([["1/3", "0.1"], [2, 3]], [["1/3", "1/10"], [2, 3]]),
        ([[Fraction(1, 7), 1], [0.1, 2]], [["1/7", 1], ["1/10", 2]]),
        ([[0.1, 0.2], [0.3, 1e-3]], [["1/10", "1/5"], ["3/10", "1/1000"]]),
        ([[10**30, 1], [2, 3]], [[10**30, 1], [2, 3]]),
        ([[True, False], [0, 1]], [[1, 0], [0, 1]]),
    ],
)
def test_exact_payoffs(given, exact):
    """Integers, Fractions and strings as they are; a float x is Fraction(repr(x))."""
    game = mk.NormalFormGame.from_bimatrix(given)
    expected = [[Fraction(x) for x in row] for row in exact]
    assert game.exact_payoffs[0].tolist() == expected
    assert game.exact_payoffs[1].tolist() == [[-x for x in row] for row in expected]
    assert game.payoffs[0].tolist() == [[float(x) for x in row] for row in expected]


@pytest.mark.parametrize(
    ("payoffs", "message"),
    [
        ([[[1, 2], [3]], [[1, 2], [3, 4]]], "ragged"),
        ([], "shape"),
        ([[], []], "shape"),
        ([[[], []], [[], []]], "shape"),
        (np.zeros((2, 0, 3)), "shape"),
        (np.zeros((2, 3)), "shape"),
        (np.zeros((3, 2, 2)), "shape"),
        (5.0, "shape"),
        ([[["a", 1], [1, 1]], [[1, 1], [1, 1]]], "'a' is not a finite number"),
        ([[[1j, 1], [1, 1]], [[1, 1], [1, 1]]], "complex"),
        ([[[None, 1], [1, 1]], [[1, 1], [1, 1]]], "None is not a finite number"),
        ([[["1/0", 1], [1, 1]], [[1, 1], [1, 1]]], "1/0"),
        ([[[10**400, 1], [1, 1]], [[1, 1], [1, 1]]], "range of float64"),
    ],
)
def test_bad_payoffs(payoffs, message):
    with pytest.raises(mk.InvalidGameError, match=message):
        mk.NormalFormGame(payoffs)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_payoffs_that_are_not_finite_are_named(bad):
    table = np.ones((2, 3, 2))
    table[1, 2, 0] = bad
    with pytest.raises(mk.InvalidGameError, match=r"player 1 at actions \(2, 0\)"):
        mk.NormalFormGame(table)
    with pytest.raises(mk.InvalidGameError, match=r"player 1 at actions \(2, 0\)"):
        mk.NormalFormGame.from_bimatrix(np.ones((3, 2)), table[1])
    with pytest.raises(mk.InvalidGameError, match=r"player 1 at actions \(2, 0\)"):
        mk.NormalFormGame.from_bimatrix([[1, 1]] * 3, table[1])  # integers and floats


def test_shapes_must_agree():
    with pytest.raises(mk.InvalidGameError, match=r"\(2, 2\) and B has shape \(2, 3\)"):
        mk.NormalFormGame.from_bimatrix(np.ones((2, 2)), np.ones((2, 3)))


def test_names_must_fit():
    with pytest.raises(mk.InvalidGameError, match=r"\(2, 1\) actions .*\(2, 2\)"):
        mk.NormalFormGame.from_bimatrix(*PD, actions=[["a", "b"], ["c"]])


@pytest.mark.parametrize(
    ("A", "B", "zero_sum", "constant_sum"),
    [
        ([[1, -1], [-1, 1]], None, True, True),
        ([[1, 0], [0, 1]], [[4, 5], [5, 4]], False, True),
        (*PD, False, False),
        ([[1e9, -1e9]], [[-1e9, 1e9]], True, True),
        ([[1e-9, -1e-9]], [[1e-9, -1e-9]], False, False),
        ([[0.1, 0.2]], [[0.9, 0.8]], False, True),  # up to rounding
    ],
)
def test_sums(A, B, zero_sum, constant_sum):
    info = mk.NormalFormGame.from_bimatrix(A, B).info
    assert (info.zero_sum, info.constant_sum) == (zero_sum, constant_sum)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (3, 1, 2), (2, 2, 2, 2)])
def test_the_tree_pays_what_the_table_says(shape):
    players = len(shape)
    payoffs = np.random.default_rng(0).integers(-9, 10, (players, *shape))
    game = mk.NormalFormGame(payoffs)
    assert mk.NormalFormGame(payoffs + 0.5).tree().exact is None  # floats stay floats
    tree = game.tree()
    assert tree.infoset_keys == tuple(str(p) for p in range(players))
    assert tree.infoset_player.tolist() == list(range(players))
    assert np.sum(tree.player == TERMINAL) == np.prod(shape)
    for leaf in np.flatnonzero(tree.player == TERMINAL):
        joint = tree.history(int(leaf))
        payoffs = tree.payoffs[tree.terminal_index[leaf]]
        assert payoffs.tolist() == game.payoffs[(slice(None), *joint)].tolist()
        exact = tree.exact.payoffs[tree.terminal_index[leaf]]
        assert list(exact) == game.exact_payoffs[(slice(None), *joint)].tolist()


def test_states():
    game = mk.load_game("mckelvey_mclennan")
    state = game.new_initial_state()
    assert not state.is_simultaneous_node()
    for p in range(3):
        assert state.current_player() == p
        assert state.information_state_string() == str(p)
        assert state.legal_actions() == [0, 1]
        assert state.legal_actions(p + 1) == []
        assert state.observation_tensor() == [1.0]
        assert state.returns() == [0, 0, 0]
        copy = state.clone()
        state.apply_action(1)
        assert copy.current_player() == p
    assert state.is_terminal()
    assert state.history() == [1, 1, 1]
    assert state.returns() == game.payoffs[:, 1, 1, 1].tolist()


def test_illegal_actions_are_refused():
    state = mk.load_game("chicken").new_initial_state()
    with pytest.raises(mk.IllegalActionError, match=r"action 2 .*\[0, 1\]"):
        state.apply_action(2)
    with pytest.raises(mk.IllegalActionError, match="action 7"):
        state.child(7)


def test_players_know_nothing_where_they_do_not_move():
    state = mk.load_game("chicken").new_initial_state()
    with pytest.raises(mk.UnsupportedGameError, match="player 0 moves here, not 1"):
        state.information_state_string(1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.fractions(max_denominator=99), min_size=2, max_size=2), min_size=1, max_size=4
    )
)
def test_fractions_survive(rows):
    game = mk.NormalFormGame.from_bimatrix(rows)
    assert game.exact_payoffs[0].tolist() == rows
    assert np.allclose(game.payoffs[0], np.array(rows, float), rtol=0, atol=0)
