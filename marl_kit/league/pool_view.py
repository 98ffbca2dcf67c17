"""Results and ratings of a pool, as matchmaking sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError

SLACK = 1e-6
"""Games by which the wins of both sides may miss the games, by rounding of weighted counts."""


@dataclass(frozen=True, eq=False, slots=True)
class PoolView:
    """What matchmaking sees of a pool of n members, in the order of joining.

    Attributes
    ----------
    wins : float64 [n, n]
        Games that the row's member won against the column's; a draw is half a win to each, so
        ``wins + wins.T == games``.
    games : float64 [n, n]
        Games that the two have played; symmetric.
    learner : int
        Who looks for an opponent.
    candidates : bool [n], optional
        Who may be chosen; everybody but the learner, unless you say otherwise.
    ratings : float64 [n], optional
        Elo; NaN for whoever has none yet.

    Raises
    ------
    InvalidOptionError
        Shapes that do not fit, counts that do not add up, nobody to choose.
    """

    wins: np.ndarray
    games: np.ndarray
    learner: int
    candidates: np.ndarray | None = None
    ratings: np.ndarray | None = None

    def __post_init__(self) -> None:
        wins, games = _numbers("wins", self.wins), _numbers("games", self.games)
        _check_counts(wins, games)
        n = len(wins)
        if not isinstance(self.learner, int | np.integer) or not 0 <= self.learner < n:
            raise InvalidOptionError(
                f"learner is {self.learner!r}; the pool has members 0 to {n - 1}."
            )
        given = np.arange(n) != self.learner if self.candidates is None else self.candidates
        candidates = _array(given)
        if candidates.shape != (n,) or candidates.dtype != bool or not candidates.any():
            raise InvalidOptionError(
                f"candidates is {given!r}; give {n} truth values, at least one of them True "
                f"(a pool of one member has nobody to play with)."
            )
        ratings = None if self.ratings is None else _numbers("ratings", self.ratings)
        if ratings is not None and ratings.shape != (n,):
            raise InvalidOptionError(
                f"ratings have shape {ratings.shape}; give one for each of the {n} members."
            )
        for name, value in (("wins", wins), ("games", games), ("candidates", candidates)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "ratings", ratings)

    def chosen_from(self) -> np.ndarray:
        """Indices of the candidates, in the order of joining."""
        assert self.candidates is not None
        return np.flatnonzero(self.candidates)


def _array(x: Any) -> np.ndarray:
    try:
        return np.array(x)
    except ValueError:  # rows of different lengths
        return np.array(None)


def _numbers(name: str, x: Any) -> np.ndarray:
    found = _array(x)
    if found.dtype.kind not in "iuf" or not found.ndim:
        raise InvalidOptionError(f"{name} are {x!r}; give an array of numbers.")
    return found.astype(np.float64)


def _check_counts(wins: np.ndarray, games: np.ndarray) -> None:
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or games.shape != wins.shape:
        raise InvalidOptionError(
            f"wins have shape {wins.shape} and games {games.shape}; both are [n, n]."
        )
    off = (
        ~np.isclose(wins + wins.T, games, rtol=1e-12, atol=SLACK) | (wins < 0) | ~np.isfinite(games)
    )
    np.fill_diagonal(off, False)  # games among copies of oneself say nothing here
    if off.any():
        a, b = (int(i) for i in np.argwhere(off)[0])
        raise InvalidOptionError(
            f"members {a} and {b} have {wins[a, b]:g} and {wins[b, a]:g} wins in {games[a, b]:g} "
            f"games; wins are not negative and add up to the games, a draw being half a win each."
        )
