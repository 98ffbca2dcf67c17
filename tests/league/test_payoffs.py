"""Pay-off tables and their intervals, as functions of counts."""

import math

import numpy as np
import pytest

from marl_kit.league.counts import PairCount, PairCounts
from marl_kit.league.payoffs import Z_95, counts_table, payoff_table, wilson

ROWS = [
    PairCount("a", "b", 4, 2, 1, 1, 1.0, -1.0),
    PairCount("b", "c", 2, 0, 2, 0, 3.0, 3.0),
]
COUNTS = PairCounts.of(ROWS)


def test_counts_are_what_elo_takes():
    table = counts_table(COUNTS)
    assert table.columns.tolist() == ["a", "b", "wins of a", "draws", "wins of b"]
    assert table.values.tolist() == [["a", "b", 2, 1, 1], ["b", "c", 0, 2, 0]]


def test_both_sides_of_every_pair_in_the_order_of_the_members():
    table = payoff_table(COUNTS, ["c", "b", "a"], (-3.0, 3.0))
    assert table.columns.tolist() == ["a", "b", "games", "mean", "low", "high", "exact"]
    assert table[["a", "b", "games", "mean"]].values.tolist() == [
        ["c", "b", 2, 1.5],
        ["b", "c", 2, 1.5],  # not the negative: payoffs need not sum to 0
        ["b", "a", 4, -0.25],
        ["a", "b", 4, 0.25],
    ]
    assert not table["exact"].any()
    assert (table["low"] < table["mean"]).all()
    assert (table["mean"] < table["high"]).all()


def test_empty_tables_have_their_columns():
    table = payoff_table(PairCounts.of([]), ["a", "b"], (0.0, 1.0))
    assert table.columns.tolist() == ["a", "b", "games", "mean", "low", "high", "exact"]
    assert len(table) == len(counts_table(PairCounts.of([]))) == 0


def test_wilson_by_its_definition():
    """The ends m of the interval satisfy |mean - m| = z sqrt(m (1 - m) / n) (Wilson 1927)."""
    mean = np.array([0.0, 0.1, 0.5, 0.77, 1.0, 0.3])
    games = np.array([3, 10, 20, 1000, 7, 1])
    low, high = wilson(mean, games, (0.0, 1.0))
    for m, n, ends in zip(mean, games, zip(low, high, strict=True), strict=True):
        for end in ends:
            assert abs(m - end) == pytest.approx(Z_95 * math.sqrt(end * (1 - end) / n), abs=1e-12)


def test_wilson_known_value():
    """81 of 263: (0.2553, 0.3662), Newcombe (1998), Statistics in Medicine 17, table I."""
    low, high = wilson(np.array([81 / 263]), np.array([263]), (0.0, 1.0))
    assert (round(low[0], 4), round(high[0], 4)) == (0.2553, 0.3662)


def test_wilson_scales_with_the_payoffs():
    mean, games = np.array([0.0, 0.25, 1.0]), np.array([4, 5, 6])
    low, high = wilson(mean, games, (0.0, 1.0))
    scaled = wilson(10 * mean - 3, games, (-3.0, 7.0))
    np.testing.assert_allclose(scaled, (10 * low - 3, 10 * high - 3), atol=1e-12)


def test_intervals_stay_within_the_bounds_and_hold_the_mean():
    games = np.array([1, 2, 5, 1, 2, 5])
    mean = np.array([-2.0, -2.0, -2.0, 2.0, 2.0, 2.0]) / 3
    low, high = wilson(mean, games, (-2 / 3, 2 / 3))
    assert (low >= -2 / 3).all()
    assert (high <= 2 / 3).all()
    assert (low <= mean).all()
    assert (mean <= high).all()


def test_a_game_whose_payoffs_are_all_the_same():
    low, high = wilson(np.array([2.0]), np.array([10]), (2.0, 2.0))
    assert (low[0], high[0]) == (2.0, 2.0)


@pytest.mark.parametrize("values", [(0.0, 1.0), (0.0, 0.5, 1.0), (0.2, 0.4, 1.0)])
def test_the_interval_covers(values):
    """Of 4,000 samples of 60 games at least 94 % cover the true mean (binomial standard error
    0.34 % at 95 %), more where payoffs lie between the bounds."""
    rng = np.random.default_rng(11)
    samples = rng.choice(values, size=(4000, 60))
    low, high = wilson(samples.mean(axis=1), np.full(4000, 60), (0.0, 1.0))
    covered = ((low <= np.mean(values)) & (np.mean(values) <= high)).mean()
    assert covered > (0.94 if len(values) == 2 else 0.98)
