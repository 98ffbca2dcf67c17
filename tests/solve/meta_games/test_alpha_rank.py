"""alpha-rank: the documented tables, exact twins, OpenSpiel where it does not overflow."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from open_spiel.python.egt import alpharank as openspiel

import marl_kit as mk
from tests.reference import meta_games as slow

R, S, T, P, EPS, DELTA = 1, -1, 2, 0, 0.25, 4
HAN = [
    [R - EPS / 2, R - EPS, 0, S + DELTA - EPS, R - EPS],
    [R, R, S, S, S],
    [0, T, P, P, P],
    [T - DELTA, T, P, P, P],
    [R, T, P, P, P],
]
"""Han, Pereira, Santos and Lenaerts (2013), "Good agreements make good friends", Scientific
Reports 3: COMP, C, D, FAKE, FREE."""
STRONG = [100.0, 1e3, 1e6]


def test_three_player_kuhn():
    """The table in OpenSpiel's documentation, where its own linear algebra now gives NaN."""
    ranked = mk.alpha_rank(slow.KUHN_3P, alpha=100)
    frame = ranked.to_frame().head(4)
    expected = [("2", "3", "3"), ("3", "3", "3"), ("3", "2", "3"), ("2", "2", "3")]
    assert frame["profile"].tolist() == expected
    assert frame["score"].round(3).tolist() == [0.224, 0.140, 0.116, 0.091]
    assert ranked.pi.sum() == pytest.approx(1, abs=1e-14)


@pytest.mark.slow
def test_the_empirical_game_is_that_of_the_example():
    from open_spiel.python.egt.examples import alpharank_example

    tables = np.array(alpharank_example.get_kuhn_poker_data(), float)
    assert np.array_equal(np.round(tables, 2), slow.KUHN_3P)


def test_han():
    """Values as in Omidshafiei et al. (2019) and OpenSpiel's tests."""
    expected = [0.40966787, 0.07959841, 0.20506998, 0.08505983, 0.2206039]
    assert mk.alpha_rank(HAN, alpha=0.1, m=20).pi == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("selection", ["population", "local"])
@pytest.mark.parametrize("seed", range(4))
def test_one_population_against_fractions(seed, selection):
    table = np.random.default_rng(seed).integers(-3, 4, (4, 4))
    for alpha, m in ((0, 3), (0.25, 2), (1, 5), (4, 9)):
        chain = slow.one_population(table.tolist(), m, alpha, local=selection == "local")
        ranked = mk.alpha_rank(table, alpha, m, selection=selection)
        assert ranked.pi == pytest.approx(slow.stationary(chain), rel=1e-11, abs=0)
        dense = ranked.transition.toarray()
        off = ~np.eye(4, dtype=bool)
        assert dense[off] * 3 == pytest.approx(np.array(chain, float)[off], rel=1e-11)
        assert dense.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-14)
        assert ranked.pi @ dense == pytest.approx(ranked.pi, abs=1e-14)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 2), (2, 2, 2), (1, 3)])
@pytest.mark.parametrize("alpha", [1, 40])
def test_several_populations_against_fractions(sizes, alpha):
    payoffs = np.random.default_rng(alpha).integers(-4, 5, (len(sizes), *sizes))
    ranked = mk.alpha_rank(payoffs, alpha, 6)
    expected = slow.stationary(slow.several_populations(payoffs, 6, alpha))
    assert ranked.pi == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("seed", range(6))
def test_openspiel_agrees_where_it_does_not_overflow(seed):
    rng = np.random.default_rng(seed)
    payoffs = rng.normal(size=(3, 2, 3, 2))
    for alpha in (0.1, 1):
        theirs = openspiel.compute(list(payoffs), m=20, alpha=alpha)[2]
        assert mk.alpha_rank(payoffs, alpha, 20).pi == pytest.approx(theirs, rel=1e-8)
    table = rng.normal(size=(5, 5))
    for name, local in (("local", True), ("population", False)):
        theirs = openspiel.compute([table], m=20, alpha=1, use_local_selection_model=local)[2]
        ours = mk.alpha_rank(table, 1, 20, selection=name).pi
        assert ours == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("sizes", [(2, 2), (3, 2)])
