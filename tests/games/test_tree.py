"""The game tree: how nodes and infosets are ordered, and what is refused."""

from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.preorder import Preorder, assemble
from marl_kit.games.tree import CHANCE, NO_INFOSET, TERMINAL

GOOFSPIEL = (
    "openspiel:goofspiel(num_cards=3,imp_info=true,points_order=descending,returns_type=win_loss)"
)
GAMES = ["openspiel:kuhn_poker", "openspiel:kuhn_poker(players=3)", "leduc_poker", GOOFSPIEL]
GAMES += ["kuhn_1950", "selten_horse", "beer_quiche", "trust", "absent_minded_driver", "chomp_2x3"]
GAMES += ["shapley_1964", "mckelvey_mclennan"]


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize("spec", GAMES)
def test_nodes_stand_breadth_first_with_children_side_by_side(spec):
    tree = load(spec).tree()
    depth = np.zeros(tree.num_nodes, int)
    for node in range(1, tree.num_nodes):
        assert tree.parent[node] < node
        depth[node] = depth[tree.parent[node]] + 1
    assert tree.parent[0] == -1
    assert np.all(np.diff(depth) >= 0)
    assert np.all(np.diff(tree.parent[1:]) >= 0)
    assert np.array_equal(tree.depth_offset, np.searchsorted(depth, range(depth.max() + 2)))
    for node in range(tree.num_nodes):
        children = np.flatnonzero(tree.parent == node)
        first, count = tree.first_child[node], tree.num_children[node]
        assert children.tolist() == list(range(first, first + count))


@pytest.mark.parametrize("spec", GAMES)
def test_columns_agree_with_each_other(spec):
    tree = load(spec).tree()
    leaf = tree.player == TERMINAL
    assert np.array_equal(leaf, tree.num_children == 0)
    assert np.array_equal(tree.terminal_index[leaf], np.arange(tree.num_leaves))
    assert np.all(tree.terminal_index[~leaf] == -1)
    decision = tree.infoset != NO_INFOSET
    assert np.array_equal(decision, tree.player >= 0)
    assert np.array_equal(tree.infoset_player[tree.infoset[decision]], tree.player[decision])
    for node in np.flatnonzero(decision):
        first, slots = tree.first_child[node], tree.slots(int(tree.infoset[node]))
        actions = tree.action[first : first + tree.num_children[node]]
        assert np.array_equal(actions, tree.action_number[slots])
    for node in np.flatnonzero(tree.player == CHANCE):
        first = tree.first_child[node]
        total = tree.chance_prob[first : first + tree.num_children[node]].sum()
        assert total == pytest.approx(1)
    below_chance = np.r_[False, tree.player[tree.parent[1:]] == CHANCE]
    assert np.all(tree.chance_prob[~below_chance] == 1)


@pytest.mark.parametrize("spec", GAMES)
def test_infosets_are_sorted_by_player_and_first_node(spec):
    tree = load(spec).tree()
    nodes = [int(np.flatnonzero(tree.infoset == i)[0]) for i in range(tree.num_infosets)]
    assert tree.first_nodes().tolist() == nodes
    order = list(zip(tree.infoset_player.tolist(), nodes, strict=True))
    assert order == sorted(order)
    assert len(set(tree.infoset_keys)) == tree.num_infosets
    assert tree.infoset_offset[0] == 0
    assert tree.infoset_offset[-1] == tree.num_slots


@pytest.mark.parametrize("spec", GAMES)
def test_incoming_slots(spec):
    tree = load(spec).tree()
    slot = tree.incoming_slot()
    assert slot[0] == -1
    for node in range(1, tree.num_nodes):
        above = tree.parent[node]
        if tree.infoset[above] == NO_INFOSET:
            assert slot[node] == -1
        else:
            start = tree.slots(int(tree.infoset[above])).start
            assert slot[node] - start == node - tree.first_child[above]


@pytest.mark.parametrize(
    ("spec", "nodes", "infosets"),
    [
        ("openspiel:kuhn_poker", 58, 12),  # the root deals one card, a node below the other
        ("leduc_poker", 9457, 936),  # design, section 5
        ("liars_dice(dice_sides=5)", 51181, 5120),
        ("kuhn_1950", 55, 12),
    ],
)
def test_sizes(spec, nodes, infosets):
    tree = load(spec).tree()
    assert (tree.num_nodes, tree.num_infosets) == (nodes, infosets)


def test_goofspiel_of_five_cards():
    """26,931 nodes: design, end of section 5."""
    spec = GOOFSPIEL.replace("num_cards=3", "num_cards=5")
    assert mk.load_game(spec).tree().num_nodes == 26931


