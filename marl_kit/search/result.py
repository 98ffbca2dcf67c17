"""What a search has to say about its root."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.search.tree import Tree

ROUNDING = 1e-9
"""By how much of the payoff range the mean of equal numbers may miss them."""


@dataclass(frozen=True, eq=False, slots=True)
class SearchResult:
    """The statistics at the root, by action in ascending order.

    Attributes
    ----------
    best : int
        The most visited action; among equals the one with the larger sum of returns to the player
        to move, then the one that the search happened to try first. A move that is known to give
        the player to move the most that the game pays goes before all others, and one that is
        known to give the least behind them.
    actions : int64 [A]
        The legal actions.
    visits : int64 [A]
        Simulations that went through each. They sum to one less than the simulations: the first
        evaluates the root itself.
    values : float64 [A, P]
        Mean return of each player; NaN where nothing was tried.
    """

    best: int
    actions: np.ndarray
    visits: np.ndarray
    values: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Visits as shares of their sum, float64 [A]; equal while there are none."""
        total = self.visits.sum()
        return self.visits / total if total else np.full(len(self.visits), 1 / len(self.visits))


def root_result(tree: Tree, slot: int, low: float, high: float) -> SearchResult:
    """Read the root of a slot; ``low`` and ``high``: the smallest and the largest payoff."""
    edges = slice(0, int(tree.num_edges[slot, 0]))
    actions, visits = tree.action[slot, edges], tree.visits[slot, edges]
    sums = tree.value[slot, edges]
    player = int(tree.player[slot, 0])
    means = sums / np.maximum(visits, 1)[:, None]
    # between the two a known value says nothing about the others, which visits do
    slack = ROUNDING * (high - low)
    won, lost = means[:, player] >= high - slack, means[:, player] <= low + slack
    judged = tree.known[slot, edges] * (won.astype(int) - lost)
    # lexsort is stable: what is equal in all stays in the order of the edges, which is random
    best = int(np.lexsort((-sums[:, player], -visits, -judged))[0])
    order = np.argsort(actions)
    means[visits == 0] = np.nan
    return SearchResult(
        best=int(actions[best]),
        actions=actions[order].astype(np.int64),
        visits=visits[order].astype(np.int64),
        values=means[order],
    )
