"""The game tree as a structure of arrays."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

CHANCE = -1
"""``player`` of a chance node (OpenSpiel's number)."""
TERMINAL = -4
"""``player`` of a leaf (OpenSpiel's number)."""
NO_INFOSET = -1


def read_only(array: np.ndarray, dtype: type | None = None) -> np.ndarray:
    """A C-contiguous view or copy of ``array`` that nobody can write to."""
    array = np.ascontiguousarray(array, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False, slots=True)
class ExactNumbers:
    """The rational numbers behind a tree's float64 columns."""

    payoffs: tuple[tuple[Fraction, ...], ...]  # [T][P]
    chance: dict[int, Fraction]  # node -> probability of the edge into it, below chance nodes


@dataclass(frozen=True, eq=False, slots=True)
class GameTree:
    """A finite extensive-form game: N nodes, T leaves, I infosets, S action slots, P players.

    Nodes stand in breadth-first order, the children of a node side by side and in the order of
    its actions: child ``k`` of node ``n`` is ``first_child[n] + k``. Infosets are sorted by player
    and, for each player, by their first node; so a player's earlier infoset never follows a later
    one. Action ``k`` at infoset ``i`` owns the slot ``infoset_offset[i] + k``: every behaviour
    strategy is one vector of S probabilities.
    """

    num_players: int
    parent: np.ndarray  # int32 [N]; -1 at the root
    action: np.ndarray  # int64 [N]; the game's own number of the action that led here
    player: np.ndarray  # int8 [N]; 0..P-1, CHANCE or TERMINAL
    first_child: np.ndarray  # int32 [N]
    num_children: np.ndarray  # int32 [N]
    chance_prob: np.ndarray  # float64 [N]; of the edge into the node; 1 below a decision
    infoset: np.ndarray  # int32 [N]; NO_INFOSET at chance nodes and leaves
    terminal_index: np.ndarray  # int32 [N]; row in payoffs, -1 at inner nodes
    depth_offset: np.ndarray  # int64 [D+1]; nodes of depth d: depth_offset[d]:depth_offset[d+1]
    payoffs: np.ndarray  # float64 [T, P]; rewards on the way are summed into the leaf
    infoset_player: np.ndarray  # int32 [I]
    infoset_offset: np.ndarray  # int64 [I+1]; slots of infoset i
    action_number: np.ndarray  # int64 [S]; the game's own number of the slot's action
    infoset_keys: tuple[Hashable, ...]  # [I]; see the contract's "Infoset key"
    exact: ExactNumbers | None = None

    @property
    def num_nodes(self) -> int:
        return len(self.parent)

    @property
    def num_infosets(self) -> int:
        return len(self.infoset_player)

    @property
    def num_slots(self) -> int:
        return len(self.action_number)

    @property
    def num_leaves(self) -> int:
        return len(self.payoffs)

    @property
    def num_actions(self) -> np.ndarray:
        """Actions at each infoset, int64 [I]."""
        return np.diff(self.infoset_offset)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        arrays = (getattr(self, name) for name in self.__slots__)
        return sum(a.nbytes for a in arrays if isinstance(a, np.ndarray))

    def slots(self, infoset: int) -> slice:
        """The slots of an infoset's actions."""
        return slice(int(self.infoset_offset[infoset]), int(self.infoset_offset[infoset + 1]))

    def incoming_slot(self) -> np.ndarray:
        """For each node the slot of the action that led to it, -1 below chance and at the root."""
        slot = np.full(self.num_nodes, -1, np.int64)
        below = np.flatnonzero(self.parent >= 0)
        above = self.parent[below]
        decided = self.infoset[above] != NO_INFOSET
        below, above = below[decided], above[decided]
        slot[below] = self.infoset_offset[self.infoset[above]] + below - self.first_child[above]
        return slot

    def history(self, node: int) -> tuple[int, ...]:
        """The actions from the root to ``node``, by the game's own numbers."""
        actions: list[int] = []
        while self.parent[node] >= 0:
            actions.append(int(self.action[node]))
            node = int(self.parent[node])
        return tuple(reversed(actions))

    def first_nodes(self) -> np.ndarray:
        """The first node (breadth-first) of each infoset, int64 [I]."""
        decisions = np.flatnonzero(self.infoset != NO_INFOSET)
        first = np.empty(self.num_infosets, np.int64)
        first[self.infoset[decisions[::-1]]] = decisions[::-1]
        return first
