"""Slow and obvious: sampled CFR with dictionaries, by recursion over a game's own positions.

Iteration t, for each player in turn: one walk that adds the player's sampled counterfactual
regrets (Lanctot et al. 2009), then regret matching. The random numbers are those of the
library, computed once more in Python's integers: SplitMix64 of (key, iteration, player, purpose)
and of how many moves were drawn above. Averages: own reach x strategy, met at the other's nodes
while a player is in turn (two players), or on a path of the player's own with uniform others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from tests.reference.recursive import CHANCE, TERMINAL, Infoset, Node, Table, infosets

MASK = 2**64 - 1
REGRETS, AVERAGE = 0, 1


def mix(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def numbers(key: int, t: int, players: int, player: int, purpose: int) -> Callable[[int], float]:
    """Numbers in [0, 1) by how many were drawn before."""
    golden = 0x9E3779B97F4A7C15
    start = mix((key + golden * ((t * players + player) * 2 + purpose + 1)) & MASK)
    return lambda drawn: (mix((start + golden * (drawn + 1)) & MASK) >> 11) / 2**53


def pick(row: dict[int, float], u: float) -> int:
    """The action whose piece of [0, 1) holds ``u``."""
    end = 0.0
    for action, p in row.items():
        end += p
        if u < end:
            return action
    return max(a for a, p in row.items() if p > 0)


def instant_regrets(root: Node, strategy: Table, player: int) -> dict[tuple[Infoset, int], float]:
    """The exact counterfactual regrets of one iteration."""
    found: dict[tuple[Infoset, int], float] = defaultdict(float)

    def visit(node: Node, others: float) -> float:
        if node.player == TERMINAL:
            return node.returns[player]
        own = node.player == player
        row = node.chance if node.infoset is None else strategy[node.infoset]
        values = {a: visit(node.children[a], others if own else others * row[a]) for a in row}
        mean = sum(row[a] * values[a] for a in row)
        if own:
            for a, v in values.items():
                found[node.infoset, a] += others * (v - mean)
        return mean

    visit(root, 1.0)
    return found


class Solver:
    """``kind``: external, outcome or chance; ``centre``: subtracted from each player's pay-offs."""

    def __init__(self, root: Node, kind: str, key: int, centre: list[float], epsilon: float = 0.6):
        self.root, self.kind, self.key, self.epsilon, self.t = root, kind, key, epsilon, 0
        self.centre, self.players = centre, len(centre)
        self.actions = infosets(root)
        self.regret = {i: dict.fromkeys(acts, 0.0) for i, acts in self.actions.items()}
        self.average = {i: dict.fromkeys(acts, 0.0) for i, acts in self.actions.items()}

    def iterate(self) -> None:
        for player in range(self.players):
            if self.players != 2 and self.kind != "chance":
                self._average_path(player, numbers(self.key, self.t, self.players, player, AVERAGE))
            u = numbers(self.key, self.t, self.players, player, REGRETS)
            walk = {
                "external": lambda p=player, u=u: self._external(self.root, p, u, 0),
                "outcome": lambda p=player, u=u: self._outcome(self.root, p, u, 0, 1.0),
                "chance": lambda p=player, u=u: self._chance(p, u),
            }
            walk[self.kind]()
        self.t += 1

    def strategy(self, infoset: Infoset) -> dict[int, float]:
        positive = {a: max(r, 0.0) for a, r in self.regret[infoset].items()}
        total = sum(positive.values())
        return {a: r / total if total > 0 else 1 / len(positive) for a, r in positive.items()}

    def profile(self) -> Table:
        table = {}
        for key, row in self.average.items():
            total = sum(row.values())
            table[key] = {a: w / total if total > 0 else 1 / len(row) for a, w in row.items()}
        return table

    def _add(self, infoset: Infoset, weight: float) -> None:
        for a, p in self.strategy(infoset).items():
            self.average[infoset][a] += weight * p

    def _average_path(self, player: int, u: Callable[[int], float]) -> None:
        node, drawn = self.root, 0
        while node.player != TERMINAL:
            row = dict.fromkeys(node.children, 1 / len(node.children))
            if node.player == CHANCE:
                row = node.chance
            elif node.player == player:
                self._add(node.infoset, 1.0)
                row = self.strategy(node.infoset)
            node, drawn = node.children[pick(row, u(drawn))], drawn + 1

    def _others_child(self, node: Node, u: float, weight: float) -> Node:
        if node.player == CHANCE:
            return node.children[pick(node.chance, u)]
        row = self.strategy(node.infoset)
        if self.players == 2:
            self._add(node.infoset, weight)
        return node.children[pick(row, u)]

    def _external(self, node: Node, player: int, u: Callable[[int], float], drawn: int) -> float:
        if node.player == TERMINAL:
            return node.returns[player] - self.centre[player]
        if node.player != player:
            child = self._others_child(node, u(drawn), 1.0)
            return self._external(child, player, u, drawn + 1)
        row = self.strategy(node.infoset)
        values = {a: self._external(node.children[a], player, u, drawn) for a in row}
        mean = sum(row[a] * values[a] for a in row)
        for a in row:
            self.regret[node.infoset][a] += values[a] - mean
        return mean

    def _outcome(
        self, node: Node, player: int, u: Callable[[int], float], drawn: int, own: float
    ) -> float:
        """Pay-off x own probability of what followed, divided by that of sampling own moves."""
        if node.player == TERMINAL:
            return (node.returns[player] - self.centre[player]) / own
        if node.player != player:
            child = self._others_child(node, u(drawn), 1 / own)
            return self._outcome(child, player, u, drawn + 1, own)
        row, e, x = self.strategy(node.infoset), self.epsilon, u(drawn)
        uniform = dict.fromkeys(row, 1 / len(row))
        action = pick(uniform, x / e) if x < e else pick(row, (x - e) / (1 - e))
        reach = own * (e / len(row) + (1 - e) * row[action])
        tail = self._outcome(node.children[action], player, u, drawn + 1, reach)
        for a in row:
            self.regret[node.infoset][a] += tail * ((a == action) - row[action])
        return row[action] * tail

    def _chance(self, player: int, u: Callable[[int], float]) -> None:
        """The exact regrets in the game that one draw of all chance moves leaves."""

        def drawn_game(node: Node, drawn: int) -> Node:
            children, chance = node.children, node.chance
            if node.player == CHANCE:
                action = pick(node.chance, u(drawn))
                drawn, chance = drawn + 1, {action: 1.0}
                children = {action: node.children[action]}
            children = {a: drawn_game(child, drawn) for a, child in children.items()}
            returns = [v - c for v, c in zip(node.returns, self.centre, strict=False)]
            return Node(node.player, node.infoset, children, chance, returns)

        def add(node: Node, own: float) -> None:
            row = dict.fromkeys(node.children, 1.0)
            if node.player == player:
                self._add(node.infoset, own)
                row = self.strategy(node.infoset)
            for a, child in node.children.items():
                add(child, own * row[a])

        game = drawn_game(self.root, 0)
        strategy = {infoset: self.strategy(infoset) for infoset in self.actions}
        add(game, 1.0)
        for (infoset, a), r in instant_regrets(game, strategy, player).items():
            self.regret[infoset][a] += r
