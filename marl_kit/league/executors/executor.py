"""What an executor is, and the names of those that there are."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.interrupt import StopRequest
from marl_kit.core.registry import resolve
from marl_kit.core.spec import parse_spec
from marl_kit.league.jobs import Job, Outcome
from marl_kit.league.records import Clock
from marl_kit.league.workshop import Site, Workshop

Done = tuple[Job, Outcome, Clock]


@runtime_checkable
class Executor(Protocol):
    """Works on jobs, in whatever order, and hands the outcomes back in the order of the jobs.

    A job brings the same outcome whoever works on it, so the log of a run does not depend on its
    executor but for the columns of the clock.
    """

    spec: str

    def open(self, workshop: Workshop, site: Site | None) -> None:
        """Get ready for a run: ``site`` is None where it cannot be worked on elsewhere."""
        ...

    def run(self, jobs: Sequence[Job], stop: StopRequest) -> Generator[Done, None, None]:
        """Every job's outcome; once ``stop.requested``, no job is begun any more, and those that
        were begun are finished. Closing the iterator drops what is not finished."""
        ...

    def close(self) -> None:
        """Let go of whatever ``open`` has taken."""
        ...


EXECUTORS = {
    "inline": "marl_kit.league.executors.inline:Inline",
    "processes": "marl_kit.league.executors.processes:Processes",
    "ray": "marl_kit.league.executors.ray_cluster:RayCluster",
}


def find_executor(given: str | Executor) -> Executor:
    """Read ``"processes(workers=4)"``; an executor is handed back as it is.

    Raises
    ------
    UnknownNameError
        No such executor or option, with near misses.
    InvalidOptionError
        A value that is not allowed.
    """
    if not isinstance(given, str):
        if not isinstance(given, Executor):
            raise InvalidOptionError(f"executor is {given!r}; give a name such as 'processes'.")
        return given
    name, options = parse_spec(given)
    if name not in EXECUTORS:
        raise UnknownNameError("executor", name, EXECUTORS)
    kind: Any = resolve(EXECUTORS[name])
    known = list(inspect.signature(kind).parameters)
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of {name}", key, known)
    executor: Executor = kind(**options)
    return executor


def check_workers(workers: Any, lease: Any) -> None:
    """Refuse a number of workers, or seconds for a parcel, that are none."""
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InvalidOptionError(f"workers is {workers!r}; give a whole number of at least 1.")
    if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease < math.inf:
        raise InvalidOptionError(f"lease is {lease!r}; give a positive number of seconds.")


def cores() -> int:
    """Of this machine, that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # macOS does not have it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def elsewhere(site: Site | None) -> Site:
    """The site, for executors whose workers are not in this process.

    Raises
    ------
    UnsupportedGameError
    """
    if site is None:
        raise UnsupportedGameError(
            "this league holds live objects (a game or a player made in Python) or is in memory "
            "only, so other processes cannot work on it; give it a path, or use executor='inline'."
        )
    if not Path(site.folder).is_dir():
        raise UnsupportedGameError(f"{site.folder} is not there any more.")
    return site
