"""Who plays whom: probabilities by the formula, and no NaN anywhere."""

import numpy as np
import pytest

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.league.matchmaking import draw_opponents, find_matchmaker, opponents
from marl_kit.league.pool_view import PoolView
from tests.reference import league as reference


def view(wins, games, learner=None, **more):
    """The learner's results against n opponents, who have not met."""
    n = len(games) + 1
    table, count = np.zeros((n, n)), np.zeros((n, n))
    table[-1, :-1], count[-1, :-1] = wins, games
    table[:-1, -1], count[:-1, -1] = np.subtract(games, wins), games
    return PoolView(table, count, n - 1 if learner is None else learner, **more)


@pytest.mark.parametrize("weighting", ["squared", "variance", "linear_capped"])
@pytest.mark.parametrize(
    ("wins", "games"),
    [([3, 0, 7], [10, 4, 7]), ([5, 9, 2], [5, 9, 2]), ([0, 0], [0, 0]), ([0, 0, 0], [3, 8, 1])],
)
def test_pfsp_is_the_formula(weighting, wins, games):
    found = opponents(f"pfsp(weighting={weighting})", view(wins, games))
    expected = [float(x) for x in reference.pfsp(wins, games, weighting)]
    np.testing.assert_allclose(found, [*expected, 0.0], rtol=1e-12)


def test_pfsp_survives_a_learner_that_always_wins():
    games = [10**17, 10**16]  # there 1 - (wins + 1) / (games + 2) is 0 in float64
    found = opponents("pfsp", view(games, games))
    np.testing.assert_allclose(found, [1 / 101, 100 / 101, 0.0], rtol=1e-9)


def test_latest_and_uniform():
    pool = view([0, 0, 0], [0, 0, 0])
    assert opponents("latest", pool).tolist() == [0, 0, 1, 0]
    assert opponents("latest(p=0.5)", pool).tolist() == [0.25, 0.25, 0.5, 0]
    assert opponents("latest(p=0.2)", view([1], [1])).tolist() == [1, 0]
    np.testing.assert_allclose(opponents("uniform", pool), [1 / 3, 1 / 3, 1 / 3, 0])


def test_only_candidates_are_chosen():
    pool = view([0, 0, 0], [0, 0, 0], candidates=[True, True, False, True])
    assert opponents("latest", pool).tolist() == [0, 0, 0, 1]
    only = view([1, 1], [2, 2], candidates=[False, True, False])
    for name in ("uniform", "latest", "pfsp", "nash"):
        assert opponents(name, only).tolist() == [0, 1, 0]


def test_nash_of_rock_paper_scissors_with_a_weak_member():
    wins = np.array([[0, 0, 8, 8, 0], [8, 0, 0, 8, 0], [0, 8, 0, 8, 0], [0] * 5, [0] * 5], float)
    found = opponents("nash", PoolView(wins, wins + wins.T, learner=4))
    np.testing.assert_allclose(found, [1 / 3, 1 / 3, 1 / 3, 0, 0], atol=1e-12)


def test_nash_before_the_first_game_is_uniform():
    np.testing.assert_allclose(opponents("nash", view([0, 0], [0, 0])), [0.5, 0.5, 0])


def test_elo_proximity_is_a_bell_curve_and_takes_infinities():
    pool = view([0, 0, 0], [0, 0, 0], ratings=[0.0, 200.0, np.nan, 200.0])
    weight = np.array([np.exp(-0.5), 1.0, 1.0])
    np.testing.assert_allclose(opponents("elo_proximity", pool)[:3], weight / weight.sum())
    far = view([0, 0], [0, 0], ratings=[-1e7, -2e7, 0.0])
    assert opponents("elo_proximity", far).tolist() == [1, 0, 0]
    ends = view([0, 0], [0, 0], ratings=[np.inf, -np.inf, np.inf])
    assert opponents("elo_proximity", ends).tolist() == [1, 0, 0]
    both = view([0, 0], [0, 0], ratings=[np.inf, -np.inf, 3.0])
    assert opponents("elo_proximity", both).tolist() == [0.5, 0.5, 0]


def test_mixtures_are_sums():
    pool = view([3, 0, 7], [10, 4, 7])
    parts = [opponents(name, pool) for name in ("latest", "pfsp(weighting=variance)", "uniform")]
    found = opponents("0.5*latest + 0.35*pfsp(weighting=variance) + 0.15*uniform", pool)
    np.testing.assert_allclose(found, np.dot([0.5, 0.35, 0.15], parts))


def test_draws_follow_the_generator_alone():
    share = np.array([0.0, 0.25, 0.75])
    first, again = (draw_opponents(share, np.random.default_rng(3), 400) for _ in range(2))
    assert first.tolist() == again.tolist()
    assert set(first.tolist()) == {1, 2}


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("pfps", UnknownNameError, "pfsp"),
        ("pfsp(weight=squared)", UnknownNameError, "weighting"),
        ("pfsp(weighting=sqared)", UnknownNameError, "squared"),
        ("latest(p=1.5)", InvalidOptionError, "from 0 to 1"),
        ("elo_proximity(width=0)", InvalidOptionError, "positive"),
        ("0.5*latest + 0.35*pfsp", InvalidOptionError, "sum to 0.85"),
        ("0.5*latest + pfsp", InvalidOptionError, "no weight"),
        ("half*latest + 0.5*pfsp", InvalidOptionError, "write 0.5"),
        ("nan*latest + 0.5*pfsp", InvalidOptionError, "sum to nan"),
        (3, InvalidOptionError, "give a name"),
    ],
)
def test_specs_are_refused_before_a_game(spec, error, says):
    with pytest.raises(error, match=says):
        find_matchmaker(spec)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"learner": 3}, "members 0 to 1"),
        ({"games": [[0, 3], [3, 0]]}, "add up"),
        ({"games": [[0, 2, 1]]}, r"both are \[n, n\]"),
        ({"candidates": [False, False]}, "at least one"),
        ({"ratings": [1.0]}, "one for each"),
    ],
)
def test_views_are_refused(change, says):
    good = {"wins": [[0, 1], [1, 0]], "games": [[0, 2], [2, 0]], "learner": 0}
    with pytest.raises(InvalidOptionError, match=says):
        PoolView(**(good | change))


def test_elo_proximity_needs_ratings():
    with pytest.raises(InvalidOptionError, match="needs ratings"):
        opponents("elo_proximity", view([0], [0]))


@pytest.mark.parametrize(
    "given",
    [
        ([[0, 1], [1]], [[0, 2], [2, 0]], 0),
        ("ab", "ab", 0),
        ([[0, 1], [1, 0]], [[0, 2], [2, 0]], 0, [True, [False]]),
        ([[0, 1], [1, 0]], [[0, 2], [2, 0]], 0, None, ["1500", "1500"]),
    ],
)
def test_what_is_no_array_is_refused(given):
    with pytest.raises(InvalidOptionError, match=r"array of numbers|truth values"):
        PoolView(*given)


def test_wins_that_miss_the_games_by_little_are_refused():
    with pytest.raises(InvalidOptionError, match="add up"):
        PoolView([[0, 5.00001], [5, 0]], [[0, 10], [10, 0]], 0)
