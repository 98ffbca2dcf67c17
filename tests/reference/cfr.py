"""Slow and obvious: the CFR family with dictionaries, one infoset at a time.

Iteration t, for player 0, then player 1, ...: counterfactual values against the others' current
strategies; add own reach x the strategy used to the average, with weight t^gamma; add the
instantaneous regrets; scale positive regrets by t^alpha / (t^alpha + 1) and negative ones by
t^beta / (t^beta + 1) (Brown and Sandholm 2019, section 3); regret matching.
"""

from __future__ import annotations

from collections import defaultdict
from math import inf

from tests.reference.recursive import TERMINAL, Infoset, Node, Table, infosets, uniform

EXPONENTS = {
    "cfr": (inf, inf, 0.0),
    "cfr+": (inf, -inf, 1.0),
    "lcfr": (1.0, 1.0, 1.0),
    "dcfr": (1.5, 0.0, 2.0),
}


def discount(exponent: float, t: int) -> float:
    if exponent in (inf, -inf):
        return float(exponent > 0)
    return t**exponent / (t**exponent + 1)


class Solver:
    def __init__(self, root: Node, exponents: tuple[float, float, float], players: int):
        self.root, self.players, self.t = root, players, 0
        self.alpha, self.beta, self.gamma = exponents
        self.actions = infosets(root)
        self.strategy = uniform(root)
        self.regret = {key: dict.fromkeys(acts, 0.0) for key, acts in self.actions.items()}
        self.average = {key: dict.fromkeys(acts, 0.0) for key, acts in self.actions.items()}

    def iterate(self) -> None:
        self.t += 1
        for player in range(self.players):
            self._sweep(player)

    def _sweep(self, player: int) -> None:
        own_reach: dict[Infoset, float] = {}
        instant: dict[Infoset, dict[int, float]] = defaultdict(lambda: defaultdict(float))

        def visit(node: Node, own: float, others: float) -> float:
            """Expected payoff of ``player`` from here on."""
            if node.player == TERMINAL:
                return node.returns[player]
            if node.infoset is None:
                return sum(
                    p * visit(node.children[a], own, others * p) for a, p in node.chance.items()
                )
            mixture = self.strategy[node.infoset]
            if node.player != player:
                return sum(p * visit(node.children[a], own, others * p) for a, p in mixture.items())
            own_reach[node.infoset] = own  # the same at every node, by perfect recall
            values = {a: visit(node.children[a], own * p, others) for a, p in mixture.items()}
            mean = sum(p * values[a] for a, p in mixture.items())
            for a, v in values.items():
                instant[node.infoset][a] += others * (v - mean)
            return mean

        visit(self.root, 1.0, 1.0)
        for key, reach in own_reach.items():
            for a, p in self.strategy[key].items():
                self.average[key][a] += self.t**self.gamma * reach * p
            for a, r in instant[key].items():
                total = self.regret[key][a] + r
                scale = discount(self.alpha if total > 0 else self.beta, self.t)
                self.regret[key][a] = scale * total
            positive = {a: max(r, 0.0) for a, r in self.regret[key].items()}
            norm = sum(positive.values())
            self.strategy[key] = {
                a: r / norm if norm > 0 else 1 / len(positive) for a, r in positive.items()
            }

    def profile(self) -> Table:
        """The average strategies; uniform where a player never came."""
        table = {}
        for key, weights in self.average.items():
            total = sum(weights.values())
            table[key] = {
                a: w / total if total > 0 else 1 / len(weights) for a, w in weights.items()
            }
        return table
