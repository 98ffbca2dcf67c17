"""Nash averaging: the paper's examples, uniqueness, copies, certificates."""

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import marl_kit as mk
from marl_kit.solve.max_entropy import max_entropy

RPS = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], float)
CYCLIC = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]], float)
TRANSITIVE = np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], float)


def skew(rng, n, low=-2, high=3):
    table = np.triu(rng.integers(low, high, (n, n)), 1).astype(float)
    return table - table.T


@pytest.mark.parametrize("eps", [0, 0.1, 0.25, 0.49, 0.5, 0.75])
def test_cyclic_plus_transitive(eps):
    """Balduzzi et al. (2018), proposition 4: the equilibrium moves until the best stands alone."""
    weights = mk.nash_average(CYCLIC + eps * TRANSITIVE).weights
    mixed = np.array([1 + eps, 1 - 2 * eps, 1 + eps]) / 3
    expected = mixed if eps <= 0.5 else [1, 0, 0]
    assert weights == pytest.approx(expected, abs=1e-13)


def test_a_copy_shares_the_weight():
    index = [0, 1, 2, 2]
    average = mk.nash_average(RPS[np.ix_(index, index)])
    assert average.weights == pytest.approx([1 / 3, 1 / 3, 1 / 6, 1 / 6], abs=1e-14)
    assert average.ratings == pytest.approx(np.zeros(4), abs=1e-14)


@pytest.mark.parametrize("seed", range(6))
def test_copies_change_no_rating_and_order_no_weight(seed):
    """Payoffs without ties: the equilibrium is unique."""
    rng = np.random.default_rng(seed)
    table = skew(rng, 6, -1000, 1000)
    plain = mk.nash_average(table)
    index = np.r_[np.arange(6), rng.integers(0, 6, 4)]
    copied = mk.nash_average(table[np.ix_(index, index)])
    assert copied.ratings == pytest.approx(plain.ratings[index], abs=1e-9)
    order = rng.permutation(6)
    turned = mk.nash_average(table[np.ix_(order, order)])
    assert turned.weights == pytest.approx(plain.weights[order], abs=1e-10)


@pytest.mark.parametrize("seed", range(10))
def test_greatest_entropy(seed):
    """No other equilibrium is more even: not one of the extreme ones' mixtures that are tried, and
    the general program for correlated play finds the same point."""
    rng = np.random.default_rng(seed)
    table = skew(rng, 5, -1, 2)
    average = mk.nash_average(table)
    p = average.weights
    other = max_entropy(scipy.sparse.csr_array(table))
    assert p == pytest.approx(other, abs=1e-6)
    game = mk.NormalFormGame.from_bimatrix(table.astype(int))
    extreme = [profile[0] for profile in mk.all_equilibria(game)]
    for one in extreme:
        assert np.all(one[p == 0] == 0)
        alive = p > 0  # the entropy's gradient at p is -log p - 1: no equilibrium lies uphill
        assert (one - p)[alive] @ -np.log(p[alive]) < 1e-9


def test_conditions_that_bind_at_the_most_even_point():
    """A reply that loses against some optimal strategies may just tie at the most even one."""
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        payoffs = rng.integers(0, 3, (5, 5)).astype(float)
        average = mk.nash_average(payoffs, tasks=True)
        assert average.nash_conv < 1e-12
        game = mk.NormalFormGame.from_bimatrix(payoffs.astype(int))
        extreme = [profile[0] for profile in mk.all_equilibria(game)]
        p = average.weights
        alive = p > 0
        for one in extreme:
            assert (one - p)[alive] @ -np.log(p[alive]) < 1e-9
        inside = np.mean(extreme, axis=0)
        value = inside @ payoffs
        loose = value > value.min() + 1e-9
        found += bool(np.any(np.abs(p @ payoffs - value.min())[loose] < 1e-9))
    assert found >= 1  # the case that this test is about does occur


