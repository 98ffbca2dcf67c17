"""What was played, counted: columns of arrays, since leagues have millions of pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np


class PairCount(NamedTuple):
    """What the log says of two members: wins (a higher payoff than the other's), payoff sums.

    ``squares_a`` and ``squares_b`` are sums of squared payoffs.
    """

    a: str
    b: str
    games: int
    wins_a: int
    draws: int
    wins_b: int
    total_a: float
    total_b: float
    squares_a: float = 0.0
    squares_b: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class PairCounts:
    """K pairs; iterating gives a ``PairCount`` each.

    Attributes
    ----------
    a, b : object [K]
        Names.
    games, wins_a, draws, wins_b : int64 [K]
    total_a, total_b, squares_a, squares_b : float64 [K]
    """

    a: np.ndarray
    b: np.ndarray
    games: np.ndarray
    wins_a: np.ndarray
    draws: np.ndarray
    wins_b: np.ndarray
    total_a: np.ndarray
    total_b: np.ndarray
    squares_a: np.ndarray
    squares_b: np.ndarray

    @classmethod
    def of(cls, rows: Iterable[PairCount]) -> PairCounts:
        """From rows."""
        found = list(rows)
        a, b = (np.array([row[k] for row in found], object) for k in (0, 1))
        numbers = np.array([row[2:] for row in found], np.float64).reshape(len(found), 8)
        return cls.from_numbers(a, b, numbers)

    @classmethod
    def from_numbers(cls, a: np.ndarray, b: np.ndarray, numbers: np.ndarray) -> PairCounts:
        """From names, and the other columns as float64 [K, 8]."""
        whole = numbers[:, :4].astype(np.int64).T
        return cls(a, b, *whole, *numbers[:, 4:].T)

    def __len__(self) -> int:
        return len(self.a)

    def __iter__(self) -> Iterator[PairCount]:
        columns = (getattr(self, field.name).tolist() for field in fields(self))
        return (PairCount(*row) for row in zip(*columns, strict=True))

    def among(self, names: Iterable[str]) -> PairCounts:
        """Of pairs of these members only."""
        kept = np.array(list(names), object)
        both = np.isin(self.a, kept) & np.isin(self.b, kept) if len(self) else np.zeros(0, bool)
        return PairCounts(*(getattr(self, field.name)[both] for field in fields(self)))

    def square(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Wins (a draw is half of one) and games of every two, float64 [n, n] each."""
        place = {name: i for i, name in enumerate(names)}
        i, j = (np.array([place[name] for name in who], np.int64) for who in (self.a, self.b))
        wins, games = np.zeros((2, len(names), len(names)))
        games[i, j] = games[j, i] = self.games
        wins[i, j], wins[j, i] = self.wins_a + self.draws / 2, self.wins_b + self.draws / 2
        return wins, games


class Cell(NamedTuple):
    """What was played, or computed, by one seating of members: ``profile[s]`` sat at seat ``s``.

    ``total`` and ``squares`` are sums over games for each seat; an exact cell has ``games = 0``
    and the expected payoffs in ``total``.
    """

    profile: tuple[int, ...]
    games: int
    total: tuple[float, ...]
    squares: tuple[float, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """N seatings.

    Attributes
    ----------
    profile : int64 [N, P]
        Ids by seat.
    games : int64 [N]
        0 where the payoffs were computed.
    total, squares : float64 [N, P]
    """

    profile: np.ndarray
    games: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, cells: Sequence[Cell], players: int) -> Cells:
        """From rows."""
        shape = len(cells), players
        return cls(
            np.array([cell.profile for cell in cells], np.int64).reshape(shape),
            np.array([cell.games for cell in cells], np.int64),
            np.array([cell.total for cell in cells], np.float64).reshape(shape),
            np.array([cell.squares for cell in cells], np.float64).reshape(shape),
        )

    def __len__(self) -> int:
        return len(self.games)

    def among(self, ids: Sequence[int]) -> Cells:
        """Of these members only."""
        inside = np.isin(self.profile, np.array(ids, np.int64)).all(axis=1)
        return Cells(*(getattr(self, field.name)[inside] for field in fields(self)))

    def together(self, other: Cells) -> Cells:
        """Both, the other's last."""
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return Cells(*(np.concatenate(pair) for pair in pairs))
