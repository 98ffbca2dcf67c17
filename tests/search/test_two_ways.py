"""The kernel on rules and the search that asks states grow the same tree, bit by bit."""

import pytest

import marl_kit as mk
from marl_kit.search.puct import PUCT
from marl_kit.search.search import new_batch, search, search_batch
from marl_kit.search.uct import UCT
from tests.search.positions import random_history, state_after

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


def grown(game, states, keys, options, way):
    """The tree of finished searches: in the kernel, in steps on boards, or asking states."""
    batch = new_batch(game, options, len(states), boards=way != "states")
    batch._fused = way == "fused"
    for slot, (state, key) in enumerate(zip(states, keys, strict=True)):
        batch.begin(slot, state, key)
    while batch.running:
        batch.step()
    return batch.tree


def same_tree(a, b, searches):
    assert bits(a.used[:searches]) == bits(b.used[:searches])
    for s in range(searches):
        nodes, edges = a.used[s]
        assert bits(a.node[s, :nodes]) == bits(b.node[s, :nodes])
        one, other = a.edge[s, :edges], b.edge[s, :edges]
        for field in one.dtype.names:
            assert bits(one[field].copy()) == bits(other[field].copy()), field
        tried = one["visits"] > 0
        assert bits(a.value[s, :edges][tried]) == bits(b.value[s, :edges][tried])


@pytest.mark.parametrize("more", [{}, {"ends": "sampled"}, {"solve": True}])
@pytest.mark.parametrize(("spec", "plies", "simulations", "c", "rollouts"), CASES)
def test_same_tree(spec, plies, simulations, c, rollouts, more):
    game = mk.load_game(spec)
    states = [state_after(game, random_history(game, n, n)) for n in plies]
    keys = [2**63 + i for i in range(len(states))]
    options = UCT(simulations, c, rollouts, **more)
    fused, stepped, asked = (
        grown(game, states, keys, options, way) for way in ("fused", "boards", "states")
    )
    same_tree(fused, stepped, len(states))
    same_tree(fused, asked, len(states))
    assert (fused.used[: len(states), 0] > 1).all()


@pytest.mark.parametrize("options", [PUCT(150), PUCT(150, noise=0.5, solve=True)], ids=repr)
def test_same_tree_by_puct(options):
    for spec, plies in (("tic_tac_toe", (0, 3)), (CONNECT_FOUR, (2, 5))):
        game = mk.load_game(spec)
        states = [state_after(game, random_history(game, n, n)) for n in plies]
        trees = [grown(game, states, [1, 2], options, way) for way in ("boards", "states")]
        same_tree(*trees, len(states))


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
    state = game.new_initial_state()
    short = grown(game, [state], [4], UCT(100, 1.0), "fused")
    long = grown(game, [state], [4], UCT(300, 1.0), "fused")
    nodes, edges = short.used[0]
    # who moves, and the edges; some nodes have more children in the longer search
    assert bits(short.node[0, :nodes]) == bits(long.node[0, :nodes])
    assert bits(short.edge["action"][0, :edges]) == bits(long.edge["action"][0, :edges])


def test_arrays_grow_on_the_way():
    """At first there is room for one node a simulation, and chance nodes come on top."""
    game = mk.load_game("pig(winscore=30)")
    states = [state_after(game, random_history(game, n, n)) for n in (0, 3)]
    trees = [grown(game, states, [1, 2], UCT(400), way) for way in ("fused", "boards", "states")]
    same_tree(trees[0], trees[1], 2)
    same_tree(trees[0], trees[2], 2)
    assert trees[0].used[:2, 0].min() > 401
