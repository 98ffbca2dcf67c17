"""Everybody plays everybody, a block of every table in each wave."""

from __future__ import annotations

from collections.abc import Sequence

from marl_kit.league.jobs import PlayJob, Stage
from marl_kit.league.log_reader import LogReader
from marl_kit.league.profiles import ids_of, round_robin_profiles
from marl_kit.league.records import Member
from marl_kit.league.training import Reached


class RoundRobin:
    """Wave w is block w of every table; whoever joined later catches up.

    It reads the log once and then counts what it plans: nobody else writes the log, and a stage is
    finished before the next one is planned.
    """

    def __init__(self, log: LogReader, members: Sequence[Member], players: int):
        self._log, self._players = log, players
        self._tables = round_robin_profiles(members, players)
        self._planned, self._games = dict(log.blocks()), log.num_games()
        for table in self._open():  # a run that was killed goes on with these
            self._count(table)

    def reached(self) -> Reached:
        unfinished = self._open()
        counts = [self._planned.get(t, 0) - (t in unfinished) for t in map(ids_of, self._tables)]
        waves = min(counts, default=0)
        games = self._games - self._players * len(unfinished)
        return Reached(waves, games, even=waves >= max(counts, default=0))

    def next_stage(self) -> Stage:
        wave = self.reached().waves
        late = [t for t in self._tables if self._planned.get(ids_of(t), 0) <= wave]
        for table in late:
            self._count(ids_of(table))
        return Stage(wave + 1, "play", [PlayJob(table, wave, 1) for table in late])

    def _open(self) -> list[tuple[int, ...]]:
        """Tables whose next block is planned and not played."""
        return [ids_of(job.profile) for job in self._log.open_jobs() if isinstance(job, PlayJob)]

    def _count(self, table: tuple[int, ...]) -> None:
        self._planned[table] = self._planned.get(table, 0) + 1
        self._games += self._players
