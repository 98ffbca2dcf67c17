"""Who makes children: the protocol ``Dynamics``, and the ``Leaves`` that pass through it.

A search asks a *dynamics* what is at a leaf, and an *evaluator* (``evaluator.py``) what the
leaf is worth. It knows neither the game nor who evaluates.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from marl_kit.games.game import State
from marl_kit.search.plan import Slots


class Source(Protocol):
    """What leaves can be asked about, by their rows."""

    def states(self, rows: np.ndarray) -> list[State]:
        """The positions; who moves on them must clone them first."""
        ...

    def observations(self, rows: np.ndarray) -> np.ndarray:
        """What the players to move see, float32 [B, cells]."""
        ...

    def identities(self, rows: np.ndarray) -> list[Hashable]:
        """Equal only for positions with the same future."""
        ...

    def roll_out(self, leaves: Leaves, rollouts: int) -> np.ndarray:
        """Mean returns of so many random games from each leaf, float64 [B, P].

        Random numbers follow from the leaf's key and simulation.
        """
        ...


class Dynamics(Source, Protocol):
    """Rules, true or learned, as a search sees them.

    A search runs in a *row* and is at a leaf of its tree; the way there is
    ``moves(slots, row)``. Values are returns to come: a dynamics that pays on the way sets
    ``pays`` and tells the reward of the last move, and then the returns at the end do not contain
    what was paid before. The rules of a learned model need not be exact: ``solve`` is refused
    where ``exact`` is false.

    Attributes
    ----------
    num_players : int
    branches : int
        The most actions or outcomes of a node, as far as that is known beforehand.
    width : int
        Room for so many where leaves are told.
    pays, exact : bool
    """

    @property
    def num_players(self) -> int: ...

    @property
    def branches(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def pays(self) -> bool: ...

    @property
    def exact(self) -> bool: ...

    def place(self, row: int, state: Any) -> None:
        """A search of this position begins in the row."""
        ...

    def meet(self, rows: np.ndarray, slots: Slots) -> Slots:
        """Tell the slots of each row's leaf: ``player``, ``branches``, ``actions`` (ascending),
        ``prior`` (equal shares, or the probabilities of chance), ``value`` (at the
        end of the game), ``reward``. Gives the slots, made wider if need be."""
        ...


def moves(slots: Slots, row: int) -> list[int]:
    """The actions from the root to a row's leaf."""
    actions: list[int] = slots.moves[row, 1 : slots.depth[row]].tolist()
    return actions


@dataclass(frozen=True, eq=False, slots=True)
class Leaves:
    """B positions that an evaluator is asked about; at each of them a player moves.

    Attributes
    ----------
    rows : int64 [B]
        Under which the source knows them.
    source : Source
    slots : Slots
        From which the arrays below are read.
    """

    rows: np.ndarray
    source: Source
    slots: Slots

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def players(self) -> np.ndarray:
        """Who moves, int64 [B]."""
        return self.slots.player[self.rows]

    @property
    def counts(self) -> np.ndarray:
        """Of legal actions, int64 [B]."""
        return self.slots.branches[self.rows]

    @property
    def actions(self) -> np.ndarray:
        """Legal actions, ascending, int64 [B, W]; W is at least as many as there are."""
        return self.slots.actions[self.rows]

    @property
    def keys(self) -> np.ndarray:
        """Of the searches, uint64 [B]: random numbers follow from these"""
        return self.slots.key[self.rows]

    @property
    def simulations(self) -> np.ndarray:
        """and from these, int64 [B]."""
        return self.slots.simulation[self.rows]

    def states(self) -> list[State]:
        """The positions; clone before you move on them."""
        return self.source.states(self.rows)

    def observations(self) -> np.ndarray:
        """What the players to move see, float32 [B, cells]."""
        return self.source.observations(self.rows)

    def identities(self) -> list[Hashable]:
        """Equal only for positions with the same future."""
        return self.source.identities(self.rows)

    def random_returns(self, rollouts: int) -> np.ndarray:
        """Mean returns of so many random games from each, float64 [B, P]."""
        return self.source.roll_out(self, rollouts)

    def pick(self, places: Sequence[int] | np.ndarray) -> Leaves:
        """Some of them."""
        return Leaves(self.rows[places], self.source, self.slots)


def widened(slots: Slots, width: int) -> Slots:
    """Room for more actions at a leaf."""
    more = ((0, 0), (0, width - slots.actions.shape[1]))
    return slots._replace(
        noise=np.pad(slots.noise, more),
        actions=np.pad(slots.actions, more),
        prior=np.pad(slots.prior, more),
    )
