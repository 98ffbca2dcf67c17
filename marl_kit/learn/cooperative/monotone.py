"""The best monotone fits of a table: for each order of each agent's actions one isotonic
regression, then a search over the orders.

A fit ``f(q_1(a_1), ..., q_N(a_N))`` with ``f`` nondecreasing is nothing but an order of each
agent's actions and a table that is nondecreasing in it, so the set of all fits is a union of
convex cones, one an order. A fit is a *local optimum* if it is the best of every cone in which it
lies: there is no better fit near it, and gradient descent can stay there for ever.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from marl_kit.core.errors import GameTooLargeError

WORK_LIMIT = 10_000_000
"""Orders x cells^2: about ten seconds. 5 x 5 and 6 x 4 pass, 6 x 6 and 4 x 4 x 4 do not."""
SAME = 1e-9
"""Fits of a table with range 1 that differ by less are equal: far above rounding."""
SAME_LOSS = 1e-13
"""The same of losses, which are squares, and flat where a fit is best: as far above rounding."""

Order = tuple[int, ...]  # one index into the agent's permutations for each agent


def refuse_many_orders(num_actions: tuple[int, ...]) -> None:
    """Raise ``GameTooLargeError`` where the search over the orders would take too long."""
    orders = math.prod(math.factorial(n) for n in num_actions)
    if orders * math.prod(num_actions) ** 2 > WORK_LIMIT:
        raise GameTooLargeError(
            f"a game of {' x '.join(map(str, num_actions))} actions has {orders:,} orders of the "
            f"agents' actions, too many to fit one by one (5 x 5, 6 x 4 and 4 x 4 x 3 are as large "
            f"as can be); leave actions out, or take mixer='vdn', which has no limit."
        )


@dataclass(frozen=True, eq=False, slots=True)
class MonotoneFits:
    """What is known of all orders, for a table with range 1.

    Attributes
    ----------
    permutations : tuple of N int64 [A_i!, A_i]
        Each agent's orders, from the worst action to the best.
    tables : float64 [A_1!, ..., A_N!, A_1, ..., A_N]
        The best fit in each order, with the actions where they belong.
    losses : float64 [A_1!, ..., A_N!]
    pull : tuple of N float64 [A_i]
        By how much descent raises each action's utility at first, where all utilities are equal.
    """

    permutations: tuple[np.ndarray, ...]
    tables: np.ndarray
    losses: np.ndarray
    pull: tuple[np.ndarray, ...]

    def local_optima(self) -> list[Order]:
        """One order for each fit that no fit near it betters, the least loss first."""
        orders = sorted(np.ndindex(self.losses.shape), key=lambda order: self.losses[order])
        found: list[Order] = []
        for order in orders:
            equals = itertools.takewhile(partial(self._ties, order), reversed(found))
            if not any(self.same(order, other) for other in equals) and not self._betters(order):
                found.append(order)
        return found

    def reached(self) -> list[Order]:
        """Where descent from equal utilities ends: it begins with the order of the pulls and goes
        on to the best of the cones that the fit lies in, as long as that is better. Ties are
        followed all ways."""
        start = [_sorted_by(p, q) for p, q in zip(self.permutations, self.pull, strict=True)]
        ways = [tuple(map(int, order)) for order in itertools.product(*start)]
        seen, ends = set(ways), []
        while ways:
            order = ways.pop()
            following = self._betters(order)
            if not following:
                ends.append(order)
            ways += [other for other in following if other not in seen]
            seen.update(following)
        return ends

    def _betters(self, order: Order) -> list[Order]:
        """The best orders that the fit is nondecreasing in too; none if it is best itself."""
        fit = self.tables[order]
        near = [
            np.flatnonzero(_nondecreasing(fit, agent, permutations))
            for agent, permutations in enumerate(self.permutations)
        ]
        losses = self.losses[np.ix_(*near)]
        if losses.min() >= self.losses[order] - SAME_LOSS:
            return []
        best = np.argwhere(losses <= losses.min() + SAME_LOSS)
        return [tuple(int(n[i]) for n, i in zip(near, b, strict=True)) for b in best]

    def same(self, order: Order, other: Order) -> bool:
        """Whether two orders have the same best fit."""
        equal = self._ties(order, other)
        return equal and bool(np.abs(self.tables[order] - self.tables[other]).max() <= SAME)

    def _ties(self, order: Order, other: Order) -> bool:
        return bool(abs(self.losses[order] - self.losses[other]) <= SAME_LOSS)


def monotone_fits(table: np.ndarray, weights: np.ndarray, alpha: float) -> MonotoneFits:
    """The best fit in every order.

    Parameters
    ----------
    table : float64 [A_1, ..., A_N]
        With range 1.
    weights : float64 [A_1, ..., A_N]
        Positive, of sum 1.
    alpha : float
        Weight of cells that the fit overestimates, in (0, 1].
    """
    permutations = tuple(
        np.array(list(itertools.permutations(range(n))), np.int64) for n in table.shape
    )
    counts = tuple(len(p) for p in permutations)
    tables, losses = np.empty(counts + table.shape), np.empty(counts)
    for order in np.ndindex(counts):
        cells = np.ix_(*(p[i] for p, i in zip(permutations, order, strict=True)))
        tables[order][cells] = best_in_order(table[cells], weights[cells], alpha)
        losses[order] = asymmetric_loss(table, tables[order], weights, alpha)
    return MonotoneFits(permutations, tables, losses, _first_pull(table, weights, alpha))


def best_in_order(table: np.ndarray, weights: np.ndarray, alpha: float) -> np.ndarray:
    """The best fit that is nondecreasing along every axis."""
    from marl_kit.learn.cooperative._isotonic_kernels import isotonic

    shape = np.array(table.shape, np.int64)
    return isotonic(table.ravel(), weights.ravel(), float(alpha), shape).reshape(table.shape)


def asymmetric_loss(table: np.ndarray, fit: np.ndarray, weights: np.ndarray, alpha: float) -> float:
    """Weighted mean of the squared errors, those of overestimated cells times ``alpha``."""
    return float((np.where(table > fit, 1.0, alpha) * weights * (table - fit) ** 2).sum())


def _first_pull(table: np.ndarray, weights: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    """Sums of the loss's gradient at the best constant, by action: with equal utilities the mixer
    is the same function of each, so this is which way they go, up to a positive factor."""
    from marl_kit.learn.cooperative._isotonic_kernels import expectile

    everywhere = np.ones(table.size, bool)
    level = expectile(table.ravel(), weights.ravel(), float(alpha), everywhere)
    pull = np.where(table > level, 1.0, alpha) * weights * (table - level)
    agents = range(table.ndim)
    return tuple(pull.sum(axis=tuple(j for j in agents if j != i)) for i in agents)


def _sorted_by(permutations: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Which orders go from the least pull to the greatest."""
    return np.flatnonzero((np.diff(pull[permutations], axis=1) >= -SAME).all(axis=1))


def _nondecreasing(fit: np.ndarray, agent: int, permutations: np.ndarray) -> np.ndarray:
    """In which of an agent's orders the fit is nondecreasing, bool [A!]."""
    rows = np.moveaxis(fit, agent, 0).reshape(fit.shape[agent], -1)
    below = np.asarray((rows[:, None] <= rows[None] + SAME).all(axis=2))
    return np.asarray(below[permutations[:, :-1], permutations[:, 1:]].all(axis=1))
