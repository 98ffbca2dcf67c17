"""A table of pairwise results as ratings plus cycles: how much of it is better and worse at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table
from marl_kit.core.threads import one_blas_thread
from marl_kit.evaluate.counts import Name
from marl_kit.evaluate.flow import least_squares
from marl_kit.games.tree import read_only

TOLERANCE = 1e-9
"""Relative to the largest entry: how far from antisymmetric a table may be, by rounding."""
ROUNDING = 1e-14
"""Relative to the largest entry: a rating below it is the rounding of 0."""
SHOWN = 12


@dataclass(frozen=True, eq=False, slots=True)
class Hodge:
    """A table of payoffs split into differences of ratings and what no ratings explain.

    Attributes
    ----------
    ratings : float64 [n]
        Their differences are the nearest to the payoffs; in their units. The mean is 0 (in each
        group that the pairs link).
    transitive : float64 [n, n]
        ``ratings[i] - ratings[j]`` where the pair is known, else 0.
    cyclic : float64 [n, n]
        The rest. At every player its weighted sum is 0: what is won from some is lost to others.
    cyclic_share : float
        Weighted sum of squares of the cyclic part over that of the whole table, in [0, 1]; 0 for a
        table of zeros. At 0 ratings say everything, at 1 they say nothing.
    weights : float64 [n, n]
        How much each pair counts; 0 where it is not known.
    players : tuple of n
    """

    ratings: np.ndarray
    transitive: np.ndarray = field(repr=False)
    cyclic: np.ndarray = field(repr=False)
    cyclic_share: float
    weights: np.ndarray = field(repr=False)
    players: tuple[Name, ...]
    method: str = "hodge"

    def worst_cycle(self) -> tuple[tuple[Name, Name, Name], float] | None:
        """The three players with the greatest sum of payoffs along a beats b beats c beats a.

        None where no three players have all met. Takes time of order n^3.
        """
        from marl_kit.evaluate._cycle_kernels import worst_triangle

        table = self.transitive + self.cyclic
        found = worst_triangle(table, self.weights > 0)
        if found[0] < 0:
            return None
        a, b, c = found
        won = float(table[a, b] + table[b, c] + table[c, a])
        return (self.players[a], self.players[b], self.players[c]), won

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists."""
        return {
            "players": list(self.players),
            "ratings": self.ratings.tolist(),
            "cyclic_share": self.cyclic_share,
            "transitive": self.transitive.tolist(),
            "cyclic": self.cyclic.tolist(),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [("cyclic share", f"{self.cyclic_share:.1%}")]
        order = np.argsort(-self.ratings, kind="stable")
        lines += [(str(self.players[i]), f"{self.ratings[i]:+.4g}") for i in order[:SHOWN]]
        more = len(order) - SHOWN
        return lines + ([("...", f"and {more} more")] if more > 0 else [])

    def __repr__(self) -> str:
        return aligned("Hodge", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None) -> Any:
        """The cyclic part as a heat map, the ratings as bars; returns the matplotlib axes."""
        return resolve("marl_kit.plot.hodge:plot_hodge")(self, ax=ax)


def hodge(payoffs: Any, weights: Any = None, players: Sequence[Name] | None = None) -> Hodge:
    """Split payoffs between players into a transitive part, given by ratings, and a cyclic one.

    Parameters
    ----------
    payoffs : float64 [n, n]
        What row gets against column, antisymmetric (for a constant-sum table take away half of the
        constant first).
    weights : float64 [n, n], optional
        How much each pair counts, symmetric, not negative: for instance the number of games, with
        0 where a pair never met. All pairs alike by default.
    players : sequence of n names, optional
        The index of a DataFrame, else 0, 1, ..., by default.

    Returns
    -------
    Hodge

    Raises
    ------
    InvalidOptionError
        Tables that are not square or not finite, payoffs that are not antisymmetric, weights that
        are negative or not symmetric, other than n different players; weights of linked pairs so
        far apart (1e12; among more than 200 players 1e6) that rounding hides the lightest.

    Notes
    -----
    Jiang, Lim, Yao and Ye (2011), Statistical ranking and combinatorial Hodge theory, Mathematical
    Programming 127, theorem 3 and equation 12: the ratings are a weighted least-squares fit. The
    cyclic part is their curl and harmonic flows together.

    Examples
    --------
    >>> import numpy as np
    >>> rps = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    >>> hodge(rps).cyclic_share
    1.0
    """
    table = _square("payoffs", payoffs)
    size = float(np.abs(table).max(initial=0.0))
    if np.abs(table + table.T).max(initial=0.0) > TOLERANCE * size:
        raise InvalidOptionError(
            "payoffs are not antisymmetric: what row gets, column must lose; of a table M of both "
            "orders of seats give (M - M.T) / 2."
        )
    names = _names(payoffs, players, len(table))
    weight = _weights(weights, len(table))
    with one_blas_thread():
        ratings = least_squares(table, weight)
    ratings[np.abs(ratings) < ROUNDING * size] = 0.0
    transitive = np.where(weight > 0, ratings[:, None] - ratings, 0.0)
    cyclic = np.where(weight > 0, table, 0.0) - transitive
    share = _share(cyclic, transitive + cyclic, weight)
    ratings, transitive, cyclic, weight = map(read_only, (ratings, transitive, cyclic, weight))
    return Hodge(ratings, transitive, cyclic, share, weight, names)


def _share(cyclic: np.ndarray, table: np.ndarray, weight: np.ndarray) -> float:
    """Of the weighted sum of squares; in units of the largest, as squares and sums overflow."""
    size, heaviest = np.abs(table).max(initial=0.0) or 1.0, weight.max(initial=0.0) or 1.0
    part, whole = (float((weight / heaviest * (x / size) ** 2).sum()) for x in (cyclic, table))
    return min(part / whole, 1.0) if whole else 0.0


def _names(payoffs: Any, players: Any, n: int) -> tuple[Name, ...]:
    """Those given, else a DataFrame's index, else 0, 1, ..."""
    if players is None:
        players = getattr(payoffs, "index", range(n)) if hasattr(payoffs, "columns") else range(n)
    try:
        names = tuple(players)
        different = len(set(names))
    except TypeError:
        raise InvalidOptionError(
            f"players are {players!r}; give {n} different names, strings or integers."
        ) from None
    if len(names) != n or different != n:
        raise InvalidOptionError(
            f"{len(names)} players are named for {n} rows; give {n} different names."
        )
    return names


def _square(name: str, x: Any) -> np.ndarray:
    try:
        table = np.array(x, np.float64)
    except (TypeError, ValueError):
        table = np.array(np.nan)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not np.isfinite(table).all():
        raise InvalidOptionError(f"{name} must be a square table of finite numbers.")
    return table


def _weights(weights: Any, n: int) -> np.ndarray:
    if weights is None:
        return np.ones((n, n)) - np.eye(n)
    weight = _square("weights", weights)
    if weight.shape != (n, n) or (weight < 0).any() or not np.array_equal(weight, weight.T):
        raise InvalidOptionError(
            f"weights must be a symmetric [{n}, {n}] table of numbers that are not negative."
        )
    np.fill_diagonal(weight, 0.0)
    return weight
