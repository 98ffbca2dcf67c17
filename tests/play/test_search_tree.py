"""The tree of a search, copied out to be looked at."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.tree import CHANCE, TERMINAL

SPECS = [
    "mcts(simulations=300)",
    "mcts(simulations=300,solve=true)",
    "puct(simulations=100)",
    "gumbel(simulations=64)",
]


@pytest.fixture(scope="module")
def game():
    return mk.load_game("tic_tac_toe")


@pytest.mark.parametrize("spec", SPECS)
def test_the_tree_adds_up(game, spec):
    tree = mk.search_tree(game, spec, [0, 4])
    assert tree.parent[0] == -1
    assert (tree.parent[1:] < np.arange(1, len(tree))).all()
    for node in range(len(tree)):
        below = np.flatnonzero(tree.parent == node)
        if len(below):  # the first visit was the node's own
            assert tree.visits[node] == 1 + tree.visits[below].sum()
        assert tree.player[node] == tree.state_at(node).current_player()
        if tree.player[node] == TERMINAL:
            assert tree.values[node].tolist() == tree.state_at(node).returns()
            assert tree.proven()[node]
            assert tree.low[node].tolist() == tree.state_at(node).returns()
    children = {int(tree.action[c]): int(tree.visits[c]) for c in tree.children(0)}
    told = zip(tree.result.actions.tolist(), tree.result.visits.tolist(), strict=True)
    assert children == {a: n for a, n in told if n}
    assert tree.line()[0] == tree.result.best


def test_it_is_the_search_of_the_frozen_player(game):
    player = mk.freeze(mk.make_player("mcts(simulations=40)", game), seed=7)
    for history in ([], [4], [0, 4, 8], [2, 4, 6, 0]):
        tree = mk.search_tree(game, "mcts(simulations=40)", history, seed=7)
        assert tree.result.best == player.act(tree.state)


def test_proven_nodes_are_worth_what_the_oracle_says(game):
    tree = mk.search_tree(game, "mcts(simulations=3000,solve=true)", [0, 4, 8])
    known = mk.oracle(game)
    proven = np.flatnonzero(tree.proven())
    assert tree.result.proven
    assert len(proven) > 50
    for node in proven:
        assert known.values(tree.state_at(int(node))).tolist() == tree.low[node].tolist()


def test_chance_and_states_of_other_games():
    tree = mk.search_tree("pig", "mcts(simulations=200)")
    chance = np.flatnonzero(tree.player == CHANCE)
    assert len(chance)
    below = tree.children(int(chance[0]))
    assert tree.priors[below] == pytest.approx(1 / 6)
    assert tree.visits[below].sum() > 0
    state = mk.load_game("openspiel:tic_tac_toe").new_initial_state()
    assert len(mk.search_tree("openspiel:tic_tac_toe", SPECS[0], state)) > 200


def test_it_prints_and_is_drawn(game):
    tree = mk.search_tree(game, SPECS[1], [0, 4, 8])
    assert "o(0,1)" in repr(tree)
    assert "<table" in tree._repr_html_()
    assert len(tree.to_dict()["parent"]) == len(tree)
    ax = tree.plot(depth=2, top=2)
    written = [text.get_text() for text in ax.texts]
    assert len(written) == 2 * 6
    assert any("=" in text for text in written)


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (
            mk.InvalidOptionError,
            "no tree that could be drawn",
            lambda: mk.search_tree("tic_tac_toe", "random"),
        ),
        (
            mk.IllegalActionError,
            "action 0 at place 1",
            lambda: mk.search_tree("tic_tac_toe", SPECS[0], [0, 0]),
        ),
        (
            mk.UnsupportedGameError,
            "end of the game",
            lambda: mk.search_tree("tic_tac_toe", SPECS[0], [0, 3, 1, 4, 2]),
        ),
        (
            mk.InvalidOptionError,
            "position is 3",
            lambda: mk.search_tree("tic_tac_toe", SPECS[0], 3),
        ),
        (mk.UnsupportedGameError, "hid", lambda: mk.search_tree("kuhn_poker", SPECS[0])),
        (
            mk.InvalidOptionError,
            "depth is 0",
            lambda: mk.search_tree("tic_tac_toe", SPECS[0]).plot(depth=0),
        ),
        (
            mk.InvalidOptionError,
            "can be read",
            lambda: mk.search_tree("tic_tac_toe", SPECS[0]).plot(depth=4, top=9),
        ),
    ],
)
def test_refusals(error, message, call):
    with pytest.raises(error, match=message):
        call()
