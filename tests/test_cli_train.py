"""`marl-kit train alphazero`: progress on stderr, the player on stdout, and runs that go on."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import marl_kit as mk
from marl_kit.cli import main
from marl_kit.cli.waiting import COMPILING
from tests.learn.alphazero.tiny import BOARD, TINY, contents, train, weights

TOLD = tuple(part for name, value in TINY.items() for part in ("-o", f"{name}={value}"))
HEADINGS = ["round", "games", "positions/s", "value loss", "policy loss", "Elo", "keeps"]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["train", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.replace(COMPILING + "\n", "")


def alphazero(capsys, folder, *arguments, game=BOARD) -> tuple[int, str, str]:
    return run(capsys, "alphazero", game, "--path", folder, *TOLD, *arguments)


def test_help_lists_it(capsys) -> None:
    for arguments in (["--help"], []):
        code, out, err = run(capsys, *arguments)
        assert (code, err) == (0, "")
        assert "alphazero" in out
    code, out, _ = run(capsys, "alphazero", "--help")
    assert code == 0
    assert all(name in out for name in ("--path", "--hours", "--rounds", "--option", "--json"))


def test_a_table_on_stderr_and_the_player_on_stdout(capsys, tmp_path) -> None:
    code, out, err = alphazero(capsys, tmp_path / "run", "--rounds", 2)
    assert code == 0
    heading, *lines = err.splitlines()
    assert all(name in heading for name in HEADINGS)
    assert [line.split()[:2] for line in lines] == [["1", "4"], ["2", "8"]]
    assert all(len(line) < 100 for line in err.splitlines())
    facts = dict(line.strip().split(maxsplit=1) for line in out.splitlines())
    assert facts["player"].startswith(f"alphazero:{tmp_path / 'run'}")
    assert facts["rounds"] == "2, with 8 games"
    assert "Elo" not in facts  # nothing was evaluated
    assert "nan" not in out + err
    mk.make_player(facts["player"], BOARD)


def test_the_same_as_in_python(capsys, tmp_path) -> None:
    alphazero(capsys, tmp_path / "shell", "--rounds", 1)
    alphazero(capsys, tmp_path / "shell", "--rounds", 2)
    train(BOARD, tmp_path / "python", rounds=2)
    assert weights(tmp_path / "shell") == weights(tmp_path / "python")


def test_json_has_null_for_what_was_not_measured(capsys, tmp_path) -> None:
    code, out, err = alphazero(capsys, tmp_path / "run", "--rounds", 2, "--json")
    told = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    assert code == 0
    assert err.count("\n") == 3
    assert told["player"] == mk.make_player(told["player"], BOARD).spec
    assert [row["round"] for row in told["rounds"]] == [1, 2]
    assert [row["games"] for row in told["rounds"]] == [4, 8]
    assert all(row["elo"] is None and row["value_keeping"] is None for row in told["rounds"])
    assert all(isinstance(row["value_loss"], float) for row in told["rounds"])


def test_an_evaluation_is_shown(capsys, tmp_path) -> None:
    told = [part for part in TOLD if part not in ("-o", "evaluate_every=0")]
    options = [part for value in told for part in ("-o", value)]
    command = ["alphazero", BOARD, "--path", tmp_path, "--rounds", 1, *options]
    code, out, err = run(capsys, *command)
    facts = dict(line.strip().split(maxsplit=1) for line in out.splitlines())
    assert code == 0
    assert "mcts(simulations=50): 0" in facts["Elo"]
    assert facts["keeps"].startswith("values")
    assert "%" in err.splitlines()[1]


def test_all_rounds_were_played_before(capsys, tmp_path) -> None:
    alphazero(capsys, tmp_path, "--rounds", 1)
    before = contents(tmp_path)
    code, out, err = alphazero(capsys, tmp_path, "--rounds", 1)
    assert (code, err) == (0, "")
    assert "none: all were played before" in out
    code, out, _ = alphazero(capsys, tmp_path, "--rounds", 1, "--json")
    assert (code, json.loads(out)["rounds"]) == (0, [])
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "widht=8"], "widht"),
        (["-o", "rate=0"], "rate"),
        (["-o", "games"], "key=value"),
        (["-o", "search=uct"], "search is 'uct'"),
        (["--rounds", "-1"], "rounds is -1"),
        (["--hours", "0"], "hours is 0"),
        (["--hours", "nan"], "hours is nan"),
        (["--seed", "-1"], "seed is -1"),
    ],
    ids=repr,
)
def test_bad_input_is_one_line(capsys, tmp_path, arguments, words) -> None:
    code, out, err = run(capsys, "alphazero", BOARD, "--path", tmp_path / "run", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert words in err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("game", ["kuhn_poker", "no_such_game"])
def test_games_that_it_cannot_play(capsys, tmp_path, game) -> None:
    code, out, err = alphazero(capsys, tmp_path / "run", "--rounds", 1, game=game)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert game in err
    assert not (tmp_path / "run").exists()


def test_a_folder_of_another_run(capsys, tmp_path) -> None:
    alphazero(capsys, tmp_path, "--rounds", 1)
    before = contents(tmp_path)
    for more, words in ((["--seed", 1], "has seed 0, not 1"), (["-o", "decay=1"], "decay")):
        code, out, err = alphazero(capsys, tmp_path, "--rounds", 2, *more)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert words in err
    code, _, err = alphazero(capsys, tmp_path, "--rounds", 2, game="tic_tac_toe")
    assert (code, err.count("\n")) == (2, 1)
    assert contents(tmp_path) == before


def test_tensorboard_gets_every_number_that_was_measured(capsys, tmp_path, monkeypatch) -> None:
    """A writer that notes what it is told, in place of TensorBoard's."""
    told: list[tuple[str, float, int]] = []

    class Writer:
        def __init__(self, folder: str):
            assert folder == str(tmp_path / "board")

        def add_scalar(self, name: str, value: float, games: int) -> None:
            told.append((name, value, games))

        def flush(self) -> None:
            told.append(("flush", 0, 0))

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    folder = tmp_path / "run"
    alphazero(capsys, folder, "--rounds", 2, "--tensorboard", tmp_path / "board")
    with (folder / "progress.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = []
    for row in rows:
        games = int(row.pop("games"))
        expected += [(n, float(t), games) for n, t in row.items() if t != "nan"]
        expected.append(("flush", 0, 0))
    assert told == expected
    assert {name for name, _, _ in told} >= {"round", "policy_loss", "value_loss", "promotions"}


def test_tensorboard_that_is_not_installed(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    folder = tmp_path / "run"
    code, out, err = alphazero(capsys, folder, "--rounds", 1, "--tensorboard", tmp_path / "board")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: tensorboard is not installed; `pip install tensorboard`")
    assert not folder.exists()
    assert not (tmp_path / "board").exists()


def test_ctrl_c_ends_it_after_the_round(tmp_path) -> None:
    """What was reached is printed, and the run goes on as if nothing had been."""
    command = [sys.executable, "-m", "marl_kit", "train", "alphazero", BOARD, *TOLD, "--json"]
    process = subprocess.Popen(
        [*command, "--path", str(tmp_path / "run"), "--rounds", "100000"],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[:1] == ["2"]:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "interrupted; the same command goes on"
    done = [row["round"] for row in json.loads(out)["rounds"]]
    assert done == list(range(1, len(done) + 1))
    assert 2 <= len(done) < 100000
    train(BOARD, tmp_path / "whole", rounds=done[-1])
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")
