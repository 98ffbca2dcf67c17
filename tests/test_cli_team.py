"""`marl-kit team`: progress on stderr, results on stdout, runs that go on, and animations."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import marl_kit as mk
from marl_kit.cli import main
from marl_kit.cli.waiting import COMPILING
from marl_kit.plot.team_animation import FRAME, LAST

SMALL = ("--algorithm", "vdn", "--copies", 2, "--episodes", 4, "--evaluate-every", 8)
OPTIONS = tuple(
    x for text in ("width=8", "batch=2", "updates=1", "rollout=2") for x in ("-o", text)
)
SCALE = "mean of the agents' rewards, undiscounted, per episode"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["team", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.replace(COMPILING + "\n", "")


def train(capsys, *arguments, env="two_step") -> tuple[int, str, str]:
    return run(capsys, "train", env, *SMALL, *OPTIONS, *arguments)


def facts_of(text: str) -> dict[str, str]:
    lines = [line.rstrip() for line in text.splitlines()]
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith(" "))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Two runs of 8 steps."""
    folder = tmp_path_factory.mktemp("teams") / "two"
    options = {"width": 8, "batch": 2, "updates": 1, "rollout": 2}
    told = {"copies": 2, "episodes": 4, "evaluate_every": 8}
    mk.train_team("two_step", "vdn", steps=8, seeds=2, path=folder, **told, **options)
    return folder


@pytest.fixture(scope="module")
def spread(tmp_path_factory) -> Path:
    """A team that has not learned anything, for pictures."""
    folder = tmp_path_factory.mktemp("spread") / "run"
    told = {"copies": 1, "episodes": 1}
    mk.train_team("simple_spread(horizon=4)", "vdn", steps=0, path=folder, **told)
    return folder


def test_help_lists_them_with_examples(capsys) -> None:
    for arguments in (["--help"], []):
        code, out, err = run(capsys, *arguments)
        assert (code, err) == (0, "")
        assert all(name in out for name in ("train", "play", "cross"))
    code, out, _ = run(capsys, "train", "--help")
    assert code == 0
    assert "marl-kit team train simple_spread --algorithm mappo --steps 1e6" in " ".join(
        out.split()
    )
    assert "--tensorboard" in out


def test_algorithms_and_rewards_in_the_help_are_those_that_there_are() -> None:
    from marl_kit.cli.team.training import ALGORITHMS as LISTED
    from marl_kit.cli.team.training import REWARDS as WAYS
    from marl_kit.learn.cooperative.algorithms import ALGORITHMS
    from marl_kit.learn.cooperative.rollout import REWARDS

    assert LISTED.split(", ") == list(ALGORITHMS)
    assert WAYS.replace(" or ", ", ").split(", ") == list(REWARDS)


