"""The loop of a league: stage after stage, every result into the log as soon as it is there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.core.results import Status, aligned, html_table
from marl_kit.league.executors.executor import Executor
from marl_kit.league.jobs import Job, PlayJob, Result, Stage, Trained, TrainJob
from marl_kit.league.log import MatchLog
from marl_kit.league.population import Population
from marl_kit.league.records import Clock

FLUSH = 0.1
"""Seconds that finished jobs wait for others, to be entered with them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop, looked at between waves; None is no limit.

    ``waves`` and ``games`` count what is in the log in all, so that a run which was killed ends
    where it would have ended; ``hours`` is the time of this call.
    """

    waves: int | None
    games: int | None
    hours: float | None

    def __post_init__(self) -> None:
        if self.waves is None and self.games is None and self.hours is None:
            raise InvalidOptionError("say when to stop: give waves=, games= or hours=.")
        for name in ("waves", "games"):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if value is not None and not (whole and value >= 1):
                raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")
        if self.hours is not None and not _positive(self.hours):
            raise InvalidOptionError(f"hours is {self.hours!r}; give a positive number.")

    def reached(self, at: Reached, seconds: float) -> Status | None:
        """Why no further wave is to begin; None in the middle of one."""
        if not at.between:
            return None
        if at.converged:
            return Status.CONVERGED
        if self.waves is not None and at.waves >= self.waves:
            return Status.PLAYED
        if self.games is not None and at.even and at.games >= self.games:
            return Status.PLAYED
        if self.hours is not None and seconds >= 3600 * self.hours:
            return Status.TIME_LIMIT
        return None


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a run is, when no job is open.

    ``between`` is whether a wave has just ended, ``even`` whether everybody has played as often as
    everybody else who could: games are counted only then, so that members who joined late catch up
    first. ``converged`` is whether going on would change nothing.
    """

    waves: int
    games: int
    between: bool = True
    even: bool = True
    converged: bool = False


class Planner(Protocol):
    """What is to be done next, as a function of the log."""

    def reached(self) -> Reached: ...

    def next_stage(self) -> Stage: ...


@dataclass(frozen=True, slots=True)
class Training:
    """What a call of ``League.train`` did.

    Attributes
    ----------
    games : int
        Games that this call played.
    games_in_all : int
        Games in the log.
    waves : int
        Waves that are finished.
    status : Status
        PLAYED (what was asked for), CONVERGED (no best response gains any more), TIME_LIMIT or
        INTERRUPTED.
    wall_time_s : float
    """

    games: int
    games_in_all: int
    waves: int
    status: Status
    wall_time_s: float

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings."""
        return {
            "games": self.games,
            "games_in_all": self.games_in_all,
            "waves": self.waves,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "wall_time_s": self.wall_time_s,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        return [
            ("games", f"{self.games:,} played now, {self.games_in_all:,} in all"),
            ("waves", f"{self.waves:,} finished"),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("time", f"{self.wall_time_s:.3g} s"),
        ]

    def __repr__(self) -> str:
        return aligned("Training", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def train(
    planner: Planner,
    population: Population,
    log: MatchLog,
    executor: Executor,
    limits: Limits,
    progress: Progress,
) -> Training:
    """Work on stages until a limit is reached between two waves, or the user interrupts."""
    begun, before = time.monotonic(), log.num_games()
    deadline = None if limits.hours is None else time.time() + 3600 * limits.hours
    session = log.begin_session(executor.spec, deadline)
    status = Status.INTERRUPTED
    try:
        with stop_on_ctrl_c() as stop, progress:
            status = _go_on(
                planner, population, log, executor, stop, progress,
                lambda: limits.reached(planner.reached(), time.monotonic() - begun),
            )  # fmt: skip
    except KeyboardInterrupt:  # the second Ctrl-C, which drops the jobs that were being worked on
        pass
    finally:
        log.end_session(session)
    games = log.num_games()
    return Training(
        games - before, games, planner.reached().waves, status, time.monotonic() - begun
    )


def _go_on(
    planner: Planner,
    population: Population,
    log: MatchLog,
    executor: Executor,
    stop: StopRequest,
    progress: Progress,
    reached: Callable[[], Status | None],
) -> Status:
    while True:
        if jobs := log.open_jobs():  # what was begun is finished first
            _work(jobs, population, log, executor, stop, progress)
        elif status := reached():
            return status
        else:
            log.begin_stage(planner.next_stage())
        if stop.requested:
            return Status.INTERRUPTED


def _work(
    jobs: Sequence[Job],
    population: Population,
    log: MatchLog,
    executor: Executor,
    stop: StopRequest,
    progress: Progress,
) -> None:
    """Enter the outcomes in the order of the jobs; a learner's as soon as its file is written."""
    with _entering(log) as enter:
        done = executor.run(jobs, stop)
        try:
            progress.say(_said(jobs, 0))
            for number, (job, outcome, clock) in enumerate(done):
                if isinstance(outcome, Trained) and isinstance(job, TrainJob):
                    learned = population.learned(job, outcome.answer)
                    enter(job, learned, clock, True)
                    population.joined(learned.member)
                elif not isinstance(outcome, Trained):
                    enter(job, outcome, clock, False)
                progress.say(_said(jobs, number + 1))
        finally:
            done.close()


Enter = Callable[[Job, Result, Clock, bool], None]


@contextmanager
def _entering(log: MatchLog) -> Iterator[Enter]:
    """Enter results in few transactions, and whatever happens all that are finished."""
    waiting: list[tuple[int, Result, Clock]] = []
    last = time.monotonic()

    def flush() -> None:
        nonlocal last
        rows = waiting.copy()
        waiting.clear()
        if rows:
            log.finish(rows)
        last = time.monotonic()

    def enter(job: Job, result: Result, clock: Clock, at_once: bool) -> None:
        waiting.append((job.id, result, clock))
        if at_once or time.monotonic() - last >= FLUSH:
            flush()

    try:
        yield enter
    finally:
        flush()


def _said(jobs: Sequence[Job], number: int) -> str:
    """What is being waited for."""
    if number == len(jobs):
        return "looking at the log"
    job = jobs[number]
    what = f"training {job.name}" if isinstance(job, TrainJob) else "computing pay-offs"
    if isinstance(job, PlayJob):
        what = " - ".join(member.name for member in job.profile)
    return f"wave {job.wave}, {job.kind} {number + 1} of {len(jobs)}: {what}"


def shown(title: str, progress: bool) -> Progress:
    """What is being done, on stderr, or nothing."""
    return StatusProgress(title) if progress else Progress()


def _positive(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and 0 < x < math.inf
