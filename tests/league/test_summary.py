"""What pictures and reports show, read off logs that were made up."""

import json

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.load import as_game
from marl_kit.league.jobs import Stage
from marl_kit.league.log import MatchLog
from marl_kit.league.options import Options
from marl_kit.league.pool import Pool
from marl_kit.league.records import GATE, Block, Event, Member, Run
from marl_kit.league.summarise import summarise
from marl_kit.play.match import GameRecord
from tests.league.test_log import append


def told(members, wins, events=(), game="tic_tac_toe"):
    """A summary; ``wins[a, b]`` blocks in which a wins both games against b, names by number."""
    log = MatchLog(None)
    log.begin(Run(game, 1, 1, "pfsp"))
    for member in members:
        log.add_member(member)
    log.begin_stage(Stage(1, "accept", events=events))
    blocks = []
    for (a, b), number in wins.items():
        first, second = sorted((a, b))
        for k in range(number):
            sign = 1.0 if a == first else -1.0
            k += wins.get((b, a), 0) * (a > b)  # blocks are numbered through
            games = [
                GameRecord((0, 1), (0,), (sign, -sign)),
                GameRecord((1, 0), (0,), (-sign, sign)),
            ]
            blocks.append(Block((members[first - 1], members[second - 1]), k, ("s",), games))
    append(log, *blocks)
    pool = Pool(as_game(game), Options(oracle="none", exact=False), None, log)
    return summarise(log, pool, "pfsp")


def line(number, parent=None, step=0):
    kind = "learned" if step else "spec"
    return Member(number, f"m{number}", "random", kind, parent and f"m{parent}", step=step)


def test_rock_paper_scissors_is_a_cycle():
    summary = told([line(1), line(2), line(3)], {(1, 2): 5, (2, 3): 5, (3, 1): 5})
    assert summary.cycles == ((0, 1, 2),)
    assert summary.cyclic_share == pytest.approx(1)
    np.testing.assert_array_equal(summary.games, 10 * (1 - np.eye(3, dtype=int)))
    off = [[0, 1, -1], [-1, 0, 1], [1, -1, 0]]
    np.testing.assert_allclose(summary.payoffs, off)
    assert (summary.low <= summary.payoffs).all()
    assert (summary.payoffs <= summary.high).all()


def test_a_ladder_is_none():
    summary = told([line(1), line(2), line(3)], {(1, 2): 5, (2, 3): 5, (1, 3): 5})
    assert summary.cycles == ()
    assert summary.cyclic_share < 0.2
    assert summary.ratings.elo.sort_values(ascending=False).index.tolist() == ["m1", "m2", "m3"]


def test_cycles_are_told_by_their_narrowest_win():
    wins = {(1, 2): 9, (2, 3): 9, (3, 1): 9, (1, 4): 9, (2, 4): 5, (4, 2): 4, (3, 4): 4, (4, 3): 5}
    wins |= {(4, 5): 1, (5, 3): 1}
    summary = told([line(i) for i in range(1, 6)], wins)
    assert summary.cycles[0] == (0, 1, 2)
    margin = summary.payoffs - summary.payoffs.T
    narrowest = [min(margin[a, b], margin[b, c], margin[c, a]) for a, b, c in summary.cycles]
    assert narrowest == sorted(narrowest, reverse=True)
    assert min(narrowest) > 0


def test_forgetting_is_the_worst_share_against_an_ancestor():
    """m4 comes from m3, m3 from m2; that it loses to m1, who is no ancestor, does not count."""
    members = [line(1), line(2, step=1), line(3, 2, 2), line(4, 3, 3)]
    wins = {(1, 4): 8, (4, 2): 1, (2, 4): 3, (4, 3): 2, (3, 4): 2, (3, 2): 4}
    summary = told(members, wins)
    np.testing.assert_allclose(summary.forgetting, [np.nan, np.nan, 1.0, 0.25])
    assert summary.forgot.tolist() == [-1, -1, 1, 1]


def test_generations_and_who_was_accepted():
    members = [line(1), line(2, step=1), line(3, 2, 2)]
    refused = {"member": 3, "accepted": False, "games": 4}
    solved = [
        {"meta": {"1": 1.0}, "exploitability": 0.5, "kind": "a bound"},
        {"meta": {"1": 0.25, "2": 0.75}, "exploitability": 0.75, "kind": "a bound"},
    ]
    events = [Event(w, "solve", json.dumps(d)) for w, d in enumerate(solved, 1)]
    events.append(Event(2, GATE, json.dumps(refused)))
    summary = told(members, {(2, 1): 2}, events)
    assert summary.pool.tolist() == [True, True, False]
    assert summary.generations.tolist() == [1, 2]
    assert summary.meta.tolist() == [[1, 0, 0], [0.25, 0.75, 0]]
    assert summary.exploitability.tolist() == [0.5, 0.75]
    assert summary.best_so_far.tolist() == [0.5, 0.5]
    assert summary.exploitability_kind == "a bound"
    assert np.isnan(summary.payoffs[2, 0])
    assert np.isnan(summary.low[0, 2])


def test_before_anything_was_played():
    summary = told([line(1), line(2)], {})
    assert summary.ratings is None
    assert summary.cycles == ()
    assert np.isnan(summary.cyclic_share)
    assert np.isnan(summary.forgetting).all()
    assert summary.meta.shape == (0, 2)


def test_of_a_league_that_was_trained(tmp_path):
    with mk.League("openspiel:kuhn_poker", "double_oracle", (), tmp_path) as league:
        league.train(waves=4)
        summary = league.summary()
        names = [member.name for member in league.members]
        assert summary.names == tuple(names)
        np.testing.assert_array_equal(summary.meta[-1], league.meta_strategy().to_numpy())
        assert summary.exploitability[-1] == league.exploitability()
        table = league.payoffs()
        place = {name: i for i, name in enumerate(names)}
        for row in table.itertuples(index=False):
            assert summary.payoffs[place[row.a], place[row.b]] == row.mean
    assert summary.exact.all()
    assert summary.exploitability_kind == "exact"
    assert summary.facts["oracle"] == "best_response"
    np.testing.assert_array_equal(summary.low, summary.payoffs)
    assert summary.generations.tolist() == [1, 2, 3, 4]


def test_three_players_on_two_axes():
    players = {"a": "random", "b": "random", "c": "random", "d": "random"}
    with mk.League("kuhn_poker(players=3)", "round_robin", players) as league:
        league.train(waves=6)
        summary, table = league.summary(), league.payoffs()
    assert summary.payoffs.shape == (4, 4)
    off = ~np.eye(4, dtype=bool)
    assert np.isfinite(summary.payoffs[off]).all()
    place = {name: i for i, name in enumerate(players)}
    for row in table.itertuples(index=False):
        i, j = place[row.a], place[row.b]
        assert summary.games[i, j] == row.games
        assert summary.payoffs[i, j] == pytest.approx(row.mean)
        assert summary.low[i, j] <= row.mean <= summary.high[i, j]
