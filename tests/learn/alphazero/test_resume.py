"""A run that was killed, or that ended, goes on as if it had never stopped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from marl_kit.learn.alphazero.progress import read_progress
from tests.learn.alphazero.tiny import BOARD, train, training, weights


def killed(folder, step):
    """What each run was like that was killed, and went on, at every ``step``-th change."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.learn.alphazero.kill_driver", str(folder), str(step)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    kills = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(kill["equal"] for kill in kills), [kill for kill in kills if not kill["equal"]]
    rounds = [kill["rounds"] for kill in kills]
    assert rounds == sorted(rounds)
    assert set(rounds) >= {0, 1}
    return kills


def test_killed_before_changes_of_the_folder(tmp_path):
    """Also between the files of a checkpoint: the final weights are those of one process."""
    assert len(killed(tmp_path, 3)) > 4


@pytest.mark.slow
def test_killed_before_every_change_of_the_folder(tmp_path):
    # a round writes six files: examples, snapshot, matches, progress, player, state
    assert len(killed(tmp_path, 1)) > 12


@pytest.mark.parametrize(
    "config",
    [
        {"search": "puct", "rate_half_life": 1},
        {"quick_share": 0.5, "quick_simulations": 2, "random_plies": 2, "averaging": 0.0},
        {"window": 1, "symmetries": False, "search_value": 0.5, "exact_from": 2},
        {"network": "residual", "window": 5},
    ],
    ids=repr,
)
def test_in_two_calls_or_in_one(tmp_path, config):
    for rounds in (1, 3, 3):
        train(BOARD, tmp_path / "two", rounds=rounds, seed=4, **config)
    train(BOARD, tmp_path / "one", rounds=3, seed=4, **config)
    assert weights(tmp_path / "two") == weights(tmp_path / "one")
    for name in ("progress.csv", "matches.csv"):
        rows = [(tmp_path / run / name).read_text().splitlines() for run in ("one", "two")]
        assert len(rows[0]) == len(rows[1])


def test_nothing_is_done_twice(tmp_path):
    train(BOARD, tmp_path, rounds=2)
    before = (tmp_path / "state.safetensors").read_bytes()
    rows = []
    train(BOARD, tmp_path, rounds=2, progress=rows.append)
    assert rows == []
    assert (tmp_path / "state.safetensors").read_bytes() == before
    train(BOARD, tmp_path, rounds=4, progress=rows.append)
    assert [row.round for row in rows] == [3, 4]
    assert [row.round for row in read_progress(tmp_path / "progress.csv", 9)] == [1, 2, 3, 4]
    assert rows[-1].games == 16
    assert rows[-1].updates == 12


def test_a_window_forgets_old_rounds(tmp_path):
    train(BOARD, tmp_path, rounds=4, window=2)
    assert sorted(f.name for f in (tmp_path / "examples").iterdir()) == ["000003.npz", "000004.npz"]
    run = training(BOARD, window=2)
    for number in range(1, 5):
        run.round()
        assert len(run.window) == min(number, 2)
    assert [sorted(set(part.games.tolist())) for part in run.window] == [
        [8, 9, 10, 11],
        [12, 13, 14, 15],
    ]


def test_in_memory_and_on_disk_are_the_same(tmp_path):
    run = training(BOARD, seed=6)
    for _ in range(2):
        run.round()
    train(BOARD, tmp_path, rounds=2, seed=6)
    kept = weights(tmp_path)
    for name, tensor in run.network.state_dict().items():
        assert kept[f"averaged.{name}"] == tensor.numpy().tobytes()
