"""Visit counts are those of a UCT on dictionaries that draws the same random numbers."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.uct import UCT, search
from tests.reference.uct import Stream, Twin, mix
from tests.search.positions import random_history, random_tree, state_after

CASES = [  # game, plies before the search, simulations, c, rollouts
    ("tic_tac_toe", 0, 1000, 1.4, 1),
    ("tic_tac_toe", 3, 400, 2.0, 4),  # a power of two: no sum is rounded, so ties are ties
    ("tic_tac_toe", 7, 300, 0.7, 1),
    ("connect_four(rows=4,columns=5,x_in_row=3)", 2, 300, 1.0, 2),
    ("openspiel:tic_tac_toe", 1, 300, 1.4, 1),
    ("openspiel:pig(winscore=15,players=2)", 0, 500, 1.4, 1),
    ("openspiel:pig(winscore=15,players=3)", 0, 500, 1.4, 1),
    ("openspiel:pig(winscore=15,players=3)", 3, 200, 1.0, 2),
    ("openspiel:backgammon", 0, 60, 1.4, 1),  # 1352 actions, games of 250 plies
    ("openspiel:backgammon", 9, 60, 0.3, 1),
    ("openspiel:dots_and_boxes(num_rows=2,num_cols=2)", 4, 500, 1.4, 1),  # moves again
    ("openspiel:mancala", 5, 200, 1.4, 1),
    ("openspiel:nim", 0, 300, 1.4, 1),
    ("openspiel:hex(board_size=7)", 0, 250, 1.4, 1),  # 49 actions: arrays grow
    ("openspiel:hex(board_size=9)", 0, 90, 1.4, 1),  # games of 81 plies
    ("openspiel:breakthrough", 0, 60, 1.4, 2),
]


def same(game, state, options, key):
    """One position, searched by both."""
    low, high = game.utility_bounds()
    result = search(game, state, options, key)
    c, known = options.c * (high - low) / 2, options.ends == "known"
    twin = Twin(state, options.simulations, c, key, options.rollouts, known)
    assert result.actions.tolist() == sorted(twin.root.actions)
    assert result.visits.tolist() == twin.visits()
    assert result.visits.sum() == options.simulations - 1
    tried = result.visits > 0
    sums = np.array(twin.sums())[tried]
    assert np.allclose(result.values[tried] * result.visits[tried, None], sums, rtol=1e-12)
    assert np.isnan(result.values[~tried]).all()
    assert result.best == twin.best(low, high)


@pytest.mark.parametrize("ends", ["known", "sampled"])
@pytest.mark.parametrize(("spec", "plies", "simulations", "c", "rollouts"), CASES)
def test_same_visits(spec, plies, simulations, c, rollouts, ends):
    game = mk.load_game(spec)
    for key in (7, 2**64 - 1):
        state = state_after(game, random_history(game, plies, key))
        told = str(state), state.history()
        same(game, state, UCT(simulations, c, rollouts, ends), key)
        assert (str(state), state.history()) == told, "the root is searched, not played"


@pytest.mark.parametrize("ends", ["known", "sampled"])
@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_same_visits_in_random_trees(players, ends):
    """General sums, chance, any order of players, single actions, long lines and short ones."""
    for seed in range(12):
        game = random_tree(players, depth=5, seed=100 * players + seed)
        same(game, game.new_initial_state(), UCT(150, 0.9, ends=ends), seed)


def test_a_line_longer_than_the_search_and_shorter():
    """Without a choice the tree is a path: first deeper with every simulation, then at its end."""
    builder, history = mk.TreeBuilder(players=2), ()
    for depth in range(60):
        builder.decision(history, depth % 2, f"step {depth}", ["on"])
        history = (*history, "on")
    game = builder.payoff(history, [3, -1]).build()
    for simulations in (1, 2, 10, 59, 60, 61, 62, 100):
        same(game, game.new_initial_state(), UCT(simulations), 5)


def test_the_twins_random_numbers_are_splitmix64():
    """The first outputs for the seed 1234567, as published with Vigna's splitmix64.c."""
    state, outputs = 1234567, []
    for _ in range(3):
        state = (state + Stream.STEP) % 2**64
        outputs.append(mix(state))
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]
