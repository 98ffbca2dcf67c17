"""Why a game is degenerate: a mixed strategy with more pure best replies than it has actions.

von Stengel (2002), "Computing equilibria for two-person games", definition 2.6. A game that is not
has an odd, finite number of equilibria, all of them extreme and isolated.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from marl_kit.core.results import Degeneracy
from marl_kit.solve.bimatrix.best_replies import BestReplies


def degeneracy(game: Any) -> Degeneracy | None:
    """A witness that a two-player game is degenerate, or None: then it is not, which is proven.

    The witness is a vertex of a best-response polytope, the first that was met; without one the
    polytopes are enumerated to the end, as by ``mk.all_equilibria``.

    Raises
    ------
    UnsupportedGameError, GameTooLargeError
        As ``mk.all_equilibria``.

    Examples
    --------
    >>> import marl_kit as mk
    >>> print(mk.degeneracy(mk.NormalFormGame.from_bimatrix([[1, 1], [0, 2]], [[1, 1], [0, 2]])))
    player 0's strategy (1, 0) has 2 pure best replies: 0, 1
    """
    from marl_kit.solve.bimatrix.vertex_enumeration import open_search

    search = open_search(game)
    for polytope in search.polytopes:
        for _ in polytope.blocks():
            if polytope.degenerate:
                return polytope.witness()
    return None


def witness_of(replies: BestReplies, player: int, tight: int, point: np.ndarray) -> Degeneracy:
    """The strategy of ``player`` at a vertex with more tight inequalities than dimensions."""
    k, d = replies.shape
    total = int(sum(point.tolist()))
    exact = tuple(Fraction(int(z), total) for z in point)
    best = tuple(j for j in range(k) if tight >> (d + j) & 1)
    return Degeneracy(player, np.array([float(z) for z in exact]), exact, best)
