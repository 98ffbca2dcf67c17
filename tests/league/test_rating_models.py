"""Every model on one played league, against the functions that it stands for."""

import itertools

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.evaluate.glicko import Glicko, glicko2
from marl_kit.evaluate.online import online_elo
from marl_kit.league.rating_models import MODELS, K
from tests.league.rows import rows

PLAYERS = {"dice": "random", "weak": "mcts(simulations=3)", "strong": "mcts(simulations=60)"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rated")
    with mk.League("tic_tac_toe", "round_robin", PLAYERS, folder) as league:
        league.train(waves=12)
    return folder


@pytest.fixture
def league(folder):
    with mk.League.open(folder, read_only=True) as league:
        yield league


def games_of(folder):
    """Wave, names and payoffs by seat of every game, as another program reads them."""
    found = rows(folder)
    names = {row[0]: row[1] for row in found["policy"]}
    stage = {row[0]: row[1] for row in found["job"]}
    wave = {row[0]: row[1] for row in found["stage"]}
    of_match = {row[0]: wave[stage[row[1]]] for row in found["match"]}
    seats = itertools.groupby(found["seat"], key=lambda row: row[:2])
    for (match, _), sat in seats:
        sat = list(sat)
        yield of_match[match], [names[row[3]] for row in sat], [row[4] for row in sat]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_sees_who_is_strong(league, model):
    if model == "openskill":
        pytest.importorskip("openskill")
    table = league.rate(model)
    assert table["player"].tolist()[0] == "strong"
    assert set(table["player"]) <= set(PLAYERS)
    assert table.iloc[:, 1].is_monotonic_decreasing
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
    assert league.rate(model).equals(table)  # the log stays


def test_elo_is_elo_by_hand(league, folder):
    wins = {}
    for _, (a, b), (x, y) in games_of(folder):
        pair = (a, b) if list(PLAYERS).index(a) < list(PLAYERS).index(b) else (b, a)
        own, other = (x, y) if pair == (a, b) else (y, x)
        count = wins.setdefault(pair, [0, 0, 0])
        count[0 if own > other else 1 if own == other else 2] += 1
    results = [(a, b, *count) for (a, b), count in wins.items()]
    assert league.rate("elo").equals(mk.elo(results, anchor="dice").to_frame())
    for draws in ("davidson", "rao_kupper"):
        by_hand = mk.elo(results, anchor="dice", draws=draws).to_frame()
        assert league.rate(draws).equals(by_hand)


def test_the_first_move_is_told_apart(league, folder):
    counts = {}
    for _, pair, (x, y) in games_of(folder):
        count = counts.setdefault(tuple(pair), [0, 0, 0])
        count[0 if x > y else 1 if x == y else 2] += 1
    results = [(a, b, *count) for (a, b), count in counts.items()]
    by_hand = mk.elo(results, anchor="dice", first_move=True)
    found = league.elo(first_move=True)
    assert found.first_move == pytest.approx(by_hand.first_move)
    table, own = league.rate("first_move"), by_hand.to_frame()
    assert table["player"].tolist() == own["player"].tolist()
    np.testing.assert_allclose(table["elo"], own["elo"], atol=1e-6)


def test_online_elo_game_by_game(league, folder):
    rating = dict.fromkeys(PLAYERS, 0.0)
    for _, (a, b), (x, y) in games_of(folder):
        score = 1.0 if x > y else 0.5 if x == y else 0.0
        rating[a], rating[b] = (
            online_elo(rating[a], rating[b], score, K),
            online_elo(rating[b], rating[a], 1 - score, K),
        )
    table = league.rate("online_elo").set_index("player")
    assert table["elo"].to_dict() == pytest.approx(rating)
    assert table["elo"].sum() == pytest.approx(0)
    assert table["games"].tolist() == [48, 48, 48]


def test_glicko_by_waves(league, folder):
    standing = {name: Glicko() for name in PLAYERS}
    for _, period in itertools.groupby(games_of(folder), key=lambda game: game[0]):
        met = {name: ([], []) for name in PLAYERS}
        for _, (a, b), (x, y) in period:
            score = 1.0 if x > y else 0.5 if x == y else 0.0
            for me, you, s in ((a, b, score), (b, a, 1 - score)):
                met[me][0].append(standing[you])
                met[me][1].append(s)
        standing = {name: glicko2(standing[name], *met[name]) for name in PLAYERS}
    table = league.rate("glicko2").set_index("player")
    for name, g in standing.items():
        assert table["rating"][name] == pytest.approx(g.rating)
        half = (table["high"][name] - table["low"][name]) / 2
        assert half == pytest.approx(1.959964 * g.deviation, rel=1e-6)


def test_nash_average_and_alpha_rank_of_the_pay_offs(league):
    table = league.payoffs().pivot(index="a", columns="b", values="mean").fillna(0.0)
    names = list(PLAYERS)
    mean = table.loc[names, names].to_numpy()
    average = mk.nash_average(mean)
    found = league.rate("nash_average").set_index("player").loc[names]
    np.testing.assert_allclose(found["rating"], average.ratings, atol=1e-9)
    np.testing.assert_allclose(found["weight"], average.weights, atol=1e-9)
    shares = league.rate("alpha_rank").set_index("player").loc[names, "share"]
    np.testing.assert_allclose(shares, mk.alpha_rank(mean, np.inf).pi, atol=1e-9)


def test_three_players():
    players = {"a": "random", "b": "random", "c": "random", "d": "random"}
    with mk.League("kuhn_poker(players=3)", "round_robin", players) as league:
        league.train(waves=4)
        for model in ("elo", "online_elo", "glicko2", "first_move"):
            assert set(league.rate(model)["player"]) == set(players)
        for model in ("nash_average", "alpha_rank"):
            with pytest.raises(mk.UnsupportedGameError, match="has 3 players"):
                league.rate(model)


def test_models_that_need_every_pay_off_say_who_has_not_met():
    with mk.League(
        "openspiel:tic_tac_toe", "round_robin", {"a": "random", "b": "random"}
    ) as league:
        league.train(waves=1)
        league.add("random", "late")
        assert len(league.rate("elo")) == 2
        with pytest.raises(mk.InvalidOptionError, match="'a' and 'late' have not met"):
            league.rate("nash_average")


def test_before_anything_was_played():
    with mk.League(
        "openspiel:tic_tac_toe", "round_robin", {"a": "random", "b": "random"}
    ) as league:
        for model in ("elo", "online_elo", "glicko2"):
            assert league.rate(model).empty


def test_unknown_models_have_near_misses(league):
    with pytest.raises(mk.UnknownNameError, match="did you mean 'glicko2'"):
        league.rate("glicko")
