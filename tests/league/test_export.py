"""Games for other programs, read back and compared with the log."""

import csv
import json
import re

import pytest

import marl_kit as mk
from tests.league.rows import rows

NAMES = {'the "first"': "random", "back\\slash": "random", "z": "random"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    with mk.League("openspiel:kuhn_poker", "round_robin", NAMES, folder) as league:
        league.train(waves=3)
    return folder


def games(folder):
    """Names and payoffs by seat, and actions, of every game."""
    found = rows(folder)
    names = {row[0]: row[1] for row in found["policy"]}
    actions = {row[:2]: [int(a) for a in row[4].split()] for row in found["game"]}
    sat = {}
    for match, number, _, policy, payoff in found["seat"]:
        sat.setdefault((match, number), []).append((names[policy], payoff))
    return [
        ([name for name, _ in who], [x for _, x in who], actions[key]) for key, who in sat.items()
    ]


def export(folder, path, kind=""):
    with mk.League.open(folder, read_only=True) as league:
        return league.export(path, kind)


def test_jsonl(folder, tmp_path):
    path = export(folder, tmp_path / "games.jsonl")
    read = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(g["players"], g["payoffs"], g["actions"]) for g in read] == games(folder)
    assert [(g["match"], g["game"]) for g in read] == [row[:2] for row in rows(folder)["game"]]
    assert {g["purpose"] for g in read} == {"evaluate"}
    assert [g["wave"] for g in read] == sorted(g["wave"] for g in read)
    assert read[-1]["wave"] == 3


def test_csv(folder, tmp_path):
    path = export(folder, tmp_path / "games.csv")
    with path.open(newline="") as file:
        read = list(csv.DictReader(file))
    found = [
        (
            [g["player 0"], g["player 1"]],
            [float(g["payoff 0"]), float(g["payoff 1"])],
            [int(a) for a in g["actions"].split()],
        )
        for g in read
    ]
    assert found == games(folder)
    assert [int(g["plies"]) for g in read] == [len(actions) for *_, actions in found]


def test_pgn(folder, tmp_path):
    text = export(folder, tmp_path / "games.pgn").read_text()
    read = []
    for part in re.split(r"\n\n(?=\[Event)", text.strip()):
        head, _, moves = part.partition("\n\n")
        tags = dict(re.findall(r'^\[(\w+) "((?:[^"\\]|\\.)*)"\]$', head, re.MULTILINE))
        read.append(({k: re.sub(r"\\(.)", r"\1", v) for k, v in tags.items()}, moves.split()))
    expected = games(folder)
    assert len(read) == len(expected)
    for (tags, moves), (names, payoffs, actions) in zip(read, expected, strict=True):
        assert [tags["White"], tags["Black"]] == names
        assert [float(x) for x in tags["Payoffs"].split()] == payoffs
        assert tags["Result"] == ("1-0" if payoffs[0] > payoffs[1] else "0-1")
        assert moves[-1] == tags["Result"]
        assert len(moves) == len(actions) + 1
        assert [word[0] == "{" for word in moves] == [True, True] + [False] * (len(moves) - 2)
    assert list(read[0][0])[:7] == ["Event", "Site", "Date", "Round", "White", "Black", "Result"]
    assert [tags["Round"] for tags, _ in read] == [str(i + 1) for i in range(len(read))]


def test_lines_of_moves_are_not_long(tmp_path):
    with mk.League("openspiel:connect_four", "round_robin", {"a": "random", "b": "random"}) as run:
        run.train(waves=3)
        text = run.export(tmp_path / "x.pgn").read_text()
    assert max(map(len, text.splitlines())) <= 80


def test_the_kind_may_be_said(folder, tmp_path):
    path = export(folder, tmp_path / "games.txt", "csv")
    assert path.read_text().startswith("match,game,wave,purpose,player 0,player 1,")


@pytest.mark.parametrize("name", ["games.xml", "games", "games.pgn.gz"])
def test_kinds_that_are_none(folder, tmp_path, name):
    with pytest.raises(mk.InvalidOptionError, match=r"pgn, csv, jsonl.*none of them"):
        export(folder, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(folder, tmp_path):
    with pytest.raises(mk.MarlKitError, match="nowhere"):
        export(folder, tmp_path / "nowhere" / "games.csv")


def test_three_players(tmp_path):
    with mk.League("kuhn_poker(players=3)", "round_robin", NAMES) as league:
        league.train(waves=1)
        with pytest.raises(mk.UnsupportedGameError, match="has 3; take csv or jsonl"):
            league.export(tmp_path / "x.pgn")
        assert not (tmp_path / "x.pgn").exists()
        read = league.export(tmp_path / "x.jsonl").read_text().splitlines()
        assert [len(json.loads(line)["payoffs"]) for line in read] == [3] * league.status().games


def test_gate_games_are_there_and_say_so(tmp_path):
    options = dict(oracle="q_learning(episodes=20)", evaluation_games=2)
    with mk.League(
        "openspiel:tic_tac_toe", "self_play", gate="score(games=2,least=0)", **options
    ) as league:
        league.train(waves=2)
        lines = league.export(tmp_path / "x.jsonl").read_text().splitlines()
    purposes = [json.loads(line)["purpose"] for line in lines]
    assert purposes.count("gate") == 2
    assert purposes.count("evaluate") == 2 + 4
