"""Results of games as counts of wins and draws, whatever form they came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.tree import read_only

COLUMNS = (("a",), ("b",), ("wins of a", "wins_a"), ("draws",), ("wins of b", "wins_b"))
"""What each column of a DataFrame may be called."""

Name = str | int
Columns = Sequence[Sequence[Any]]
"""Names of a, names of b, wins of a, draws, wins of b."""


@dataclass(frozen=True, eq=False, slots=True)
class Counts:
    """How often each of n players won and drew against each other one."""

    players: tuple[Name, ...]  # in the order in which the results name them
    wins: np.ndarray  # float64 [n, n]; games that row won against column
    draws: np.ndarray  # float64 [n, n]; symmetric

    @property
    def games(self) -> np.ndarray:
        """Games of each pair, float64 [n, n], symmetric."""
        return np.asarray(self.wins + self.wins.T + self.draws)

    @property
    def points(self) -> np.ndarray:
        """What row scored against column, float64 [n, n]: a win is 1, a draw 1/2."""
        return np.asarray(self.wins + self.draws / 2)

    def subset(self, members: np.ndarray) -> Counts:
        """The games among some of the players, given by their numbers."""
        names = tuple(self.players[i] for i in members)
        block = np.ix_(members, members)
        return Counts(names, read_only(self.wins[block]), read_only(self.draws[block]))


def read_counts(results: Any) -> Counts:
    """Add up the results of every pair.

    Parameters
    ----------
    results : DataFrame, MatchResult, or iterable of rows and MatchResults
        A DataFrame has the columns ``a, b, wins of a, draws, wins of b`` (``wins_a`` and
        ``wins_b`` will do; others are not looked at), a row has these five values in this order.
        In a MatchResult of two players the higher score of a game wins it. Counts need not be
        whole, as games may be weighted.

    Raises
    ------
    InvalidOptionError
        Anything else, counts that are negative or not finite, a player against itself.
    """
    return summed(*read_pairs(results))


def read_pairs(results: Any) -> tuple[tuple[Name, ...], np.ndarray, np.ndarray]:
    """The players; the numbers of the two in each row, int64 [rows, 2]; its counts, [rows, 3]."""
    a, b, *counts = read_rows(results)
    index = _numbered(a, b)
    pairs = np.array([[index[x] for x in names] for names in (a, b)], np.int64).T
    same = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
    if same.size:
        raise InvalidOptionError(
            f"{a[same[0]]!r} is paired with itself; a rating compares different players."
        )
    return tuple(index), pairs, _valid_counts(a, b, counts)


def _numbered(a: Sequence[Any], b: Sequence[Any]) -> dict[Name, int]:
    """The players' numbers, in the order in which the results name them."""
    for kind in {*map(type, a), *map(type, b)}:
        if issubclass(kind, bool) or not issubclass(kind, str | int | np.integer):
            name = next(x for x in (*a, *b) if type(x) is kind)
            raise InvalidOptionError(
                f"{name!r} is no name of a player; give a string or an integer."
            )
    names = dict.fromkeys(chain.from_iterable(zip(a, b, strict=True)))
    plain = (int(name) if isinstance(name, np.integer) else name for name in names)
    return {name: i for i, name in enumerate(plain)}


def summed(players: tuple[Name, ...], pairs: np.ndarray, numbers: np.ndarray) -> Counts:
    """Rows of the same pair added up, in whatever order they name the two."""
    n = len(players)
    a, b = pairs.T

    def table(first: np.ndarray, second: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.bincount(first * n + second, x, n * n).reshape(n, n)

    wins = table(a, b, numbers[:, 0]) + table(b, a, numbers[:, 2])
    draws = table(a, b, numbers[:, 1])
    draws = draws + draws.T
    return Counts(players, read_only(wins), read_only(draws))


def read_rows(results: Any) -> Columns:
    """The five columns of results in any form, as they are: nothing is checked or added up."""
    if hasattr(results, "columns"):
        return _frame_columns(results)
    if _is_match(results):
        return _row_columns([_match_row(results)])
    if isinstance(results, str) or not isinstance(results, Iterable):
        raise InvalidOptionError(
            f"results are {results!r}; give rows (a, b, wins of a, draws, wins of b), a DataFrame "
            f"with these columns, or MatchResults."
        )
    results = list(results)
    games = {str(getattr(x, "game", "")) for x in results if _is_match(x)}
    if len(games) > 1:
        raise InvalidOptionError(
            f"the matches are of different games ({', '.join(sorted(games))}); rate each game by "
            f"itself, or give rows."
        )
    return _row_columns([_match_row(x) if _is_match(x) else x for x in results])


def _frame_columns(frame: Any) -> Columns:
    found = [next((c for c in names if c in frame.columns), None) for names in COLUMNS]
    if None in found:
        given = ", ".join(map(str, frame.columns)) or "none"
        raise InvalidOptionError(
            f"the columns are {given}; give a, b, wins of a (or wins_a), draws, wins of b (or "
            f"wins_b)."
        )
    return [frame[name].tolist() for name in found]


def _row_columns(rows: Sequence[Any]) -> Columns:
    for row in rows:
        if isinstance(row, str) or not hasattr(row, "__len__") or len(row) != 5:
            raise InvalidOptionError(
                f"{row!r} is no result; give rows (a, b, wins of a, draws, wins of b)."
            )
    return list(zip(*rows, strict=True)) or [()] * 5


def _is_match(x: Any) -> bool:
    return hasattr(x, "scores") and hasattr(x, "players")


def _match_row(match: Any) -> tuple[Any, ...]:
    scores = np.asarray(match.scores, np.float64)
    if scores.ndim != 2 or scores.shape[1] != 2 or len(match.players) != 2:
        raise InvalidOptionError(
            f"a match of {len(match.players)} players has no winner and loser; ratings need "
            f"matches of two."
        )
    a, b = match.players
    gap = scores[:, 0] - scores[:, 1]
    if not np.isfinite(gap).all():
        raise InvalidOptionError(f"the match of {a!r} and {b!r} has scores that are not finite.")
    return a, b, float((gap > 0).sum()), float((gap == 0).sum()), float((gap < 0).sum())


def _valid_counts(a: Sequence[Any], b: Sequence[Any], counts: Sequence[Any]) -> np.ndarray:
    """The counts as float64 [rows, 3]."""
    try:
        numbers = np.array(counts, np.float64).T
    except (TypeError, ValueError) as error:
        raise InvalidOptionError(
            "wins and draws must be numbers; give rows (a, b, wins of a, draws, wins of b)."
        ) from error
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)).all(axis=1))
    if wrong.size:
        i = wrong[0]
        shown = ", ".join(f"{x:g}" for x in numbers[i])
        raise InvalidOptionError(
            f"{a[i]!r} against {b[i]!r} has the counts {shown}; counts are finite and not negative."
        )
    return numbers
