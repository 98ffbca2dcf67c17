"""The tables of the match log, and opening a file that holds them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marl_kit.core.errors import CheckpointError

FORMAT = "marl_kit.league"
VERSION = 2
BUSY_SECONDS = 60.0
"""How long a writer or a reader waits for the other's transaction; they take milliseconds."""

TABLES = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    format TEXT NOT NULL,
    version INTEGER NOT NULL,
    game TEXT NOT NULL,      -- spec; a bare file name lies in the run's folder
    seed TEXT NOT NULL,      -- integers of any size
    entropy TEXT NOT NULL,   -- of the root of all streams
    preset TEXT NOT NULL,
    options TEXT NOT NULL,   -- of the preset, JSON
    game_sha256 TEXT NOT NULL,  -- of the game's file, empty without one
    release TEXT NOT NULL,   -- of marl_kit
    created REAL NOT NULL    -- clock
);
CREATE TABLE policy (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    spec TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent INTEGER REFERENCES policy,
    sha256 TEXT,             -- of the file
    file TEXT,               -- relative to the run's folder
    role TEXT NOT NULL,      -- the line of learners that it belongs to
    step INTEGER NOT NULL,   -- the wave that made it
    meta TEXT NOT NULL,      -- what the oracle told, JSON
    created REAL NOT NULL    -- clock
);
CREATE TABLE stage (         -- jobs that depend on the log before them, and not on each other
    id INTEGER PRIMARY KEY,
    wave INTEGER NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE job (           -- what is to be done, in the order in which results are entered
    id INTEGER PRIMARY KEY,
    stage INTEGER NOT NULL REFERENCES stage,
    kind TEXT NOT NULL,      -- play, train or compute
    detail TEXT NOT NULL     -- JSON
);
CREATE TABLE done (          -- the jobs whose results are in the log
    job INTEGER PRIMARY KEY REFERENCES job,
    worker TEXT NOT NULL,    -- clock
    started REAL NOT NULL,   -- clock
    seconds REAL NOT NULL    -- clock
);
CREATE TABLE match (         -- a block: as many games as players, seats rotated, one seed
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES job,
    purpose TEXT NOT NULL,   -- evaluate or gate
    profile TEXT NOT NULL,   -- ids of the players, in the order in which seats rotate
    block INTEGER NOT NULL,
    seed TEXT NOT NULL,      -- path of its stream below the root, as JSON
    UNIQUE (purpose, profile, block)  -- nothing is ever played twice
);
CREATE TABLE game (
    match INTEGER NOT NULL REFERENCES match,
    number INTEGER NOT NULL,
    plies INTEGER NOT NULL,
    drawn INTEGER NOT NULL,  -- whether all payoffs are the same
    actions TEXT NOT NULL,   -- the whole history, chance included
    PRIMARY KEY (match, number)
) WITHOUT ROWID;
CREATE TABLE seat (
    match INTEGER NOT NULL,
    number INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    policy INTEGER NOT NULL REFERENCES policy,
    payoff REAL NOT NULL,
    PRIMARY KEY (match, number, seat),
    FOREIGN KEY (match, number) REFERENCES game
) WITHOUT ROWID;
CREATE TABLE practice (      -- training games, counted by opponent
    job INTEGER NOT NULL REFERENCES job,
    learner INTEGER NOT NULL REFERENCES policy,
    opponent INTEGER NOT NULL REFERENCES policy,
    games INTEGER NOT NULL,
    wins INTEGER NOT NULL,   -- of the learner
    draws INTEGER NOT NULL,
    losses INTEGER NOT NULL,
    total REAL NOT NULL,     -- payoff of the learner
    plies INTEGER NOT NULL,
    PRIMARY KEY (job, opponent)
) WITHOUT ROWID;
CREATE TABLE exact (         -- expected payoffs, computed
    profile TEXT NOT NULL,   -- ids by seat
    seat INTEGER NOT NULL,
    job INTEGER NOT NULL REFERENCES job,
    payoff REAL NOT NULL,
    PRIMARY KEY (profile, seat)
) WITHOUT ROWID;
CREATE TABLE event (         -- what was decided
    id INTEGER PRIMARY KEY,
    wave INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL     -- JSON
);
CREATE TABLE session (       -- who had the run open: clock, all of it
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    executor TEXT NOT NULL,
    started REAL NOT NULL,
    deadline REAL,           -- when the time given is over
    ended REAL               -- empty while it trains, or when it was killed
);
CREATE TABLE pair (          -- derived from the evaluation matches, rebuilt from them at any time
    a INTEGER NOT NULL REFERENCES policy,
    b INTEGER NOT NULL REFERENCES policy,
    first INTEGER NOT NULL,  -- whether a sat before b
    games INTEGER NOT NULL,
    wins_a INTEGER NOT NULL,
    draws INTEGER NOT NULL,
    wins_b INTEGER NOT NULL,
    total_a REAL NOT NULL,
    total_b REAL NOT NULL,
    squares_a REAL NOT NULL,
    squares_b REAL NOT NULL,
    PRIMARY KEY (a, b, first)
) WITHOUT ROWID;
CREATE TABLE cell (          -- derived too, for games of other than two players
    profile TEXT NOT NULL,   -- ids by seat
    seat INTEGER NOT NULL,
    games INTEGER NOT NULL,
    total REAL NOT NULL,
    squares REAL NOT NULL,
    PRIMARY KEY (profile, seat)
) WITHOUT ROWID;
"""


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn what SQLite says of a file that it cannot use into one sentence."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise CheckpointError(f"{path}: the log refuses the row ({error}).") from error
    except sqlite3.Error as error:
        raise CheckpointError(f"{path}: the match log cannot be used ({error}).") from error


def connect(file: Path | None, *, write: bool) -> sqlite3.Connection:
    """Open a log: in memory without ``file``, else an SQLite file with a write-ahead log.

    A committed transaction is synchronised to the disk (``synchronous=FULL``, on macOS
    ``fullfsync``): it survives a kill and a power cut. Readers see whole transactions and neither
    wait for the writer nor hold it up.
    """
    name = (
        ":memory:"
        if file is None
        else f"{file.absolute().as_uri()}?mode={'rwc' if write else 'ro'}"
    )
    connection = sqlite3.connect(
        name, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def check_format(connection: sqlite3.Connection, path: str) -> bool:
    """Whether the file holds a run; an empty one, as a kill at the right moment leaves, does not.

    Raises
    ------
    CheckpointError
        Somebody else's file, or another format version.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return False
    if "run" not in tables:
        raise CheckpointError(f"{path}: an SQLite file, but not a {FORMAT} log.")
    row = connection.execute("SELECT format, version FROM run").fetchone()
    if row is None or row[0] != FORMAT:
        raise CheckpointError(f"{path}: not a {FORMAT} log.")
    if row[1] != VERSION:
        raise CheckpointError(f"{path}: format version {row[1]}; this release reads {VERSION}.")
    return True
