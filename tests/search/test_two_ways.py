"""The kernel on rules and the search that asks states grow the same tree, bit by bit."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.boards import search_positions
from marl_kit.search.result import root_result
from marl_kit.search.states import search_states
from marl_kit.search.uct import UCT, search, search_batch
from tests.search.positions import random_history, state_after

NODES = ("first_edge", "num_edges", "player", "parent", "parent_edge")
# priors are set at chance nodes only, and boards have none
EDGES = ("action", "child", "visits", "value", "known")
CONNECT_FOUR = "connect_four(rows=4,columns=5,x_in_row=3)"
CASES = [  # game, plies, simulations, c, rollouts
    ("tic_tac_toe", (0, 2, 5, 7), 400, 2.0, 1),
    ("tic_tac_toe", (0, 4), 100, 0.0, 2),
    (CONNECT_FOUR, (0, 3, 6), 300, 1.4, 3),
    ("connect_four", (0, 7, 12), 300, 1.4, 1),
    # three games of about 50 plies: more random numbers than are fetched at once
    ("connect_four(rows=7,columns=8,x_in_row=8)", (0, 20), 80, 1.0, 3),
    ("connect_four(rows=31,columns=2,x_in_row=3)", (0, 1), 60, 1.0, 8),
]


def bits(array):
    return array.tobytes(), array.dtype, array.shape


def same_tree(a, b):
    assert bits(a.used) == bits(b.used)
    for s in range(len(a.used)):
        nodes, edges = a.used[s]
        for names, count in ((NODES, nodes), (EDGES, edges)):
            for name in names:
                one, other = getattr(a, name)[s, :count], getattr(b, name)[s, :count]
                assert bits(one) == bits(other), name


def tables(simulations, c):
    n = np.maximum(np.arange(simulations), 1)
    return c * np.sqrt(np.log(n)), 1 / np.sqrt(n)


@pytest.mark.parametrize("trust", [True, False])
@pytest.mark.parametrize(("spec", "plies", "simulations", "c", "rollouts"), CASES)
def test_same_tree(spec, plies, simulations, c, rollouts, trust):
    game = mk.load_game(spec)
    states = [state_after(game, random_history(game, n, n)) for n in plies]
    keys = np.arange(len(states), dtype=np.uint64) + np.uint64(2**63)
    arguments = keys, rollouts, *tables(simulations, c), trust
    fast = search_positions(game, states, *arguments)
    slow = search_states(states, *arguments)
    same_tree(fast, slow)
    assert (fast.used[:, 0] > 1).all()


@pytest.mark.parametrize("spec", ["tic_tac_toe", CONNECT_FOUR, "connect_four"])
@pytest.mark.parametrize("rollouts", [1, 3])
def test_openspiels_rules_give_the_same_answer(spec, rollouts):
    ours, theirs = mk.load_game(spec), mk.load_game(f"openspiel:{spec}")
    for plies in (0, 3, 5):
        history = random_history(ours, plies, plies)
        a, b = (
            search(game, state_after(game, history), UCT(200, 2.0, rollouts), 99)
            for game in (ours, theirs)
        )
        equal(a, b)


def equal(a, b):
    assert a.best == b.best
    for name in ("actions", "visits", "values"):
        assert bits(getattr(a, name)) == bits(getattr(b, name)), name


@pytest.mark.parametrize(
    "spec",
    [
        "tic_tac_toe",
        CONNECT_FOUR,
        "openspiel:tic_tac_toe",
        "openspiel:pig(winscore=15,players=3)",
        "openspiel:hex(board_size=6)",  # more actions than there is room for at first
        "openspiel:breakthrough(rows=4,columns=4)",
    ],
)
def test_side_by_side_as_alone(spec):
    """Whatever runs in the other slots: other positions, other keys, the same twice."""
    game = mk.load_game(spec)
    states = [state_after(game, random_history(game, n, n)) for n in (0, 4, 2, 0, 1, 4)]
    keys, options = [5, 6, 7, 5, 2**64 - 1, 0], UCT(150, 1.4, 2)
    together = search_batch(game, states, options, keys)
    for state, key, result in zip(states, keys, together, strict=True):
        equal(result, search(game, state, options, key))
    equal(together[0], together[3])
    backwards = search_batch(game, states[::-1], options, keys[::-1])
    for a, b in zip(together, backwards[::-1], strict=True):
        equal(a, b)


def test_boards_in_foreign_hands_are_searched_as_states():
    """OpenSpiel's states with our game: what is asked is the state."""
    ours, theirs = mk.load_game("tic_tac_toe"), mk.load_game("openspiel:tic_tac_toe")
    a = search(ours, theirs.new_initial_state(), UCT(100), 3)
    equal(a, search(ours, ours.new_initial_state(), UCT(100), 3))
    both = [ours.new_initial_state(), theirs.new_initial_state()]
    for result in search_batch(ours, both, UCT(100), [3, 3]):
        equal(result, a)


def test_a_longer_search_begins_like_a_shorter_one():
    """Random numbers belong to the simulation, so the first 100 are those of a search of 100."""
    game = mk.load_game("tic_tac_toe")
    states, keys = [game.new_initial_state()], np.array([4], np.uint64)
    short = search_positions(game, states, keys, 1, *tables(100, 1.0), True)
    long = search_positions(game, states, keys, 1, *tables(300, 1.0), True)
    nodes, edges = short.used[0]
    for name in NODES:
        assert bits(getattr(short, name)[0, :nodes]) == bits(getattr(long, name)[0, :nodes])
    assert bits(short.action[0, :edges]) == bits(long.action[0, :edges])
    assert root_result(short, 0, -1.0, 1.0).visits.sum() == 99
