"""What cannot be searched is refused before any work."""

import math

import pytest

import marl_kit as mk
from marl_kit.search.search import search, search_batch
from marl_kit.search.uct import UCT
from tests.search.positions import state_after

BOTH_WAYS = ["tic_tac_toe", "openspiel:tic_tac_toe"]


@pytest.mark.parametrize("name", ["simulations", "rollouts"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "10", None, math.nan])
def test_counts_that_are_no_counts_are_refused(name, value):
    with pytest.raises(mk.InvalidOptionError, match=f"{name} is .*whole number of at least 1"):
        UCT(**{name: value})


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, -math.inf, True, "1", None])
def test_exploration_that_is_no_number_is_refused(value):
    with pytest.raises(mk.InvalidOptionError, match=r"c is .*finite number >= 0"):
        UCT(c=value)


@pytest.mark.parametrize(
    "spec",
    [
        "kuhn_poker",
        "openspiel:leduc_poker",
        "openspiel:goofspiel(num_cards=3)",  # simultaneous: in turns, the second must not see
        "openspiel:phantom_ttt",
        "kuhn_1950",
    ],
)
def test_hidden_information_is_refused(spec):
    game = mk.load_game(spec)
    with pytest.raises(mk.UnsupportedGameError, match=f"{game.name}.*hides information.*solver"):
        search(game, game.new_initial_state(), UCT(10), 1)


def test_positions_at_which_nobody_moves_are_refused():
    backgammon = mk.load_game("openspiel:backgammon")
    with pytest.raises(mk.UnsupportedGameError, match=r"history \[\]: it is a chance node"):
        search(backgammon, backgammon.new_initial_state(), UCT(10), 1)
    for spec in BOTH_WAYS:
        game = mk.load_game(spec)
        over = state_after(game, [0, 3, 1, 4, 2])
        with pytest.raises(mk.UnsupportedGameError, match=r"3, 1, 4, 2\]: it is the end of"):
            search_batch(game, [game.new_initial_state(), over], UCT(10), [1, 2])


@pytest.mark.parametrize("keys", [[], [1], [1, 2, 3], [1, -1], [1, 2**64]])
def test_keys_that_do_not_fit_are_refused(keys):
    """The kernel would read beyond the end of the array."""
    game = mk.load_game("tic_tac_toe")
    with pytest.raises(mk.InvalidOptionError, match=r"the keys of 2 searches are.*64 - 1"):
        search_batch(game, [game.new_initial_state()] * 2, UCT(10), keys)


@pytest.mark.parametrize("spec", BOTH_WAYS)
@pytest.mark.parametrize("simulations", [10**9, 10**15])
def test_a_slip_in_the_number_of_simulations_is_refused(spec, simulations):
    """Before any array is made."""
    game = mk.load_game(spec)
    with pytest.raises(
        mk.InvalidOptionError, match=rf"{simulations:,} simulations.*GB; give fewer"
    ):
        search(game, game.new_initial_state(), UCT(simulations), 1)


@pytest.mark.parametrize("value", ["certain", "", None, True, 1])
def test_ends_that_do_not_exist_are_refused(value):
    with pytest.raises(mk.InvalidOptionError, match=r"ends is .*known, sampled"):
        UCT(ends=value)


def test_nothing_to_search():
    assert search_batch(mk.load_game("tic_tac_toe"), [], UCT(10), []) == []