@pytest.mark.parametrize("spec", GAMES)
def test_histories_lead_to_their_nodes(spec):
    game = load(spec)
    tree = game.tree()
    for node in np.unique(np.linspace(0, tree.num_nodes - 1, 60).astype(int)):
        state = game.new_initial_state()
        for action in tree.history(int(node)):
            state.apply_action(action)
        assert state.current_player() == tree.player[node]
        if state.is_terminal():
            assert state.returns() == tree.payoffs[tree.terminal_index[node]].tolist()


def test_arrays_cannot_be_written():
    tree = load("openspiel:kuhn_poker").tree()
    arrays = [getattr(tree, name) for name in tree.__slots__]
    arrays = [a for a in arrays if isinstance(a, np.ndarray)]
    assert len(arrays) == 13
    for a in arrays:
        with pytest.raises(ValueError, match="read-only"):
            a[...] = 0
    assert tree.nbytes == sum(a.nbytes for a in arrays)


def test_the_tree_is_built_once():
    game = mk.load_game("openspiel:kuhn_poker")
    assert game.tree() is game.tree()
    assert game.sequence_form() is game.sequence_form()


@pytest.mark.parametrize("limit", [10, 1000, 9456])
def test_node_limit(limit):
    game = mk.load_game("leduc_poker")
    with pytest.raises(mk.GameTooLargeError, match=rf"more than {limit:,} nodes \({limit + 1:,}"):
        game.tree(node_limit=limit)
    assert game.tree(node_limit=9457).num_nodes == 9457


def test_node_limit_of_a_matrix():
    game = mk.NormalFormGame(np.ones((2, 20, 30)))
    with pytest.raises(mk.GameTooLargeError, match="more than 600 nodes"):
        game.tree(node_limit=600)
    assert game.tree(node_limit=621).num_nodes == 621


def leaf_game(payoffs=(1.0,), chance=(0.5, 0.5)):
    """Chance with a leaf after every outcome, one player."""
    rows = Preorder(1)
    rows.add(-1, 0, CHANCE, 1.0, NO_INFOSET)
    for a, p in enumerate(chance):
        rows.add(0, a, TERMINAL, p, NO_INFOSET)
        rows.payoffs.extend(payoffs)
    return rows


@pytest.mark.parametrize("payoff", [float("nan"), float("inf"), -float("inf")])
def test_payoffs_must_be_finite(payoff):
    with pytest.raises(mk.InvalidGameError, match="player 0 at leaf 0"):
        assemble(leaf_game(payoffs=(payoff,)))


@pytest.mark.parametrize(
    ("chance", "message"),
    [
        ((0.5, 0.4), r"history \(\) sum to 0.9"),
        ((1.5, -0.5), r"probability 1.5"),
        ((float("nan"), 0.5), "probability nan"),
    ],
)
def test_chance_must_be_a_distribution(chance, message):
    with pytest.raises(mk.InvalidGameError, match=message):
        assemble(leaf_game(chance=chance))


def test_an_empty_tree_is_no_game():
    with pytest.raises(mk.InvalidGameError, match="no nodes"):
        assemble(Preorder(2))


def test_nodes_of_an_infoset_offer_the_same_actions():
    rows = Preorder(1)
    rows.add(-1, 0, CHANCE, 1.0, NO_INFOSET)
    infoset = rows.add_infoset("here", 0, range(2))
    for outcome, actions in enumerate((2, 3)):
        node = rows.add(0, outcome, 0, 0.5, infoset)
        for a in range(actions):
            rows.add(node, a, TERMINAL, 1.0, NO_INFOSET)
            rows.payoffs.append(0.0)
    with pytest.raises(mk.InvalidGameError, match=r"'here'.* 2 actions at one node and 3"):
        assemble(rows)


def test_a_game_that_is_over_at_once():
    game = mk.TreeBuilder(players=2).payoff((), [3, -3]).build()
    assert (game.tree().num_nodes, game.tree().num_infosets) == (1, 0)
    assert mk.expected_values(game, "uniform").tolist() == [3, -3]
    assert mk.nash_conv(game, "uniform") == 0
    assert mk.solve(game).values.tolist() == [3, -3]


@pytest.mark.parametrize(
    ("spec", "facts"),
    [  # perfect information, perfect recall, zero-sum, stochastic
        ("openspiel:kuhn_poker", (False, True, True, True)),
        ("trust", (True, True, False, False)),
        ("absent_minded_driver", (False, False, False, False)),
        ("chomp_2x3", (True, True, True, False)),
        (GOOFSPIEL, (False, True, True, False)),  # OpenSpiel says perfect information
    ],
)
def test_properties(spec, facts):
    info = load(spec).info
    found = (info.perfect_information, info.perfect_recall, info.zero_sum, info.stochastic)
    assert found == facts
    assert info.enumerable
