"""Worker processes on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from marl_kit.core.errors import WorkerError
from marl_kit.core.interrupt import StopRequest
from marl_kit.league.executors.executor import Done, check_workers, cores, elsewhere
from marl_kit.league.executors.parcels import Depot, Parcel
from marl_kit.league.executors.work import outcomes_of
from marl_kit.league.jobs import Job, Outcome
from marl_kit.league.records import Clock
from marl_kit.league.workshop import Site, Workshop

LEASE = 1800.0
"""Seconds after which a worker that has not answered is taken for lost."""
ATTEMPTS = 3
"""Workers that may be lost with one and the same parcel."""
WORKER = "marl_kit.league.executors.worker"
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
}
"""Several threads in each of several workers stand in each other's way."""


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, and what it is working on."""

    name: str
    process: subprocess.Popen[bytes]
    connection: Connection[Any, Any]
    parcel: Parcel | None = None
    expires: float = 0.0

    def stop(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()


class Processes:
    """Jobs in other processes.

    A worker that dies, or does not answer within the lease, is replaced, and its jobs are given to
    another one.

    Parameters
    ----------
    workers : int, optional
        As many as there are cores, unless you say otherwise.
    lease : float
        Seconds for a parcel of jobs: longer than the longest training of a learner.
    """

    def __init__(self, workers: int | None = None, lease: float = LEASE):
        workers = cores() if workers is None else workers
        check_workers(workers, lease)
        self.workers, self.lease = workers, float(lease)
        self.spec = f"processes(workers={workers})"
        self._staff: list[_Worker] = []
        self._hired = 0

    @property
    def pids(self) -> list[int]:
        """Of the workers that live."""
        return [worker.process.pid for worker in self._staff]

    def open(self, workshop: Workshop, site: Site | None) -> None:
        self._site = elsewhere(site)

    def close(self) -> None:
        while self._staff:
            self._staff.pop().stop()

    def run(self, jobs: Sequence[Job], stop: StopRequest) -> Generator[Done, None, None]:
        depot = Depot(jobs, self.workers)
        ready: dict[int, tuple[Outcome, Clock]] = {}
        told = 0
        try:
            while told < len(depot.jobs):
                if stop.requested:
                    depot.stop()
                self._hand_out(depot)
                for parcel, reply in self._collect(depot):
                    depot.learn(parcel, sum(clock.seconds for _, clock in reply))
                    ready |= dict(enumerate(reply, parcel.first))
                while told in ready:
                    yield jobs[told], *ready.pop(told)
                    told += 1
        finally:
            if any(worker.parcel for worker in self._staff):
                self.close()  # interrupted: their answers would come to nobody

    def _hand_out(self, depot: Depot) -> None:
        """Give every idle worker a parcel; hire as long as there are parcels."""
        for worker in list(self._staff):
            if worker.parcel is None and (parcel := depot.take()) is not None:
                self._send(worker, parcel, depot)
        while len(self._staff) < self.workers and (parcel := depot.take()) is not None:
            self._send(self._hire(), parcel, depot)

    def _send(self, worker: _Worker, parcel: Parcel, depot: Depot) -> None:
        worker.parcel, worker.expires = parcel, time.monotonic() + self.lease
        try:
            worker.connection.send(parcel.jobs)
        except OSError:
            self._lose(worker, depot, "died")

    def _collect(self, depot: Depot) -> Iterator[tuple[Parcel, list[tuple[Outcome, Clock]]]]:
        """Wait for somebody to answer, or for the first lease to expire."""
        busy = {worker.connection: worker for worker in self._staff if worker.parcel}
        if not busy:
            return
        patience = min(worker.expires for worker in busy.values()) - time.monotonic()
        answering = wait(list(busy), max(patience, 0.0))
        for connection in answering:
            worker = busy[connection]  # type: ignore[index]
            try:
                reply = worker.connection.recv()
            except (EOFError, OSError):
                self._lose(worker, depot, "died")
                continue
            parcel, worker.parcel = worker.parcel, None
            assert parcel is not None
            yield parcel, outcomes_of(reply)
        for worker in busy.values():
            if worker.parcel and time.monotonic() >= worker.expires:
                self._lose(worker, depot, f"did not answer within {self.lease:g} s")

    def _hire(self) -> _Worker:
        self._hired += 1
        name = f"process {self._hired}"
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(p for p in sys.path if p)
        process = subprocess.Popen(
            [sys.executable, "-m", WORKER, str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            env=os.environ | ONE_THREAD | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        worker = _Worker(name, process, Connection(ours.detach()))
        self._staff.append(worker)
        with suppress(OSError):  # it died at once, which is noticed when a parcel is sent
            worker.connection.send((self._site, name))
        return worker

    def _lose(self, worker: _Worker, depot: Depot, how: str) -> None:
        """Let a worker go and give its jobs back."""
        worker.stop()
        self._staff.remove(worker)
        parcel = worker.parcel
        if parcel is None:
            return
        depot.give_back(parcel)
        if parcel.attempts >= ATTEMPTS:
            raise WorkerError(
                f"{ATTEMPTS} workers were lost with the same jobs (the last one {how}): "
                f"{parcel.jobs[0].kind} {parcel.jobs[0].detail()[:200]}; what was finished is in "
                f"the log. Give a longer lease, or look with executor='inline'."
            )
