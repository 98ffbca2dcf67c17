"""Reading the match log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Any

import numpy as np

from marl_kit.core.errors import CheckpointError
from marl_kit.league.counts import Cells, PairCounts
from marl_kit.league.jobs import Job, read_job
from marl_kit.league.records import EVALUATE, Event, GameRow, Member, Run
from marl_kit.league.schema import reading
from marl_kit.league.tally import profile_key


class LogReader:
    """Everything that can be asked of a match log; ``MatchLog`` opens one.

    Attributes
    ----------
    path : str
        Of the file, for messages.
    run : Run or None
        None until the run has begun.
    """

    def __init__(self, path: str):
        self.path = path
        self.run: Run | None = None
        self._connection: sqlite3.Connection | None = None

    @property
    def closed(self) -> bool:
        return self._connection is None

    def members(self) -> list[Member]:
        """The members in the order of joining."""
        return [
            Member(*row)
            for row in self._rows(
                "SELECT m.id, m.name, m.spec, m.kind, p.name, m.sha256, m.file, m.role, m.step, "
                "m.meta FROM policy m LEFT JOIN policy p ON p.id = m.parent ORDER BY m.id"
            )
        ]

    def open_jobs(self) -> list[Job]:
        """Jobs that were begun and are not done: the last ones, as results are entered in order."""
        rows = self._rows(
            "SELECT j.id, s.wave, j.kind, j.detail FROM job j JOIN stage s ON s.id = j.stage "
            "WHERE j.id > (SELECT coalesce(max(job), 0) FROM done) ORDER BY j.id"
        )
        members = {m.id: m for m in self.members()} if rows else {}
        return [
            read_job(number, wave, kind, detail, members) for number, wave, kind, detail in rows
        ]

    def stages(self, wave: int) -> list[str]:
        """Names of the stages of a wave that were begun."""
        rows = self._rows("SELECT name FROM stage WHERE wave = ? ORDER BY id", (wave,))
        return [name for (name,) in rows]

    def events(self, kind: str) -> list[Event]:
        """Everything of a kind that was decided."""
        query = "SELECT wave, kind, detail FROM event WHERE kind = ? ORDER BY id"
        return [Event(*row) for row in self._rows(query, (kind,))]

    def blocks(self, purpose: str = EVALUATE) -> dict[tuple[int, ...], int]:
        """How many blocks each profile of ids has; they are numbered from 0 without a gap."""
        rows = self._rows(
            "SELECT profile, count(*) FROM match WHERE purpose = ? GROUP BY profile", (purpose,)
        )
        return {_ids(profile): n for profile, n in rows}

    def num_games(self, purpose: str = "") -> int:
        """All games in the log (of a purpose), but for training games."""
        if not purpose:
            return int(self._rows("SELECT count(*) FROM game")[0][0])
        query = "SELECT count(*) FROM game g JOIN match m ON m.id = g.match WHERE m.purpose = ?"
        return int(self._rows(query, (purpose,))[0][0])

    def different_games(self, purpose: str = EVALUATE, profile: Sequence[int] = ()) -> int:
        """Games that are not the copy of another one of the same table (of one profile).

        Players that draw little at random repeat themselves, and a copy says nothing new.
        """
        query = (
            "SELECT count(*) FROM (SELECT DISTINCT m.profile, g.number, g.actions FROM game g "
            "JOIN match m ON m.id = g.match WHERE m.purpose = ?"
        )
        if profile:
            rows = self._rows(f"{query} AND m.profile = ?)", (purpose, profile_key(profile)))
        else:
            rows = self._rows(f"{query})", (purpose,))
        return int(rows[0][0])

    def num_practice(self) -> int:
        """All training games."""
        return int(self._rows("SELECT coalesce(sum(games), 0) FROM practice")[0][0])

    def pair_counts(self) -> PairCounts:
        """Wins, draws and payoff sums of every two members, in the order of joining."""
        return self._counts(_PAIRS)

    def seat_counts(self) -> PairCounts:
        """The same by seats: ``a`` sat before ``b``, and every pair may be there twice."""
        return self._counts(_BY_SEAT)

    def gate_scores(self, profile: Sequence[int]) -> list[tuple[float, ...]]:
        """Payoffs of a profile's players in each of its gate games, in the order of playing."""
        rows = self._rows(_GATE, (profile_key(profile),))
        by_game: dict[tuple[int, int], dict[int, float]] = {}
        for match, number, policy, payoff in rows:
            by_game.setdefault((match, number), {})[policy] = payoff
        return [tuple(game[i] for i in profile) for game in by_game.values()]

    def cells(self, players: int) -> Cells:
        """Every seating that was played or computed."""
        played = self._cells_of_two() if players == 2 else self._wide_cells(players)
        return self._exact_cells(players).together(played)

    def computed_ids(self) -> set[int]:
        """Members of whom some pay-off was computed."""
        rows = self._rows("SELECT DISTINCT profile FROM exact")
        return {number for (profile,) in rows for number in _ids(profile)}

    def sessions(self) -> list[tuple[int, str, float, float | None, float | None]]:
        """pid, executor, started, deadline and end of every call of ``train``."""
        return self._rows("SELECT pid, executor, started, deadline, ended FROM session ORDER BY id")

    def last_work(self, before: float) -> float:
        """The end of the last finished job that was begun before some time; 0 without one."""
        query = "SELECT coalesce(max(started + seconds), 0) FROM done WHERE started < ?"
        return float(self._rows(query, (before,))[0][0])

    def seconds(self) -> float:
        """Time that jobs have taken, summed over workers."""
        return float(self._rows("SELECT coalesce(sum(seconds), 0) FROM done")[0][0])

    def games(self) -> Iterator[GameRow]:
        """Every game but those of training, in the order of the log."""
        with reading(self.path):
            seats = self._open().execute(_GAMES)
            for _, rows in groupby(seats, key=lambda row: row[:2]):
                found = list(rows)
                match, number, wave, purpose, plies, actions, *_ = found[0]
                policies, payoffs = zip(*(row[-2:] for row in found), strict=True)
                yield GameRow(match, number, wave, purpose, policies, payoffs, plies, actions)

    def practice(self) -> list[tuple[Any, ...]]:
        """wave, learner, opponent, games, wins, draws, losses, total of all training."""
        return self._rows(
            "SELECT s.wave, l.name, o.name, p.games, p.wins, p.draws, p.losses, p.total "
            "FROM practice p JOIN job j ON j.id = p.job JOIN stage s ON s.id = j.stage "
            "JOIN policy l ON l.id = p.learner JOIN policy o ON o.id = p.opponent "
            "ORDER BY p.job, p.opponent"
        )

    def _counts(self, query: str) -> PairCounts:
        numbers = self._numbers(query, 10)
        names = np.empty(int(numbers[:, :2].max(initial=0)) + 1, object)
        for number, name in self._rows("SELECT id, name FROM policy"):
            if number < len(names):
                names[number] = name
        a, b = (names[numbers[:, k].astype(np.int64)] for k in (0, 1))
        return PairCounts.from_numbers(a, b, numbers[:, 2:])

    def _exact_cells(self, players: int) -> Cells:
        rows = self._rows("SELECT profile, payoff FROM exact ORDER BY profile, seat")
        total = np.array([payoff for _, payoff in rows], np.float64).reshape(-1, players)
        profile = np.array([_ids(p) for p, _ in rows[::players]], np.int64).reshape(-1, players)
        return Cells(profile, np.zeros(len(total), np.int64), total, total**2)

    def _cells_of_two(self) -> Cells:
        numbers = self._numbers(_CELLS_OF_TWO, 7)
        profile, games = numbers[:, :2].astype(np.int64), numbers[:, 2].astype(np.int64)
        return Cells(profile, games, numbers[:, 3:5], numbers[:, 5:])

    def _wide_cells(self, players: int) -> Cells:
        rows = self._rows("SELECT profile, games, total, squares FROM cell ORDER BY profile, seat")
        numbers = np.array([row[1:] for row in rows], np.float64).reshape(-1, players, 3)
        profile = np.array([_ids(row[0]) for row in rows[::players]], np.int64)
        games = numbers[:, 0, 0].astype(np.int64)
        return Cells(profile.reshape(-1, players), games, numbers[:, :, 1], numbers[:, :, 2])

    def _numbers(self, query: str, columns: int) -> np.ndarray:
        """The rows of a query that gives numbers only, float64 [K, columns]."""
        with reading(self.path):
            cursor = self._open().execute(query)
            return np.fromiter(chain.from_iterable(cursor), np.float64).reshape(-1, columns)

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with reading(self.path):
            return self._open().execute(query, values).fetchall()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise CheckpointError(f"{self.path}: this league is closed; open it again.")
        return self._connection