def test_infinite_alpha_against_all_trees(seed, sizes):
    """Small integers, so that losses tie and populations come to rest in several places."""
    payoffs = np.random.default_rng(seed).integers(0, 3, (2, *sizes))
    count, m = int(np.prod(sizes)), 3
    for limit in ("intensity", "perturbation"):
        order = [[None] * count for _ in range(count)]
        weight = [[Fraction(0)] * count for _ in range(count)]
        for p, cell, other, i, j in slow.neighbours(sizes):
            gain = int(payoffs[(p, *other)] - payoffs[(p, *cell)])
            loss = max(-gain, 0)
            order[i][j] = loss if limit == "intensity" else min(loss, 1)
            weight[i][j] = Fraction(1, m) if gain == 0 else Fraction(1)
        ranked = mk.alpha_rank(payoffs, "inf", m, limit=limit)
        assert ranked.pi == pytest.approx(slow.limit(order, weight), abs=1e-13)
        assert ranked.pi @ ranked.transition.toarray() == pytest.approx(ranked.pi, abs=1e-13)


@pytest.mark.parametrize("seed", range(8))
def test_large_alpha_goes_to_the_limit(seed):
    rng = np.random.default_rng(seed)
    table, payoffs = rng.integers(-2, 3, (4, 4)), rng.integers(0, 3, (3, 2, 2, 2))
    for given, options in (
        (table, {"selection": "population"}),
        (table, {"selection": "local"}),
        (payoffs, {}),
    ):
        limit = mk.alpha_rank(given, None, 7, **options).pi
        for alpha in STRONG:
            assert mk.alpha_rank(given, alpha, 7, **options).pi == pytest.approx(limit, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_perturbation_is_openspiels_infinite_alpha(seed):
    """It counts ties 1/2, as m = 2 does, and a loss its small number."""
    payoffs = np.random.default_rng(seed).integers(0, 4, (2, 3, 3)).astype(float)
    theirs = openspiel.compute(list(payoffs), use_inf_alpha=True, inf_alpha_eps=1e-7)[2]
    ours = mk.alpha_rank(payoffs, "inf", 2, limit="perturbation").pi
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_the_two_limits_differ_where_there_are_two_places_of_rest():
    """A stag hunt: leaving (stag, stag) costs 3, leaving (hare, hare) 1."""
    stag = [[[4, 0], [1, 1]], [[4, 1], [0, 1]]]
    assert mk.alpha_rank(stag, "inf").pi.tolist() == [1, 0, 0, 0]
    assert mk.alpha_rank(stag, "inf", limit="perturbation").pi.tolist() == [0.5, 0, 0, 0.5]
    assert mk.alpha_rank(stag, 1e3).pi == pytest.approx([1, 0, 0, 0], abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_relabelling_and_shift_change_nothing(seed):
    rng = np.random.default_rng(seed)
    payoffs = rng.integers(0, 4, (2, 3, 4)).astype(float)
    rows, columns = rng.permutation(3), rng.permutation(4)
    moved = payoffs[:, rows][:, :, columns] + np.array([5, -3])[:, None, None]
    for alpha in (2.0, 100.0, "inf"):
        plain = mk.alpha_rank(payoffs, alpha).pi.reshape(3, 4)
        other = mk.alpha_rank(moved, alpha).pi.reshape(3, 4)
        assert other == pytest.approx(plain[np.ix_(rows, columns)], abs=1e-10)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_only_alpha_times_payoffs_counts(scale):
    plain = mk.alpha_rank(slow.KUHN_3P, 100)
    scaled = mk.alpha_rank(slow.KUHN_3P * scale, 100 / scale)
    assert scaled.pi == pytest.approx(plain.pi, rel=1e-9)
    limits = [mk.alpha_rank(x, "inf").pi for x in (slow.KUHN_3P, slow.KUHN_3P * scale)]
    assert limits[0] == pytest.approx(limits[1], abs=1e-14)


def test_fractions_are_exact_in_the_limit():
    """1/3 + 1/3 + 1/3 against 1: a tie that floats would break."""
    third = Fraction(1, 3)
    table = [[0, third * 3], [1, 0]]
    assert mk.alpha_rank(table, "inf", selection="local").pi.tolist() == [0.5, 0.5]
    huge = [[0, 10**30], [10**30 - 1, 0]]  # too long for whole numbers in float64: on a grid
    assert mk.alpha_rank(huge, "inf").pi.sum() == pytest.approx(1)


def test_games_and_frames():
    rps = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
    names = ["rock", "paper", "scissors"]
    ranked = mk.alpha_rank(pd.DataFrame(rps, names, names))
    assert ranked.strategies == (tuple(names),)
    assert [rank for rank, _, _ in ranked.ranking()] == [1, 1, 1]
    game = mk.NormalFormGame.from_bimatrix(rps)
    assert mk.alpha_rank(game, symmetric=True).pi == pytest.approx(np.ones(3) / 3)
    assert mk.alpha_rank(game).pi == pytest.approx(np.ones(9) / 9)
    theirs = mk.alpha_rank("openspiel:matrix_rps", symmetric=True)
    assert theirs.strategies == (("Rock", "Paper", "Scissors"),)
    tree = mk.alpha_rank("trust", alpha=10)
    assert tree.profiles.shape[1] == 2
    assert [m.sum() for m in tree.marginals()] == pytest.approx([1, 1])


def test_one_profile():
    assert mk.alpha_rank([[3]]).pi.tolist() == [1]
    assert mk.alpha_rank([[[1]], [[2]]], "inf").pi.tolist() == [1]


def test_printed_and_plain():
    ranked = mk.alpha_rank(slow.KUHN_3P, "inf")
    text = repr(ranked)
    assert "3 populations, limit as alpha grows" in text
    assert "52 more" in text
    assert "<table>" in ranked._repr_html_()
    plain = ranked.to_dict()
    assert plain["alpha"] == "inf"
    assert len(plain["pi"]) == len(plain["profiles"]) == 64


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([[0, 1]],), {}, mk.InvalidGameError, "1 rows and 2 columns"),
        (([0, 1],), {}, mk.InvalidGameError, r"shape \(2,\)"),
        (([[0, np.nan], [0, 0]],), {}, mk.InvalidGameError, r"at \(0, 1\) is nan"),
        (([[[0, 1], [1, np.inf]]] * 2,), {}, mk.InvalidGameError, r"at \(0, 1, 1\) is inf"),
        (([[0, 1], [1]],), {}, mk.InvalidGameError, "ragged"),
        (([[0]], -1), {}, mk.InvalidOptionError, "alpha is -1"),
        (([[0]], float("nan")), {}, mk.InvalidOptionError, "alpha is nan"),
        (([[0]], "large"), {}, mk.InvalidOptionError, "alpha is 'large'"),
        (([[0, 1], [2, 3]], 1e300), {}, mk.InvalidOptionError, "alpha='inf'"),
        (([[0]], 1, 1), {}, mk.InvalidOptionError, "m is 1"),
        (([[0]], 1, 2.5), {}, mk.InvalidOptionError, "m is 2.5"),
        (([[0]],), {"selection": "tournament"}, mk.UnknownNameError, "selection"),
        (([[0]],), {"limit": "no"}, mk.UnknownNameError, "limit"),
        (("chicken",), {"symmetric": 1}, None, ""),
        (("battle_of_the_sexes",), {"symmetric": True}, mk.UnsupportedGameError, "not symmetric"),
        (("mckelvey_mclennan",), {"symmetric": True}, mk.UnsupportedGameError, "has 3"),
        ((np.zeros((3, 20, 20, 20)),), {}, mk.GameTooLargeError, "8,000 profiles.* 76 minutes"),
        (([[0, 1], [1, 0]],), {"max_profiles": 1}, mk.GameTooLargeError, "raise max_profiles"),
        (([[0, 1], [1, 0]],), {"m": 10**13}, mk.GameTooLargeError, "m is 10,000,000,000,000"),
        (([[0, 1], [1, 0]], "inf"), {"m": 10**13}, mk.GameTooLargeError, "smaller m"),
        ((np.zeros((2, 0, 3)),), {}, mk.InvalidGameError, "shape"),
    ],
)
def test_refused(arguments, options, error, message):
    if error is None:
        assert mk.alpha_rank(*arguments, **options).pi.sum() == pytest.approx(1)
        return
    with pytest.raises(error, match=message):
        mk.alpha_rank(*arguments, **options)


