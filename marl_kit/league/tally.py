"""The derived tables of the match log: counts of pairs and of seatings.

They are changed in the transaction that enters the games, and they are nothing but a sum over the
evaluation matches in their order: ``rebuild`` makes them again, equal to the bit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, groupby

from marl_kit.league.records import EVALUATE

Seating = tuple[Sequence[int], Sequence[float]]
"""Of one game: the policy's id and the payoff, by seat."""

_ADD_PAIR = """
INSERT INTO pair VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (a, b, first) DO UPDATE SET games = games + 1,
    wins_a = wins_a + excluded.wins_a, draws = draws + excluded.draws,
    wins_b = wins_b + excluded.wins_b,
    total_a = total_a + excluded.total_a, total_b = total_b + excluded.total_b,
    squares_a = squares_a + excluded.squares_a, squares_b = squares_b + excluded.squares_b
"""
_ADD_CELL = """
INSERT INTO cell VALUES (?, ?, 1, ?, ?)
ON CONFLICT (profile, seat) DO UPDATE SET games = games + 1,
    total = total + excluded.total, squares = squares + excluded.squares
"""
_SEATS = """
SELECT s.match, s.number, s.policy, s.payoff FROM seat s JOIN match m ON m.id = s.match
WHERE m.purpose = ? ORDER BY s.match, s.number, s.seat
"""


def profile_key(ids: Iterable[int]) -> str:
    """Ids as one text, the key of a profile."""
    return " ".join(map(str, ids))


def add_games(connection: sqlite3.Connection, games: Iterable[Seating]) -> None:
    """Count evaluation games, within the caller's transaction."""
    for ids, payoffs in games:
        connection.executemany(_ADD_PAIR, _pairs(ids, payoffs))
        if len(ids) != 2:
            key = profile_key(ids)
            rows = [(key, seat, x, x * x) for seat, x in enumerate(payoffs)]
            connection.executemany(_ADD_CELL, rows)


def rebuild(connection: sqlite3.Connection) -> None:
    """Count all evaluation games anew, within the caller's transaction."""
    connection.execute("DELETE FROM pair")
    connection.execute("DELETE FROM cell")
    rows = connection.execute(_SEATS, (EVALUATE,))
    add_games(connection, _seatings(rows))


def _seatings(rows: Iterable[tuple[int, int, int, float]]) -> Iterator[Seating]:
    for _, seats in groupby(rows, key=lambda row: row[:2]):
        found = list(seats)
        yield [row[2] for row in found], [row[3] for row in found]


def _pairs(ids: Sequence[int], payoffs: Sequence[float]) -> Iterator[tuple[float, ...]]:
    """Every two seats of a game, the member that joined earlier as ``a``."""
    for s, t in combinations(range(len(ids)), 2):
        first = ids[s] <= ids[t]
        i, j = (s, t) if first else (t, s)
        x, y = payoffs[i], payoffs[j]
        yield (ids[i], ids[j], first, x > y, x == y, x < y, x, y, x * x, y * y)
