"""Draws by Davidson and by Rao and Kupper, and what the first move is worth."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

import marl_kit as mk
from tests.reference import draw_models as twin

MODELS = ["half", "davidson", "rao_kupper"]
SEATED = [
    ("a", "b", 7, 2, 1),
    ("b", "a", 5, 3, 4),
    ("b", "c", 6, 1, 5),
    ("c", "b", 4, 4, 2),
    ("c", "a", 4, 3, 2),
    ("c", "d", 9, 1, 1),
    ("d", "c", 3, 1, 4),
]


@pytest.mark.parametrize(
    ("draws", "answer", "parameter"),
    [
        ("half", 88.74, None),
        ("rao_kupper", 95.42, math.sqrt(3)),
        ("davidson", 120.41, 1 / math.sqrt(2)),
    ],
)
def test_ten_wins_five_draws_five_losses(draws, answer, parameter) -> None:
    """By hand: odds of points 5/3; theta^2 = 3 and strength theta; wins to losses 2, and a draw is
    nu times their geometric mean."""
    ratings = mk.elo([("mine", "theirs", 10, 5, 5)], prior=None, draws=draws)
    assert round(ratings.elo["mine"] - ratings.elo["theirs"], 2) == answer
    assert ratings.draw_parameter == (parameter and pytest.approx(parameter, rel=1e-9))


@pytest.mark.parametrize("draws", MODELS)
@pytest.mark.parametrize("first_move", [False, True])
@pytest.mark.parametrize("prior", [None, 100.0])
def test_everything_is_the_twins(draws, first_move, prior) -> None:
    slow = twin.Found(SEATED, draws, first_move, prior)
    ratings = mk.elo(SEATED, prior=prior, draws=draws, first_move=first_move)
    for name in "abcd":
        assert ratings.elo[name] == pytest.approx(slow.elo[name], abs=2e-3)
    best, low, high = ratings.difference("a", "d")
    assert (high - low) / 2 == pytest.approx(1.959964 * slow.error("a", "d"), rel=1e-4)
    chance = 0.5 * (1 + math.erf(best / slow.error("a", "d") / math.sqrt(2)))
    assert ratings.superiority.loc["a", "d"] == pytest.approx(chance, abs=1e-5)
    if draws != "half":
        assert ratings.draw_parameter == pytest.approx(slow.draw, abs=1e-5)
        share = twin.probabilities(draws, 0.0, slow.draw)[1]
        assert ratings.draw_share == pytest.approx(share, abs=1e-6)
    if first_move:
        value, low, high = ratings.first_move
        assert value == pytest.approx(slow.first, abs=2e-3)
        assert (high - low) / 2 == pytest.approx(1.959964 * slow.first_error(), rel=1e-4)
    else:
        assert ratings.first_move is None


@pytest.mark.parametrize("draws", MODELS)
def test_groups_share_the_game_but_not_the_zero(draws) -> None:
    """Two copies of the same results: the same ratings, and more certainty about what is shared."""
    copy = [(a * 2, b * 2, *counts) for a, b, *counts in SEATED]
    one = mk.elo(SEATED, prior=None, draws=draws, first_move=True)
    two = mk.elo([*SEATED, *copy], prior=None, draws=draws, first_move=True)
    assert two.groups.nunique() == 2
    for name in "abcd":
        assert two.elo[name] == pytest.approx(one.elo[name], abs=1e-6)
        assert two.elo[name * 2] == pytest.approx(one.elo[name], abs=1e-6)
        assert two.high[name] < one.high[name]
    widths = [r.first_move[2] - r.first_move[1] for r in (one, two)]
    assert widths[1] == pytest.approx(widths[0] / math.sqrt(2))
    assert two.draw_parameter == (one.draw_parameter and pytest.approx(one.draw_parameter))


@pytest.mark.parametrize("draws", ["davidson", "rao_kupper"])
@pytest.mark.parametrize("first_move", [False, True])
def test_truth_is_found_again(draws, first_move) -> None:
    """2 million games drawn from the model: within 1.5 Elo (standard errors are below 0.5)."""
    true = {"a": 0.0, "b": 80.0, "c": -150.0}
    advantage, draw = (35.0 if first_move else 0.0), 1.6
    rng = np.random.default_rng(11)
    rows = []
    for a in true:
        for b in set(true) - {a}:
            chances = twin.probabilities(draws, true[a] - true[b] + advantage, draw)
            rows.append((a, b, *rng.multinomial(333_000, chances)))
    ratings = mk.elo(rows, prior=None, draws=draws, first_move=first_move, anchor="a")
    for name, value in true.items():
        assert ratings.elo[name] == pytest.approx(value, abs=2.5)
    assert ratings.draw_parameter == pytest.approx(draw, rel=0.01)
    if first_move:
        assert ratings.first_move[0] == pytest.approx(advantage, abs=1.5)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=9, max_size=9),
    st.permutations([0, 1, 2, 3]),
    st.sampled_from(MODELS),
    st.booleans(),
)
def test_rows_in_any_order_and_anchors_do_not_matter(numbers, order, draws, first_move) -> None:
    rows = [(*"ab", *numbers[:3]), (*"bc", *numbers[3:6]), (*"ca", *numbers[6:]), (*"ad", 1, 1, 1)]
    ratings = mk.elo(rows, draws=draws, first_move=first_move)
    other = mk.elo([rows[i] for i in order], draws=draws, first_move=first_move, anchor={"a": 70})
    for name in "ad":
        gap = ratings.elo[name] - ratings.elo["a"]
        assert other.elo[name] - 70 == pytest.approx(gap, abs=1e-5)
        assert other.difference(name, "a") == pytest.approx(ratings.difference(name, "a"), abs=1e-5)
    np.testing.assert_allclose(ratings.superiority + ratings.superiority.T, 1)


@pytest.mark.parametrize("draws", MODELS)
def test_swapped_seats_turn_the_advantage(draws) -> None:
    swapped = [(b, a, losses, drawn, wins) for a, b, wins, drawn, losses in SEATED]
    one = mk.elo(SEATED, draws=draws, first_move=True)
    other = mk.elo(swapped, draws=draws, first_move=True)
    assert other.first_move[0] == pytest.approx(-one.first_move[0], abs=1e-6)
    pd.testing.assert_series_equal(one.elo, other.elo)
    without = [mk.elo(rows, draws=draws) for rows in (SEATED, swapped)]
    pd.testing.assert_series_equal(without[0].elo, without[1].elo)


@pytest.mark.parametrize("draws", ["davidson", "rao_kupper"])
def test_without_a_draw_all_models_are_one(draws) -> None:
    rows = [(a, b, wins, 0, losses) for a, b, wins, _, losses in SEATED]
    for first_move in (False, True):
        plain = mk.elo(rows, first_move=first_move)
        other = mk.elo(rows, draws=draws, first_move=first_move)
        pd.testing.assert_series_equal(plain.elo, other.elo)
        assert other.draw_share == 0
        assert other.draw_parameter == {"davidson": 0, "rao_kupper": 1}[draws]


@pytest.mark.parametrize("draws", MODELS)
def test_counts_of_any_size_are_fitted(draws) -> None:
    """A thousand million times the games: the same ratings, and 1e4.5 times the certainty. One
    game in the other order tells the seats from strength, if only by the prior."""
    rows = [(a, b, *(1e9 * x for x in counts)) for a, b, *counts in SEATED]
    one, many = (mk.elo(x, None, draws=draws, first_move=True) for x in (SEATED, rows))
    np.testing.assert_allclose(many.elo, one.elo, atol=1e-5)
    width = (one.high - one.low) / math.sqrt(1e9)
    np.testing.assert_allclose(many.high - many.low, width, rtol=1e-4)
    lone = mk.elo([("a", "b", 1e9, 1e9, 1e9), ("b", "a", 1, 0, 0)], draws=draws, first_move=True)
    # wins and losses of the many are as frequent, so seat and strength make up for each other
    assert lone.first_move[0] == pytest.approx(lone.elo["b"] - lone.elo["a"], abs=1e-3)


@pytest.mark.parametrize("draws", MODELS)
def test_bounds_know_the_model(draws) -> None:
    """A sweep of 8 games with the first move: the difference at which it has probability 1/20."""
    rows = [*SEATED, ("top", "a", 8, 0, 0)]
    ratings = mk.elo(rows, prior=None, draws=draws, first_move=True, anchor="a")
    first, draw = ratings.first_move[0], ratings.draw_parameter

    def chance(gap: float) -> float:
        if draws == "half":
            return 1 / (1 + 10 ** (-(gap + first) / 400))
        return twin.probabilities(draws, gap + first, draw)[0]

    bound = scipy.optimize.brentq(lambda gap: chance(gap) ** 8 - 0.05, -2000, 2000)
    assert ratings.elo["top"] == math.inf
    assert ratings.low["top"] == pytest.approx(bound, abs=1e-4)
    assert ratings.difference("top", "a")[1] == pytest.approx(bound, abs=1e-4)
    assert np.isnan(ratings.superiority.loc["top", "a"])
    assert mk.elo(rows, prior=None, draws=draws).superiority.loc["top", "a"] == 1 - 0.5**8


def test_covariance_is_what_intervals_are_made_of() -> None:
    rows = [*SEATED, ("top", "a", 3, 0, 0)]
    ratings = mk.elo(rows, prior=None, draws="davidson", anchor="c")
    matrix = ratings.covariance()
    assert list(matrix.index) == list(ratings.elo.index)
    assert np.isnan(matrix.loc["top", "a"])
    for name in "abd":
        width = ratings.high[name] - ratings.elo[name]
        assert math.sqrt(matrix.loc[name, name]) * 1.959964 == pytest.approx(width, rel=1e-6)
    assert abs(matrix.loc["c", "c"]) < 1e-9
    variance = matrix.loc["a", "a"] + matrix.loc["b", "b"] - 2 * matrix.loc["a", "b"]
    best, _, high = ratings.difference("a", "b")
    assert math.sqrt(variance) * 1.959964 == pytest.approx(high - best, rel=1e-6)


def test_matches_tell_the_seats() -> None:
    match = SimpleNamespace(
        players=("x", "y"),
        scores=np.array([[1, -1], [0, 0], [-1, 1], [1, -1], [1, -1], [-1, 1]]),
        seats=np.array([[0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 0]]),
    )
    rows = [("x", "y", 2, 0, 1), ("y", "x", 1, 1, 1)]
    by_match = mk.elo([match, ("x", "y", 1, 1, 1)], first_move=True)
    by_rows = mk.elo([*rows, ("x", "y", 1, 1, 1)], first_move=True)
    assert by_match.first_move == pytest.approx(by_rows.first_move)
    assert mk.elo(match, first_move=True).first_move == pytest.approx(
        mk.elo(rows, first_move=True).first_move
    )
    frame = pd.DataFrame(rows, columns=["a", "b", "wins_a", "draws", "wins_b"])
    assert mk.elo(frame, first_move=True).first_move == pytest.approx(
        mk.elo(rows, first_move=True).first_move
    )
    played = mk.play("tic_tac_toe", ["random", "random"], games=60, seed=1)
    assert mk.elo(played, first_move=True).first_move[0] > 0


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([("a", "b", 0, 3, 0)], {"draws": "davidson"}, "every game .* was drawn"),
        ([("a", "b", 0, 3, 0)], {"draws": "rao_kupper", "prior": None}, "every game"),
        ([("a", "b", 3, 0, 2)], {"first_move": True, "prior": None}, "from the strength"),
        ([("a", "b", 3, 0, 0)], {"first_move": True, "prior": None}, "took points"),
        (
            [("a", "b", 3, 0, 0), ("b", "a", 2, 0, 0)],
            {"first_move": True, "prior": None},
            "no finite maximum",
        ),
        (
            [("a", "b", 2, 0, 0), ("b", "c", 0, 2, 0), ("a", "c", 0, 2, 0)],
            {"draws": "davidson", "prior": None},
            "no finite maximum",
        ),
        ([("a", "b", 3, 1, 2)], {"first_move": "yes"}, "give True or False"),
        (
            SimpleNamespace(players=("a", "b"), scores=np.zeros((2, 2))),
            {"first_move": True},
            "seats",
        ),
        (7, {"first_move": True}, "give rows"),
        ([("a", "b", 1)], {"first_move": True}, "no result"),
    ],
)
def test_what_cannot_be_told_is_refused(rows, options, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.elo(rows, **options)


def test_printed_and_plain_forms() -> None:
    ratings = mk.elo([*SEATED, ("top", "a", 3, 0, 0)], None, draws="rao_kupper", first_move=True)
    assert "Rao and Kupper" in ratings.model
    assert "first move" in repr(ratings)
    assert "equals draw" in ratings._repr_html_()
    plain = json.loads(json.dumps(ratings.to_dict(), allow_nan=False))
    assert plain["player"][0] == "top"
    assert plain["elo"][0] == "inf"
    assert plain["draw_parameter"] == ratings.draw_parameter


def test_no_games_are_an_empty_table() -> None:
    for rows in ([], [("a", "b", 0, 0, 0)]):
        for prior in (None, 500.0):
            assert mk.elo(rows, prior, draws="davidson", first_move=True).to_frame().empty