def _ids(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


_PAIRS = """
SELECT a, b, sum(games), sum(wins_a), sum(draws), sum(wins_b), sum(total_a), sum(total_b),
       sum(squares_a), sum(squares_b)
FROM pair WHERE a < b GROUP BY a, b ORDER BY a, b
"""
_BY_SEAT = """
SELECT a, b, games, wins_a, draws, wins_b, total_a, total_b, squares_a, squares_b
FROM pair WHERE first = 1 AND a < b
UNION ALL
SELECT b, a, games, wins_b, draws, wins_a, total_b, total_a, squares_b, squares_a
FROM pair WHERE first = 0 ORDER BY 1, 2
"""
_GATE = """
SELECT s.match, s.number, s.policy, s.payoff FROM seat s JOIN match m ON m.id = s.match
WHERE m.purpose = 'gate' AND m.profile = ? ORDER BY s.match, s.number, s.seat
"""
_CELLS_OF_TWO = """
SELECT a, b, games, total_a, total_b, squares_a, squares_b FROM pair WHERE first = 1
UNION ALL
SELECT b, a, games, total_b, total_a, squares_b, squares_a FROM pair WHERE first = 0
"""
_GAMES = """
SELECT m.id, s.number, t.wave, m.purpose, g.plies, g.actions, s.policy, s.payoff
FROM seat s JOIN game g ON g.match = s.match AND g.number = s.number
JOIN match m ON m.id = s.match JOIN job j ON j.id = m.job JOIN stage t ON t.id = j.stage
ORDER BY s.match, s.number, s.seat
"""
