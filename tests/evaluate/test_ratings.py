"""Elo ratings: known answers, a slow twin, and what is said where likelihood alone says nothing."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import marl_kit as mk
from marl_kit.evaluate.counts import read_counts
from tests.reference import bradley_terry as twin

INTRANSITIVE = [("a", "b", 7, 2, 1), ("b", "c", 6, 0, 5), ("c", "a", 4, 3, 2), ("c", "d", 9, 1, 1)]
BEATEN = [("A", "B", 10, 0, 0), ("B", "C", 10, 0, 0), ("A", "C", 10, 0, 0), ("C", "D", 3, 2, 1)]


def gap(ratings: mk.Ratings, a: str, b: str) -> float:
    return ratings.elo[a] - ratings.elo[b]


def test_three_players_without_prior() -> None:
    """Issue's known answer: 75 % is 190.85 Elo, and 90 % twice that."""
    rows = [("A", "B", 22.5, 0, 7.5), ("B", "C", 20, 5, 5), ("A", "C", 27, 0, 3)]
    ratings = mk.elo(rows, prior=None)
    assert [round(ratings.elo[p], 2) for p in "ABC"] == [190.85, 0, -190.85]


@pytest.mark.parametrize(("prior", "answer"), [(None, 88.74), (500.0, 87.61)])
def test_ten_wins_five_draws_five_losses(prior, answer) -> None:
    ratings = mk.elo([("mine", "theirs", 10, 5, 5)], prior=prior)
    assert round(gap(ratings, "mine", "theirs"), 2) == answer
    assert ratings.score["mine"] == 12.5 / 20
    assert ratings.draws.tolist() == [0.25, 0.25]
    assert ratings.games.tolist() == [20, 20]


def test_online_elo() -> None:
    """The worked example of Wikipedia's article on the Elo rating system, without rounding."""
    rating = mk.online_elo(1613, (1609, 1477, 1388, 1586, 1720), (0, 0.5, 1, 1, 0))
    assert round(rating, 2) == 1601.27
    assert mk.online_elo(1500, 1500, 1, k=20) == 1510


@pytest.mark.parametrize(
    ("opponents", "scores", "k"),
    [((1500,), (1, 0), 32), ((1500,), (2,), 32), ((1500,), (1,), 0), (("x",), (1,), 32)],
)
def test_online_elo_refuses(opponents, scores, k) -> None:
    with pytest.raises(mk.InvalidOptionError, match="give"):
        mk.online_elo(1500, opponents, scores, k)


def test_maximum_likelihood_is_the_twins() -> None:
    ratings = mk.elo(INTRANSITIVE, prior=None)
    slow = twin.minorise_maximise(twin.points_of(INTRANSITIVE))
    for name, value in slow.items():
        assert ratings.elo[name] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("prior", [50.0, 500.0])
def test_posterior_and_intervals_are_the_twins(prior) -> None:
    rows = [*INTRANSITIVE, ("e", "a", 3, 0, 0)]
    points = twin.points_of(rows)
    slow = twin.most_probable(points, prior)
    ratings = mk.elo(rows, prior=prior)
    mean = dict.fromkeys(slow, -1 / len(slow))
    for name, value in slow.items():
        assert ratings.elo[name] == pytest.approx(value, abs=1e-3)
        error = twin.standard_error(points, slow, prior, mean | {name: 1 - 1 / len(slow)})
        assert ratings.high[name] - ratings.elo[name] == pytest.approx(1.96 * error, rel=1e-4)
    best, low, high = ratings.difference("e", "c")
    error = twin.standard_error(points, slow, prior, {"e": 1.0, "c": -1.0})
    assert best == pytest.approx(slow["e"] - slow["c"], abs=1e-3)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=1e-4)
    chance = 0.5 * (1 + math.erf(best / error / math.sqrt(2)))
    assert ratings.superiority.loc["e", "c"] == pytest.approx(chance, abs=1e-5)


def test_intervals_hold_what_they_promise() -> None:
    """1,000 leagues of four players: 95 % within 3.5 standard errors of a proportion."""
    rng = np.random.default_rng(5)
    true = {"a": 0.0, "b": 60.0, "c": 120.0, "d": -90.0}
    hits, number = 0, 1000
    for _ in range(number):
        rows = []
        for a, b in itertools.combinations(true, 2):
            wins = int(rng.binomial(40, twin.expected(true[a] - true[b])))
            rows.append((a, b, wins, 0, 40 - wins))
        _, low, high = mk.elo(rows, prior=None).difference("b", "d")
        hits += low <= true["b"] - true["d"] <= high
    assert hits / number == pytest.approx(0.95, abs=3.5 * math.sqrt(0.95 * 0.05 / number))


