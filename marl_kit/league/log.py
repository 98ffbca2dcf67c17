"""The match log: an append-only SQLite file, the only truth of a league."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.lock import WriterLock
from marl_kit.league.entries import insert_member, insert_result, insert_stage
from marl_kit.league.jobs import Result, Stage
from marl_kit.league.log_reader import LogReader
from marl_kit.league.records import Clock, Member, Run
from marl_kit.league.schema import FORMAT, TABLES, VERSION, check_format, connect, reading
from marl_kit.league.tally import rebuild

LOG_FILE = "log.sqlite"


class MatchLog(LogReader):
    """The log of a run.

    One process writes, any number may read meanwhile. What belongs together is one transaction,
    synchronised to the disk before the call returns: finished jobs survive ``kill -9`` and a
    power cut, an unfinished one leaves nothing, and none can be entered twice.

    Parameters
    ----------
    folder : Path or None
        The run's folder; None keeps the log in memory.
    mode : "create", "write" or "read"
        ``"create"`` makes the folder where there is none; both others need a log in it.

    Raises
    ------
    RunInUseError
        Another process is writing the run; with its process number.
    CheckpointError
        No run there, not a log, damaged, or of another format version.
    """

    def __init__(self, folder: Path | None, mode: Literal["create", "write", "read"] = "create"):
        file = None if folder is None else folder / LOG_FILE
        super().__init__(":memory:" if file is None else str(file))
        self._mode = mode
        self._lock: WriterLock | None = None
        self._turn = threading.RLock()  # one connection has one transaction at a time
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

    def require_writing(self) -> None:
        """Refuse work whose results could not be entered."""
        self._open()
        if self._mode == "read":
            raise InvalidOptionError(
                f"{self.path}: this league was opened to be read only; open it without read_only."
            )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Answer all queries inside from one state of the log, whoever writes it meanwhile."""
        with self._turn, reading(self.path):
            connection = self._open()
            outermost = not connection.in_transaction
            if outermost:
                connection.execute("BEGIN")
            try:
                yield
            finally:
                if outermost and connection.in_transaction:
                    connection.execute("COMMIT")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Enter what is entered inside in one transaction: after an error nothing of it."""
        run = self.run
        try:
            with self._transaction():
                yield
        except BaseException:
            self.run = run
            raise

    def begin(self, run: Run) -> None:
        """Make the tables and enter what the run is bound to, in one transaction."""
        row = (FORMAT, VERSION, run.game, str(run.seed), str(run.entropy), run.preset, run.options)
        rest = (run.game_sha256, run.release, time.time())
        with self._transaction() as connection:
            for statement in TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"INSERT INTO run VALUES (1{', ?' * 10})", row + rest)
        self.run = run

    def add_member(self, member: Member) -> None:
        """Enter a member; its file must have been written before."""
        with self._transaction() as connection:
            insert_member(connection, member)

    def begin_stage(self, stage: Stage) -> None:
        """Enter what is to be done, and what was decided before it, all at once."""
        with self._transaction() as connection:
            insert_stage(connection, stage)

    def finish(self, results: Sequence[tuple[int, Result, Clock]]) -> None:
        """Enter the results of jobs, all of them or none.

        Raises
        ------
        CheckpointError
            One of them is in the log already, or the file cannot be written (a full disk).
        """
        with self._transaction() as connection:
            for job, result, clock in results:
                connection.execute(
                    "INSERT INTO done VALUES (?, ?, ?, ?)",
                    (job, clock.worker, clock.started, clock.seconds),
                )
                insert_result(connection, job, result)

    def rebuild(self) -> None:
        """Make the derived tables again from the matches."""
        with self._transaction() as connection:
            rebuild(connection)

    def begin_session(self, executor: str, deadline: float | None) -> int:
        """Note who trains; the session's number."""
        row = (os.getpid(), executor, time.time(), deadline)
        with self._transaction() as connection:
            cursor = connection.execute("INSERT INTO session VALUES (NULL, ?, ?, ?, ?, NULL)", row)
            return int(cursor.lastrowid or 0)

    def end_session(self, number: int) -> None:
        """Note that it has stopped."""
        with self._transaction() as connection:
            connection.execute("UPDATE session SET ended = ? WHERE id = ?", (time.time(), number))

    def _read_run(self) -> Run:
        game, seed, entropy, *rest = self._rows(
            "SELECT game, seed, entropy, preset, options, game_sha256, release FROM run"
        )[0]
        try:
            return Run(game, int(seed), int(entropy), *rest)
        except ValueError as error:
            raise CheckpointError(f"{self.path}: the seed is damaged ({error}).") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction, or a part of the one that ``together`` has begun."""
        with self._turn, reading(self.path):
            connection = self._open()
            outermost = not connection.in_transaction
            try:
                if outermost:
                    connection.execute("BEGIN IMMEDIATE")
                yield connection
                if outermost:
                    connection.execute("COMMIT")
            except BaseException:
                if outermost and connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOptionError(
            f"{str(folder)!r} cannot be made a run's folder ({error.strerror}); give another path."
        ) from error
