"""`marl-kit league`: a run from the shell, from its beginning to its report."""

import json
import sqlite3

import pytest

import marl_kit as mk
from marl_kit.cli import main
from marl_kit.cli.league import options
from marl_kit.cli.waiting import COMPILING
from marl_kit.league.export import WRITERS
from marl_kit.league.presets import PRESETS
from marl_kit.league.rating_models import MODELS
from marl_kit.league.run_file import RunFile, read_run, read_run_file

KUHN = ("--game", "kuhn_poker", "--preset", "psro")
SMALL = (
    *("--game", "tic_tac_toe", "--player", "dice=random", "--player", "mcts(simulations=5)"),
    *("-o", "oracle=q_learning(episodes=50)", "-o", "evaluation_games=4", "-o", "more_games=6"),
)


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["league", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.replace(COMPILING + "\n", "")


def run_json(capsys, *arguments) -> dict:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A small league that learns, of two waves; nobody changes it."""
    folder = tmp_path_factory.mktemp("leagues") / "run"
    assert main(["league", "train", *SMALL, "--path", str(folder), "--waves", "2"]) == 0
    return folder


def test_names_in_the_help_are_those_that_there_are() -> None:
    assert sorted(options.PRESETS.split(", ")) == sorted(PRESETS)
    assert options.MODELS.split(", ") == list(MODELS)
    assert options.KINDS.split(", ") == list(WRITERS)


def test_without_a_command_it_says_what_there_is(capsys) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert all(name in out for name in ("train", "resume", "status", "rate", "report", "play"))


def test_train_goes_on_where_it_stopped(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    first = run_json(capsys, "train", *KUHN, "--path", folder, "--waves", 2)
    assert (first["waves"], first["status"]) == (2, "PLAYED")
    assert run_json(capsys, "train", *KUHN, "--path", folder, "--waves", 3)["waves"] == 3
    assert run_json(capsys, "resume", folder)["waves"] == 3  # what was asked for is done
    assert run_json(capsys, "resume", folder, "--waves", 4)["waves"] == 4
    with mk.League("kuhn_poker", "psro", path=tmp_path / "python") as league:
        league.train(waves=4)
        told = run_json(capsys, "exploit", folder)
        assert told["exploitability"] == league.exploitability()
        assert told["nash_conv"] == 2 * told["exploitability"]
        assert told["kind"] == "exact"


def test_a_file_describes_a_run(capsys, tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'game = "kuhn_poker"\npreset = "fictitious"\npath = "here"\nseed = 3\n'
        '[until]\nwaves = 2\n[players]\n"the dice" = "random"\n'
        '[options]\noracle = "cfr(iterations=10)"\n',
        encoding="utf-8",
    )
    assert run_json(capsys, "train", path)["waves"] == 2
    with mk.League.open(tmp_path / "here", read_only=True) as league:
        assert (league.preset, league.seed) == ("fictitious", 3)
        assert [member.name for member in league.members] == ["the dice", "main@1", "main@2"]
        assert league.options.oracle.startswith("cfr(iterations=10")
    described, kept = read_run_file(path), read_run(tmp_path / "here")
    assert (kept.players, kept.options, kept.until) == (
        described.players,
        described.options,
        described.until,
    )
    assert kept.path.resolve() == (tmp_path / "here").resolve()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('path = "x"', "needs a 'game'"),
        ('game = "kuhn_poker"', "needs a 'path'"),
        ('game = "kuhn_poker"\npath = "x"\nprest = "psro"', "did you mean 'preset'"),
        ('game = "kuhn_poker"\npath = "x"\n[until]\nhour = 1', "did you mean 'hours'"),
        ('game = "kuhn_poker"\npath = "x"\n[until]\nwaves = 1\n[options]\noracel = 1', "'oracle'"),
        ('game = "kuhn_poker"\npath = "x"\npreset = "psr"\n[until]\nwaves = 1', "'psro'"),
        ('game = "kuhn_poker"\npath = "x"\nuntil = 3', "make it a table"),
        ('game = "kuhn_poker"\npath = "x"\n[players]\na = 3', "give its spec"),
        ('game = "kuhn_poker"\npath = "x"', "say when to stop"),
        ("game = ", "not a TOML file"),
        ('game = 3\npath = "x"', "give a text"),
    ],
)
def test_files_that_describe_no_run(capsys, tmp_path, text, message) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "train", path)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("error: ")
    assert not (tmp_path / "x").exists()


def test_what_is_written_is_read_again(tmp_path) -> None:
    described = RunFile(
        game='matching "pennies"',
        path=tmp_path,
        preset="psro",
        seed=12,
        executor="processes(workers=2)",
        until={"hours": 0.5, "waves": 3},
        players={"a b": "random", "ä": "mcts(simulations=5)", "": "x"},
        options={"exact": False, "oracle": "q_learning(episodes=5,step=0.1)", "more_games": 0},
    )
    path = tmp_path / "again.toml"
    path.write_text(described.to_toml(), encoding="utf-8")
    assert read_run_file(path) == described


def test_a_file_says_it_all(capsys, tmp_path) -> None:
    code, _, err = run(capsys, "train", tmp_path / "run.toml", "--game", "kuhn_poker")
    assert code == 2
    assert "leave --game away" in err


def test_hours_are_those_of_the_whole_run(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    run_json(capsys, "train", *KUHN, "--path", folder, "--hours", 1e-7, "--waves", 99)
    code, _, err = run(capsys, "resume", folder)
    assert code == 2
    assert "hours of this run are over" in err
    assert run_json(capsys, "resume", folder, "--hours", 1, "--waves", 2)["waves"] == 2


def test_a_run_that_was_begun_in_python_needs_an_end(capsys, tmp_path) -> None:
    mk.League("kuhn_poker", "psro", path=tmp_path / "run").close()
    code, _, err = run(capsys, "resume", tmp_path / "run")
    assert code == 2
    assert "give --hours" in err


def test_status(capsys, played) -> None:
    found = run_json(capsys, "status", played)
    assert (found["members"], found["waves"], found["pid"]) == (4, 2, None)
    assert found["training_games"] == 100
    # each of six pairs twice two games, and six more in each wave
    assert found["games"] == 6 * 4 + 2 * 6
    code, out, err = run(capsys, "status", played)
    assert (code, err) == (0, "")
    assert "nobody trains" in out


@pytest.mark.parametrize("model", [m for m in MODELS if m != "openskill"])
def test_rate_under_any_model(capsys, played, model) -> None:
    found = run_json(capsys, "rate", played, "--model", model)
    with mk.League.open(played, read_only=True) as league:
        expected = league.rate(model)
    assert found["model"] == model
    assert [row["player"] for row in found["rows"]] == expected["player"].tolist()
    code, out, _ = run(capsys, "rate", played, "--model", model, "--most", 2)
    assert code == 0
    assert "2 more; --most shows them." in out


def test_unknown_models_have_near_misses(capsys, played) -> None:
    code, _, err = run(capsys, "rate", played, "--model", "davison")
    assert code == 2
    assert "did you mean 'davidson'" in err


def test_payoffs_and_exploit(capsys, played) -> None:
    rows = run_json(capsys, "payoffs", played)["rows"]
    assert len(rows) == 12
    assert all(row["low"] <= row["mean"] <= row["high"] for row in rows)
    told = run_json(capsys, "exploit", played, "--meta-solver", "uniform")
    assert told["kind"].startswith("a lower bound")
    assert set(told["meta_strategy"].values()) == {0.25}
    code, out, _ = run(capsys, "exploit", played)
    assert code == 0
    assert "NashConv / 2" in out


def test_report_and_export(capsys, played, tmp_path) -> None:
    code, out, err = run(capsys, "report", played, "--out", tmp_path / "report.html")
    assert (code, err, out.strip()) == (0, "", str(tmp_path / "report.html"))
    assert "main@2" in (tmp_path / "report.html").read_text(encoding="utf-8")
    code, out, _ = run(capsys, "export", played, tmp_path / "games.jsonl")
    assert code == 0
    assert "36 games" in out
    assert len((tmp_path / "games.jsonl").read_text(encoding="utf-8").splitlines()) == 36
    code, _, err = run(capsys, "export", played, tmp_path / "games.doc")
    assert code == 2
    assert "pgn, csv, jsonl" in err


def test_play_against_a_member(capsys, played) -> None:
    match = run_json(capsys, "play", played, "main@2", "--opponent", "random", "--games", 10)
    assert match["players"] == ["random", "main@2"]
    assert run_json(capsys, "play", played, "main@1", "--opponent", "dice", "--games", 4)
    code, _, err = run(capsys, "play", played, "main@7", "--opponent", "random")
    assert code == 2
    assert "did you mean" in err
    assert run_json(capsys, "status", played)["games"] == 36


def test_rebuild(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    run_json(capsys, "train", *SMALL, "--path", folder, "--waves", 1)
    before = run_json(capsys, "rate", folder)
    with sqlite3.connect(folder / "log.sqlite") as connection:
        connection.execute("UPDATE pair SET wins_a = wins_a + 50, games = games + 50")
    connection.close()
    assert run_json(capsys, "rate", folder) != before
    assert run(capsys, "rebuild", folder)[0] == 0
    assert run_json(capsys, "rate", folder) == before


def test_a_computed_league_has_nothing_to_rate(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    run_json(capsys, "train", *KUHN, "--path", folder, "--waves", 2)
    code, _, err = run(capsys, "rate", folder)
    assert code == 0
    assert "nash_average" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--game", "kuhn_poker", "--waves", 1), "give --game and --path"),
        (("train", *KUHN, "--path", "x"), "say when to stop"),
        (("train", *KUHN, "--path", "x", "--waves", 1, "-o", "oracle"), "key=value"),
        (("train", *KUHN, "--path", "x", "--waves", 1, "-o", "gates=1"), "did you mean 'gate'"),
        (
            ("train", *KUHN, "--path", "x", "--waves", 1, "--executor", "process"),
            "did you mean 'processes'",
        ),
        (("status", "nowhere"), "there is no league"),
    ],
)
def test_bad_input_is_one_line(capsys, monkeypatch, tmp_path, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "more",
    [
        ("--waves", 3),
        ("--games", 3),
        ("--hours", 1),
        ("--seed", 0),
        ("--preset", "pfsp"),
        ("--executor", "inline"),
        ("--game", "kuhn_poker"),
        ("--player", "random"),
        ("-o", "learners=2"),
    ],
)
def test_nothing_is_given_beside_a_file(capsys, tmp_path, more) -> None:
    path = tmp_path / "run.toml"
    path.write_text('game = "kuhn_poker"\npath = "here"\n[until]\nwaves = 1\n', encoding="utf-8")
    code, out, err = run(capsys, "train", path, *more)
    assert (code, out) == (2, "")
    assert {"-o": "--option"}.get(more[0], more[0]) in err
    assert not (tmp_path / "here").exists()


def test_no_games_are_refused(capsys, played) -> None:
    code, out, err = run(capsys, "play", played, "dice", "--opponent", "random", "--games", 0)
    assert (code, out) == (2, "")
    assert "--games" in err


def test_a_league_of_one_member_can_be_looked_at(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    mk.League("tic_tac_toe", "round_robin", ["random"], folder).close()
    assert run_json(capsys, "status", folder)["members"] == 1
    code, out, _ = run(capsys, "export", folder, tmp_path / "games.jsonl")
    assert (code, "0 games" in out) == (0, True)