def test_anchor_moves_the_zero_and_nothing_else() -> None:
    free, tied = mk.elo(INTRANSITIVE), mk.elo(INTRANSITIVE, anchor="c")
    moved = mk.elo(INTRANSITIVE, anchor={"c": 1200})
    assert free.elo.sum() == pytest.approx(0, abs=1e-9)
    assert (tied.elo["c"], tied.low["c"], tied.high["c"]) == (0, 0, 0)
    for name in "abcd":
        assert gap(free, name, "c") == pytest.approx(tied.elo[name])
        assert moved.elo[name] == pytest.approx(tied.elo[name] + 1200)
        assert (tied.elo[name], tied.low[name], tied.high[name]) == pytest.approx(
            tied.difference(name, "c"), abs=1e-9
        )
    pd.testing.assert_frame_equal(free.superiority, tied.superiority)


def test_superiority_is_a_probability_with_its_complement() -> None:
    chance = mk.elo(INTRANSITIVE).superiority
    np.testing.assert_allclose(chance + chance.T, 1)
    assert np.all(np.diag(chance) == 0.5)
    assert list(chance.index) == list(chance.columns)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.permutations([0, 1, 2, 3]))
def test_order_of_rows_and_names_do_not_matter(numbers, order) -> None:
    rows = [(*"ab", *numbers[:3]), (*"bc", *numbers[3:6]), (*"cd", *numbers[6:]), (*"da", 1, 1, 1)]
    ratings = mk.elo(rows)
    turned = [(b, a, losses, draws, wins) for a, b, wins, draws, losses in rows]
    other = mk.elo([turned[i] for i in order])
    for name in "ad":
        assert other.elo[name] == pytest.approx(ratings.elo[name], abs=1e-6)
        assert other.high[name] == pytest.approx(ratings.high[name], abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 10, 36])
def test_the_bound_of_a_clean_sweep_is_clopper_and_pearsons(n) -> None:
    ratings = mk.elo([("winner", "loser", n, 0, 0)], prior=None)
    share = 0.05 ** (1 / n)
    bound = 400 * math.log10(share / (1 - share))
    assert ratings.elo.tolist() == [math.inf, 0]
    assert ratings.low["winner"] == pytest.approx(bound)
    assert ratings.high["winner"] == math.inf
    assert ratings.difference("winner", "loser") == pytest.approx((math.inf, bound, math.inf))
    assert ratings.difference("loser", "winner") == pytest.approx((-math.inf, -math.inf, -bound))
    assert ratings.superiority.loc["winner", "loser"] == 1 - 0.5**n
    assert f"> {round(bound):+d}" in repr(ratings)
    assert "nan" not in repr(ratings)


def test_bounds_let_all_other_ratings_free() -> None:
    """Along chains, through blocks, and where other games say more than the direct ones."""
    rows = [*BEATEN, ("B", "E", 3, 2, 4), ("A", "E", 2, 0, 0)]
    points = twin.points_of(rows)
    ratings = mk.elo(rows, prior=None, anchor="B")
    assert ratings.low["A"] == pytest.approx(twin.rejected_below(points, "A", "B"), abs=0.01)
    assert -ratings.high["D"] == pytest.approx(twin.rejected_below(points, "B", "D"), abs=0.01)
    low = ratings.difference("A", "D")[1]
    assert low == pytest.approx(twin.rejected_below(points, "A", "D"), abs=0.01)
    assert ratings.elo["E"] == pytest.approx(400 * math.log10(5 / 4))
    assert ratings.groups.unique().tolist() == [1]


def test_a_player_far_below_does_not_hide_the_bound() -> None:
    """The other way to rejection: the difference starts where the likelihood is flat."""
    rows = [(f"p{i}", f"p{i + 1}", 1e8, 0, 1e5) for i in range(6)] + [("top", "p6", 1, 0, 0)]
    ratings = mk.elo(rows, prior=None, anchor="p0")
    assert ratings.low["top"] == pytest.approx(400 * (math.log10(1 / 19) - 18), abs=1)


def test_a_chain_of_winners_is_sorted_by_what_is_known() -> None:
    rows = [(f"p{i}", f"p{i + 1}", 5, 0, 0) for i in range(30)]
    ratings = mk.elo(rows, prior=None)
    assert list(ratings.elo.index) == [f"p{i}" for i in range(31)]
    assert np.isinf(ratings.elo[:-1]).all()
    assert ratings.low.is_monotonic_decreasing
    assert not mk.elo(rows).elo.isin([math.inf]).any()