def test_labels_that_differ_are_refused():
    frame = pd.DataFrame([[0, 1], [1, 0]], ["a", "b"], ["a", "c"])
    with pytest.raises(mk.InvalidGameError, match="row 1 is 'b' and column 1 is 'c'"):
        mk.alpha_rank(frame)


ORDERS_BEYOND_FLOAT64 = [
    (
        [
            [
                ["1.0000000000000001", "0.3333333333333333"],
                ["0.0000000000000001", "1.3333333333333333"],
            ],
            [[1, 0], [0, 1]],
        ],
        {},
        [0.5, 0, 0, 0.5],
    ),
    ([[[0, 0], [1, 1]], [[0, 10**16], [0, 10**16]]], {}, [0, 0, 0, 1]),
    ([[0, 0], [1, 1]], {"m": 10**9, "selection": "local"}, [0, 1]),
    ([[0, 0], [10**18 + 1, 10**18]], {}, [0, 1]),
]


@pytest.mark.parametrize(("payoffs", "options", "expected"), ORDERS_BEYOND_FLOAT64)
def test_infinite_alpha_rounds_no_payoff(payoffs, options, expected):
    ranked = mk.alpha_rank(payoffs, "inf", **options)
    assert ranked.pi.tolist() == expected
    assert "rounded" not in ranked.note


