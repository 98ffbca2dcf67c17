"""Environments of teams that are made for tests."""

from __future__ import annotations

import numpy as np
import torch

from marl_kit.games.team import JointBatch, TeamSizes
from marl_kit.learn.cooperative.rollout import Seen

ACTIONS = np.array([3, 2])
"""Two agents, the second of which has fewer actions."""


class Counting:
    """Copies whose episodes have lengths of their own, and say where they are.

    Agents see (copy, agent, time, episode), the state is (copy, time, episode), all are paid the
    time. Agents ``leaves[n]`` are terminated after so many steps; who is not there has no legal
    action. Action 0 is legal at even times, the others always.
    """

    exact_memory = True

    def __init__(self, lengths, cut, leaves=None, pay=(1.0, 1.0)):
        self.lengths, self.cut, self.leaves = np.array(lengths), np.array(cut), leaves or {}
        self.batch, self.pay, self.taken = len(lengths), np.array(pay), []
        self.sizes = TeamSizes(("a", "b"), 4, 3, ACTIONS, 0, max(lengths))

    def reset(self, seed=None):
        self.time, self.episode = np.zeros((2, self.batch), np.int64)
        nothing = np.zeros((self.batch, 2), bool)
        return self._shown(np.zeros((self.batch, 2)), nothing, nothing[:, 0], self._view())

    def step(self, actions):
        assert ((actions >= 0) & (actions < ACTIONS)).all()
        self.taken.append(actions)
        rewards = self._alive() * (self.time + 1.0)[:, None] * self.pay
        self.time = self.time + 1
        over = self.time == self.lengths
        gone = np.zeros((self.batch, 2), bool)
        for agent, after in self.leaves.items():
            gone[:, agent] = self.time >= after
        gone |= (over & ~self.cut)[:, None]
        final = self._view()
        self.episode, self.time = self.episode + over, np.where(over, 0, self.time)
        return self._shown(rewards, gone, over & self.cut, final)

    def _alive(self):
        alive = np.ones((self.batch, 2), bool)
        for agent, after in self.leaves.items():
            alive[:, agent] = self.time < after
        return alive

    def _view(self):
        copies = np.arange(self.batch)
        states = np.stack([copies, self.time, self.episode], 1).astype(float)
        agents = [np.insert(states, 1, n, axis=1) for n in range(2)]
        mask = np.arange(3) < ACTIONS[:, None]
        mask = np.repeat(mask[None], self.batch, 0) & self._alive()[..., None]
        mask[:, :, 0] &= (self.time % 2 == 0)[:, None]
        return np.stack(agents, 1), states, mask

    def _shown(self, rewards, gone, cut, final):
        return JointBatch(*self._view(), self._alive(), rewards, gone, cut, *final, self.episode)


class Counter:
    """Takes the last legal action, and remembers how many steps it has seen of an episode."""

    draws = 1

    def __init__(self, runs):
        self.runs, self.steps, self.numbers = runs, [], []

    def no_memory(self, copies):
        return torch.zeros(self.runs, 2, copies, 1)

    def explore(self, seen: Seen, memory, numbers, steps):
        self.steps.append(steps)
        self.numbers.append(numbers)
        return self.best(seen, memory)

    def best(self, seen: Seen, memory):
        order = torch.arange(seen.mask.shape[-1]) * seen.mask
        return order.argmax(-1), torch.where(seen.starts[:, None, :, None], 1.0, memory + 1)


def generators(runs, first=0):
    return [torch.Generator().manual_seed(first + s) for s in range(runs)]
