"""Jobs one after the other in this process."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

from marl_kit.core.interrupt import StopRequest
from marl_kit.league.executors.executor import Done
from marl_kit.league.jobs import Job
from marl_kit.league.records import Clock
from marl_kit.league.workshop import Site, Workshop


class Inline:
    """Works on each job when its outcome is asked for."""

    spec = "inline"

    def open(self, workshop: Workshop, site: Site | None) -> None:
        self._workshop = workshop

    def run(self, jobs: Sequence[Job], stop: StopRequest) -> Generator[Done, None, None]:
        for job in jobs:
            if stop.requested:
                return
            started, clock = time.time(), time.perf_counter()
            outcome = self._workshop.work(job)
            yield job, outcome, Clock("inline", started, time.perf_counter() - clock)

    def close(self) -> None: ...
