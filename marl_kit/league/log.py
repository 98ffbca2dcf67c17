"""The match log: an append-only SQLite file, the only truth of a league."""

from __future__ import annotations

import json
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.league.lock import WriterLock
from marl_kit.league.records import Block, Member, PairCount, Run
from marl_kit.league.schema import FORMAT, TABLES, VERSION, check_format, connect, reading

LOG_FILE = "log.sqlite"
EVALUATE = "evaluate"
"""Purpose of a match that counts for ratings."""


class MatchLog:
    """The log of a run.

    One process writes, any number may read meanwhile. A block of games is one transaction,
    synchronised to the disk before ``append`` returns: a finished block survives ``kill -9`` and a
    power cut, an unfinished one leaves nothing, and none can be entered twice.

    Parameters
    ----------
    folder : Path or None
        The run's folder; None keeps the log in memory.
    mode : "create", "write" or "read"
        ``"create"`` makes the folder where there is none; both others need a log in it.

    Attributes
    ----------
    path : str
        Of the file, for messages.
    run : Run or None
        None until ``begin``.

    Raises
    ------
    RunInUseError
        Another process is writing the run; with its process number.
    CheckpointError
        No run there, not a log, damaged, or of another format version.
    """

    def __init__(self, folder: Path | None, mode: Literal["create", "write", "read"] = "create"):
        file = None if folder is None else folder / LOG_FILE
        self.path = ":memory:" if file is None else str(file)
        self.run: Run | None = None
        self._mode = mode
        self._lock: WriterLock | None = None
        self._connection: sqlite3.Connection | None = None
        if folder is not None and file is not None:
            if mode == "create":
                _make_folder(folder)
            elif not file.is_file():
                raise CheckpointError(f"{self.path}: there is no league in this folder.")
            self._lock = None if mode == "read" else WriterLock(folder)
        try:
            with reading(self.path):
                self._connection = connect(file, write=mode != "read")
                weakref.finalize(self, self._connection.close)
                if check_format(self._connection, self.path):
                    self.run = self._read_run()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the file and the run go; closing twice is nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def closed(self) -> bool:
        return self._connection is None

    def require_writing(self) -> None:
        """Refuse work whose results could not be entered."""
        self._open()
        if self._mode == "read":
            raise InvalidOptionError(
                f"{self.path}: this league was opened to be read only; open it without read_only."
            )

    def begin(self, run: Run) -> None:
        """Make the tables and enter what the run is bound to, in one transaction."""
        row = (FORMAT, VERSION, run.game, str(run.seed), str(run.entropy), run.preset)
        rest = (run.game_sha256, run.release, time.time())
        with reading(self.path), self._transaction() as connection:
            for statement in TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"INSERT INTO run VALUES (1{', ?' * 9})", row + rest)
        self.run = run

    def add_member(self, member: Member) -> None:
        """Enter a member; its file must have been written before."""
        row = (member.id, member.name, member.spec, member.kind, member.parent)
        rest = (member.sha256, member.file, time.time())
        with reading(self.path), self._transaction() as connection:
            connection.execute(
                "INSERT INTO policy VALUES "
                "(?, ?, ?, ?, (SELECT id FROM policy WHERE name = ?), ?, ?, ?)",
                row + rest,
            )

    def append(self, *blocks: Block) -> None:
        """Enter finished blocks, all of them or none.

        Raises
        ------
        CheckpointError
            One of them is in the log already, or the file cannot be written (a full disk).
        """
        with reading(self.path), self._transaction() as connection:
            for block in blocks:
                _insert_block(connection, block)

    def members(self) -> list[Member]:
        """The members in the order of joining."""
        return [
            Member(*row)
            for row in self._rows(
                "SELECT m.id, m.name, m.spec, m.kind, p.name, m.sha256, m.file "
                "FROM policy m LEFT JOIN policy p ON p.id = m.parent ORDER BY m.id"
            )
        ]

    def blocks(self) -> dict[tuple[int, int], int]:
        """How many blocks each pair of ids has played; they are numbered from 0 without a gap."""
        rows = self._rows("SELECT a, b, count(*) FROM match GROUP BY a, b")
        return {(a, b): n for a, b, n in rows}

    def num_games(self) -> int:
        """All games in the log."""
        return int(self._rows("SELECT count(*) FROM game")[0][0])

    def pair_counts(self) -> list[PairCount]:
        """Wins, draws and payoff sums of every pair that has played, in the order of joining."""
        return [PairCount(*row) for row in self._rows(_PAIR_COUNTS, (EVALUATE,))]

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with reading(self.path):
            return self._open().execute(query, values).fetchall()

    def _read_run(self) -> Run:
        game, seed, entropy, *rest = self._rows(
            "SELECT game, seed, entropy, preset, game_sha256, release FROM run"
        )[0]
        try:
            return Run(game, int(seed), int(entropy), *rest)
        except ValueError as error:
            raise CheckpointError(f"{self.path}: the seed is damaged ({error}).") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise CheckpointError(f"{self.path}: this league is closed; open it again.")
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


_PAIR_COUNTS = """
SELECT p.name, q.name, count(*), sum(x.payoff > y.payoff), sum(x.payoff = y.payoff),
       sum(x.payoff < y.payoff), sum(x.payoff), sum(y.payoff)
FROM match m
JOIN seat x ON x.match = m.id AND x.policy = m.a
JOIN seat y ON y.match = m.id AND y.number = x.number AND y.policy = m.b
JOIN policy p ON p.id = m.a
JOIN policy q ON q.id = m.b
WHERE m.purpose = ?
GROUP BY m.a, m.b
ORDER BY m.a, m.b
"""


def _insert_block(connection: sqlite3.Connection, block: Block) -> None:
    ids = (block.a.id, block.b.id)
    row = (*ids, block.number, json.dumps(block.seed), EVALUATE, block.started, block.seconds)
    match = connection.execute(
        "INSERT INTO match VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row
    ).lastrowid
    connection.executemany(
        "INSERT INTO game VALUES (?, ?, ?, ?)",
        [
            (match, i, len(g.actions), " ".join(map(str, g.actions)))
            for i, g in enumerate(block.games)
        ],
    )
    connection.executemany(
        "INSERT INTO seat VALUES (?, ?, ?, ?, ?)",
        [
            (match, i, seat, ids[player], float(payoff))
            for i, g in enumerate(block.games)
            for seat, (player, payoff) in enumerate(zip(g.seats, g.returns, strict=True))
        ],
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOptionError(
            f"{str(folder)!r} cannot be made a run's folder ({error.strerror}); give another path."
        ) from error