@pytest.mark.parametrize("n", [1, 2, 10, 40])
@pytest.mark.parametrize("kind", ["integers", "signs", "normal"])
def test_certified(n, kind):
    rng = np.random.default_rng(n)
    table = {
        "integers": lambda: skew(rng, n),
        "signs": lambda: np.sign(skew(rng, n, -5, 6)),
        "normal": lambda: (lambda x: x - x.T)(rng.normal(size=(n, n))),
    }[kind]()
    average = mk.nash_average(table)
    assert average.nash_conv <= 1e-12 * max(np.ptp(table), 1)
    assert average.ratings.max() <= 1e-12 * max(np.ptp(table), 1)
    assert average.ratings == pytest.approx(table @ average.weights, abs=1e-13)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_scale_and_shift_change_nothing(scale):
    table = skew(np.random.default_rng(3), 8)
    plain = mk.nash_average(table)
    moved = mk.nash_average(table * scale + 100 * scale)
    assert moved.weights == pytest.approx(plain.weights, abs=1e-11)
    assert moved.value == pytest.approx(100 * scale)
    assert (moved.ratings - moved.value) / scale == pytest.approx(plain.ratings, abs=1e-9)


def test_win_rates():
    """Scores that sum to 1 are read as they are: even is 1/2."""
    average = mk.nash_average((RPS + 1) / 2)
    assert average.weights == pytest.approx(np.ones(3) / 3)
    assert average.ratings == pytest.approx(np.full(3, 0.5))
    assert average.value == 0.5


@pytest.mark.parametrize("shape", [(3, 5), (6, 4), (8, 8), (1, 4), (4, 1)])
def test_agents_against_tasks(shape):
    rng = np.random.default_rng(shape[0])
    for payoffs in (rng.normal(size=shape), rng.integers(0, 3, shape).astype(float)):
        average = mk.nash_average(payoffs, tasks=True)
        assert average.nash_conv < 1e-12
        assert average.ratings == pytest.approx(payoffs @ average.task_weights)
        assert average.task_ratings == pytest.approx(-(average.weights @ payoffs))
        lp = mk.solve(mk.NormalFormGame.from_bimatrix(payoffs), "lp")
        assert average.value == pytest.approx(lp.values[0], abs=1e-9)


def test_redundant_tasks_change_no_rating():
    """Balduzzi et al. (2018), section 4: a copied task does not count twice."""
    scores = np.array([[89, 93, 76], [85, 85, 85], [79, 74, 99]], float)
    plain = mk.nash_average(scores, tasks=True)
    copied = mk.nash_average(np.c_[scores, scores[:, :1], scores[:, :1]])
    assert copied.ratings == pytest.approx(plain.ratings, abs=1e-9)
    assert copied.tasks == ("0", "1", "2", "3", "4")


def test_games_and_frames():
    names = list("abc")
    average = mk.nash_average(pd.DataFrame(RPS, names, names))
    assert average.agents == tuple(names)
    assert average.to_frame()["rank"].tolist() == [1, 1, 1]
    assert mk.nash_average("openspiel:matrix_rps").agents == ("Rock", "Paper", "Scissors")
    blotto = mk.nash_average("blotto_4_3")
    assert blotto.tasks is not None
    assert blotto.nash_conv < 1e-12
    frame = pd.DataFrame([[1, 2, 3], [3, 2, 1]], ["x", "y"], ["s", "t", "u"])
    assert mk.nash_average(frame).tasks == ("s", "t", "u")


def test_nothing_to_choose():
    assert mk.nash_average(np.zeros((3, 3))).weights == pytest.approx(np.ones(3) / 3)
    assert mk.nash_average(np.full((2, 3), 7.0)).task_weights == pytest.approx(np.ones(3) / 3)


def test_printed_and_plain():
    average = mk.nash_average(np.array([[1.0, 0, 2], [0, 1, 0]]))
    text = repr(average)
    assert "agent 1" in text
    assert "task 1" in text
    assert "<table>" in average._repr_html_()
    plain = average.to_dict()
    assert sum(plain["weights"]) == pytest.approx(1)
    assert sum(plain["task_weights"]) == pytest.approx(1)
    assert "tasks" not in mk.nash_average(RPS).to_dict()


@pytest.mark.parametrize(
    ("payoffs", "options", "error", "message"),
    [
        ([[0, 1], [2, 0]], {}, mk.UnsupportedGameError, r"0 and 1 .* at \(0, 1\).* tasks=True"),
        ([[0, 1, 0], [-1, 0, 3], [0, -2, 0]], {}, mk.UnsupportedGameError, r"-?2 at \(2, 1\), sum"),
        ([[0, 0.6], [0.4, 0]], {}, mk.UnsupportedGameError, "sum to 1, and those of 0 .* to 0"),
        ([[0, 1, 2]], {"tasks": False}, mk.InvalidGameError, "1 rows and 3 columns"),
        ([[0, np.nan], [0, 0]], {}, mk.InvalidGameError, r"at \(0, 1\) is nan"),
        ("chicken", {}, mk.UnsupportedGameError, "general-sum"),
        ("mckelvey_mclennan", {}, mk.UnsupportedGameError, "3 players"),
        ([[[0]]], {}, mk.InvalidGameError, "shape"),
    ],
)
def test_refused(payoffs, options, error, message):
    with pytest.raises(error, match=message):
        mk.nash_average(payoffs, **options)