@pytest.mark.parametrize("prior", [None, 500.0])
def test_groups_without_games_between_them(prior) -> None:
    rows = [("a", "b", 5, 2, 3), ("c", "d", 3, 0, 1), ("d", "e", 3, 0, 1), ("idle", "a", 0, 0, 0)]
    ratings = mk.elo(rows, prior=prior, anchor={"a": 100})
    assert ratings.groups.to_dict() == {"a": 1, "b": 1, "c": 2, "d": 2, "e": 2}
    assert ratings.elo["a"] == 100
    assert ratings.elo[["c", "d", "e"]].sum() == pytest.approx(0, abs=1e-9)
    assert np.isnan(ratings.superiority.loc["a", "c"])
    gap, low, high = ratings.difference("a", "c")
    assert np.isnan(gap)
    assert (low, high) == (-math.inf, math.inf)
    assert gap_alone("c", "e", rows[1:3], prior) == pytest.approx(ratings.difference("c", "e")[0])
    assert ratings.unrated == ("idle",)
    assert ratings.to_frame()["group"].tolist() == [1, 1, 2, 2, 2]
    assert "2 groups that the games do not compare" in repr(ratings)
    assert "not rated: idle" in repr(ratings)
    assert "nan" not in repr(ratings)


def gap_alone(a: str, b: str, rows: list, prior: float | None) -> float:
    return gap(mk.elo(rows, prior=prior), a, b)


def test_two_who_lost_to_the_same_player_are_not_comparable() -> None:
    ratings = mk.elo([("top", "x", 3, 0, 0), ("top", "y", 3, 0, 0)], prior=None, anchor="x")
    assert ratings.groups.to_dict() == {"top": 1, "x": 1, "y": 2}
    assert ratings.elo["top"] == math.inf
    assert np.isnan(ratings.superiority.loc["x", "y"])


def test_all_forms_of_results_say_the_same() -> None:
    rows = [("a", "b", 2, 1, 1), ("a", "b", 0, 0, 1), ("c", "a", 1, 0, 2)]
    match = SimpleNamespace(
        players=("a", "b"),
        scores=np.array([[1, -1], [3, 2], [0, 0], [-1, 1], [-0.5, 0.5]]),
    )
    frames = [
        pd.DataFrame(rows, columns=["a", "b", *names])
        for names in (["wins of a", "draws", "wins of b"], ["wins_a", "draws", "wins_b"])
    ]
    expected = mk.elo(rows).to_frame()
    for results in (*frames, [match, rows[2]], iter(rows), [list(row) for row in rows]):
        pd.testing.assert_frame_equal(mk.elo(results).to_frame(), expected)
    assert mk.elo(match).games["a"] == 5


def test_counts_are_added_up() -> None:
    counts = read_counts([("a", "b", 2, 1, 0), ("b", "a", 4, 0, 3)])
    assert counts.players == ("a", "b")
    assert counts.wins.tolist() == [[0, 5], [4, 0]]
    assert counts.draws.tolist() == [[0, 1], [1, 0]]
    assert counts.games.tolist() == [[0, 10], [10, 0]]


