"""Slow and obvious: the CFR family with dictionaries, one infoset at a time.

Iteration t, for player 0, then player 1, ...: counterfactual values against the others' current
strategies; add own reach x the strategy used to the average, with weight (t - delay)^gamma; add
the instantaneous regrets; scale positive regrets by t^alpha / (t^alpha + 1) and negative ones by
t^beta / (t^beta + 1) (Brown and Sandholm 2019, section 3); regret matching, on the regrets plus
``predict`` times the instantaneous ones. With simultaneous updates the strategies change when all
players have looked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from math import inf

from tests.reference.recursive import (
    TERMINAL,
    Infoset,
    Node,
    Table,
    infosets,
    probabilities,
    uniform,
)

EXPONENTS = {
    "cfr": (inf, inf, 0.0),
    "cfr+": (inf, -inf, 1.0),
    "lcfr": (1.0, 1.0, 1.0),
    "dcfr": (1.5, 0.0, 2.0),
    "pcfr+": (inf, -inf, 2.0),
    "cfr_hedge": (inf, inf, 0.0),
    "cfr_br": (inf, inf, 0.0),
}
TIE = 1e-11
AVERAGING = {"uniform": 0.0, "linear": 1.0, "quadratic": 2.0}


def discount(exponent: float, t: int) -> float:
    if exponent in (inf, -inf):
        return float(exponent > 0)
    return t**exponent / (t**exponent + 1)


class Solver:
    def __init__(
        self,
        root: Node,
        exponents: tuple[float, float, float],
        players: int,
        *,
        predict: float = 0.0,
        simultaneous: bool = False,
        delay: int = 0,
    ):
        self.root, self.players, self.t = root, players, 0
        self.alpha, self.beta, self.gamma = exponents
        self.predict, self.simultaneous, self.delay = predict, simultaneous, delay
        self.actions = infosets(root)
        self.strategy = uniform(root)
        self.regret = {key: dict.fromkeys(acts, 0.0) for key, acts in self.actions.items()}
        self.average = {key: dict.fromkeys(acts, 0.0) for key, acts in self.actions.items()}

    def iterate(self) -> None:
        self.t += 1
        found = {}
        for player in range(self.players):
            new = self._sweep(player, self._opposition(player))
            if self.simultaneous:
                found.update(new)
            else:
                self.strategy.update(new)
        self.strategy.update(found)

    def _opposition(self, player: int) -> Table:
        """What ``player`` meets."""
        return self.strategy

    def _sweep(self, player: int, opposition: Table) -> Table:
        """Averages and regrets of one player; its next strategies."""
        own_reach: dict[Infoset, float] = {}
        values: dict[Infoset, dict[int, float]] = defaultdict(lambda: defaultdict(float))

        def visit(node: Node, own: float, others: float) -> float:
            """Expected payoff of ``player`` from here on."""
            if node.player == TERMINAL:
                return node.returns[player]
            if node.infoset is None:
                return sum(
                    p * visit(node.children[a], own, others * p) for a, p in node.chance.items()
                )
            if node.player != player:
                return sum(
                    p * visit(node.children[a], own, others * p)
                    for a, p in opposition[node.infoset].items()
                )
            mixture = self.strategy[node.infoset]
            own_reach[node.infoset] = own  # the same at every node, by perfect recall
            found = {a: visit(node.children[a], own * p, others) for a, p in mixture.items()}
            for a, v in found.items():
                values[node.infoset][a] += others * v
            return sum(p * found[a] for a, p in mixture.items())

        visit(self.root, 1.0, 1.0)
        weight = (self.t - self.delay) ** self.gamma if self.t > self.delay else 0.0
        new = {}
        for key, reach in own_reach.items():
            mean = sum(p * values[key][a] for a, p in self.strategy[key].items())
            for a, p in self.strategy[key].items():
                self.average[key][a] += weight * reach * p
            instant = {a: v - mean for a, v in values[key].items()}
            self._observe(key, instant)
            new[key] = self._next(key, instant)
        return new

    def _observe(self, key: Infoset, instant: dict[int, float]) -> None:
        for a, r in instant.items():
            total = self.regret[key][a] + r
            self.regret[key][a] = discount(self.alpha if total > 0 else self.beta, self.t) * total

    def _next(self, key: Infoset, instant: dict[int, float]) -> dict[int, float]:
        positive = {a: max(r + self.predict * instant[a], 0.0) for a, r in self.regret[key].items()}
        norm = sum(positive.values())
        return {a: r / norm if norm > 0 else 1 / len(positive) for a, r in positive.items()}

    def profile(self) -> Table:
        """The average strategies; uniform where a player never came."""
        table = {}
        for key, weights in self.average.items():
            total = sum(weights.values())
            table[key] = {
                a: w / total if total > 0 else 1 / len(weights) for a, w in weights.items()
            }
        return table


class HedgeSolver(Solver):
    """Exponential weights: rate x sqrt(ln A / sum of the squared ranges of the values)."""

    def __init__(self, *arguments, rate: float = 2.0, **options):
        super().__init__(*arguments, **options)
        self.rate = rate
        self.spread = dict.fromkeys(self.actions, 0.0)

    def _observe(self, key: Infoset, instant: dict[int, float]) -> None:
        super()._observe(key, instant)
        self.spread[key] += (max(instant.values()) - min(instant.values())) ** 2

    def _next(self, key: Infoset, instant: dict[int, float]) -> dict[int, float]:
        regret, spread = self.regret[key], self.spread[key]
        eta = self.rate * math.sqrt(math.log(len(regret)) / spread) if spread > 0 else 0.0
        weights = {a: math.exp(eta * (r - max(regret.values()))) for a, r in regret.items()}
        total = sum(weights.values())
        return {a: w / total for a, w in weights.items()}


class BestResponseSolver(Solver):
    """Each player against the others' best responses to the current strategies of all."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, simultaneous=True, **options)

    def _opposition(self, player: int) -> Table:
        table = dict(self.strategy)
        for other in range(self.players):
            if other != player:
                for key, action in best_response(self.root, self.strategy, other).items():
                    table[key] = {a: float(a == action) for a in self.actions[key]}
        return table


