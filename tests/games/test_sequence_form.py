"""Sequence forms: treeplexes, leaves, merging."""

from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.tree import TERMINAL
from tests.reference import recursive

GAMES = ["openspiel:kuhn_poker", "openspiel:kuhn_poker(players=3)", "leduc_poker", "selten_horse"]
GAMES += ["beer_quiche", "chomp_2x3", "shapley_1964", "mckelvey_mclennan"]
GAMES += ["liars_dice(numdice=2,dice_sides=2)"]


@cache
def load(spec):
    return mk.load_game(spec)


def owner_of_sequences(form):
    return np.repeat(range(form.num_players), np.diff(form.player_sequences))


@pytest.mark.parametrize("spec", GAMES)
def test_treeplexes_are_topological(spec):
    form, tree = load(spec).sequence_form(), load(spec).tree()
    owner = owner_of_sequences(form)
    assert form.num_sequences == tree.num_slots + tree.num_players
    assert np.array_equal(form.num_actions, tree.num_actions)
    for i in range(form.num_infosets):
        p = form.infoset_player[i]
        parent, first = form.parent_sequence[i], form.first_sequence[i]
        assert owner[parent] == owner[first] == p
        assert parent < first  # a parent's actions stand before its infosets'
        assert form.player_infosets[p] <= i < form.player_infosets[p + 1]
    slots = [
        first + k
        for first, n in zip(form.first_sequence, form.num_actions, strict=True)
        for k in range(n)
    ]
    assert form.slot_sequences().tolist() == slots
    empty = form.player_sequences[:-1].tolist()
    assert sorted([*slots, *empty]) == list(range(form.num_sequences))


@pytest.mark.parametrize("spec", GAMES)
def test_leaf_table_against_the_tree(spec):
    """Every leaf of the tree, by walking up: last own sequences, chance, payoffs."""
    form, tree = load(spec).sequence_form(), load(spec).tree()
    expected = {}
    incoming = tree.incoming_slot()
    for leaf in np.flatnonzero(tree.player == TERMINAL):
        last, chance, node = form.player_sequences[:-1].tolist(), 1.0, int(leaf)
        seen = set()
        while tree.parent[node] >= 0:
            above = int(tree.parent[node])
            chance *= tree.chance_prob[node]
            p = int(tree.player[above])
            if p >= 0 and p not in seen:
                seen.add(p)
                last[p] = int(incoming[node]) + p + 1
            node = above
        key = tuple(last)
        mass, total = expected.get(key, (0.0, 0.0))
        payoffs = tree.payoffs[tree.terminal_index[leaf]]
        expected[key] = (mass + chance, total + chance * payoffs)
    keys = [tuple(row) for row in form.sequence.tolist()]
    assert keys == sorted(expected)  # sorted, each combination once
    for key, chance, payoffs in zip(keys, form.chance, form.payoffs, strict=True):
        mass, total = expected[key]
        assert chance == pytest.approx(mass, abs=1e-15)
        assert chance * payoffs == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("spec", GAMES)
def test_entries_are_the_leaf_table_by_sequence(spec):
    form = load(spec).sequence_form()
    others = form.num_players - 1
    assert form.entry_others.shape == (form.num_players * form.num_leaves, others)
    owner = owner_of_sequences(form)
    found, expected = set(), set()
    for q in range(form.num_sequences):
        for e in range(form.entry_offset[q], form.entry_offset[q + 1]):
            rest = form.entry_others[e].tolist()
            joint = (*rest[: owner[q]], q, *rest[owner[q] :])
            found.add((int(owner[q]), joint, float(form.entry_value[e])))
    for joint, chance, payoffs in zip(
        form.sequence.tolist(), form.chance, form.payoffs, strict=True
    ):
        for p in range(form.num_players):
            expected.add((p, tuple(joint), float(chance * payoffs[p])))
    assert found == expected


@pytest.mark.parametrize("spec", ["openspiel:kuhn_poker", "beer_quiche", "shapley_1964"])
def test_payoff_matrices(spec):
    form = load(spec).sequence_form()
    start = form.player_sequences
    for p in range(2):
        dense = form.payoff_matrix(p).toarray()
        expected = np.zeros_like(dense)
        for joint, chance, payoffs in zip(form.sequence, form.chance, form.payoffs, strict=True):
            expected[joint[p] - start[p], joint[1 - p] - start[1 - p]] = chance * payoffs[p]
        assert np.array_equal(dense, expected)


def test_merging_leaves_keeps_every_value():
    """Two dice a player: throws (1, 2) and (2, 1) look the same, so leaves share sequences."""
    game = load("liars_dice(numdice=2,dice_sides=2)")
    assert game.sequence_form().num_leaves < game.tree().num_leaves
    root = recursive.walk(game)
    for seed in range(3):
        table = recursive.random_profile(root, np.random.default_rng(seed))
        policy = recursive.as_callable(game, table)
        expected = recursive.expected(root, table)
        assert mk.expected_values(game, policy) == pytest.approx(expected, abs=1e-12)
        nash_conv = recursive.nash_conv(root, table)
        assert mk.nash_conv(game, policy) == pytest.approx(nash_conv, abs=1e-12)


def test_merging_keeps_the_uniform_value_of_unreached_chance():
    """An outcome of probability 0 stands in the tree and weighs nothing."""
    game = (
        mk.TreeBuilder(players=1)
        .chance((), {"never": 0, "always": 1})
        .decision(("never",), 0, "here", ["a", "b"])
        .decision(("always",), 0, "here", ["a", "b"])
        .payoff(("never", "a"), [1000])
        .payoff(("never", "b"), [-1000])
        .payoff(("always", "a"), [1])
        .payoff(("always", "b"), [2])
        .build()
    )
    assert game.sequence_form().num_leaves == 2
    assert game.sequence_form().payoffs.tolist() == [[1], [2]]
    assert mk.best_response(game, "uniform", 0).value == 2


def test_leduc_has_5520_leaves():
    assert load("leduc_poker").sequence_form().num_leaves == 5520  # design, section 5


@pytest.mark.parametrize(
    "build",
    [
        lambda: mk.load_game("absent_minded_driver"),
        lambda: forgetful(),
    ],
    ids=["absent-minded", "forgets its own move"],
)
def test_imperfect_recall_is_refused_by_name(build):
    game = build()
    assert not game.info.perfect_recall
    with pytest.raises(mk.ImperfectRecallError, match=r"player 0 .*infoset '(0:1|later)'"):
        game.sequence_form()


def forgetful():
    """Player 0 chooses twice and does not remember what it chose first."""
    builder = mk.TreeBuilder(players=1).decision((), 0, "first", ["l", "r"])
    for a in "lr":
        builder.decision((a,), 0, "later", ["l", "r"])
        for b in "lr":
            builder.payoff((a, b), [int(a == b)])
    return builder.build()


def test_the_refusal_shows_both_histories():
    with pytest.raises(mk.ImperfectRecallError, match=r"\(0,\) and \(1,\)"):
        forgetful().sequence_form()


@pytest.mark.parametrize("method", ["auto", "cfr", "cfr+", "lcfr", "dcfr"])
def test_solvers_refuse_imperfect_recall(method):
    with pytest.raises(mk.ImperfectRecallError, match="'0:1'"):
        mk.solve("absent_minded_driver", method, iterations=1)
