"""Sequential tests and Glicko-2: published answers and slow twins."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import marl_kit as mk
from tests.reference import sequential as twin

FISHTEST = [10789, 19328, 33806, 19402, 10543]
"""A test of Fishtest's, in the self-test of its stat_util.py."""


def test_bounds_are_walds() -> None:
    test = mk.sprt(wins=10, draws=5, losses=5)
    assert round(test.upper, 4) == 2.9444
    assert round(test.lower, 4) == -2.9444
    assert test.games == 20
    assert test.score == 12.5 / 20


@pytest.mark.parametrize(
    ("results", "options", "llr"),
    [
        ({"pairs": FISHTEST}, {"elo0": -3, "elo1": 1}, 2.131068),
        ({"wins": 65388, "draws": 56553, "losses": 65804}, {"elo0": -3, "elo1": 1}, 2.049043),
        ({"pairs": [39, 2226, 31451, 2412, 40]}, {"elo0": 0.2, "elo1": 0.9}, 2.162543),
        (
            {"pairs": [39, 2226, 31451, 2412, 40]},
            {"elo0": 0.764, "elo1": 3.439, "scale": "normalized"},
            2.162941,
        ),
        ({"pairs": [0, 0, 2, 0, 37]}, {"elo0": 0, "elo1": 20}, 2.180485),
    ],
)
def test_ratios_are_fishtests(results, options, llr) -> None:
    """By Fishtest's published algorithm (LLRcalc.py), on the results of its own self-test."""
    assert mk.sprt(**results, **options).llr == pytest.approx(llr, abs=2e-6)


@pytest.mark.parametrize("scale", ["logistic", "normalized"])
@pytest.mark.parametrize("counts", [[5, 5, 10], [40, 30, 60], [3, 10, 25, 14, 6], [9, 4, 2, 5, 12]])
def test_ratios_are_the_twins(counts, scale) -> None:
    found = mk.sprt(**named(counts), elo0=-10, elo1=40, scale=scale).llr
    slow = twin.most_likely(counts, 40, scale) - twin.most_likely(counts, -10, scale)
    assert found == pytest.approx(slow, abs=1e-5)


def named(counts) -> dict:
    if len(counts) == 5:
        return {"pairs": counts}
    return dict(zip(("losses", "draws", "wins"), counts, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([3, 5]).flatmap(
        lambda k: st.lists(st.integers(0, 500), min_size=k, max_size=k).filter(any)
    ),
    st.floats(-50, 49),
    st.floats(0.5, 60),
    st.sampled_from(["logistic", "normalized"]),
)
def test_the_other_side_sees_the_opposite(counts, elo0, width, scale) -> None:
    mine = mk.sprt(**named(counts), elo0=elo0, elo1=elo0 + width, scale=scale)
    theirs = mk.sprt(**named(counts[::-1]), elo0=-elo0 - width, elo1=-elo0, scale=scale)
    assert mine.llr == pytest.approx(-theirs.llr, abs=1e-6 * (1 + abs(mine.llr)))
    opposite = {"accept": "reject", "reject": "accept", "continue": "continue"}
    if abs(abs(mine.llr) - mine.upper) > 1e-6:
        assert theirs.decision == opposite[mine.decision]


@pytest.mark.parametrize(
    "counts", [[0, 0, 57], [250, 35, 0], [414, 0, 4, 0, 0], [0, 0, 0, 0, 42], [0, 311, 150]]
)
def test_one_sided_counts_have_a_ratio_too(counts) -> None:
    """Whole steps towards the likeliest distribution go in circles here; smaller ones arrive."""
    shown = [x or 1e-3 for x in counts]
    found = mk.sprt(**named(counts), elo0=-0.22, elo1=51, scale="normalized").llr
    same = mk.sprt(**named(shown), elo0=-0.22, elo1=51, scale="normalized").llr
    assert found == pytest.approx(same, abs=1e-6)
    score = np.linspace(0, 1, len(counts)) @ counts / sum(counts)
    assert (found > 0) == (score > 0.5)


def test_decisions() -> None:
    assert mk.sprt(wins=400, draws=100, losses=250, elo0=0, elo1=20).decision == "accept"
    assert mk.sprt(wins=250, draws=100, losses=400, elo0=0, elo1=20).decision == "reject"
    assert mk.sprt(pairs=[0, 0, 0, 0, 0]).llr == 0
    assert math.isnan(mk.sprt(pairs=[0, 0, 0, 0, 0]).score)


def test_errors_are_as_rare_as_promised() -> None:
    """500 tests at each hypothesis; 5 % within four standard errors, with room for overshoot."""
    rng = np.random.default_rng(8)
    for elo, wrong in ((0.0, "accept"), (60.0, "reject")):
        score = 1 / (1 + 10 ** (-elo / 400))
        chances = [0.8 - score, 0.4, score - 0.2]
        failed = sum(run(rng, chances) == wrong for _ in range(500))
        assert failed / 500 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 500)


def run(rng: np.random.Generator, chances: list[float]) -> str:
    counts = np.zeros(3)
    for _ in range(1000):
        counts += rng.multinomial(10, chances)
        decision = mk.sprt(**named(counts), elo0=0, elo1=60).decision
        if decision != "continue":
            return decision
    raise AssertionError("a test did not end")