def test_interchangeable():
    """Any two optimal strategies are in equilibrium with the average (minimax theorem)."""
    table = skew(np.random.default_rng(5), 5, -1, 2)
    average = mk.nash_average(table).weights
    game = mk.NormalFormGame.from_bimatrix(table.astype(int))
    for p, q in itertools.islice(mk.all_equilibria(game), 10):
        assert mk.nash_conv(game, [average, q]) < 1e-12
        assert mk.nash_conv(game, [p, average]) < 1e-12


@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("k", [10**6, 10**9, 10**12, 10**30])
def test_a_forbidden_agent_does_not_hide_the_game_of_the_others(k, kind):
    k = kind(k)
    table = [[0, -1, 2, k], [1, 0, -3, k], [-2, 3, 0, k], [-k, -k, -k, 0]]
    average = mk.nash_average(table)
    assert average.weights == pytest.approx([1 / 2, 1 / 3, 1 / 6, 0], abs=1e-14)
    assert average.ratings[:3].tolist() == [0, 0, 0]
    assert average.ratings[3] == pytest.approx(-k)
    assert not np.signbit(average.ratings[:3]).any()
    assert average.nash_conv < 1e-14
    assert "e-1" not in repr(average).partition("agent")[2]  # ratings without rounding's dust
    beside = mk.nash_average([[*row, 0] for row in table], tasks=True)
    assert beside.nash_conv < 1e-14


def test_a_forbidden_agent_in_a_table_too_large_for_fractions():
    """Dead columns are dropped, and what is left is looked at in its own scale."""
    inner = skew(np.random.default_rng(2), 34, -50, 51)
    table = np.block([[inner, np.full((34, 1), 1e9)], [np.full((1, 34), -1e9), np.zeros((1, 1))]])
    average = mk.nash_average(table)
    assert average.weights[:-1] == pytest.approx(mk.nash_average(inner).weights, abs=1e-9)
    assert average.nash_conv < 1e-9


def test_what_rounding_loses_is_said(monkeypatch):
    from marl_kit.solve.meta_games import nash_average as module

    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "SMALL", 0)
    monkeypatch.setattr(module, "most_even", lambda rows: np.eye(len(rows))[0])
    with pytest.raises(mk.MarlKitError, match="3 x 3 table was lost to rounding"):
        mk.nash_average(RPS)


@pytest.mark.parametrize("kind", [int, float])
def test_antisymmetry_is_judged_pair_by_pair(kind):
    k = kind(10**10)
    with pytest.raises(mk.UnsupportedGameError, match=r"1 at \(0, 1\) and 1 at \(1, 0\)"):
        mk.nash_average([[0, 1, k], [1, 0, k], [-k, -k, 0]])
    third = Fraction(1, 10**30)
    with pytest.raises(mk.UnsupportedGameError, match="not antisymmetric"):
        mk.nash_average([[0, 1 + third], [-1, 0]])


def test_ranks_beside_a_huge_rating():
    table = [[0, 1, 2, 10**12], [-1, 0, 1, 10**12], [-2, -1, 0, 10**12], [-(10**12)] * 3 + [0]]
    assert [rank for rank, _, _ in mk.nash_average(table).ranking()] == [1, 2, 3, 4]


def test_exact_and_rounded_agree():
    for seed in range(12):
        table = skew(np.random.default_rng(seed), 7, -2, 3)
        exact = mk.nash_average(table.astype(int)).weights
        assert exact == pytest.approx(mk.nash_average(table).weights, abs=1e-9)
        payoffs = table[:5]
        exact = mk.nash_average(payoffs.astype(int))
        rounded = mk.nash_average(payoffs)
        assert exact.weights == pytest.approx(rounded.weights, abs=1e-9)
        assert exact.task_weights == pytest.approx(rounded.task_weights, abs=1e-9)


def test_a_game_of_one_player_is_no_table():
    with pytest.raises(mk.UnsupportedGameError, match="for 1 player"):
        mk.nash_average(mk.NormalFormGame([[1, 2, 3]]))
