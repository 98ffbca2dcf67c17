"""Many games at once on the arrays of a compiled tree, the players being tables of probabilities.

All games take a step together, in numpy; no state object is made. A behaviour strategy is one
vector over the tree's action slots, so a thousand games of Leduc poker take milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.games.tree import CHANCE, TERMINAL, GameTree

NOTHING = -1
"""Stands behind a player's last decision."""


@dataclass(frozen=True, eq=False, slots=True)
class TreeEpisodes:
    """E games of P players, each player's own decisions in their order, padded to T.

    Attributes
    ----------
    infoset, slot : int64 [E, P, T]
        Where the player decided, and which action slot it took; ``NOTHING`` behind the last one.
    payoffs : float64 [E, P]
    plies : int64 [E]
        Actions of the game, chance's too.
    """

    infoset: np.ndarray
    slot: np.ndarray
    payoffs: np.ndarray
    plies: np.ndarray

    @property
    def decisions(self) -> int:
        """Actions of all players in all games, without chance's."""
        return int(np.count_nonzero(self.slot != NOTHING))


@dataclass(frozen=True, eq=False, slots=True)
class TreeTable:
    """A tree on which games are drawn, with chance's running sums; ``tree_table`` makes it."""

    tree: GameTree
    chance: np.ndarray  # float64 [N]; running sums of the probabilities among siblings

    def play(
        self, policies: Sequence[np.ndarray], seats: np.ndarray, rng: np.random.Generator
    ) -> TreeEpisodes:
        """Play E games to their ends.

        Parameters
        ----------
        policies : sequence of K float64 [S]
            Action probabilities by slot, of all players' infosets.
        seats : int [E, P]
            The policy that sits there, in each game.
        rng : numpy Generator
        """
        sums = np.concatenate([slot_sums(self.tree, p) for p in policies])
        walk = _Walk(self, sums, seats)
        while len(rows := walk.running()):
            walk.step(rows, rng.random(len(rows)))
        return walk.episodes()


class _Walk:
    """E games on their way from the root to their leaves."""

    def __init__(self, table: TreeTable, sums: np.ndarray, seats: np.ndarray):
        self.tree, self.chance, self.sums, self.seats = table.tree, table.chance, sums, seats
        games, players = seats.shape
        longest = len(self.tree.depth_offset)
        self.infoset = np.full((games, players, longest), NOTHING)
        self.slot = np.full((games, players, longest), NOTHING)
        self.length = np.zeros((games, players), np.int64)
        self.plies = np.zeros(games, np.int64)
        self.node = np.zeros(games, np.int64)

    def running(self) -> np.ndarray:
        """The games that are not over."""
        return np.flatnonzero(self.tree.player[self.node] != TERMINAL)

    def step(self, rows: np.ndarray, u: np.ndarray) -> None:
        """One action in each of these games; ``u`` from [0, 1) says which."""
        at = self.node[rows]
        by_chance = self.tree.player[at] == CHANCE
        first, count = self.tree.first_child[at].astype(np.int64), self.tree.num_children[at]
        place = np.empty(len(rows), np.int64)
        place[by_chance] = drawn(self.chance, first[by_chance], count[by_chance], u[by_chance])
        place[~by_chance] = self._decide(rows[~by_chance], u[~by_chance])
        self.node[rows] = first + place
        self.plies[rows] += 1

    def _decide(self, rows: np.ndarray, u: np.ndarray) -> np.ndarray:
        """What the players to move choose, written down as their next decisions."""
        tree, at = self.tree, self.node[rows]
        player, infoset = tree.player[at], tree.infoset[at]
        offset = tree.infoset_offset[infoset]
        mine = self.seats[rows, player] * tree.num_slots + offset
        place = drawn(self.sums, mine, tree.num_children[at], u)
        now = self.length[rows, player]
        self.infoset[rows, player, now], self.slot[rows, player, now] = infoset, offset + place
        self.length[rows, player] += 1
        return place

    def episodes(self) -> TreeEpisodes:
        """What was played, without the steps that nobody had."""
        most = max(int(self.length.max(initial=0)), 1)
        payoffs = self.tree.payoffs[self.tree.terminal_index[self.node]]
        infoset, slot = self.infoset[..., :most], self.slot[..., :most]
        return TreeEpisodes(infoset, slot, payoffs, self.plies)


def tree_table(tree: GameTree) -> TreeTable:
    """Get a tree ready for ``play``."""
    above = np.maximum(tree.parent, 0)
    first = tree.first_child[above].astype(np.int64)
    by_chance = (tree.player[above] == CHANCE) & (tree.parent >= 0)
    weights = np.where(by_chance, tree.chance_prob, 0.0)
    return TreeTable(tree, running_sums(weights, first, first + tree.num_children[above]))


def slot_sums(tree: GameTree, probabilities: np.ndarray) -> np.ndarray:
    """Running sums of action probabilities [S] at each infoset."""
    sizes = tree.num_actions
    first, last = (np.repeat(x, sizes) for x in (tree.infoset_offset[:-1], tree.infoset_offset[1:]))
    return running_sums(probabilities, first, last)


def running_sums(weights: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Each entry's sum of weights from ``first`` to itself, in units of its group's total.

    A group is ``first:last``, told at each of its entries; 0 where it has no weight. The sum at a
    group's last positive weight is exactly 1, and so are those behind it: what has no weight is
    never drawn.
    """
    before = np.concatenate([[0.0], np.cumsum(weights)])
    total = before[last] - before[first]
    return np.where(total > 0, (before[1:] - before[first]) / np.where(total > 0, total, 1.0), 0.0)


def drawn(sums: np.ndarray, first: np.ndarray, count: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The place, from 0, at which ``u`` from [0, 1) falls in each group of ``count`` running
    sums."""
    places = np.minimum(np.arange(int(count.max(initial=1))), count[:, None] - 1)
    return np.asarray((sums[first[:, None] + places] <= u[:, None]).sum(axis=1))
