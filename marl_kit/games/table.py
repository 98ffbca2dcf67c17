"""A game of perfect information as tables: every position once, whatever way leads there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from marl_kit.games.tree import CHANCE, TERMINAL

NO_ROW = -1
"""Of ``payoffs``, where the game is not over."""


@dataclass(frozen=True, eq=False, slots=True)
class PositionTable:
    """Positions 0 .. N - 1 and the E moves and outcomes of chance between them.

    Position 0 is the beginning, and a move leads to a position of a larger number: so a single
    pass from the last to the first finds what follows from the ends of the game. The moves of
    position n are ``first_edge[n]`` to ``first_edge[n + 1] - 1``, by ascending action.

    Attributes
    ----------
    key : str
        By what positions were told apart: ``"position"`` (the arrays of board rules),
        ``"string"``, ``"string and plies"`` or ``"history"``. Texts are compared as far as
        ``mk.compile_table`` says: that they tell all is seen, and not proven. The others are exact.
    """

    num_players: int
    player: np.ndarray  # int8 [N]; who moves, CHANCE or TERMINAL
    first_edge: np.ndarray  # int64 [N + 1]
    action: np.ndarray  # int64 [E]
    child: np.ndarray  # int64 [E]; the position after it
    probability: np.ndarray  # float64 [E]; of chance's outcomes, 1 elsewhere
    payoff_row: np.ndarray  # int64 [N]; row of payoffs, NO_ROW while the game runs
    payoffs: np.ndarray  # float64 [K, P]; the different outcomes of the game
    layer_offset: np.ndarray  # int64 [D + 1]; positions by the longest way that leads to them
    key: str

    @property
    def num_positions(self) -> int:
        return len(self.player)

    @property
    def num_edges(self) -> int:
        return len(self.child)

    @property
    def decisions(self) -> np.ndarray:
        """Positions at which a player moves, int64."""
        return np.flatnonzero(self.player >= 0)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        arrays = (getattr(self, name) for name in self.__slots__)
        return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))

    def edges(self, position: int) -> slice:
        """Where the moves of a position stand."""
        return slice(int(self.first_edge[position]), int(self.first_edge[position + 1]))

    def actions(self, position: int) -> list[int]:
        """What can be played, or can happen, at a position."""
        found: list[int] = self.action[self.edges(position)].tolist()
        return found

    def edge(self, position: int, action: int) -> int | None:
        """The edge of an action, None where it is not legal."""
        first, last = int(self.first_edge[position]), int(self.first_edge[position + 1])
        place = first + int(np.searchsorted(self.action[first:last], action))
        return place if place < last and self.action[place] == action else None

    def sources(self) -> np.ndarray:
        """The position that each edge leaves, int64 [E]."""
        return np.repeat(np.arange(self.num_positions), np.diff(self.first_edge))

    def count_histories(self) -> float:
        """Nodes of the game tree: the ways to come to each position, added up."""
        ways = np.zeros(self.num_positions)
        ways[0] = 1.0
        with np.errstate(over="ignore"):  # infinitely many, as far as anybody asks
            for first, last in itertools.pairwise(self.layer_offset.tolist()):
                edges = slice(int(self.first_edge[first]), int(self.first_edge[last]))
                degree = np.diff(self.first_edge[first : last + 1])
                np.add.at(ways, self.child[edges], np.repeat(ways[first:last], degree))
            return float(ways.sum())

    def __repr__(self) -> str:
        kinds = {TERMINAL: "over", CHANCE: "of chance"}
        told = [f"{int(np.sum(self.player == k)):,} {name}" for k, name in kinds.items()]
        told_by = self.key + " (seen to suffice, not proven)" * self.key.startswith("string")
        return (
            f"PositionTable({self.num_positions:,} positions ({', '.join(told)}), "
            f"{self.num_edges:,} moves, {self.nbytes / 1e6:.1f} MB, told apart by {told_by})"
        )


def layers_of(first_edge: np.ndarray, child: np.ndarray) -> list[np.ndarray] | None:
    """Positions by the longest way from position 0; None if a way comes back to where it was.

    Within a layer by number, so that the order is the same in every process.
    """
    waiting = np.bincount(child, minlength=len(first_edge) - 1)
    layer = np.zeros(1, np.int64)
    if waiting[0]:
        return None
    layers = []
    while len(layer):
        layers.append(layer)
        met, times = np.unique(child[edges_of(first_edge, layer)], return_counts=True)
        waiting[met] -= times
        layer = met[waiting[met] == 0]
    return layers if sum(map(len, layers)) == len(waiting) else None


def edges_of(first_edge: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """All edges of some positions, in their order, int64."""
    start = first_edge[positions]
    degree = first_edge[positions + 1] - start
    ends = np.cumsum(degree)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(start - (ends - degree), degree)
