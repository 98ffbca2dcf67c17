"""To nashpy and back."""

from fractions import Fraction

import nashpy
import numpy as np
import pytest

import marl_kit as mk


@pytest.mark.parametrize(
    "spec", ["chicken", "blotto_4_3", "degenerate_2x2", "openspiel:matrix_rps"]
)
def test_there_and_back(spec):
    game = mk.load_game(spec)
    theirs = mk.to_nashpy(game)
    assert isinstance(theirs, nashpy.Game)
    again = mk.from_nashpy(theirs, actions=game.actions, name=game.name)
    assert np.array_equal(again.payoffs, game.payoffs)
    assert (again.actions, again.name) == (game.actions, game.name)


def test_their_equilibria_are_ours():
    game = mk.load_game("battle_of_the_sexes")
    theirs = sorted(
        [x.round(9).tolist() for x in pair] for pair in mk.to_nashpy(game).vertex_enumeration()
    )
    ours = sorted([x.round(9).tolist() for x in profile] for profile in mk.all_equilibria(game))
    assert theirs == ours


def test_a_zero_sum_game_of_one_matrix_and_exact_numbers():
    game = mk.from_nashpy(nashpy.Game(np.array([[0, 1], [2, -3]])))
    assert game.info.zero_sum
    third = np.array([[Fraction(1, 3)]], object)
    assert mk.from_nashpy(nashpy.Game(third, third)).exact_payoffs[0, 0, 0] == Fraction(1, 3)


def test_a_tree_travels_as_its_matrix():
    matrices = mk.to_nashpy("trust").payoff_matrices
    assert np.array_equal(matrices, mk.load_game("trust").to_normal_form().payoffs)
    matrices[0][:] = 9  # theirs to change
    assert not np.array_equal(matrices, mk.load_game("trust").to_normal_form().payoffs)


def test_refused():
    with pytest.raises(mk.UnsupportedGameError, match="has 3"):
        mk.to_nashpy("mckelvey_mclennan")
    with pytest.raises(mk.InvalidOptionError, match=r"int is not a nashpy\.Game"):
        mk.from_nashpy(3)
    with pytest.raises(mk.InvalidGameError, match="nan"):
        mk.from_nashpy(nashpy.Game(np.array([[np.nan, 1.0]])))
    with pytest.raises(mk.UnknownNameError, match="bogus"):
        mk.from_nashpy(nashpy.Game(np.eye(2)), bogus=1)
