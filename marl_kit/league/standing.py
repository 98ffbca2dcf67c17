"""Where a league stands, as arrays: a pure function of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from marl_kit.league.counts import Cells
from marl_kit.league.payoffs import wilson


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """The empirical game of n members, in which everybody may sit anywhere.

    The payoff of a member depends on who else is at the table and not on the seats, over which it
    is averaged. The first axis is the member, the others are the rest of the table, in any order.

    Attributes
    ----------
    ids : tuple of n int
        Of the members, in the order of the axes.
    mean : float64 [n, ..., n], P axes
        NaN where nothing is known.
    games : int64 [n, ..., n]
        0 where nothing was played, or where the mean is computed.
    stderr : float64 [n, ..., n]
        Of the mean; 0 where it is computed, infinite where nothing is known.
    exact : bool [n, ..., n]
        Whether the mean is computed.
    constant_sum : float or None
        What the payoffs of a table sum to, if the rules make it always the same.
    """

    ids: tuple[int, ...]
    mean: np.ndarray
    games: np.ndarray
    stderr: np.ndarray
    exact: np.ndarray
    constant_sum: float | None

    @property
    def num_players(self) -> int:
        return self.mean.ndim

    def known(self) -> np.ndarray:
        """Which cells are known, bool [n, ..., n]."""
        return ~np.isnan(self.mean)


def standing(
    cells: Cells,
    ids: Sequence[int],
    players: int,
    bounds: tuple[float, float],
    constant_sum: float | None,
) -> Standing:
    """Read the empirical game of the members ``ids`` off all that was played or computed.

    The diagonal of a game of two players whose payoffs have a constant sum is half of that.
    """
    cells = cells.among(ids)
    order = np.argsort(np.array(ids, np.int64))
    at = order[np.searchsorted(np.array(ids, np.int64)[order], cells.profile)]
    sums = _Sums(len(ids), players)
    for seat in range(players):
        sums.add(seat, at, cells)
    return sums.standing(tuple(ids), constant_sum, bounds[1] - bounds[0])


class _Sums:
    """Sums over games, and computed values, by cell."""

    def __init__(self, n: int, players: int):
        shape = (n,) * players
        self.total, self.squares, self.games = np.zeros((3, *shape))
        self.computed, self.seatings = np.zeros((2, *shape))

    def add(self, seat: int, at: np.ndarray, cells: Cells) -> None:
        """Count every seating for whoever sits at ``seat``, the others in any order."""
        others = [s for s in range(at.shape[1]) if s != seat]
        done: list[np.ndarray] = []
        for order in permutations(others):
            where = at[:, [seat, *order]]
            new = np.ones(len(where), bool)  # copies of one member: their orders are the same
            for before in done:
                new &= (where != before).any(axis=1)
            done.append(where)
            for exact in (False, True):
                chosen = new & ((cells.games == 0) == exact)
                self._sum(exact, tuple(where[chosen].T), seat, chosen, cells)

    def _sum(
        self, exact: bool, index: tuple[np.ndarray, ...], seat: int, rows: np.ndarray, cells: Cells
    ) -> None:
        if exact:
            np.add.at(self.computed, index, cells.total[rows, seat])
            np.add.at(self.seatings, index, 1)
        else:
            np.add.at(self.total, index, cells.total[rows, seat])
            np.add.at(self.squares, index, cells.squares[rows, seat])
            np.add.at(self.games, index, cells.games[rows])

    def standing(self, ids: tuple[int, ...], constant: float | None, spread: float) -> Standing:
        exact = self.seatings > 0
        games = np.where(exact, 0, self.games)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(exact, self.computed / self.seatings, self.total / self.games)
        if len(mean.shape) == 2 and constant is not None:
            diagonal = np.arange(len(ids))
            mean[diagonal, diagonal] = constant / 2
            exact[diagonal, diagonal] = True
        stderr = np.where(exact, 0.0, self._stderr(mean, spread))
        return Standing(ids, mean, games.astype(np.int64), stderr, exact, constant)

    def _stderr(self, mean: np.ndarray, spread: float) -> np.ndarray:
        """One game more, at the ends of the scale, keeps a cell that was always won uncertain."""
        with np.errstate(invalid="ignore", divide="ignore"):
            inner = np.maximum(self.squares - self.games * mean**2, 0.0) + (spread / 2) ** 2
            return np.where(self.games > 0, np.sqrt(inner) / np.maximum(self.games, 1), np.inf)


def intervals(at: Standing, bounds: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's, of 95 %; the means where they are computed, NaN where nothing is known."""
    low, high = wilson(at.mean, np.maximum(at.games, 1), bounds)
    return np.where(at.exact, at.mean, low), np.where(at.exact, at.mean, high)


def two_axes(at: Standing) -> Standing:
    """A member against another one, whoever else is at the table of more than two.

    Tables that were played count by their games, computed ones alike.
    """
    mean, games, error, exact = at.mean, at.games, at.stderr, at.exact
    while mean.ndim > 2:
        known = ~np.isnan(mean)
        weight = np.where(known, np.where(exact, 1.0, games), 0.0)
        total = np.maximum(weight.sum(axis=-1), 1e-300)
        error = np.where(known, error, 0.0) * weight
        error = np.sqrt((error**2).sum(axis=-1)) / total
        mean = (np.where(known, mean, 0.0) * weight).sum(axis=-1) / total
        mean = np.where(known.any(axis=-1), mean, np.nan)
        error = np.where(known.any(axis=-1), error, np.inf)
        games, exact = games.sum(axis=-1), np.asarray((exact & known).any(axis=-1))
    return Standing(at.ids, mean, games, error, exact, at.constant_sum)