def best_response(root: Node, table: Table, player: int) -> dict[Infoset, int]:
    """The best action at every infoset of ``player``; ties go to the first."""
    members: dict[Infoset, list[tuple[Node, float]]] = defaultdict(list)
    choice: dict[Infoset, int] = {}

    def collect(node: Node, reach: float) -> None:
        if node.player == player:
            members[node.infoset].append((node, reach))
        for a, child in node.children.items():
            p = 1.0 if node.player == player else probabilities(node, table)[a]
            collect(child, reach * p)

    def best(infoset: Infoset) -> int:
        if infoset not in choice:
            gains = {
                a: sum(reach * value(node.children[a]) for node, reach in members[infoset])
                for a in members[infoset][0][0].children
            }
            most = max(gains.values())
            choice[infoset] = next(a for a, gain in gains.items() if gain >= most - TIE)
        return choice[infoset]

    def value(node: Node) -> float:
        if node.player == TERMINAL:
            return node.returns[player]
        if node.player == player:
            return value(node.children[best(node.infoset)])
        return sum(p * value(node.children[a]) for a, p in probabilities(node, table).items())

    collect(root, 1.0)
    return {infoset: best(infoset) for infoset in members}


def solver(method: str, root: Node, players: int, **options) -> Solver:
    """The twin of a method by its name, with the names of the library's options."""
    alpha, beta, gamma = EXPONENTS[method]
    if "averaging" in options:
        gamma = AVERAGING[options.pop("averaging")]
    if "updates" in options:
        options["simultaneous"] = options.pop("updates") == "simultaneous"
    if method == "pcfr+":
        options["predict"] = 1.0
    kind = {"cfr_hedge": HedgeSolver, "cfr_br": BestResponseSolver}.get(method, Solver)
    return kind(root, (alpha, beta, gamma), players, **options)
