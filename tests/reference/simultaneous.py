"""Slow and obvious: search with simultaneous moves by regret matching, by recursion over dicts.

For games of OpenSpiel in which players choose at the same time at every node, and no chance. It
asks for random numbers in the order of the players, as the search does.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Draw = Callable[[], float]
History = tuple[int, ...]


class RegretMatching:
    """Regrets, average strategies and mean returns by the history of a node."""

    def __init__(self, start: Any, exploration: float, averaged: bool = False):
        self.start, self.exploration, self.averaged = start, exploration, averaged
        self.players = range(start.num_players())
        self.regret: dict[tuple[History, int], dict[int, float]] = {}
        self.average: dict[tuple[History, int], dict[int, float]] = {}
        self.returns: dict[History, list[list[float]]] = defaultdict(list)

    def mean(self, history: History, player: int) -> float:
        seen = self.returns[history]
        return sum(values[player] for values in seen) / len(seen)

    def strategy(self, history: History, player: int) -> dict[int, float]:
        regret = self.regret[history, player]
        positive = {a: r for a, r in regret.items() if r > 0}
        if not positive:
            return dict.fromkeys(regret, 1 / len(regret))
        return {a: positive.get(a, 0.0) / sum(positive.values()) for a in regret}

    def choose(self, history: History, player: int, draw: Draw) -> int:
        strategy = self.strategy(history, player)
        for action, share in strategy.items():
            self.average[history, player][action] += share
        even = 1 / len(strategy)
        weights = [(1 - self.exploration) * p + self.exploration * even for p in strategy.values()]
        sums = list(itertools.accumulate(weights))
        u = draw()
        place = sum(s <= u for s in sums)
        return list(strategy)[min(place, len(strategy) - 1)]

    def simulate(self, draw: Draw) -> None:
        self.visit(self.start.clone(), draw)

    def visit(self, state: Any, draw: Draw) -> list[float]:
        history = tuple(state.history())
        if state.is_terminal() or not self.returns[history]:
            if not state.is_terminal():
                for p in self.players:
                    zero = dict.fromkeys(state.legal_actions(p), 0.0)
                    self.regret[history, p], self.average[history, p] = zero, dict(zero)
            self.returns[history].append(self.random_game(state, draw))
            return self.returns[history][-1]
        chosen = [self.choose(history, p, draw) for p in self.players]
        child = state.clone()
        child.apply_actions(chosen)
        below = tuple(child.history())
        values = self.visit(child, draw)
        if self.averaged:
            values = [self.mean(below, p) for p in self.players]
        for p in self.players:
            for other in self.regret[history, p]:
                instead = (*history, *chosen[:p], other, *chosen[p + 1 :])
                if other != chosen[p] and self.returns.get(instead):
                    self.regret[history, p][other] += self.mean(instead, p) - values[p]
        self.returns[history].append(values)
        return values

    def random_game(self, state: Any, draw: Draw) -> list[float]:
        while not state.is_terminal():
            legal = [state.legal_actions(p) for p in self.players]
            state.apply_actions([own[int(draw() * len(own))] for own in legal])
        return state.returns()
