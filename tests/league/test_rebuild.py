"""The derived tables are nothing but a sum over the matches."""

import sqlite3

import pytest

import marl_kit as mk
from tests.league.rows import rows
from tests.league.test_standing import random_log

TTT = "openspiel:tic_tac_toe"
DERIVED = ("pair", "cell")


def derived(log):
    return [log._rows(f"SELECT * FROM {table}") for table in DERIVED]


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize(
    "spoil",
    [
        "SELECT 1",
        "DELETE FROM pair",
        "DELETE FROM cell",
        "UPDATE pair SET games = games + 1, total_a = -total_a",
        "UPDATE cell SET squares = 7",
        "INSERT INTO pair VALUES (3, 3, 0, 9, 9, 9, 9, 9, 9, 9, 9)",
    ],
)
def test_whatever_happened_to_them_they_come_back(players, spoil):
    log, _ = random_log(players, 4, 50, seed=players)
    before = derived(log)
    assert before[0]
    assert bool(before[1]) == (players == 3)
    log._open().execute(spoil)
    log.rebuild()
    assert derived(log) == before
    log.rebuild()
    assert derived(log) == before


def test_payoffs_that_are_no_dyadic_fractions_are_added_in_the_same_order(tmp_path):
    """To the bit: 0.1 + 0.2 + 0.3 depends on the order."""
    game = mk.NormalFormGame.from_bimatrix([[0.1, 0.7], [0.2, 0.3]], [[0.3, 0.1], [0.7, 0.9]])
    players = {"x": "random", "y": "random", "z": "random"}
    with mk.League(game, "round_robin", players, tmp_path) as league:
        league.train(waves=30)
        before = rows(tmp_path)
        league.rebuild()
        assert rows(tmp_path) == before


def test_of_a_league_that_learns_and_has_a_gate(tmp_path):
    options = dict(oracle="q_learning(episodes=20)", evaluation_games=4, more_games=4)
    gate = "score(games=4,least=0.5)"
    with mk.League(TTT, "pfsp", (), tmp_path, gate=gate, **options) as league:
        league.train(waves=2)
        before, ratings = rows(tmp_path), league.ratings()
        with sqlite3.connect(tmp_path / "log.sqlite") as other:
            other.execute("UPDATE pair SET wins_a = 0, draws = games, wins_b = 0")
        other.close()
        assert not league.ratings().equals(ratings)
        league.rebuild()
        assert rows(tmp_path) == before
        assert league.ratings().equals(ratings)


def test_readers_cannot(tmp_path):
    mk.League(TTT, "round_robin", ["random"], tmp_path).close()
    with (
        mk.League.open(tmp_path, read_only=True) as reader,
        pytest.raises(mk.InvalidOptionError, match="read only"),
    ):
        reader.rebuild()
