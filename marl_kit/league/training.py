"""The loop of a league: wave after wave, every block into the log before the next begins."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.core.results import Status, aligned, html_table
from marl_kit.core.seeds import child
from marl_kit.games.game import Game
from marl_kit.league.log import MatchLog
from marl_kit.league.population import Population
from marl_kit.league.presets import PRESETS, Job, finished_waves
from marl_kit.league.records import Block
from marl_kit.play.match import play_block


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

    def reached(self, wave: int, furthest: int, games: int, seconds: float) -> Status | None:
        """Why no further wave is to begin.

        Games are counted when no pair is behind the furthest one: waves that were begun are
        finished, and members that joined late have caught up.
        """
        if self.waves is not None and wave >= self.waves:
            return Status.PLAYED
        if self.games is not None and wave >= furthest and games >= self.games:
            return Status.PLAYED
        if self.hours is not None and seconds >= 3600 * self.hours:
            return Status.TIME_LIMIT
        return None


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
        Waves that every pair has finished.
    status : Status
        PLAYED (what was asked for), TIME_LIMIT or INTERRUPTED.
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
            ("waves", f"{self.waves:,} finished by every pair"),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("time", f"{self.wall_time_s:.3g} s"),
        ]

    def __repr__(self) -> str:
        return aligned("Training", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def train(
    game: Game,
    preset: str,
    root: np.random.SeedSequence,
    population: Population,
    log: MatchLog,
    limits: Limits,
    progress: bool,
) -> Training:
    """Play waves of a preset until a limit is reached or the user interrupts."""
    begun, members = time.monotonic(), population.members
    if len(members) < 2:
        raise InvalidOptionError(
            f"a league needs at least two members to play, and this one has {len(members)}."
        )
    played, before = log.blocks(), log.num_games()
    wave, furthest, games = finished_waves(members, played), max(played.values(), default=0), before
    shown = StatusProgress(f"league on {game.name}") if progress else Progress()
    try:
        with stop_on_ctrl_c() as stop, shown:
            while not (status := limits.reached(wave, furthest, games, time.monotonic() - begun)):
                for job in PRESETS[preset](wave, members, played):
                    if stop.requested:
                        raise KeyboardInterrupt
                    shown.say(f"wave {wave + 1}, {games:,} games, {job.a.name} - {job.b.name}")
                    games += _play(game, root, population, log, job)
                    played[job.a.id, job.b.id] = job.block + 1
                wave += 1
    except KeyboardInterrupt:  # also the second Ctrl-C, which drops the block that was being played
        status = Status.INTERRUPTED
    games = log.num_games()
    finished = finished_waves(members, log.blocks())
    return Training(games - before, games, finished, status, time.monotonic() - begun)


def _play(
    game: Game, root: np.random.SeedSequence, population: Population, log: MatchLog, job: Job
) -> int:
    """Play a block and enter it; how many games it had."""
    players = [population.player(job.a), population.player(job.b)]
    started, clock = time.time(), time.perf_counter()
    games = play_block(game, players, child(root, *job.stream))
    seconds = time.perf_counter() - clock
    log.append(Block(job.a, job.b, job.block, job.stream, games, started, seconds))
    return len(games)


def _positive(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and 0 < x < math.inf
