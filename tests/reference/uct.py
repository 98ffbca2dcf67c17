"""Slow and obvious: UCT on dictionaries, with the same random numbers as the kernels.

A node is the history from the root on; a simulation is one pass of ``_simulate``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

CHANCE, TERMINAL = -1, -4
DESCENT, ORDER, ROLLOUT = 0, 1, 2


def mix(x: int) -> int:
    """The output function of SplitMix64, on 64 bits."""
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


class Stream:
    """Random numbers of one purpose in one simulation of a search."""

    STEP = 0x9E3779B97F4A7C15

    def __init__(self, key: int, simulation: int, purpose: int):
        self.state = mix((key + self.STEP * (3 * simulation + purpose + 1)) % 2**64)

    def draw(self) -> int:
        """An integer below 2**32."""
        self.state = (self.state + self.STEP) % 2**64
        return mix(self.state) >> 32

    def below(self, n: int) -> int:
        return self.draw() * n // 2**32

    def outcome(self, outcomes: Sequence[tuple[int, float]]) -> int:
        """An action of chance by its probability."""
        left = self.draw() / 2**32
        for action, probability in outcomes:
            left -= probability
            if left < 0:
                return action
        return outcomes[-1][0]


class Node:
    """What is known of a position: its actions in the order of trying, visits, sums of returns."""

    def __init__(self, state: Any, order: Stream):
        self.player = state.current_player()
        self.total = 0
        self.actions: list[int] = []
        if self.player == CHANCE:
            self.actions = [action for action, _ in state.chance_outcomes()]
        elif self.player != TERMINAL:
            for i, action in enumerate(state.legal_actions()):
                j = order.below(i + 1)
                self.actions.append(action)
                self.actions[i], self.actions[j] = self.actions[j], self.actions[i]
        self.visits = dict.fromkeys(self.actions, 0)
        self.sums = {action: [0.0] * state.num_players() for action in self.actions}
        self.known: set[int] = set()

    def score(self, action: int, c: float) -> float:
        """Q + c sqrt(ln N / n), rounded as the kernel does, so that ties fall alike."""
        n = self.visits[action]
        if n == 0:
            return math.inf
        root = 1 / math.sqrt(n)
        bonus = 0.0 if action in self.known else c * math.sqrt(math.log(self.total))
        return (self.sums[action][self.player] * root + bonus) * root


class Twin:
    """A search; ``c`` is in payoff units here, ``known`` says how ends of the game count."""

    def __init__(
        self,
        state: Any,
        simulations: int,
        c: float,
        key: int,
        rollouts: int = 1,
        known: bool = True,
    ):
        self.start, self.c, self.key, self.rollouts = state, c, key, rollouts
        self.ends_are_known = known
        self.nodes: dict[tuple[int, ...], Node] = {}
        for simulation in range(simulations):
            self._simulate(simulation)
        self.root = self.nodes[()]

    def visits(self) -> list[int]:
        """Of the root's actions, ascending."""
        return [self.root.visits[action] for action in sorted(self.root.actions)]

    def sums(self) -> list[list[float]]:
        """Returns, summed over the visits, of the root's actions."""
        return [self.root.sums[action] for action in sorted(self.root.actions)]

    def best(self, low: float, high: float) -> int:
        """Known wins first, known losses last; visits, then returns, then the order of trying."""
        root = self.root

        def rank(action: int) -> tuple[int, int, float]:
            n, total = root.visits[action], root.sums[action][root.player]
            won, lost = (n > 0 and math.isclose(total / n, bound) for bound in (high, low))
            return (won - lost if action in root.known else 0), n, total

        return max(root.actions, key=rank)

    def _simulate(self, simulation: int) -> None:
        descent, order, rollout = (
            Stream(self.key, simulation, purpose) for purpose in (DESCENT, ORDER, ROLLOUT)
        )
        state, here = self.start.clone(), ()
        way: list[tuple[Node, int]] = []
        while here in self.nodes and not state.is_terminal():
            node = self.nodes[here]
            if node.player == CHANCE:
                action = descent.outcome(state.chance_outcomes())
            else:
                action = max(node.actions, key=lambda a: node.score(a, self.c))
            way.append((node, action))
            state.apply_action(action)
            here = (*here, action)
        node = self.nodes.setdefault(here, Node(state, order))
        if self.ends_are_known and state.is_terminal():
            above, action = way[-1]
            above.known.add(action)
        returns = self._evaluate(state, rollout)
        node.total += 1
        for above, action in way:
            above.total += 1
            above.visits[action] += 1
            above.sums[action] = [a + b for a, b in zip(above.sums[action], returns, strict=True)]

    def _evaluate(self, state: Any, stream: Stream) -> list[float]:
        """The mean of random games."""
        if state.is_terminal():
            return state.returns()
        total = [0.0] * state.num_players()
        for _ in range(self.rollouts):
            end = state.clone()
            while not end.is_terminal():
                if end.is_chance_node():
                    end.apply_action(stream.outcome(end.chance_outcomes()))
                else:
                    legal = end.legal_actions()
                    end.apply_action(legal[stream.below(len(legal))])
            total = [a + b / self.rollouts for a, b in zip(total, end.returns(), strict=True)]
        return total
