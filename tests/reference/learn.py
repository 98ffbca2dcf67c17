"""Slow and obvious: regret matching+ of one player against the others' fixed strategies."""

from __future__ import annotations

from tests.reference.oracles import counterfactual
from tests.reference.recursive import TERMINAL, Infoset, Node, Table, probabilities


def soft_response(root: Node, against: Table, player: int, iterations: int) -> Table:
    """The player's average strategy, iteration ``t`` weighted by ``t`` and by its own reach."""
    members = counterfactual(root, against, player)
    actions = {infoset: list(nodes[0][0].children) for infoset, nodes in members.items()}
    regret = {infoset: dict.fromkeys(acts, 0.0) for infoset, acts in actions.items()}
    total = {infoset: dict.fromkeys(acts, 0.0) for infoset, acts in actions.items()}
    for t in range(1, iterations + 1):
        now = {**against, **{infoset: _proportional(r) for infoset, r in regret.items()}}
        for infoset, reach in _own_reach(root, now, player, 1.0).items():
            for a in actions[infoset]:
                total[infoset][a] += t * reach * now[infoset][a]
        for infoset, nodes in members.items():
            worth = {
                a: sum(reach * _value(node.children[a], now, player) for node, reach in nodes)
                for a in actions[infoset]
            }
            mean = sum(now[infoset][a] * worth[a] for a in actions[infoset])
            for a in actions[infoset]:
                regret[infoset][a] = max(regret[infoset][a] + worth[a] - mean, 0.0)
    return {infoset: _proportional(weights) for infoset, weights in total.items()}


def _proportional(weights: dict[int, float]) -> dict[int, float]:
    total = sum(weights.values())
    return {a: w / total if total > 0 else 1 / len(weights) for a, w in weights.items()}


def _value(node: Node, table: Table, player: int) -> float:
    if node.player == TERMINAL:
        return node.returns[player]
    played = probabilities(node, table).items()
    return sum(p * _value(node.children[a], table, player) for a, p in played)


def _own_reach(node: Node, table: Table, player: int, reach: float) -> dict[Infoset, float]:
    """How likely the player's own moves lead to each of its infosets."""
    found = {node.infoset: reach} if node.player == player else {}
    for a, child in node.children.items():
        own = probabilities(node, table)[a] if node.player == player else 1.0
        found.update(_own_reach(child, table, player, reach * own))
    return found