def test_a_table_on_stderr_and_the_result_on_stdout(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    code, out, err = train(capsys, "--steps", "1.6e1", "--seeds", 2, "--path", folder)
    assert code == 0
    title, scale, heading, *lines = err.splitlines()
    assert title == "two_step, vdn, 2 runs"
    assert scale == f"return: {SCALE}, interquartile mean of the runs"
    names = ["steps", "return", "lowest", "highest", "steps/s", "time left", "losses"]
    assert all(name in heading for name in names)
    assert [line.split()[0] for line in lines] == ["0", "8", "16"]
    assert lines[0].split()[4:] == ["-", "-", "-"]
    assert "value" in lines[1]
    assert lines[2].split()[5:7] == ["0", "s"]
    with (folder / "progress.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for line, row in zip(lines, rows, strict=True):
        returns = [float(row["return_0"]), float(row["return_1"])]
        expected = [np.mean(returns), min(returns), max(returns)]
        assert [float(x) for x in line.split()[1:4]] == pytest.approx(expected, rel=1e-3)
    facts = facts_of(out)
    assert facts["environment"] == "two_step"
    assert facts["path"] == str(folder)
    assert facts["runs"] == "2, each of 16 steps"
    assert SCALE in out


def test_the_same_as_in_python_and_it_goes_on(capsys, tmp_path) -> None:
    folder = tmp_path / "run"
    for steps in ("8", "16"):
        code, out, _ = train(capsys, "--steps", steps, "--path", folder, "--json")
        assert code == 0
    told = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    options = {"width": 8, "batch": 2, "updates": 1, "rollout": 2}
    expected = mk.train_team(
        "two_step", "vdn", steps=16, copies=2, episodes=4, evaluate_every=8, **options
    ).to_dict()
    assert told["steps"] == [0, 8, 16]
    assert told["scale"] == SCALE
    assert told["low"] == [None] * 3
    assert told["returns"] == expected["returns"]
    assert told["losses"] == expected["losses"]


def test_without_a_path_nothing_is_written(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = train(capsys, "--steps", 8, "-o", "sharing=0,1")
    assert code == 0
    assert "path" not in facts_of(out)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "many"], "steps is 'many'"),
        (["--steps", "1.5"], "steps is '1.5'"),
        (["--steps", "inf"], "steps is 'inf'"),
        (["--steps", "nan"], "steps is 'nan'"),
        (["--steps", "-1"], "steps is -1"),
        (["--steps", "true"], "steps is 'true'"),
        (["--seeds", "0"], "seeds is 0"),
        (["--evaluate-every", "0"], "evaluate_every is 0"),
        (["--evaluate-every", "x"], "evaluate_every is 'x'"),
        (["--reward", "most"], "reward is 'most'"),
        (["--algorithm", "qmixx"], "qmix"),
        (["-o", "widht=8"], "widht"),
        (["-o", "sharing=0,1,2"], "sharing"),
        (["-o", "seeds=3"], "seeds is no option of an algorithm"),
        (["-o", "progress=3"], "progress is no option of an algorithm"),
    ],
    ids=repr,
)
def test_bad_input_is_one_line(capsys, tmp_path, arguments, words) -> None:
    folder = tmp_path / "run"
    code, out, err = run(capsys, "train", "two_step", "--path", folder, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: ")
    assert words in err
    assert not folder.exists() or not (folder / "run.json").exists()


def test_ctrl_c_ends_it_after_the_rollout(tmp_path) -> None:
    """What was reached is printed, and the same command goes on from there."""
    command = [sys.executable, "-m", "marl_kit", "team", "train", "two_step", "--json"]
    command += [*map(str, SMALL), *OPTIONS, "--path", str(tmp_path / "run")]
    process = subprocess.Popen(
        [*command, "--steps", "1e9"],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[:1] == ["8"]:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "interrupted; the same command goes on"
    reached = json.loads(out)["steps"][-1]
    assert 8 <= reached < 1e9
    options = {"width": 8, "batch": 2, "updates": 1, "rollout": 2}
    told = {"copies": 2, "episodes": 4, "evaluate_every": 8, "path": tmp_path / "run"}
    assert mk.train_team("two_step", "vdn", steps=reached, **told, **options).steps[-1] == reached


def test_tensorboard_gets_returns_and_losses(capsys, tmp_path, monkeypatch) -> None:
    """A writer that notes what it is told, in place of TensorBoard's."""
    told: dict[tuple[str, int], float] = {}

    class Writer:
        def __init__(self, folder: str):
            assert folder == str(tmp_path / "board")

        def add_scalar(self, name: str, value: float, steps: int) -> None:
            told[name, steps] = value

        def flush(self) -> None:
            pass

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    board = tmp_path / "board"
    _, out, _ = train(capsys, "--steps", 8, "--seeds", 2, "--tensorboard", board, "--json")
    result = json.loads(out)
    for place, steps in enumerate(result["steps"]):
        assert told["return", steps] == result["iqm"][place]
        assert told["return/1", steps] == result["returns"][1][place]
    assert told["value loss/0", 8] == result["losses"]["value loss"][0][1]
    assert ("value loss/0", 0) not in told


def test_tensorboard_that_is_not_installed(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    code, out, err = train(capsys, "--path", tmp_path / "run", "--tensorboard", tmp_path / "board")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: tensorboard is not installed; `pip install tensorboard`")
    assert not (tmp_path / "run").exists()


def test_play_tells_the_mean_with_its_interval(capsys, trained) -> None:
    code, out, err = run(capsys, "play", trained, "--run", 1, "--episodes", 3)
    assert (code, err) == (0, "")
    facts = facts_of(out)
    assert (facts["team"], facts["episodes"]) == ("vdn#1", "3")
    assert SCALE in out
    _, out, _ = run(capsys, "play", trained, "--run", 1, "--episodes", 3, "--json")
    told = json.loads(out)
    # without exploration the game has no chance: every episode is the same
    assert told["return"] == told["low"] == told["high"]
    assert told["return"] in (0.0, 1.0, 7.0, 8.0)
    assert facts["return"].startswith(f"{told['return']:.4g}  (95 %: ")


def test_the_interval_is_students(capsys, spread) -> None:
    from scipy.stats import t

    from marl_kit.learn.cooperative.trained import play_episodes

    _, out, _ = run(capsys, "play", spread, "--episodes", 5, "--seed", 3, "--json")
    told = json.loads(out)
    (team,) = mk.load_teams(spread)
    returns = play_episodes(team.team.environment(5, 3), [team] * 3, "mean", 3)
    expected = t.interval(0.95, 4, returns.mean(), returns.std(ddof=1) / np.sqrt(5))
    assert told["return"] == pytest.approx(returns.mean())
    assert [told["low"], told["high"]] == pytest.approx(expected)
    _, out, _ = run(capsys, "play", spread, "--episodes", 1, "--json")
    assert json.loads(out)["low"] is None
    _, out, _ = run(capsys, "play", spread, "--episodes", 1)
    assert "(one episode: no interval)" in out


def test_an_episode_as_a_gif(capsys, spread, tmp_path) -> None:
    gif = tmp_path / "spread.gif"
    code, out, _ = run(capsys, "play", spread, "--episodes", 1, "--gif", gif)
    assert code == 0
    assert facts_of(out)["animation"] == str(gif)
    with Image.open(gif) as image:
        times = []
        for frame in range(image.n_frames):
            image.seek(frame)
            times.append(image.info["duration"])
    assert sum(times) == 4 * FRAME + LAST  # equal frames are kept as one that stays longer


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run", "2"], "the runs 0 to 1"),
        (["--gif", "team.png"], "ends in .gif"),
        (["--gif", "team.gif"], "nothing draws two_step"),
        (["--gif", "no_such_folder/team.gif"], "no folder"),
    ],
    ids=repr,
)
def test_play_refuses(capsys, trained, tmp_path, monkeypatch, arguments, words) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "play", trained, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not list(tmp_path.iterdir())


def test_play_of_no_run(capsys, tmp_path) -> None:
    for command in ("play", "cross"):
        code, out, err = run(capsys, command, tmp_path / "nothing")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "holds no run of a team" in err


def test_cross_names_the_teams(capsys, trained) -> None:
    code, out, err = run(capsys, "cross", trained, "--episodes", 1, "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["teams"] == [f"{trained}#0", f"{trained}#1"]
    expected = mk.cross_play(mk.load_teams(trained), episodes=1)
    assert told["returns"] == expected.tolist()
    assert told["scale"] == SCALE
    code, out, _ = run(capsys, "cross", trained, "--run", 1, "--episodes", 1)
    assert code == 0
    assert f"1  {trained}#1" in out
    assert "#0" not in out
    assert SCALE in out


def test_cross_refuses_different_scales_and_games(capsys, trained, spread, tmp_path) -> None:
    other = tmp_path / "sum"
    mk.train_team("two_step", "vdn", steps=0, reward="sum", path=other, episodes=1, copies=1)
    for folder, words in ((other, "mean, sum"), (spread, "different games")):
        code, out, err = run(capsys, "cross", trained, folder)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert words in err
