"""Everything that a match log says, but for the clock."""

import sqlite3
from pathlib import Path

QUERIES = {
    "run": "SELECT format, version, game, seed, entropy, preset, options, game_sha256, release "
    "FROM run",
    "policy": "SELECT id, name, spec, kind, parent, sha256, file, role, step, meta FROM policy "
    "ORDER BY id",
    "stage": "SELECT id, wave, name FROM stage ORDER BY id",
    "job": "SELECT id, stage, kind, detail FROM job ORDER BY id",
    "done": "SELECT job FROM done ORDER BY job",
    "match": "SELECT id, job, purpose, profile, block, seed FROM match ORDER BY id",
    "game": "SELECT match, number, plies, drawn, actions FROM game ORDER BY match, number",
    "seat": "SELECT match, number, seat, policy, payoff FROM seat ORDER BY match, number, seat",
    "practice": "SELECT job, learner, opponent, games, wins, draws, losses, total, plies "
    "FROM practice ORDER BY job, opponent",
    "exact": "SELECT profile, seat, job, payoff FROM exact ORDER BY profile, seat",
    "event": "SELECT id, wave, kind, detail FROM event ORDER BY id",
    "pair": "SELECT a, b, first, games, wins_a, draws, wins_b, total_a, total_b, squares_a, "
    "squares_b FROM pair ORDER BY a, b, first",
    "cell": "SELECT profile, seat, games, total, squares FROM cell ORDER BY profile, seat",
}
CLOCKS = {"created", "started", "seconds", "worker"}
SESSIONS = "session"
"""A table of nothing but the clock: who had the run open."""


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
