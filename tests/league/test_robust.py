"""What goes wrong around a league: refusals leave nothing, readers and stops lose nothing."""

import copy
import errno
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.cli import main
from marl_kit.core.interrupt import StopRequest
from marl_kit.league.executors.executor import cores
from marl_kit.league.executors.inline import Inline
from marl_kit.league.executors.parcels import Depot
from marl_kit.league.executors.processes import Processes
from marl_kit.league.jobs import PlayJob
from marl_kit.league.log import MatchLog
from marl_kit.league.loss import Bound
from marl_kit.league.plans import Plans
from marl_kit.league.workshop import file_names
from tests.league.rows import rows

KUHN = "openspiel:kuhn_poker"
SHORT = dict(oracle="q_learning(episodes=20)", evaluation_games=4, more_games=4, exact=False)
TWO = {"x": "random", "y": "random"}


# ---- names


class Stopping(Inline):
    """Stops before the first job that trains, as a kill would."""

    def run(self, jobs, stop):
        if any(job.kind == "train" for job in jobs):
            raise KeyboardInterrupt
        return super().run(jobs, stop)


@pytest.mark.parametrize("join", ["add", "snapshot"])
def test_a_name_that_a_learner_will_have_is_taken(tmp_path, join):
    with mk.League(KUHN, "self_play", path=tmp_path, **SHORT) as league:
        assert league.train(waves=1, executor=Stopping()).status is mk.Status.INTERRUPTED
        with pytest.raises(mk.InvalidOptionError, match=r"'main@1' is the name of a learner"):
            getattr(league, join)("random", "main@1")
        league.add("random", "main")
        assert league.snapshot("main").name == "main@2"  # the first free one
        league.train(waves=1)
        assert [m.name for m in league.members] == ["random", "main", "main@2", "main@1"]


# ---- refusals


class Mute:
    """Plays, and cannot say how."""

    def act(self, state, rng):
        return state.legal_actions()[0]


@pytest.mark.parametrize(
    "players", [["random", "mctss"], {"a": "random", "b": Mute()}, {"a": "random", " b": "random"}]
)
def test_a_refused_beginning_leaves_no_run(tmp_path, players):
    for game in (KUHN, mk.NormalFormGame(np.stack([np.eye(2), -np.eye(2)]))):
        with pytest.raises(mk.MarlKitError):
            mk.League(game, "psro", players, tmp_path)
        assert rows(tmp_path) == {}
        assert not list(tmp_path.glob("game.*"))
    with mk.League(KUHN, "round_robin", TWO, tmp_path, seed=5) as league:
        assert (league.preset, len(league.members)) == ("round_robin", 2)


def test_a_refused_member_leaves_the_others_out_too(tmp_path):
    with mk.League(KUHN, "psro", path=tmp_path):
        before = rows(tmp_path)
    with pytest.raises(mk.UnknownNameError, match="mctss"):
        mk.League(KUHN, "psro", {"new": "random", "none": "mctss"}, tmp_path)
    assert rows(tmp_path) == before


def test_only_the_option_that_differs_is_told(tmp_path):
    mk.League(KUHN, "psro", path=tmp_path, **SHORT).close()
    with pytest.raises(mk.CheckpointError, match=r"the option more_games 4, and 9 was") as raised:
        mk.League(KUHN, "psro", path=tmp_path, **(SHORT | {"more_games": 9}))
    assert "evaluation_games" not in str(raised.value)


@pytest.mark.parametrize(
    ("refused", "error", "message"),
    [
        (lambda: mk.League(KUHN, [1]), mk.UnknownNameError, r"preset '\[1\]'"),
        (lambda: Processes(1, lease=float("inf")), mk.InvalidOptionError, "lease is inf"),
        (lambda: Processes(1, lease=float("nan")), mk.InvalidOptionError, "lease is nan"),
        (lambda: empty().rate(["elo"]), mk.UnknownNameError, r"rating model"),
        (lambda: empty().meta_strategy(), mk.InvalidOptionError, "nobody is in this league"),
        (lambda: empty().exploitability(), mk.InvalidOptionError, "nobody is in this league"),
    ],
)
def test_one_sentence(refused, error, message):
    with pytest.raises(error, match=message) as raised:
        refused()
    assert "\n" not in str(raised.value)


