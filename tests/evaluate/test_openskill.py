"""Ratings from games of n players, by the library where it is installed."""

import importlib.util
import sys

import pytest

import marl_kit as mk
from marl_kit.evaluate.openskill_ratings import MODELS

GAMES = [(("a", "b", "c"), (3, 2, 1)), (("c", "a"), (1, 1)), (("a", "c", "b"), (5, 0, 0))]


@pytest.mark.skipif(not importlib.util.find_spec("openskill"), reason="needs openskill")
def test_games_of_three_and_of_two() -> None:
    frame = mk.openskill(GAMES).set_index("player")
    assert frame.index[0] == "a"
    assert frame.loc["a", "mu"] > 25 > frame.loc["c", "mu"]
    assert frame["games"].to_dict() == {"a": 3, "b": 2, "c": 3}
    assert (frame["sigma"] < 25 / 3).all()
    assert mk.openskill([(("a", "b"), (0, 0))])["mu"].tolist() == pytest.approx([25, 25])


@pytest.mark.skipif(not importlib.util.find_spec("openskill"), reason="needs openskill")
@pytest.mark.parametrize("model", MODELS)
def test_whoever_wins_all_games_of_three_is_first_in_every_model(model) -> None:
    games = [(("a", "b", "c"), (2, 1, 0)), (("c", "b", "a"), (0, 1, 2))] * 10
    assert mk.openskill(games, model)["player"].tolist() == ["a", "b", "c"]


@pytest.mark.skipif(not importlib.util.find_spec("openskill"), reason="needs openskill")
def test_a_match_of_three_is_its_games() -> None:
    match = mk.play("kuhn_poker(players=3)", ["random"] * 3, games=6, seed=1)
    frame = mk.openskill(match)
    assert frame["games"].tolist() == [6, 6, 6]
    rows = [(match.players, tuple(row)) for row in match.scores]
    assert frame.equals(mk.openskill(rows))


def test_without_the_library_it_says_what_to_do(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openskill.models", None)  # as if it were not installed
    with pytest.raises(mk.UnsupportedGameError, match="pip install"):
        mk.openskill(GAMES)


@pytest.mark.parametrize(
    ("games", "message"),
    [
        (7, "give MatchResults"),
        ("abc", "give MatchResults"),
        ([("a", "b", "c")], "no game"),
        ([(("a", "b"), (1,))], "one finite score"),
        ([(("a", "b"), (1, float("nan")))], "one finite score"),
        ([(("a", "b"), ("x", "y"))], "no game"),
        ([(("a", "a"), (1, 2))], "all different"),
        ([(("a",), (1,))], "two or more"),
        ({"a": 1, "b": 0}, "give MatchResults"),
        ([{"a": 1, "b": 0}], "no game"),
        ([("ab", (1, 0))], "no game"),
        ([({"a": 1, "b": 2}, (1, 0))], "no game"),
        ([((["a"], ["b"]), (1, 0))], "no name"),
    ],
)
def test_what_is_no_game_is_refused(games, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.openskill(games)


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(mk.UnknownNameError, match="plackett_luce"):
        mk.openskill(GAMES, model="plackett")
