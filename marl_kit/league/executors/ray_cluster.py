"""Workers of a Ray cluster: on one machine or on many."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError, WorkerError
from marl_kit.core.interrupt import StopRequest
from marl_kit.league.executors.executor import Done, check_workers, elsewhere
from marl_kit.league.executors.parcels import Depot, Parcel
from marl_kit.league.executors.processes import ATTEMPTS, LEASE
from marl_kit.league.executors.work import Reply, outcomes_of, work_on
from marl_kit.league.jobs import Job, Outcome
from marl_kit.league.records import Clock
from marl_kit.league.workshop import Site, Workshop, file_names, game_files

LOOPBACK = ("127.0.0.1", "localhost")
CONNECT = 5.0
"""Seconds until a cluster that does not answer counts as absent."""
POLL = 1.0
"""Seconds between looks at the leases."""


class RayCluster:
    """Jobs as Ray tasks; snapshots travel through its object store and are loaded by hash.

    A task whose node is lost is given to another one.

    Parameters
    ----------
    address : str
        Of a running cluster (``"auto"``: that of this machine); empty starts one here.
    workers : int, optional
        Tasks at a time: as many as the cluster has cores, unless you say otherwise.
    lease : float
        Seconds for a parcel of jobs.
    """

    def __init__(self, address: str = "", workers: int | None = None, lease: float = LEASE):
        check_workers(1 if workers is None else workers, lease)
        self.address, self.workers, self.lease = str(address), workers, float(lease)
        self.spec = f"ray(address={address})" if address else "ray"
        self._ours = False

    def open(self, workshop: Workshop, site: Site | None) -> None:
        try:
            import ray
        except ImportError as error:
            raise UnsupportedGameError(
                "the executor 'ray' needs the package ray; install marl-kit[ray], or take "
                "'processes'."
            ) from error
        self._site = elsewhere(site)
        if not ray.is_initialized():
            _join(self.address)
            self._ours = True
        self._task = ray.remote(max_retries=0, num_cpus=1)(work_far_away)
        self._stored: dict[str, Any] = {}
        self._basis = ray.put(game_files(self._site))

    def close(self) -> None:
        import ray

        self._stored = {}
        if self._ours and ray.is_initialized():
            ray.shutdown()
            self._ours = False

    def run(self, jobs: Sequence[Job], stop: StopRequest) -> Generator[Done, None, None]:
        import ray

        workers = self.workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)
        depot = Depot(jobs, workers)
        ready: dict[int, tuple[Outcome, Clock]] = {}
        busy: dict[Any, tuple[Parcel, float]] = {}
        told = 0
        try:
            while told < len(depot.jobs):
                if stop.requested:
                    depot.stop()
                while len(busy) < workers and (parcel := depot.take()) is not None:
                    busy[self._submit(parcel)] = parcel, time.monotonic() + self.lease
                for parcel, reply in self._collect(busy, depot):
                    done = outcomes_of(reply)
                    depot.learn(parcel, sum(clock.seconds for _, clock in done))
                    ready |= dict(enumerate(done, parcel.first))
                while told in ready:
                    yield jobs[told], *ready.pop(told)
                    told += 1
        finally:
            for task in busy:
                ray.cancel(task, force=True)

    def _submit(self, parcel: Parcel) -> Any:
        """A task, with references to the files that it may have to fetch."""
        import ray

        folder = Path(self._site.folder)
        names = {name for job in parcel.jobs for name in file_names(job, folder)}
        for name in names - self._stored.keys():
            self._stored[name] = ray.put((folder / name).read_bytes())
        files = {name: self._stored[name] for name in sorted(names)}
        return self._task.remote(self._site, [self._basis], parcel.jobs, files)

    def _collect(
        self, busy: dict[Any, tuple[Parcel, float]], depot: Depot
    ) -> Iterator[tuple[Parcel, Reply]]:
        import ray
        from ray.exceptions import RayError

        finished, _ = ray.wait(list(busy), num_returns=1, timeout=POLL)
        for task in finished:
            parcel, _ = busy.pop(task)
            try:
                yield parcel, ray.get(task)
            except RayError as error:
                _give_back(parcel, depot, str(error))
        late = [task for task, (_, expires) in busy.items() if time.monotonic() >= expires]
        for task in late:
            parcel, _ = busy.pop(task)
            ray.cancel(task, force=True)
            _give_back(parcel, depot, f"no answer within {self.lease:g} s")


def _join(address: str) -> None:
    """Start Ray here, or connect with a cluster that is there.

    Raises
    ------
    InvalidOptionError
        Nobody answers at the address.
    """
    import ray

    try:
        host, colon, port = address.rpartition(":")
        if colon and port.isdecimal() and "/" not in host:
            # Ray itself waits for minutes, and ends the process then
            here = ray.util.get_node_ip_address() if host in LOOPBACK else host
            socket.create_connection((here, int(port)), CONNECT).close()
        ray.init(address=address or None, log_to_driver=False, include_dashboard=False)
    except (OSError, ValueError, OverflowError, RuntimeError) as error:
        raise InvalidOptionError(
            f"no Ray cluster can be reached at {address!r} ({error}); give the address of one that "
            f"runs, 'auto' for that of this machine, or none to start one here."
        ) from error


def _give_back(parcel: Parcel, depot: Depot, how: str) -> None:
    depot.give_back(parcel)
    if parcel.attempts >= ATTEMPTS:
        raise WorkerError(
            f"{ATTEMPTS} workers were lost with the same jobs (the last one: {how}); what was "
            f"finished is in the log. Give a longer lease, or look with executor='inline'."
        )


_WORKSHOPS: dict[Site, tuple[Workshop, Path]] = {}
"""One for each run that this worker process has worked for."""


def work_far_away(
    site: Site, basis: list[Any], jobs: Sequence[Job], files: dict[str, Any]
) -> Reply:
    """The task: fetch what this process does not have, and work."""
    import ray

    if site not in _WORKSHOPS:
        folder = Path(tempfile.mkdtemp(prefix="marl_kit_"))
        for name, content in ray.get(basis[0]).items():
            (folder / name).write_bytes(content)
        here = Site(site.game, str(folder), site.entropy)
        _WORKSHOPS[site] = here.workshop(), folder
    workshop, folder = _WORKSHOPS[site]
    for name, reference in files.items():
        path = folder / name
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(ray.get(reference))
    return work_on(workshop, jobs, f"ray {ray.get_runtime_context().get_node_id()[:8]}")
