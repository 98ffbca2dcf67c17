"""The loop of OpenSpiel's introductory notebook, in which its users measure "CFR" on tic-tac-toe.

It is not CFR as in the papers, in three ways: regrets are floored at 1e-16 before they are matched
and an action that is illegal has a regret of 0, so that where nothing is regretted all of the
game's actions are played alike, the illegal ones too, at which a position is worth 0; the average
is one of behaviour strategies, not weighted by the player's own reach; and it begins after the
first update. Steps are counted from 0: step k is the (k + 1)-th. All players move at once.
"""

from __future__ import annotations

import numpy as np

from marl_kit.games.sequence_form import SequenceForm

FLOOR = 1e-16


class Solver:
    """For two players, on the arrays of a sequence form; ``actions``: how many the game knows."""

    def __init__(self, form: SequenceForm, actions: int):
        self.form, self.actions, self.t = form, actions, 0
        self.slots = form.slot_sequences()
        self.parent = np.repeat(form.parent_sequence, form.num_actions)
        self.infoset = np.repeat(np.arange(form.num_infosets), form.num_actions)
        self.owner = np.repeat(np.arange(form.num_sequences), np.diff(form.entry_offset))
        self.levels = self._levels()
        self.regret = np.zeros(len(self.slots))
        self.strategy = np.repeat(1.0 / form.num_actions, form.num_actions)
        self.average = np.zeros(len(self.slots))

    def step(self) -> None:
        values = self._leaf_values(self.strategy)
        of_slot = values[self.slots]
        for level in reversed(self.levels):
            of_slot[level] = values[self.slots[level]]
            weighted = self.strategy[level] * of_slot[level]
            mean = np.bincount(self.infoset[level], weighted, self.form.num_infosets)
            values += np.bincount(self.parent[level], weighted, len(values))
            self.regret[level] += of_slot[level] - mean[self.infoset[level]]
        floored = np.maximum(self.regret, FLOOR)
        missing = (self.actions - self.form.num_actions) * FLOOR
        self.strategy = floored / (self._per_infoset(floored) + missing)[self.infoset]
        self.average += (self.strategy - self.average) / (1 + self.t)
        self.t += 1

    def nash_conv(self) -> float:
        """Of the average as it is; what it puts on illegal actions pays nothing."""
        plan = self._plan(self.average)
        values = self._leaf_values(self.average)
        own = sum(
            plan[first:last] @ values[first:last]
            for first, last in zip(
                self.form.player_sequences[:-1], self.form.player_sequences[1:], strict=True
            )
        )
        for level in reversed(self.levels):
            # the slots of an infoset stand side by side
            met, first = np.unique(self.infoset[level], return_index=True)
            best = np.maximum.reduceat(values[self.slots[level]], first)
            values += np.bincount(self.form.parent_sequence[met], best, len(values))
        return float(values[self.form.player_sequences[:-1]].sum() - own)

    def _per_infoset(self, weight: np.ndarray) -> np.ndarray:
        return np.bincount(self.infoset, weight, self.form.num_infosets)

    def _leaf_values(self, strategy: np.ndarray) -> np.ndarray:
        weights = self.form.entry_value * self._plan(strategy)[self.form.entry_others[:, 0]]
        return np.bincount(self.owner, weights, self.form.num_sequences)

    def _plan(self, strategy: np.ndarray) -> np.ndarray:
        plan = np.ones(self.form.num_sequences)
        for level in self.levels:
            plan[self.slots[level]] = plan[self.parent[level]] * strategy[level]
        return plan

    def _levels(self) -> list[np.ndarray]:
        """Slots by the number of own moves before them."""
        levels = []
        left = np.arange(len(self.slots))
        known = np.zeros(self.form.num_sequences, bool)
        known[self.form.player_sequences[:-1]] = True
        while len(left):
            ready = known[self.parent[left]]
            levels.append(left[ready])
            known[self.slots[left[ready]]] = True
            left = left[~ready]
        return levels