def empty():
    return mk.League(KUHN, "round_robin")


@pytest.mark.parametrize("players", [(), ("random",)])
def test_status_of_a_league_that_cannot_play_yet(players):
    with mk.League(KUHN, "round_robin", players) as league:
        status = league.status()
        assert (status.members, status.games, status.waves) == (len(players), 0, 0)
        with pytest.raises(mk.InvalidOptionError, match="at least two members"):
            league.train(waves=1)


# ---- snapshots


def test_a_full_disk_under_a_snapshot(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    with mk.League(KUHN, "round_robin", TWO, tmp_path) as league:
        monkeypatch.setattr("marl_kit.core.files.os.replace", full)
        with pytest.raises(mk.CheckpointError, match=r"No space left on device.*make room"):
            league.snapshot("x")
        monkeypatch.undo()
        assert league.snapshot("x").name == "x@1"


def test_a_folder_that_cannot_be_made(tmp_path):
    with mk.League(KUHN, "round_robin", TWO, tmp_path) as league:
        (tmp_path / "snapshots").write_text("in the way")
        with pytest.raises(mk.CheckpointError, match=r"snapshots: a snapshot cannot be written"):
            league.snapshot("x")
        assert len(league.members) == 2


def test_files_of_a_job_are_looked_at_before_they_travel(tmp_path):
    policy = mk.solve(KUHN, "cfr(iterations=10)").profile
    policy.save(tmp_path / "policy.json")
    with mk.League(KUHN, "round_robin", TWO, tmp_path / "run") as league:
        member = league.add(f"policy:{tmp_path / 'policy.json'}", "solved")
        job, folder = PlayJob((league.members[0], member), 0, 1), tmp_path / "run"
        names = file_names(job, folder)
        assert len(names) == 2
        assert member.file in names
        for name in names:
            content = (folder / name).read_bytes()
            (folder / name).write_bytes(content[:-3])
            with pytest.raises(mk.CheckpointError, match="damaged"):
                file_names(job, folder)
            (folder / name).unlink()
            with pytest.raises(mk.CheckpointError, match="cannot be read"):
                file_names(job, folder)
            (folder / name).write_bytes(content)


# ---- readers beside a writer


VIEWS = ["counts", "payoffs", "ratings", "meta_strategy", "exploitability", "practice"]
VIEWS += ["summary", "status"]


def test_every_view_sees_one_state_of_the_log(tmp_path, monkeypatch):
    """A member joins, and has played, between the first query of a view and the others."""
    with (
        mk.League(KUHN, "round_robin", TWO, tmp_path) as league,
        mk.League.open(tmp_path, read_only=True) as reader,
    ):
        league.train(waves=1)
        ask, count, asked = MatchLog._rows, iter(range(1000)), []

        def disturbed(log, query, values=()):
            found = ask(log, query, values)
            if log is reader._log and asked and asked.pop():
                league.add("random", f"new {next(count)}")
                league.train(waves=league.status().waves + 1)
            return found

        monkeypatch.setattr(MatchLog, "_rows", disturbed)
        for view in VIEWS:
            before = len(league.members)
            expected = repr(getattr(reader, view)())
            asked.append(True)
            told = repr(getattr(reader, view)())
            assert (asked, len(league.members)) == ([], before + 1), view
            if view not in ("status", "summary"):
                assert told == expected, view


def test_a_snapshot_within_another_is_the_same(tmp_path):
    with mk.League(KUHN, "round_robin", TWO, tmp_path) as league:
        with mk.League.open(tmp_path, read_only=True) as reader, reader._log.snapshot():
            assert len(reader.members) == 2
            league.add("random", "z")
            with reader._log.snapshot():
                assert len(reader.members) == 2
            assert len(reader.members) == 2
            known = reader.player("x")
        with mk.League.open(tmp_path, read_only=True) as reader:
            assert len(reader.members) == 3
            league.add("random", "late")
            assert type(reader.player("late")) is type(known)


def test_a_report_is_written_while_another_process_trains(tmp_path):
    folder = tmp_path / "run"
    trainer = trainer_of(folder, "--waves", "1000")
    try:
        wait_until(lambda: waves_of(folder) >= 2)
        for _ in range(3):
            assert main(["league", "report", str(folder), "--out", str(tmp_path / "r.html")]) == 0
            assert "main@1" in (tmp_path / "r.html").read_text(encoding="utf-8")
        assert trainer.poll() is None
    finally:
        trainer.send_signal(signal.SIGINT)
        assert trainer.wait(60) == 130


def test_a_second_trainer_is_refused(tmp_path, capsys):
    folder = tmp_path / "run"
    trainer = trainer_of(folder, "--waves", "1000")
    try:
        wait_until(lambda: waves_of(folder) >= 1)
        assert main(["league", "train", *SHELL, "--path", str(folder), "--waves", "1"]) != 0
        told = capsys.readouterr().err
        assert str(trainer.pid) in told
        assert "Traceback" not in told
        assert trainer.poll() is None
    finally:
        trainer.send_signal(signal.SIGINT)
        assert trainer.wait(60) == 130
    with mk.League.open(folder) as league:  # and it is free again
        assert league.train(waves=1).waves >= 1


SHELL = (
    *("--game", "openspiel:kuhn_poker", "--preset", "self_play", "-o", "exact=false"),
    *("-o", "oracle=q_learning(episodes=20)", "-o", "evaluation_games=4"),
)


def trainer_of(folder, *more):
    program = "import sys; from marl_kit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "league", "train", *SHELL, *more]
    return subprocess.Popen(
        [*command, "--path", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def waves_of(folder):
    try:
        with mk.League.open(folder, read_only=True) as league:
            return league.status().waves
    except mk.CheckpointError:  # it has not begun
        return 0


def wait_until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


# ---- stops


def test_after_a_stop_nothing_more_is_packed_and_what_travels_is_waited_for():
    depot = Depot([PlayJob((), 0, 1)] * 5, workers=2)
    first, second = depot.take(), depot.take()
    depot.stop()
    assert len(depot.jobs) == 2
    assert depot.take() is None
    depot.give_back(first)  # its worker was lost: what waits behind it needs it
    assert (depot.take(), depot.take()) == (first, None)
    assert second.first == 1


def test_ctrl_c_keeps_what_waits_behind_a_longer_job(tmp_path):
    """The second worker is done while the first one hangs; both are entered."""
    executor = Held(workers=2)
    options = SHORT | {"learners": 2}
    with mk.League(KUHN, "pfsp", path=tmp_path / "a", **options) as league:
        done = league.train(waves=1, executor=executor)
        assert done.status is mk.Status.INTERRUPTED
        assert [m.kind for m in league.members] == ["spec", "learned", "learned"]
        league.train(waves=1)
    with mk.League(KUHN, "pfsp", path=tmp_path / "b", **options) as league:
        league.train(waves=1)
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


class Held(Processes):
    """Stops the worker that has the first learner, asks for a stop when the second one's is
    there, and only then lets the first go on."""

    def _send(self, worker, parcel, depot):
        super()._send(worker, parcel, depot)
        if parcel.jobs[0].kind == "train" and parcel.first == 0:
            os.kill(worker.process.pid, signal.SIGSTOP)
            self.held = worker.process.pid

    def _collect(self, depot):
        for parcel, reply in super()._collect(depot):
            if parcel.jobs[0].kind == "train" and parcel.first == 1:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(self.held, signal.SIGCONT)
            yield parcel, reply


@pytest.mark.parametrize("executor", [Inline, lambda: Processes(1)])
def test_nothing_is_begun_after_a_stop(executor):
    stop = StopRequest()
    stop.requested = True
    assert list(executor().run([PlayJob((), 0, 1)], stop)) == []


def test_workers_leave_when_their_employer_is_killed(tmp_path):
    """In the middle of a training that would take minutes."""
    (tmp_path / "train.py").write_text(TRAINING)
    program = [sys.executable, str(tmp_path / "train.py"), str(tmp_path / "run")]
    trainer = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    worker = int(trainer.stdout.readline())
    assert lives(worker)
    trainer.kill()
    trainer.wait()
    trainer.stdout.close()
    wait_until(lambda: not lives(worker), 30)


TRAINING = """
import sys
import marl_kit as mk
from marl_kit.league.executors.processes import Processes

class Told(Processes):
    def _collect(self, depot):
        print(*self.pids, flush=True)
        return super()._collect(depot)

options = dict(oracle="q_learning(episodes=100000000)", exact=False)
league = mk.League("openspiel:kuhn_poker", "pfsp", path=sys.argv[1], **options)
league.train(waves=1, executor=Told(workers=1))
"""


def lives(pid):
    """Whether it is there, and not only waiting to be buried."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


# ---- small things


def test_a_bound_is_copied_with_its_kind():
    bound = Bound(0.25, "a guess")
    for again in (copy.copy(bound), copy.deepcopy(bound), pickle.loads(pickle.dumps(bound))):
        assert (type(again), again, again.kind) == (Bound, 0.25, "a guess")


def test_cores_where_there_is_no_affinity(monkeypatch):
    assert cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert Processes().workers == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert Processes().workers == 1


def test_pgn_leaves_out_games_of_a_member_against_itself(tmp_path):
    with mk.League("tic_tac_toe", "round_robin", TWO) as league:
        league.train(waves=2)
        log = league._log
        row = next(log.games())
        log.games = lambda: iter([replace(row, policies=(1, 1)), row])
        text = league.export(tmp_path / "g.pgn").read_text()
        assert text.count("[Event ") == 1
        assert len(league.export(tmp_path / "g.jsonl").read_text().splitlines()) == 2


def test_a_table_is_read_and_not_asked_for(tmp_path, monkeypatch):
    """The plan of a player with a table is that of the player asked at every infoset."""
    with mk.League("kuhn_poker", "psro", ["solver:cfr+(iterations=50)"]) as league:
        member = league.members[0]
        player = league.player(member.name)

        class Asked:
            probabilities = player.probabilities

        asked = league._pool.plans._policy(Asked())
        monkeypatch.setattr("marl_kit.league.plans.as_policy", None)
        read = Plans(league._population.cast)._policy(player)
        assert read is player.policy
        assert np.allclose(read.probabilities, asked.probabilities, rtol=0, atol=1e-12)


def test_plans_are_kept_between_calls_of_train(monkeypatch):
    made = []
    with mk.League("kuhn_poker", "double_oracle") as league:
        league.train(waves=2)
        policy = Plans._policy
        monkeypatch.setattr(Plans, "_policy", lambda *a: made.append(a[1]) or policy(*a))
        league.train(waves=3)
    assert len(made) == 1  # the newcomer


def test_a_writer_waits_for_a_reader_in_another_thread():
    """Both use one connection, which has one transaction at a time."""
    with mk.League(KUHN, "round_robin", TWO) as league:
        with league._log.snapshot():
            thread = threading.Thread(target=league.add, args=("random", "z"))
            thread.start()
            thread.join(0.2)
            assert len(league.members) == 2
        thread.join()
        assert len(league.members) == 3


def test_a_transaction_within_another_ends_with_it(tmp_path):
    with mk.League(KUHN, "round_robin", TWO, tmp_path) as league:
        with pytest.raises(mk.CheckpointError, match="UNIQUE"), league._log.together():
            enter_twice(league)
        assert len(league.members) == 2
        assert league._log.sessions() == []
        with league._log.together():
            league._log.begin_session("inline", None)
            with sqlite3.connect(tmp_path / "log.sqlite") as other:
                assert other.execute("SELECT count(*) FROM session").fetchone() == (0,)
            other.close()
        assert len(league._log.sessions()) == 1


def enter_twice(league):
    league._log.begin_session("inline", None)
    league._log.add_member(league.members[0])
