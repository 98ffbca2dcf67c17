"""UCT finds what there is to find, and is fair among equals."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.search import search, search_batch
from marl_kit.search.uct import UCT
from tests.reference import recursive
from tests.reference.boards import TicTacToe
from tests.search.positions import random_history, random_tree, state_after

CONNECT_FOUR = "connect_four(rows=4,columns=5,x_in_row=3)"
BOTH_WAYS = ["tic_tac_toe", "openspiel:tic_tac_toe"]


def uniform(counts, categories):
    """Chi-square against equal shares.

    The bound is passed by chance once in a million: 8 degrees of freedom 42.7, 6 38.3, 2 27.6.
    """
    bound = {9: 42.7, 7: 38.3, 3: 27.6}[categories]
    expected = sum(counts.values()) / categories
    assert len(counts) == categories
    return sum((n - expected) ** 2 / expected for n in counts.values()) < bound


@pytest.mark.parametrize("game", BOTH_WAYS)
@pytest.mark.parametrize("simulations", [1, 2])
def test_no_action_is_favoured_before_anything_is_known(game, simulations):
    """With one simulation nothing was tried, with two one action: the first in the order."""
    game = mk.load_game(game)
    states, keys = [game.new_initial_state()] * 3600, range(3600)
    results = search_batch(game, states, UCT(simulations), keys)
    assert uniform(Counter(result.best for result in results), 9)
    if simulations == 2:
        assert all(r.visits[r.best] == 1 == r.visits.sum() for r in results)


def test_no_action_is_favoured_among_equals():
    """Nobody can win: all are worth the same, and after four simulations were tried as often."""
    game = mk.load_game("connect_four(rows=2,columns=3,x_in_row=9)")
    results = search_batch(game, [game.new_initial_state()] * 3000, UCT(4), range(3000))
    assert uniform(Counter(result.best for result in results), 3)
    wide = mk.load_game("connect_four")
    results = search_batch(wide, [wide.new_initial_state()] * 2800, UCT(1), range(7, 2807))
    assert uniform(Counter(result.best for result in results), 7)


def test_neighbouring_keys_are_unrelated():
    """A key changes one bit of the input of a hash: pairs of first moves are independent."""
    game = mk.load_game("tic_tac_toe")
    for step in (1, 2, 1 << 32, 0x9E3779B97F4A7C15):
        keys = [(k * step) % 2**64 for k in range(4001)]
        best = [
            r.best // 3 for r in search_batch(game, [game.new_initial_state()] * 4001, UCT(1), keys)
        ]
        pairs = Counter(3 * a + b for a, b in itertools.pairwise(best))
        assert uniform(pairs, 9), step


@pytest.mark.parametrize("game", [*BOTH_WAYS, CONNECT_FOUR, "openspiel:pig(winscore=15)"])
def test_a_key_is_an_answer(game):
    game = mk.load_game(game)
    state = game.new_initial_state()
    first, again, other = (search(game, state, UCT(300), key) for key in (1, 1, 2))
    assert first.visits.tolist() == again.visits.tolist()
    assert first.values.tolist() == again.values.tolist()
    assert first.values.tolist() != other.values.tolist()


@pytest.mark.parametrize("simulations", [1, 2, 9, 10, 11, 400])
@pytest.mark.parametrize("game", BOTH_WAYS)
def test_what_a_result_says(game, simulations):
    game = mk.load_game(game)
    state = state_after(game, [4, 0])
    result = search(game, state, UCT(simulations), 2)
    assert result.actions.tolist() == state.legal_actions() == [1, 2, 3, 5, 6, 7, 8]
    assert result.visits.sum() == simulations - 1
    tried = result.visits > 0
    assert tried.sum() == min(simulations - 1, 7)
    assert np.isnan(result.values[~tried]).all()
    assert (np.abs(result.values[tried]) <= 1).all()
    assert np.allclose(result.values[tried].sum(axis=1), 0, atol=1e-12)
    assert result.shares.sum() == pytest.approx(1)
    assert state.history() == [4, 0]
    assert type(result.best) is int


def test_among_equal_visits_the_better_one_is_played():
    """Ten simulations try each of nine actions once."""
    game = mk.load_game("tic_tac_toe")
    for key in range(50):
        result = search(game, game.new_initial_state(), UCT(10), key)
        assert set(result.visits.tolist()) == {1}
        assert result.values[result.best, 0] == result.values[:, 0].max()


@pytest.mark.parametrize("game", BOTH_WAYS)
def test_finds_every_forced_move_of_tic_tac_toe(game):
    """Wherever exactly one move wins, or exactly one does not lose."""
    twin, game = TicTacToe(), mk.load_game(game)
    only = [
        (history, twin.keeping(position))
        for position, history in twin.positions().items()
        if len(twin.legal(position)) > 2 and len(twin.keeping(position)) == 1
    ]
    assert len(only) > 600
    only = only[:: 1 if game.form == "board" else 20]
    states = [state_after(game, history) for history, _ in only]
    results = search_batch(game, states, UCT(2000), range(len(only)))
    missed = [h for (h, kept), r in zip(only, results, strict=True) if r.best not in kept]
    assert len(missed) <= len(only) // 200, missed


@pytest.mark.parametrize(
    ("history", "move"),
    [
        ([3, 3, 2, 2, 4, 0], {1, 5}),  # three in a row, open on both sides
        ([0, 3, 0, 3, 0, 3], {0}),  # a column to be finished
        ([0, 3, 6, 3, 0, 3], {3}),  # a column to be stopped
        ([3, 0, 3, 0, 3], {3}),
        ([3, 0, 2, 0], {1, 4}),  # makes an open three: two ways to win
        ([3, 0, 4], {2, 5}),  # and the answer: one of the sides, or all is lost
    ],
)
@pytest.mark.parametrize("spec", ["connect_four", "openspiel:connect_four"])
def test_wins_and_saves_in_connect_four(spec, history, move):
    game = mk.load_game(spec)
    state = state_after(game, history)
    simulations = 4000 if game.form == "board" else 1500
    for key in range(3):
        assert search(game, state, UCT(simulations), key).best in move


def test_opens_connect_four_in_the_middle():
    """The only winning first move (Allis 1988)."""
    game = mk.load_game("connect_four")
    results = search_batch(game, [game.new_initial_state()] * 5, UCT(20_000), range(5))
    assert [result.best for result in results] == [3] * 5
    assert all(r.values[3, 0] > 0 > r.values[3, 1] for r in results)


@pytest.mark.parametrize("players", [2, 3])
def test_values_come_near_what_best_play_is_worth(players):
    """General sums, chance, and players who move twice in a row."""
    for seed in range(8):
        game = random_tree(players, depth=4, seed=seed)
        root = recursive.walk(game)
        if len(root.children) < 2:
            continue
        options = {a: recursive.minimax(child) for a, child in root.children.items()}
        ranked = sorted((v[root.player] for v in options.values()), reverse=True)
        if ranked[0] - ranked[1] < 1:
            continue
        result = search(game, game.new_initial_state(), UCT(4000), seed)
        best = result.actions.tolist().index(result.best)
        assert options[result.best][root.player] == ranked[0]
        assert np.allclose(result.values[best], options[result.best], atol=1.5)


def test_a_player_that_moves_twice_in_a_row():
    """Signs that change with every ply would make player 0 fear its own second move."""
    game = (
        mk.TreeBuilder(players=2)
        .decision((), 0, "first", ["again", "pass"])
        .decision(("again",), 0, "second", ["win", "lose"])
        .decision(("pass",), 1, "answer", ["draw", "give"])
        .payoff(("again", "win"), [1, -1])
        .payoff(("again", "lose"), [-1, 1])
        .payoff(("pass", "draw"), [0, 0])
        .payoff(("pass", "give"), [1, -1])
        .build()
    )
    result = search(game, game.new_initial_state(), UCT(500), 3)
    assert result.best == 0
    assert result.values[0, 0] > 0.9
    assert result.values[1, 0] < 0.5


def test_a_box_gives_another_move():
    """Dots and boxes in which the third line of a box is a gift: the rest is solved."""
    game = mk.load_game("openspiel:dots_and_boxes(num_rows=1,num_cols=2)")
    history = [0, 1, 2]
    state = state_after(game, history)
    root = recursive.walk(game, state)
    worth = {a: recursive.minimax(child)[root.player] for a, child in root.children.items()}
    assert len(set(worth.values())) > 1
    for key in range(5):
        best = search(game, state, UCT(1500), key).best
        assert worth[best] == max(worth.values())


def test_every_player_looks_after_itself():
    """Three players: the second prefers what is bad for both others."""
    game = (
        mk.TreeBuilder(players=3)
        .decision((), 0, "a", ["trust", "safe"])
        .payoff(("safe",), [1, 0, 0])
        .decision(("trust",), 1, "b", ["own", "shared"])
        .payoff(("trust", "own"), [0, 3, 0])
        .decision(("trust", "shared"), 2, "c", ["fair", "spite"])
        .payoff(("trust", "shared", "fair"), [2, 2, 2])
        .payoff(("trust", "shared", "spite"), [2, 4, 1])
        .build()
    )
    result = search(game, game.new_initial_state(), UCT(3000), 1)
    assert result.best == 1
    assert result.values[0, 1] > 2.5
    assert result.values[1].tolist() == [1, 0, 0]


@pytest.mark.parametrize("offset", [-10, 0, 10])
def test_a_known_value_between_the_bounds_is_judged_like_the_others(offset):
    """Neither the larger known value nor the smaller one may hide what the search has found."""
    for known, best in ((4, 0), (6, 1)):
        game = (
            mk.TreeBuilder(players=1)
            .decision((), 0, "root", ["deep", "known"])
            .payoff(("known",), [known + offset])
            .decision(("deep",), 0, "deep", ["a", "b"])
            .payoff(("deep", "a"), [5 + offset])
            .decision(("deep", "b"), 0, "deeper", ["c", "d"])
            .payoff(("deep", "b", "c"), [offset])
            .payoff(("deep", "b", "d"), [(20 if offset > 0 else 5) + offset])
            .build()
        )
        want = 0 if offset > 0 else best
        assert search(game, game.new_initial_state(), UCT(2000), 6).best == want


def test_chance_is_sampled_by_its_probabilities():
    """Standard error of each mean below 0.01."""
    builder = mk.TreeBuilder(players=1).decision((), 0, "choice", ["a", "b"])
    for action, share in (("a", "5/8"), ("b", "1/4")):
        rest = {"5/8": "3/8", "1/4": "3/4"}[share]
        builder.chance((action,), {"good": share, "bad": rest})
        builder.payoff((action, "good"), [1]).payoff((action, "bad"), [0])
    game = builder.build()
    result = search(game, game.new_initial_state(), UCT(10_000, c=100.0), 8)
    assert result.visits.min() > 4000
    assert np.allclose(result.values[:, 0], [0.625, 0.25], atol=0.04)


@pytest.mark.parametrize("seed", range(4))
def test_units_of_payoffs_do_not_matter(seed):
    """c is in units of half the payoff range; a factor of 4 rounds nothing, 10 next to nothing."""
    game = random_tree(2, depth=5, seed=seed)
    base = search(game, game.new_initial_state(), UCT(300), seed)
    for factor, shift in ((4, 0), (10, 0), (1, 64)):
        other = rescaled(game, factor, shift)
        result = search(other, other.new_initial_state(), UCT(300), seed)
        assert result.visits.tolist() == base.visits.tolist()
        assert np.allclose(result.values, factor * base.values + shift)


def rescaled(game, factor, shift):
    """The same tree with other payoffs."""
    builder, count = mk.TreeBuilder(game.num_players), 0

    def copy(state, history):
        nonlocal count
        if state.is_terminal():
            builder.payoff(history, [factor * x + shift for x in state.returns()])
            return
        labels = [str(a) for a in state.legal_actions()]
        if state.is_chance_node():
            builder.chance(history, {str(a): p for a, p in state.chance_outcomes()})
        else:
            count += 1
            builder.decision(history, state.current_player(), f"node {count}", labels)
        for action, label in zip(state.legal_actions(), labels, strict=True):
            copy(state.child(action), (*history, label))

    copy(game.new_initial_state(), ())
    return builder.build()


def test_more_exploration_spreads_the_visits():
    game = mk.load_game("tic_tac_toe")
    state = state_after(game, [0, 8, 1])
    entropies = []
    for c in (1.0, 10.0, 1000.0):
        found = search_batch(game, [state] * 10, UCT(2000, c), range(10))
        shares = np.array([result.shares for result in found])
        entropies.append(-(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1).mean())
    assert entropies == sorted(entropies)
    assert entropies[-1] == pytest.approx(math.log(6), abs=1e-3)


def test_a_known_win_is_played_and_a_known_loss_is_not():
    """Before visits are compared; ``sampled`` plays what was visited most."""
    game = (
        mk.TreeBuilder(players=2)
        .decision((), 0, "root", ["lose", "go on", "win"])
        .payoff(("lose",), [-1, 1])
        .payoff(("win",), [1, -1])
        .decision(("go on",), 1, "other", ["a", "b"])
        .payoff(("go on", "a"), [1, -1])
        .payoff(("go on", "b"), [-1, 1])
        .build()
    )
    for key in range(30):
        state = game.new_initial_state()
        assert search(game, state, UCT(4), key).best == 2
        two = search(game, state, UCT(3), key)  # two of the three were tried
        best = {(0, 1, 1): 2, (1, 0, 1): 2, (1, 1, 0): 1}[tuple(two.visits.tolist())]
        assert two.best == best
        curious = search(game, state, UCT(100, c=50.0), key)
        assert curious.visits.tolist() == [1, 97, 1], "what is known is not explored"
        assert curious.best == 2
        sampled = search(game, state, UCT(100, c=50.0, ends="sampled"), key)
        assert sampled.visits.min() > 20
        assert sampled.visits[sampled.best] == sampled.visits.max()


def test_two_games_in_turns():
    """One kernel, two rules files: none runs the other's code."""
    results = {}
    for _ in range(2):
        for spec in ("tic_tac_toe", CONNECT_FOUR):
            game = mk.load_game(spec)
            state = state_after(game, random_history(game, 2, 1))
            result = search(game, state, UCT(200), 4)
            assert result.actions.tolist() == state.legal_actions()
            told = result.visits.tolist(), result.values.tolist()
            assert results.setdefault(spec, told) == told
    alone = mk.load_game(f"openspiel:{CONNECT_FOUR}")
    state = state_after(alone, random_history(alone, 2, 1))
    assert search(alone, state, UCT(200), 4).visits.tolist() == results[CONNECT_FOUR][0]
