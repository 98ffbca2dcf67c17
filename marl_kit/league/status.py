"""What a run is doing right now: who, how much, and how long still."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from marl_kit.core.results import aligned, html_table
from marl_kit.league.jobs import PlayJob, TrainJob
from marl_kit.league.log_reader import LogReader


@dataclass(frozen=True, slots=True)
class LeagueStatus:
    """Where a run is.

    Attributes
    ----------
    game, preset : str
    members, games, training_games, waves : int
        Of the whole log.
    pid : int or None
        The process that trains; None when nobody does.
    executor : str
        Of that process, or of the last one.
    now : str
        What is being worked on, or will be next; empty between stages.
    jobs_open : int
    seconds_left : float or None
        Until the time given is over; None without a limit of time, or when nobody trains.
    seconds : float
        That jobs have taken, summed over workers.
    """

    game: str
    preset: str
    members: int
    games: int
    training_games: int
    waves: int
    pid: int | None
    executor: str
    now: str
    jobs_open: int
    seconds_left: float | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        training = f", {self.training_games:,} training games" if self.training_games else ""
        rows = [
            ("league", f"{self.game}, {self.preset}"),
            ("members", f"{self.members:,}"),
            ("games", f"{self.games:,}{training}"),
            ("waves", f"{self.waves:,} finished"),
            ("trainer", f"pid {self.pid} ({self.executor})" if self.pid else "nobody trains"),
            ("worked", f"{_clock(self.seconds)} of work"),
        ]
        if self.now:
            rows.append(("now" if self.pid else "next", f"{self.now}, {self.jobs_open:,} to do"))
        if self.seconds_left is not None:
            rows.append(("time left", _clock(self.seconds_left)))
        return rows

    def __repr__(self) -> str:
        return aligned("LeagueStatus", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def status_of(log: LogReader, game: str, preset: str, waves: int) -> LeagueStatus:
    """Read it off the log and the list of processes."""
    jobs, sessions = log.open_jobs(), log.sessions()
    pid, executor, _, deadline, ended = sessions[-1] if sessions else (0, "", 0.0, None, 0.0)
    training = ended is None and _lives(pid)
    now = ""
    if jobs:
        job = jobs[0]
        now = f"wave {job.wave}, {job.kind}"
        if isinstance(job, PlayJob):
            now += " " + " - ".join(member.name for member in job.profile)
        elif isinstance(job, TrainJob):
            now += f" {job.name}"
    left = max(deadline - time.time(), 0.0) if training and deadline else None
    return LeagueStatus(
        game=game,
        preset=preset,
        members=len(log.members()),
        games=log.num_games(),
        training_games=log.num_practice(),
        waves=waves,
        pid=pid if training else None,
        executor=executor,
        now=now,
        jobs_open=len(jobs),
        seconds_left=left,
        seconds=log.seconds(),
    )


def trained_seconds(log: LogReader) -> float:
    """How long the run has been trained, interruptions not counted; of a session that was killed
    only what its last finished job tells."""
    sessions, total = log.sessions(), 0.0
    following = [started for _, _, started, _, _ in sessions[1:]] + [time.time()]
    for (_, _, started, _, ended), limit in zip(sessions, following, strict=False):
        total += max((ended or log.last_work(limit)) - started, 0.0)
    return total


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _clock(seconds: float) -> str:
    """
    >>> _clock(4000)
    '1:06:40'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
