"""Full disks, damaged files, a second trainer: a league says so, loses nothing and goes on."""

import json
import os
import select
import subprocess
import sys
from contextlib import contextmanager

import pytest

import marl_kit as mk
from marl_kit.core.lock import WriterLock
from marl_kit.league.log import MatchLog
from tests.league.rows import rows

KUHN, WAVES = "openspiel:kuhn_poker", 5
OPTIONS = dict(
    oracle="q_learning(episodes=20)",
    gate="score(games=2,least=0.4)",
    evaluation_games=20,
    more_games=20,
    exact=False,
)


def league(folder):
    return mk.League(KUHN, "pfsp", {"x": "random", "y": "random"}, folder, seed=1, **OPTIONS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The log of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole")
    with league(folder) as run:
        run.train(waves=WAVES)
    return rows(folder)


@pytest.mark.parametrize("pages", [0, 1, 3, 6])
def test_a_full_disk_in_the_middle(tmp_path, whole, pages):
    with league(tmp_path) as run:
        run.train(waves=1)
        connection = run._log._open()
        (used,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {used + pages}")
        with pytest.raises(mk.CheckpointError, match="database or disk is full"):
            run.train(waves=400)
        kept = rows(tmp_path)
        for table in ("policy", "stage", "job", "done", "match", "game", "seat", "event"):
            assert kept[table] == whole[table][: len(kept[table])]
        connection.execute("PRAGMA max_page_count = 100000")
        assert run.train(waves=WAVES).waves == WAVES
    assert rows(tmp_path) == whole


def test_a_full_disk_when_a_snapshot_is_written(tmp_path, whole, monkeypatch):
    def full(path, content):
        raise mk.CheckpointError(f"{path}: cannot be written (no space left on device).")

    with league(tmp_path) as run:
        run.train(waves=1)
        with monkeypatch.context() as patch:
            patch.setattr("marl_kit.league.snapshots.write_atomic", full)
            with pytest.raises(mk.CheckpointError, match="no space left"):
                run.train(waves=2)
        assert len(run.members) == 3
        run.train(waves=WAVES)
    assert rows(tmp_path) == whole


def attached(folder, member):
    """The file that a learned member's recipe names."""
    spec = json.loads((folder / member.file).read_text())["spec"]
    return folder / "snapshots" / spec.partition(":")[2].partition("(")[0]


@pytest.mark.parametrize("which", ["recipe", "content"])
@pytest.mark.parametrize("spoil", ["truncated", "gone", "empty"])
def test_a_damaged_learner(tmp_path, whole, which, spoil):
    with league(tmp_path) as run:
        run.train(waves=1)
        member = run.members[-1]
    file = tmp_path / member.file if which == "recipe" else attached(tmp_path, member)
    before = file.read_bytes()
    if spoil == "gone":
        file.unlink()
    else:
        file.write_bytes(before[: len(before) // 2] if spoil == "truncated" else b"")
    with mk.League.open(tmp_path) as run:
        assert len(run.ratings()) == 3  # the log needs no players
        with pytest.raises(mk.CheckpointError) as caught:
            run.train(waves=WAVES)
        assert str(caught.value).startswith(f"{file}: the snapshot ")
        assert "\n" not in str(caught.value)
    file.write_bytes(before)
    with mk.League.open(tmp_path) as run:
        assert run.train(waves=WAVES).waves == WAVES
    assert rows(tmp_path) == whole


TRAINER = """
import sys
import marl_kit as mk
with mk.League("openspiel:tic_tac_toe", "round_robin", {"x": "random", "y": "random"},
               sys.argv[1]) as league:
    league.train(waves=1)
    print("playing", flush=True)
    league.train(hours=1)
"""


@contextmanager
def trainer(code, folder):
    """A program that trains until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", code, folder], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "playing\n"
            yield process
        finally:
            process.kill()


def test_a_second_trainer_is_told_who_is_first(tmp_path):
    with trainer(TRAINER, tmp_path) as first:
        for again in (
            lambda: mk.League.open(tmp_path),
            lambda: mk.League("openspiel:tic_tac_toe", "round_robin", path=tmp_path),
        ):
            with pytest.raises(mk.RunInUseError, match=rf"pid {first.pid}\b"):
                again()
        with mk.League.open(tmp_path, read_only=True) as reader:
            while reader.payoffs()["games"].min() < 6:
                assert first.poll() is None
            pid, executor, *_, ended = reader._log.sessions()[-1]
            assert (pid, executor, ended) == (first.pid, "inline", None)
    with mk.League.open(tmp_path) as league:
        waves = league.train(waves=1).waves
        assert league.train(waves=waves + 1).waves == waves + 1
        assert league._log.sessions()[-1][-1] is not None


def test_workers_go_when_their_employer_is_killed(tmp_path):
    code = TRAINER.replace("hours=1)", "hours=1, executor=hands)").replace(
        "import marl_kit as mk",
        "import marl_kit as mk\n"
        "from marl_kit.league.executors.processes import Processes\n"
        "class Told(Processes):\n"
        "    def _hire(self):\n"
        "        worker = super()._hire()\n"
        "        print(worker.process.pid, flush=True)\n"
        "        return worker\n"
        "hands = Told(workers=1)",
    )
    with trainer(code, tmp_path) as first:
        worker = os.pidfd_open(int(first.stdout.readline()))
    assert select.select([worker], [], [], 60)[0]  # it has ended
    os.close(worker)
    with mk.League.open(tmp_path) as league:
        assert league.train(waves=1).waves >= 1


def test_the_lock_is_the_logs(tmp_path):
    log = MatchLog(tmp_path)
    with pytest.raises(mk.RunInUseError):
        WriterLock(tmp_path)
    log.close()
    WriterLock(tmp_path).release()
