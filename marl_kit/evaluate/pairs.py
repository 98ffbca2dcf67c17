"""Results by pair and order of seats, as lists of pairs: what models of draws and seats read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate.counts import Counts, Name, read_counts, read_pairs, summed
from marl_kit.evaluate.draws import LIKELIHOODS, Slopes


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """Games of K pairs among n players; where seats matter, the first of a pair moved first."""

    number: int  # n
    first: np.ndarray  # int64 [K]
    second: np.ndarray  # int64 [K]
    wins: np.ndarray  # float64 [K]; of the first
    draws: np.ndarray  # float64 [K]
    losses: np.ndarray  # float64 [K]

    @property
    def points(self) -> np.ndarray:
        """What row scored against column, float64 [n, n]: a win is 1, a draw 1/2."""
        up = _table(self, self.wins + self.draws / 2)
        return np.asarray(up + _table(self, self.losses + self.draws / 2).T)

    def subset(self, members: np.ndarray) -> Pairs:
        """The games among some of the players, who are numbered anew in the order given."""
        new = np.full(self.number, -1)
        new[members] = np.arange(len(members))
        return self.where((new[self.first] >= 0) & (new[self.second] >= 0), new, len(members))

    def where(self, kept: np.ndarray, new: np.ndarray, number: int) -> Pairs:
        """Some of the pairs, under new numbers of the players."""
        counts = (x[kept] for x in (self.wins, self.draws, self.losses))
        return Pairs(number, new[self.first[kept]], new[self.second[kept]], *counts)

    def slopes(self, model: str, r: np.ndarray, advantage: float, draw: float) -> Slopes:
        """Log likelihood and its derivatives at ratings r [n], in logits."""
        d = r[self.first] - r[self.second] + advantage
        return LIKELIHOODS[model](self.wins, self.draws, self.losses, d, draw)


@dataclass(frozen=True, eq=False, slots=True)
class Held:
    """Evidence about ratings while the draw parameter and the first move's advantage are held."""

    pairs: Pairs
    model: str
    advantage: float  # logits
    draw: float

    @property
    def points(self) -> np.ndarray:
        """What row scored against column, float64 [n, n]."""
        return self.pairs.points

    def subset(self, members: np.ndarray) -> Held:
        """The games among some of the players."""
        return Held(self.pairs.subset(members), self.model, self.advantage, self.draw)

    def log_likelihood(self, r: np.ndarray) -> float:
        """Log probability of the results, up to the number of their orders."""
        return self.pairs.slopes(self.model, r, self.advantage, self.draw).value

    def derivatives(self, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient [n], and the weight [n, n] of each pair in the Laplacian -Hessian."""
        slopes = self.pairs.slopes(self.model, r, self.advantage, self.draw)
        return spread(self.pairs, slopes.d), weights(self.pairs, slopes.d_d)


def spread(pairs: Pairs, x: np.ndarray) -> np.ndarray:
    """Plus x for the first and minus x for the second of each pair, float64 [n]."""
    gained = np.bincount(pairs.first, x, pairs.number)
    return np.asarray(gained - np.bincount(pairs.second, x, pairs.number))


def weights(pairs: Pairs, x: np.ndarray) -> np.ndarray:
    """A symmetric matrix with the x of each pair, float64 [n, n]."""
    one_way = _table(pairs, x)
    return np.asarray(one_way + one_way.T)


def _table(pairs: Pairs, x: np.ndarray) -> np.ndarray:
    n = pairs.number
    return np.bincount(pairs.first * n + pairs.second, x, n * n).reshape(n, n)


def without_seats(counts: Counts) -> Pairs:
    """Each pair once, whoever moved first."""
    a, b = np.nonzero(np.triu(counts.games))
    return Pairs(
        len(counts.players), a, b, counts.wins[a, b], counts.draws[a, b], counts.wins[b, a]
    )


def read_seated(results: Any) -> tuple[Counts, Pairs]:
    """The counts, and the same games by who moved first.

    In a row the first player named moved first; in a MatchResult whoever sat in seat 0.
    """
    players, pairs, numbers = read_pairs(seated_rows(results))
    n = len(players)
    keys, where = np.unique(pairs[:, 0] * n + pairs[:, 1], return_inverse=True)
    sums = [np.bincount(where, x, len(keys)) for x in numbers.T]
    kept = np.sum(sums, axis=0) > 0
    wins, draws, losses = (x[kept] for x in sums)
    seated = Pairs(n, keys[kept] // n, keys[kept] % n, wins, draws, losses)
    return summed(players, pairs, numbers), seated


def seated_rows(results: Any) -> Any:
    """Results in which a match is two rows, one for each of the players to sit in seat 0."""
    if hasattr(results, "columns") or isinstance(results, str):
        return results
    if hasattr(results, "scores"):
        return _match_rows(results)
    try:
        listed = list(results)
    except TypeError:
        return results
    read_counts([x for x in listed if hasattr(x, "scores")])  # refuses a mixture of games
    return [row for x in listed for row in (_match_rows(x) if hasattr(x, "scores") else [x])]


def _match_rows(match: Any) -> list[tuple[Name, Name, float, float, float]]:
    read_counts(match)  # refuses what is not a match of two
    if not hasattr(match, "seats"):
        raise InvalidOptionError(
            "a match without .seats does not say who moved first; give rows whose first player "
            "moved first, or first_move=False."
        )
    gap = np.asarray(match.scores, np.float64) @ (1.0, -1.0)
    first = np.asarray(match.seats)[:, 0] == 0
    (a, b), found = match.players, []
    for one, other, mine in ((a, b, gap[first]), (b, a, -gap[~first])):
        outcome = [float((np.sign(mine) == sign).sum()) for sign in (1, 0, -1)]
        found.append((one, other, *outcome))
    return found