@pytest.mark.parametrize("seed", range(6))
def test_python_integers_find_what_float64_finds(seed, monkeypatch):
    from marl_kit.solve.meta_games import alpha_rank as module

    rng = np.random.default_rng(seed)
    for given in (rng.integers(0, 3, (3, 2, 3, 2)), rng.integers(-2, 3, (6, 6))):
        for options in ({}, {"limit": "perturbation"}):
            plain = mk.alpha_rank(given, "inf", 7, **options).pi
            with monkeypatch.context() as patch:
                patch.setattr(module, "ORDER_BITS", 0)
                exactly = mk.alpha_rank(given, "inf", 7, **options).pi
            assert exactly == pytest.approx(plain, abs=1e-13)


def test_rounded_losses_are_said(monkeypatch):
    from marl_kit.solve.meta_games import alpha_rank as module

    monkeypatch.setattr(module, "EXACT_LIMIT", 1)
    ranked = mk.alpha_rank([[[0, 0], [1, 1]], [[0, 10**16], [0, 10**16]]], "inf")
    assert "losses rounded to" in ranked.note
    assert ranked.pi.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("alpha", [100, "inf"])
def test_a_game_of_one_player(alpha):
    ranked = mk.alpha_rank(mk.NormalFormGame([[1, 2, 3]]), alpha)
    assert ranked.pi == pytest.approx([0, 0, 1], abs=1e-12)
    assert ranked.note.startswith("1 population")