def test_a_match_is_counted_by_its_pairs() -> None:
    scores = [[1, -1], [1, -1], [1, -1], [0, 0], [1, -1], [-1, 1], [0, 0], [-1, 1], [0, 0], [0, 0]]
    match = SimpleNamespace(players=("a", "b"), scores=np.array(scores, float))
    assert mk.sprt(match).counts == (0, 1, 2, 1, 1)
    assert sum(mk.sprt(mk.play("tic_tac_toe", ["random", "random"], games=8)).counts) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "in one form"),
        ({"wins": 1, "draws": 1, "losses": 1, "pairs": [1] * 5}, "in one form"),
        ({"wins": 1, "draws": 1}, "all three"),
        ({"wins": -1, "draws": 1, "losses": 1}, "give 3 counts"),
        ({"pairs": [1, 2, 3]}, "give 5 counts"),
        ({"pairs": "many"}, "give 5 counts"),
        ({"wins": "5", "draws": 0, "losses": 1}, "give 3 counts"),
        ({"pairs": [1] * 5, "elo0": 5}, "elo0 < elo1"),
        ({"pairs": [1] * 5, "elo1": math.nan}, "finite number"),
        ({"pairs": [1] * 5, "alpha": 0.5}, "between 0 and 1/2"),
        ({"pairs": [1] * 5, "elo1": 1e9}, "nearer to 0"),
        ({"pairs": [1] * 5, "elo1": 1e9, "scale": "normalized"}, "nearer to 0"),
        ({"match": SimpleNamespace(scores=np.zeros((2, 3)))}, "match of two"),
        ({"match": 3}, "match of two"),
    ],
)
def test_bad_tests_are_refused(options, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.sprt(**options)


@pytest.mark.parametrize("scale", ["normalised", ["normalized"]])
def test_an_unknown_scale_is_refused(scale) -> None:
    with pytest.raises(mk.UnknownNameError, match="normalized"):
        mk.sprt(pairs=[1] * 5, scale=scale)


def test_printed_and_plain_forms() -> None:
    test = mk.sprt(pairs=FISHTEST, elo0=-3, elo1=1)
    assert "pentanomial" in repr(test)
    assert "<table>" in test._repr_html_()
    assert json.loads(json.dumps(test.to_dict()))["counts"] == FISHTEST


def test_glickmans_example() -> None:
    """Glickman (2013), Example of the Glicko-2 system, page 4."""
    others = [mk.Glicko(1400, 30), mk.Glicko(1550, 100), mk.Glicko(1700, 300)]
    after = mk.glicko2(mk.Glicko(1500, 200, 0.06), others, [1, 0, 0])
    assert round(after.rating, 2) == 1464.05
    assert round(after.deviation, 2) == 151.52
    assert after.volatility == pytest.approx(0.059996, abs=5e-7)
    assert after.low < 1464 < after.high
    assert set(after.to_dict()) == {"rating", "deviation", "volatility", "low", "high"}
    assert "1464.05" in repr(after)


STANDING = st.tuples(st.floats(800, 2400), st.floats(20, 400), st.floats(0.03, 0.2))


@settings(max_examples=100, deadline=None)
@given(
    STANDING,
    st.lists(st.tuples(STANDING, st.sampled_from([0, 0.5, 1])), min_size=1),
    st.floats(0.3, 1.2),
)
def test_glicko_is_the_twins(player, games, tau) -> None:
    others, scores = [x for x, _ in games], [s for _, s in games]
    found = mk.glicko2(mk.Glicko(*player), [mk.Glicko(*x) for x in others], scores, tau)
    slow = twin.glicko2(player, others, scores, tau)
    assert (found.rating, found.deviation, found.volatility) == pytest.approx(slow, rel=1e-8)


def test_who_does_not_play_becomes_less_certain() -> None:
    after = mk.glicko2(mk.Glicko(1600, 50, 0.06))
    assert (after.rating, after.volatility) == (1600, 0.06)
    assert after.deviation == pytest.approx(math.hypot(50, 0.06 * 173.7178))


def test_giants_do_not_break_glicko() -> None:
    after = mk.glicko2(mk.Glicko(100_000, 50), [mk.Glicko()], [0])
    assert math.isfinite(after.rating)
    assert after.rating < 100_000


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((mk.Glicko(), [mk.Glicko()], []), "a score between 0 and 1"),
        ((mk.Glicko(), [mk.Glicko()], [2]), "a score between 0 and 1"),
        ((1500, [], []), "no standing"),
        ((mk.Glicko(deviation=0), [], []), "positive"),
        ((mk.Glicko(rating=math.nan), [], []), "finite"),
        ((mk.Glicko(), [], [], 0), "tau is 0"),
        ((mk.Glicko(), [], [], None), "tau is None"),
        ((mk.Glicko(), [], [], 1e-200), "from 0.001 to 100"),
        ((mk.Glicko(), mk.Glicko(), [1]), "a list with one for each game"),
        ((mk.Glicko(), [mk.Glicko()], ["w"]), "finite numbers"),
        ((mk.Glicko("abc"), [], []), "finite"),
        ((mk.Glicko(volatility=1e-200), [], []), "volatility is 1e-200"),
    ],
)
def test_glicko_refuses(args, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.glicko2(*args)


@pytest.mark.parametrize("tau", [1e-3, 0.5, 100.0])
@pytest.mark.parametrize("sigma", [1e-12, 0.06, 1e6])
@pytest.mark.parametrize("rating", [-1e9, 100.0, 1500.0, 3000.0, 1e9])
def test_glicko_at_the_ends_of_what_is_allowed(tau, sigma, rating) -> None:
    """It always answers with a standing that it takes again."""
    for deviation in (1e-6, 50.0, 1e9):
        standing = mk.Glicko(rating, deviation, sigma)
        for score in (0, 1):
            after = mk.glicko2(standing, [mk.Glicko()] * 3, [score] * 3, tau)
            assert all(map(math.isfinite, (after.rating, after.deviation, after.volatility)))
            assert 1e-12 <= after.volatility <= 1e6
