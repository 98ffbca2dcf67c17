"""Specs to games: the order of the places, parameters, errors, Python files, saving."""

import os

import numpy as np
import pyspiel
import pytest

from marl_kit.core.errors import (
    GameFileError,
    InvalidOptionError,
    UnknownNameError,
)
from marl_kit.games.load import as_game, load_game
from marl_kit.games.normal_form import NormalFormGame

NFG = 'NFG 1 R "mine" { "a" } { 2 } 1 2\n'
PYTHON = """
from marl_kit.games.normal_form import NormalFormGame
CALLS = 0
def load(top=2):
    global CALLS
    CALLS += 1
    return NormalFormGame([[0, top]], name=f"call {CALLS}")
"""


def test_catalogue_before_openspiel_and_prefix():
    assert load_game("chicken").spec == "chicken"
    assert load_game("kuhn_poker(players=3)").num_players == 3
    game = load_game("openspiel:kuhn_poker", players=3)
    assert game.num_players == 3
    assert load_game(game.spec).num_players == 3


def test_games_pass_through():
    game = load_game("chicken")
    assert load_game(game) is game
    assert as_game(game) is game
    assert as_game("chicken").name == game.name
    assert as_game(pyspiel.load_game("kuhn_poker")).num_players == 2


def test_paths(tmp_path, monkeypatch):
    (tmp_path / "chicken").write_text(NFG)
    path = tmp_path / "odd (name).nfg"
    path.write_text(NFG)
    monkeypatch.chdir(tmp_path)
    assert load_game("chicken").num_players == 2  # bare names are not looked up in the folder
    for spec in (path, str(path), "odd (name).nfg", "./odd (name).nfg"):
        game = load_game(spec)
        assert game.name == "mine"
        assert game.spec == str(path)
        assert load_game(game.spec).spec == game.spec
    latin = tmp_path / "latin.nfg"
    latin.write_bytes(NFG.replace("mine", "né").encode("latin-1"))
    assert load_game("latin.nfg").name == "né"


@pytest.mark.parametrize(
    ("spec", "params", "error", "words"),
    [
        ("chiken", {}, UnknownNameError, "did you mean 'chicken'"),
        ("kuhn_pokre", {}, UnknownNameError, "'kuhn_poker'"),
        ("openspiel:kuhn_pokre", {}, UnknownNameError, "'kuhn_poker'"),
        ("chicken(players=3)", {}, InvalidOptionError, "takes no parameters; given: players"),
        ("chicken", {"players": 3}, InvalidOptionError, "takes no parameters"),
        ("kuhn_poker(players=3)", {"players": 3}, InvalidOptionError, "both"),
        ("kuhn_poker(players=3", {}, InvalidOptionError, r"'\('"),
        ("pettingzoo:classic/conect_four_v3", {}, UnknownNameError, "connect_four_v3"),
        ("no/such.efg", {}, GameFileError, "no such file"),
        ("such.nfg", {}, GameFileError, "no such file"),
        ("no/such.txt", {}, InvalidOptionError, ".nfg, .efg, .py"),
        (3, {}, InvalidOptionError, "not a game"),
        (None, {}, InvalidOptionError, "not a game"),
    ],
)
def test_refusals(spec, params, error, words):
    with pytest.raises(error, match=words):
        load_game(spec, **params)


def test_python_files(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(PYTHON)
    game = load_game(f"{path}(top=5)")
    assert game.payoffs.tolist() == [[0, 5]]
    assert game.spec == f"{path}(top=5)"
    assert load_game(path).name == "call 2"  # the file ran once
    path.write_text(PYTHON.replace("CALLS = 0", "CALLS = 10"))
    assert load_game(path).name == "call 11"  # and again after an edit
    with pytest.raises(InvalidOptionError, match="bottom"):
        load_game(path, bottom=1)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("x = 1\n", 1, "no function load"),
        ("x = (\n", 1, "SyntaxError"),
        ("x = 1\ny = 1 / 0\n", 2, "ZeroDivisionError"),
        ("def load():\n    raise ValueError('oh')\n", 2, "ValueError: oh"),
        ("def load():\n    return 3\n", 1, "returned 3"),
    ],
)
def test_broken_python_files(tmp_path, content, line, words):
    path = tmp_path / "broken.py"
    path.write_text(content)
    with pytest.raises(GameFileError, match=words) as caught:
        load_game(path)
    assert caught.value.line == line


def test_saving_by_ending(tmp_path):
    game = load_game("kuhn_1950")
    game.save(tmp_path / "k.efg")
    np.testing.assert_array_equal(load_game(tmp_path / "k.efg").tree().payoffs, game.tree().payoffs)
    chicken = load_game("chicken")
    chicken.save(tmp_path / "c.nfg")
    np.testing.assert_array_equal(load_game(tmp_path / "c.nfg").payoffs, chicken.payoffs)
    chicken.save(tmp_path / "c.efg")
    assert load_game(tmp_path / "c.efg").tree().num_infosets == 2
    assert sorted(os.listdir(tmp_path)) == ["c.efg", "c.nfg", "k.efg"]
    for path in (tmp_path / "x.txt", tmp_path / "none" / "x.nfg"):
        with pytest.raises(InvalidOptionError):
            chicken.save(path)


def test_a_normal_form_game_is_a_game():
    assert isinstance(load_game("chicken"), NormalFormGame)
