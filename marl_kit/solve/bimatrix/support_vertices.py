"""Strategies of one player that make given replies equally good, a support at a time.

A vertex z of the best-response polytope {z >= 0, M z <= 1} with support I is the only solution of
M[K, I] z = 1 for some set K of as many tight rows: looking at all pairs (I, K) of equal size finds
every vertex, also in degenerate games. Floats with error bounds rule out almost every pair; the
rest is solved in integers, so the answer is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.bimatrix.best_replies import EPS, best_replies
from marl_kit.solve.bimatrix.linear_system import unique_solution


@dataclass(frozen=True, slots=True)
class SupportVertex:
    """A strategy with its support and the other player's best replies to it, as sets of bits."""

    strategy: tuple[Fraction, ...]
    support: int
    replies: int


class SupportVertices:
    """The vertices of one player's polytope, found by asking for supports and replies.

    Parameters
    ----------
    game : NormalFormGame
    player : 0 or 1
        Whose strategies they are.
    """

    def __init__(self, game: NormalFormGame, player: int):
        self._replies = best_replies(game, 1 - player)
        payoffs = game.payoffs[1 - player]
        self._payoffs = payoffs if player == 1 else payoffs.T  # [k, d], the replying player's
        self._known: dict[int, list[SupportVertex]] = {}

    def undominated(self, supports: np.ndarray) -> np.ndarray:
        """Rows that can be best replies to a strategy on the supports [n, s], bool [n, k].

        Porter, Nudelman and Shoham (2004), conditional dominance. Rounding keeps order, so what
        floats say is strictly better is better.
        """
        inner = self._payoffs[:, supports]  # [k, n, s]
        return ~np.array([(inner > row).all(axis=2).any(axis=0) for row in inner]).T

    def possible(self, supports: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Which of n pairs may be of a vertex, bool [n]; what is ruled out is proven not to be.

        ``supports`` and ``rows`` are int64 [n, s].
        """
        M, error = self._replies.floats, self._replies.error
        if M is None:
            return np.ones(len(supports), bool)
        size = supports.shape[1]
        G = M[rows[:, :, None], supports[:, None, :]]
        regular = np.linalg.det(G) != 0.0
        R = np.linalg.inv(np.where(regular[:, None, None], G, np.eye(size)))
        z = R.sum(axis=2)
        # |z - exact| <= |R| |1 - G z| / (1 - |1 - R G|), rounding and what M may be off included
        noise = error + 4 * (size + 4) * EPS
        norm = np.abs(R).sum(axis=2).max(axis=1)
        contraction = np.abs(np.eye(size) - R @ G).sum(axis=2).max(axis=1) + 2 * size * norm * noise
        residual = np.abs(1.0 - np.einsum("nij,nj->ni", G, z)).max(axis=1)
        residual += 2 * noise * np.abs(z).sum(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            bound = np.where(contraction < 0.5, 2 * norm * residual, np.inf)
            negative = (z < -bound[:, None]).any(axis=1)
            used = np.einsum("nij,nj->ni", M[:, supports].transpose(1, 0, 2), z)
            slack = 2 * size * bound + 2 * noise * np.abs(z).sum(axis=1)
            broken = (used > 1.0 + slack[:, None]).any(axis=1)
        return ~regular | ~(negative | broken)

    def find(self, support: np.ndarray, rows: np.ndarray) -> SupportVertex | None:
        """The vertex of exactly this support where these rows are tight, if it is there and new."""
        mask, tight = _bits(support), _bits(rows)
        known = self._known.setdefault(mask, [])
        if any(tight & v.replies == tight for v in known):
            return None
        table = self._replies.integers
        z = unique_solution([[table[j][i] for i in support] for j in rows])
        if z is None or min(z) <= 0:
            return None
        values = [sum(row[i] * v for i, v in zip(support, z, strict=True)) for row in table]
        if max(values) > 1:
            return None
        best = sum(1 << j for j, value in enumerate(values) if value == 1)
        total, strategy = sum(z), [Fraction(0)] * len(table[0])
        for i, v in zip(support, z, strict=True):
            strategy[i] = v / total
        known.append(SupportVertex(tuple(strategy), mask, best))
        return known[-1]


def _bits(members: np.ndarray) -> int:
    return sum(1 << int(i) for i in members)
