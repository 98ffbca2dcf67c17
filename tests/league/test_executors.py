"""Who works on a job changes nothing: inline against processes, and what happens to workers."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.errors import WorkerError
from marl_kit.league.executors.executor import find_executor
from marl_kit.league.executors.parcels import Depot
from marl_kit.league.executors.processes import ATTEMPTS, Processes
from marl_kit.league.executors.work import outcomes_of
from marl_kit.league.jobs import PlayJob, TrainJob
from tests.league.rows import rows

GAME = "openspiel:tic_tac_toe"  # nothing to compile in the workers
THREE = {"x": "random", "y": "random", "z": "random"}
LEARNING = dict(
    oracle="q_learning(episodes=30)",
    gate="score(games=4,least=0.4)",
    evaluation_games=4,
    more_games=6,
    learners=2,
    exact=False,
)


def round_robin(folder, executor="inline", waves=6):
    with mk.League(GAME, "round_robin", THREE, folder, seed=3) as league:
        league.snapshot("x", "frozen")
        return league.train(waves=waves, executor=executor)


def learning(folder, executor="inline"):
    with mk.League("openspiel:kuhn_poker", "pfsp", (), folder, seed=3, **LEARNING) as league:
        return league.train(waves=2, executor=executor)


def computing(folder, executor="inline"):
    with mk.League("openspiel:kuhn_poker", "double_oracle", (), folder, seed=3) as league:
        return league.train(waves=3, executor=executor)


@pytest.mark.parametrize("league", [round_robin, learning, computing])
def test_two_processes_write_the_same_log(tmp_path, league):
    inline = league(tmp_path / "inline")
    elsewhere = league(tmp_path / "processes", "processes(workers=2)")
    assert rows(tmp_path / "inline") == rows(tmp_path / "processes")
    assert inline.to_dict() | {"wall_time_s": 0} == elsewhere.to_dict() | {"wall_time_s": 0}


def test_a_run_may_change_its_executor(tmp_path):
    round_robin(tmp_path / "a")
    round_robin(tmp_path / "b", waves=2)
    round_robin(tmp_path / "b", "processes(workers=1)", waves=4)
    round_robin(tmp_path / "b")
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_a_game_made_in_python_is_loaded_by_the_workers(tmp_path):
    game = mk.NormalFormGame(np.random.default_rng(0).normal(size=(3, 2, 2, 2)))
    for executor in ("inline", "processes(workers=1)"):
        with mk.League(game, "round_robin", THREE, tmp_path / executor) as league:
            league.train(waves=2, executor=executor)
    assert rows(tmp_path / "inline") == rows(tmp_path / "processes(workers=1)")


# ---- workers that are lost


class Disturbed(Processes):
    """Does something to its first worker as soon as it has work."""

    def __init__(self, disturb, **options):
        super().__init__(**options)
        self.disturb, self.hurt = disturb, []

    def _collect(self, depot):
        if not self.hurt:
            self.hurt.append(self.pids[0])
            self.disturb(self.pids[0])
        return super()._collect(depot)


def test_a_killed_worker_is_replaced(tmp_path):
    executor = Disturbed(lambda pid: os.kill(pid, signal.SIGKILL), workers=2)
    round_robin(tmp_path / "a")
    done = round_robin(tmp_path / "b", executor)
    assert executor.hurt
    assert (done.status, executor.pids) == (mk.Status.PLAYED, [])
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_a_hanging_worker_loses_its_lease(tmp_path):
    """It is stopped before it can answer; a lease that is too short for its start too is tried
    again by somebody else."""
    executor = Disturbed(lambda pid: os.kill(pid, signal.SIGSTOP), workers=1, lease=20.0)
    executor._collect = hurry(executor)
    round_robin(tmp_path / "a")
    assert round_robin(tmp_path / "b", executor).status is mk.Status.PLAYED
    assert rows(tmp_path / "a") == rows(tmp_path / "b")
    with pytest.raises(ProcessLookupError):
        os.kill(executor.hurt[0], 0)


def hurry(executor):
    """Let the lease of the worker that was stopped expire in a moment."""
    collect = type(executor)._collect.__get__(executor)

    def collected(depot):
        first = not executor.hurt
        found = collect(depot)
        for worker in executor._staff if first else ():
            worker.expires = time.monotonic() + 0.2
        return found

    return collected


def test_jobs_that_cost_every_worker_are_given_up(tmp_path):
    class Deadly(Processes):
        def _send(self, worker, parcel, depot):
            os.kill(worker.process.pid, signal.SIGKILL)
            worker.process.wait()
            super()._send(worker, parcel, depot)

    executor = Deadly(workers=1)
    with pytest.raises(WorkerError, match=f"{ATTEMPTS} workers were lost with the same jobs"):
        round_robin(tmp_path, executor)
    assert executor.pids == []
    assert round_robin(tmp_path).waves == 6  # and the run goes on


@pytest.mark.parametrize("executor", ["inline", "processes(workers=1)"])
def test_what_a_worker_refuses_is_said_here(tmp_path, executor):
    with mk.League(GAME, "round_robin", {"x": "random", "y": "random"}, tmp_path) as league:
        member = league.snapshot("x")
        file = tmp_path / member.file
        file.write_bytes(file.read_bytes()[:-9])
        with pytest.raises(mk.CheckpointError, match=member.file):
            league.train(waves=1, executor=executor)
        league.snapshot("x", "x@1")
        assert league.train(waves=1, executor=executor).waves == 1


def test_errors_come_back_as_what_they_were():
    with pytest.raises(mk.IllegalActionError, match=r"^seat 0 chose 9$"):
        outcomes_of(("IllegalActionError", "seat 0 chose 9"))
    with pytest.raises(mk.UnknownNameError, match=r"^unknown player 'x'$"):
        outcomes_of(("UnknownNameError", "unknown player 'x'"))
    with pytest.raises(mk.GameFileError, match=r"^line 3: no$"):
        outcomes_of(("GameFileError", "line 3: no"))
    with pytest.raises(mk.MarlKitError, match="a release that knows more"):
        outcomes_of(("NewerError", "a release that knows more"))


def test_ctrl_c_stops_the_workers_and_keeps_what_is_finished(tmp_path):
    executor = Processes(workers=2)
    with mk.League(GAME, "round_robin", THREE, tmp_path / "a", seed=3) as league:
        threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        done = league.train(waves=100_000, executor=executor)
        assert done.status is mk.Status.INTERRUPTED
        assert executor.pids == []
        waves = done.waves + 2
        league.train(waves=waves)
    with mk.League(GAME, "round_robin", THREE, tmp_path / "b", seed=3) as league:
        league.train(waves=waves)
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


# ---- refusals


class First:
    def act(self, state, rng):
        return state.legal_actions()[0]


@pytest.mark.parametrize("executor", ["processes(workers=1)", "ray"])
def test_live_objects_stay_here(executor):
    if executor == "ray":
        pytest.importorskip("ray")
    with (
        mk.League(GAME, "round_robin", ["random", First()]) as league,
        pytest.raises(mk.UnsupportedGameError, match=r"live objects.*inline"),
    ):
        league.train(waves=1, executor=executor)


@pytest.mark.parametrize(
    ("executor", "error", "message"),
    [
        ("proceses", mk.UnknownNameError, "did you mean 'processes'"),
        ("processes(worker=2)", mk.UnknownNameError, "did you mean 'workers'"),
        ("processes(workers=0)", mk.InvalidOptionError, "workers is 0"),
        ("processes(workers=1.5)", mk.InvalidOptionError, "workers is 1.5"),
        ("processes(lease=0)", mk.InvalidOptionError, "lease is 0"),
        ("ray(workers=0)", mk.InvalidOptionError, "workers is 0"),
        ("ray(workers=many)", mk.InvalidOptionError, "workers is 'many'"),
        ("ray(lease=soon)", mk.InvalidOptionError, "lease is 'soon'"),
        (7, mk.InvalidOptionError, "executor is 7"),
    ],
)
def test_executors_that_are_none(executor, error, message):
    with (
        mk.League(GAME, "round_robin", THREE) as league,
        pytest.raises(error, match=message),
    ):
        league.train(waves=1, executor=executor)
    assert league is not None


def test_an_executor_in_hand_is_taken():
    executor = Processes(workers=1)
    assert find_executor(executor) is executor


# ---- parcels

PLAY = PlayJob((), 0, 1)
TRAIN = TrainJob("n", "r", "o", (), (), None, 0)


def test_parcels_begin_small_and_grow():
    depot = Depot([PLAY] * 100, workers=2)
    first = depot.take()
    assert (first.first, len(first.jobs)) == (0, 1)
    depot.learn(first, 0.05)
    assert [(p.first, len(p.jobs)) for p in (depot.take(), depot.take())] == [(1, 5), (6, 5)]
    depot.learn(first, 1e-9)  # towards nothing: a fair share is the most
    for _ in range(40):
        depot.learn(first, 1e-9)
    assert len(depot.take().jobs) == -(-89 // 4)


def test_slow_jobs_travel_alone():
    depot = Depot([PLAY] * 9, workers=2)
    depot.learn(depot.take(), 30.0)
    assert len(depot.take().jobs) == 1


def test_every_job_is_in_one_parcel_and_kinds_are_not_mixed():
    jobs = [PLAY] * 7 + [TRAIN] * 3 + [PLAY] * 20
    depot, seen = Depot(jobs, workers=2), []
    while (parcel := depot.take()) is not None:
        assert len({job.kind for job in parcel.jobs}) == 1
        assert parcel.first == len(seen)
        seen += parcel.jobs
        depot.learn(parcel, 1e-3 * len(parcel.jobs))
    assert seen == jobs


def test_what_comes_back_undone_goes_first():
    depot = Depot([PLAY] * 3, workers=2)
    first, second = depot.take(), depot.take()
    depot.give_back(second)
    depot.give_back(first)
    assert [depot.take(), depot.take()] == [second, first]
    assert (first.attempts, depot.take().first, depot.take()) == (1, 2, None)
