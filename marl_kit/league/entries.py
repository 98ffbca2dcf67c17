"""Rows into the match log, within the transaction of the caller."""

from __future__ import annotations

import json
import sqlite3
import time

from marl_kit.league.jobs import Computed, Learned, Played, Result, Stage
from marl_kit.league.records import EVALUATE, Block, Member
from marl_kit.league.tally import add_games, profile_key

_COUNTS = ("games", "wins", "draws", "losses", "total", "plies")


def insert_member(connection: sqlite3.Connection, member: Member) -> None:
    """A member, under its own number."""
    row = (member.id, member.name, member.spec, member.kind, member.parent, member.sha256)
    rest = (member.file, member.role, member.step, member.meta, time.time())
    connection.execute(
        "INSERT INTO policy VALUES "
        "(?, ?, ?, ?, (SELECT id FROM policy WHERE name = ?), ?, ?, ?, ?, ?, ?)",
        row + rest,
    )


def insert_stage(connection: sqlite3.Connection, stage: Stage) -> None:
    """What was decided, and what is to be done next."""
    connection.executemany(
        "INSERT INTO event VALUES (NULL, ?, ?, ?)",
        [(e.wave, e.kind, e.detail) for e in stage.events],
    )
    if stage.jobs:
        row = (stage.wave, stage.name)
        number = connection.execute("INSERT INTO stage VALUES (NULL, ?, ?)", row).lastrowid
        connection.executemany(
            "INSERT INTO job VALUES (NULL, ?, ?, ?)",
            [(number, job.kind, job.detail()) for job in stage.jobs],
        )


def insert_result(connection: sqlite3.Connection, job: int, result: Result) -> None:
    """What a job has brought."""
    if isinstance(result, Played):
        for block in result.blocks:
            _insert_block(connection, job, block)
    elif isinstance(result, Learned):
        _insert_learned(connection, job, result)
    else:
        _insert_exact(connection, job, result)


def _insert_block(connection: sqlite3.Connection, job: int, block: Block) -> None:
    ids = [member.id for member in block.profile]
    row = (job, block.purpose, profile_key(ids), block.number, json.dumps(block.seed))
    match = connection.execute("INSERT INTO match VALUES (NULL, ?, ?, ?, ?, ?)", row).lastrowid
    games, seats, seatings = [], [], []
    for i, game in enumerate(block.games):
        payoffs = [float(x) for x in game.returns]
        at = [ids[player] for player in game.seats]
        drawn = min(payoffs) == max(payoffs)
        games.append((match, i, len(game.actions), drawn, " ".join(map(str, game.actions))))
        seats += [(match, i, s, at[s], x) for s, x in zip(range(len(at)), payoffs, strict=True)]
        seatings.append((at, payoffs))
    connection.executemany("INSERT INTO game VALUES (?, ?, ?, ?, ?)", games)
    connection.executemany("INSERT INTO seat VALUES (?, ?, ?, ?, ?)", seats)
    if block.purpose == EVALUATE:
        add_games(connection, seatings)


def _insert_learned(connection: sqlite3.Connection, job: int, result: Learned) -> None:
    insert_member(connection, result.member)
    connection.executemany(
        "INSERT INTO practice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (job, result.member.id, p.opponent.id, *(getattr(p, name) for name in _COUNTS))
            for p in result.practice
        ],
    )


def _insert_exact(connection: sqlite3.Connection, job: int, result: Computed) -> None:
    connection.executemany(
        "INSERT INTO exact VALUES (?, ?, ?, ?)",
        [
            (profile_key(profile), seat, job, float(x))
            for profile, payoffs in result.payoffs
            for seat, x in enumerate(payoffs)
        ],
    )
