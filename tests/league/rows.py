"""Everything that a match log says, but for the clock."""

import sqlite3
from pathlib import Path

QUERIES = {
    "run": "SELECT format, version, game, seed, entropy, preset, game_sha256, release FROM run",
    "policy": "SELECT id, name, spec, kind, parent, sha256, file FROM policy ORDER BY id",
    "match": "SELECT id, a, b, block, seed, purpose FROM match ORDER BY id",
    "game": "SELECT match, number, plies, actions FROM game ORDER BY match, number",
    "seat": "SELECT match, number, seat, policy, payoff FROM seat ORDER BY match, number, seat",
}
CLOCKS = {"created", "started", "seconds"}


def rows(folder):
    """``{table: rows}`` of the run in a folder; no tables where the log was never begun."""
    connection = sqlite3.connect(Path(folder) / "log.sqlite")
    try:
        if not columns(connection):
            return {}
        return {table: connection.execute(query).fetchall() for table, query in QUERIES.items()}
    finally:
        connection.close()


def columns(connection):
    """``{table: its columns}``."""
    names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    return {n: [row[1] for row in connection.execute(f"PRAGMA table_info({n})")] for n in names}
