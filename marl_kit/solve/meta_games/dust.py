"""What rounding leaves in a table of payoffs where it should hold zeros and copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.solve.meta_games.meta_payoffs import MetaGame

DUST = 64 * np.finfo(float).eps
"""What sums of floats leave of a true 0, relative to the largest payoff: they cancel a little."""


@dataclass(frozen=True, eq=False, slots=True)
class Dust:
    """Cells of a table that stand for 0, and the first of each row's and column's copies.

    Left alone, dust would be a game of its own wherever the best meet their copies, and whoever is
    ahead by 1e-17 in it would be the only one with weight.
    """

    zero: np.ndarray  # bool [n, k]
    rows: np.ndarray  # int64 [n]
    columns: np.ndarray  # int64 [k]

    def swept(self, table: np.ndarray) -> np.ndarray:
        """The table, of floats or Fractions, with true zeros and true copies."""
        return (table * ~self.zero)[np.ix_(self.rows, self.columns)]


def find_dust(meta: MetaGame, table: np.ndarray) -> Dust:
    """Look for it in the payoffs or their antisymmetric part; exact and whole numbers have none."""
    if meta.given_exactly or np.all(meta.payoffs == np.rint(meta.payoffs)):
        n, k = table.shape
        return Dust(np.zeros((n, k), bool), np.arange(n), np.arange(k))
    size = DUST * float(np.abs(meta.payoffs).max())
    return Dust(np.abs(table) <= size, _first_copies(table, size), _first_copies(table.T, size))


def _first_copies(table: np.ndarray, size: float) -> np.ndarray:
    """The first row that each row equals but for ``size``, int64 [n]."""
    first = np.arange(len(table))
    for i, row in enumerate(table):
        if first[i] == i:
            same = np.abs(table[i:] - row).max(axis=1) <= size
            fresh = first[i:] == np.arange(i, len(table))
            first[i:][same & fresh] = i
    return first
