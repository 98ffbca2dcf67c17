"""Exact values of every position of a table."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.table import PositionTable
from marl_kit.games.tree import CHANCE, read_only
from marl_kit.search.exact._table_kernels import back_up

SUM_SLACK = 1e-9
"""By so much the sum of a position's probabilities may differ from 1."""


@dataclass(frozen=True, eq=False, slots=True)
class TableValues:
    """What the positions of a table are worth when some players choose the best for themselves.

    Attributes
    ----------
    table : PositionTable
    maximises : tuple of P bool
        Who chooses; the others follow a policy.
    values : float64 [N, P]
        Expected return of every player from each position on.
    error : float64 [N, P]
        What rounding may have done to ``values``, at the most: 0 where no chance and no mixed
        policy follows, since payoffs are then copied. Moves whose values differ by less than their
        errors count as equal, so that a tie stays one where probabilities are added up.
    distance : float64 [N]
        Expected plies to the end, chance's included.
    best : int64 [N]
        The edge that is chosen at each position; -1 where nobody chooses.
    """

    table: PositionTable
    maximises: tuple[bool, ...]
    values: np.ndarray
    error: np.ndarray
    distance: np.ndarray
    best: np.ndarray

    def action_values(self, position: int) -> np.ndarray:
        """Every player's value after each move of a position, float64 [A, P]."""
        return np.asarray(self.values[self.table.child[self.table.edges(position)]])

    def keeps(self) -> np.ndarray:
        """Whether a move keeps the value of its position for who makes it, bool [E].

        Of players who choose; False for the moves of chance.
        """
        table = self.table
        mover = table.player[table.sources()]
        who = np.maximum(mover, 0)
        own, off = self.values[table.child, who], self.error[table.child, who]
        inside = np.diff(table.first_edge) > 0
        surely = np.full(table.num_positions, -np.inf)
        surely[inside] = np.maximum.reduceat(own - off, table.first_edge[:-1][inside])
        chooses = (mover >= 0) & np.array(self.maximises)[who]
        return np.asarray(chooses & (own + off >= surely[table.sources()]))

    def best_edges(self, position: int) -> np.ndarray:
        """The moves of a position after which the mover gets most, as far as rounding tells;
        int64, none where nobody moves."""
        table = self.table
        mover, edges = int(table.player[position]), table.edges(position)
        if mover < 0:
            return np.zeros(0, np.int64)
        own, off = self.values[table.child[edges], mover], self.error[table.child[edges], mover]
        return np.asarray(edges.start + np.flatnonzero(own + off >= (own - off).max()))


def solve_table(table: PositionTable) -> TableValues:
    """Backward induction: every position's value when all play the best for themselves.

    Notes
    -----
    The value of two-player zero-sum games is unique. With more players, or general sums, ties
    matter to the others: of the moves that are best for the mover (Zermelo 1913; Kuhn 1953) the
    one that ends the game soonest is played if the mover gets more than the middle of its
    payoffs, else the one that ends it latest, and of several the one of lowest number. The result
    is a subgame-perfect equilibrium, one of perhaps several.
    """
    return _back_up(table, (True,) * table.num_players, chance_weights(table))


def policy_values(table: PositionTable, weights: np.ndarray) -> TableValues:
    """Values when everybody plays by probabilities, float64 [E] (those of chance are the game's).

    Raises
    ------
    InvalidOptionError
        Numbers that are no probabilities, with the position.
    """
    return _back_up(table, (False,) * table.num_players, checked_weights(table, weights))


def response_values(table: PositionTable, weights: np.ndarray, seat: int) -> TableValues:
    """Values when one seat plays a best response to the others' probabilities, float64 [E].

    Only the probabilities of the others are looked at. Where they are all 0 (positions that
    nobody asked about) the values mean nothing.
    """
    maximises = tuple(p == seat for p in range(table.num_players))
    return _back_up(table, maximises, np.where(_by_chance(table), table.probability, weights))


def chance_weights(table: PositionTable) -> np.ndarray:
    """The probabilities of chance, 0 for the moves of players; float64 [E]."""
    return np.where(_by_chance(table), table.probability, 0.0)


def uniform_weights(table: PositionTable) -> np.ndarray:
    """Every legal action as likely, and the probabilities of chance; float64 [E]."""
    degree = np.diff(table.first_edge)
    share = np.repeat(1.0 / np.maximum(degree, 1), degree)
    return np.where(_by_chance(table), table.probability, share)


def checked_weights(table: PositionTable, weights: Any) -> np.ndarray:
    """Probabilities of all moves, with those of chance put in."""
    weights = np.asarray(weights, float)
    if weights.shape != table.child.shape:
        raise InvalidOptionError(
            f"the table has {table.num_edges} moves and {weights.shape} probabilities are given."
        )
    weights = np.where(_by_chance(table), table.probability, weights)
    total = np.bincount(table.sources(), weights=weights, minlength=table.num_positions)
    inside = np.diff(table.first_edge) > 0
    wrong = inside & ~(np.abs(total - 1) <= SUM_SLACK)
    if wrong.any() or not (weights >= 0).all():
        place = int(np.argmax(wrong)) if wrong.any() else int(table.sources()[np.argmin(weights)])
        given = weights[table.edges(place)].tolist()
        raise InvalidOptionError(
            f"the moves of position {place} have the probabilities {given}; they must be >= 0 and "
            f"sum to 1."
        )
    return weights


def reach(table: PositionTable, weights: np.ndarray) -> np.ndarray:
    """Probability to come to each position, float64 [N]."""
    found = np.zeros(table.num_positions)
    found[0] = 1.0
    for first, last in itertools.pairwise(table.layer_offset.tolist()):
        edges = slice(int(table.first_edge[first]), int(table.first_edge[last]))
        degree = np.diff(table.first_edge[first : last + 1])
        share = np.repeat(found[first:last], degree) * weights[edges]
        np.add.at(found, table.child[edges], share)
    return found


def _by_chance(table: PositionTable) -> np.ndarray:
    return np.repeat(table.player == CHANCE, np.diff(table.first_edge))


def _back_up(table: PositionTable, maximises: tuple[bool, ...], weights: np.ndarray) -> TableValues:
    values = np.zeros((table.num_positions, table.num_players))
    error = np.zeros_like(values)
    distance = np.zeros(table.num_positions)
    best = np.zeros(table.num_positions, np.int64)
    middle = table.payoffs.min(axis=0) / 2 + table.payoffs.max(axis=0) / 2
    back_up(
        table.player,
        table.first_edge,
        table.child,
        weights,
        table.payoff_row,
        table.payoffs,
        np.array(maximises),
        middle,
        values,
        error,
        distance,
        best,
    )
    values += 0.0  # -0 becomes 0
    found = (values, error, distance, best)
    return TableValues(table, maximises, *map(read_only, found))