def test_integers_are_names_too() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [2, 3], "wins_a": 2, "draws": 0, "wins_b": 1})
    assert list(mk.elo(frame, anchor=3).elo.index) == [1, 2, 3]
    assert list(mk.elo(list(frame.itertuples(index=False))).elo.index) == [1, 2, 3]


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([("a", "b", -1, 0, 0)], "'a' against 'b' has the counts -1, 0, 0"),
        ([("a", "b", math.nan, 0, 0)], "finite and not negative"),
        ([("a", "b", math.inf, 0, 0)], "finite and not negative"),
        ([("a", "b", "many", 0, 0)], "must be numbers"),
        ([("a", "a", 1, 0, 0)], "'a' is paired with itself"),
        ([("a", "b", 1, 0)], "no result"),
        (("a", "b", 1, 0, 0), "no result"),
        ("a b 1 0 0", "give rows"),
        (7, "give rows"),
        ([(True, "b", 1, 0, 0)], "no name of a player"),
        ([(None, "b", 1, 0, 0)], "no name of a player"),
        ([(["a"], "b", 1, 0, 0)], "no name of a player"),
        (pd.DataFrame({"a": ["x"], "b": ["y"], "won": [1]}), "the columns are a, b, won"),
        (SimpleNamespace(players=("a", "b", "c"), scores=np.zeros((2, 3))), "matches of two"),
        (SimpleNamespace(players=("a", "b"), scores=[[math.nan, 0]]), "not finite"),
    ],
)
def test_bad_results_are_refused(results, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.elo(results)


@pytest.mark.parametrize("prior", [0, -1.0, math.nan, math.inf, "wide", True])
def test_a_prior_is_a_positive_number(prior) -> None:
    with pytest.raises(mk.InvalidOptionError, match="prior is"):
        mk.elo(INTRANSITIVE, prior=prior)


def test_bad_anchors_and_models_are_refused() -> None:
    with pytest.raises(mk.UnknownNameError, match="did you mean 'random'"):
        mk.elo([("random", "x", 1, 0, 1)], anchor="randon")
    with pytest.raises(mk.InvalidOptionError, match="'a' and 'b' are both anchors"):
        mk.elo(INTRANSITIVE, anchor={"a": 0, "b": 10})
    with pytest.raises(mk.InvalidOptionError, match="the rating of 'a'"):
        mk.elo(INTRANSITIVE, anchor={"a": math.nan})
    with pytest.raises(mk.UnknownNameError, match="half"):
        mk.elo(INTRANSITIVE, draws="halves")
    with pytest.raises(mk.UnknownNameError, match="player 'z'"):
        mk.elo(INTRANSITIVE).difference("a", "z")


def test_no_games_are_an_empty_table() -> None:
    for results in ([], [("a", "b", 0, 0, 0)]):
        for prior in (None, 500.0):
            ratings = mk.elo(results, prior=prior, anchor="a" if results else None)
            assert ratings.to_frame().empty
            assert "player" in repr(ratings)


def test_the_table() -> None:
    ratings = mk.elo(INTRANSITIVE, anchor="d")
    frame = ratings.to_frame()
    assert list(frame.columns) == ["player", "elo", "low", "high", "games", "score", "draws"]
    assert frame["elo"].is_monotonic_decreasing
    assert "normal prior of 500 Elo around the pool's mean" in ratings.model
    assert "a draw counts as half a win" in ratings.model
    text = repr(ratings).splitlines()
    assert text[1].endswith(ratings.model)
    assert "d = 0" in text[2]
    table = text[text.index("") + 1 :]
    assert len({len(line) for line in table}) == 1
    assert table[-1].split()[:4] == ["d", "0", "0", "0"]
    assert "no prior" in mk.elo(INTRANSITIVE, prior=None).model


def test_html_escapes_names_and_long_tables_are_cut() -> None:
    rows = [(f"<p{i}>", f"<p{i + 1}>", 1, 1, 1) for i in range(60)]
    page = mk.elo(rows)._repr_html_()
    assert "&lt;p30&gt;" in page
    assert "<p30>" not in page
    assert "and 21 more" in page
    assert "and 21 more" in repr(mk.elo(rows))


def test_a_thousand_members_from_all_their_pairs() -> None:
    rng = np.random.default_rng(3)
    true = rng.normal(0, 300, 1000)
    a, b = np.triu_indices(1000, 1)
    wins = rng.binomial(10, 1 / (1 + 10 ** ((true[b] - true[a]) / 400)))
    frame = pd.DataFrame({"a": a, "b": b, "wins_a": wins, "draws": 0, "wins_b": 10 - wins})
    ratings = mk.elo(frame)
    found = ratings.elo[np.arange(1000)].to_numpy()
    # about 30,000 points of information in each rating: errors of 4 Elo
    assert np.abs(found - (true - true.mean())).max() < 30
    inside = (ratings.low[np.arange(1000)] <= true - true.mean()).to_numpy()
    assert inside.mean() == pytest.approx(0.975, abs=0.02)


def test_extreme_but_finite_counts() -> None:
    ratings = mk.elo([("a", "b", 1e6, 0, 1), ("b", "c", 1e6, 0, 1)], prior=None)
    assert gap(ratings, "a", "b") == pytest.approx(2400, abs=1e-3)
    assert gap(ratings, "a", "c") == pytest.approx(4800, abs=1e-3)


def test_matches_of_different_games_are_not_pooled():
    matches = [mk.play(game, ["random", "random"], games=4) for game in ("chicken", "tic_tac_toe")]
    with pytest.raises(mk.InvalidOptionError, match="different games"):
        mk.elo(matches)


def test_an_anchor_that_is_a_list_is_refused():
    with pytest.raises(mk.InvalidOptionError, match="anchor is"):
        mk.elo([("A", "B", 1, 0, 1)], anchor=["A"])
