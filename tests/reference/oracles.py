"""Slow and obvious: fictitious play, restricted games and mirror descent on nested nodes.

Profiles are those of ``tests.reference.recursive``: ``{(player, key): {action: probability}}``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.reference.recursive import (
    CHANCE,
    TERMINAL,
    Infoset,
    Node,
    Table,
    infosets,
    probabilities,
)


def exact(node: Node) -> Node:
    """The same positions with Fractions; chance moves in thousandths or coarser."""
    children = {a: exact(child) for a, child in node.children.items()}
    chance: Any = {a: Fraction(p).limit_denominator(1000) for a, p in node.chance.items()}
    returns: Any = [Fraction(v) for v in node.returns]
    return Node(node.player, node.infoset, children, chance, returns)


def counterfactual(root: Node, table: Table, player: int) -> dict[Infoset, list[tuple[Node, Any]]]:
    """The nodes of each infoset of ``player`` and how likely the others let them happen."""
    members: dict[Infoset, list[tuple[Node, Any]]] = defaultdict(list)

    def visit(node: Node, reach: Any) -> None:
        if node.player == player:
            members[node.infoset].append((node, reach))
        for a, child in node.children.items():
            own = node.player == player
            visit(child, reach if own else reach * probabilities(node, table)[a])

    visit(root, 1)
    return members


def best_response(root: Node, table: Table, player: int) -> dict[Infoset, int]:
    """The action at every infoset of ``player``; exact ties go to the first."""
    members = counterfactual(root, table, player)
    choice: dict[Infoset, int] = {}

    def decide(infoset: Infoset) -> int:
        if infoset not in choice:
            gains = {
                a: sum(reach * value(node.children[a]) for node, reach in members[infoset])
                for a in members[infoset][0][0].children
            }
            choice[infoset] = max(gains, key=gains.__getitem__)
        return choice[infoset]

    def value(node: Node) -> Any:
        if node.player == TERMINAL:
            return node.returns[player]
        if node.player == player:
            return value(node.children[decide(node.infoset)])
        return sum(p * value(node.children[a]) for a, p in probabilities(node, table).items())

    for infoset in members:
        decide(infoset)
    return choice


class FictitiousPlay:
    """XFP by the update of behaviour strategies in Heinrich, Lanctot and Silver (2015)."""

    def __init__(self, root: Node, players: int):
        self.root, self.players, self.t = root, players, 0
        self.average: Table = {
            key: {a: Fraction(1, len(acts)) for a in acts} for key, acts in infosets(root).items()
        }

    def iterate(self) -> None:
        self.t += 1
        step = Fraction(1, self.t + 1)
        new: Table = {}
        for player in range(self.players):
            choice = best_response(self.root, self.average, player)
            self._mix(self.root, player, choice, step, Fraction(1), Fraction(1), new)
        self.average = new

    def _mix(
        self,
        node: Node,
        player: int,
        choice: Mapping[Infoset, int],
        step: Fraction,
        own: Fraction,
        response: Fraction,
        new: Table,
    ) -> None:
        """``own`` and ``response``: how likely the player's old average and its best response
        make the player's moves on the way here."""
        for a, child in node.children.items():
            if node.player != player:
                self._mix(child, player, choice, step, own, response, new)
                continue
            old, pure = self.average[node.infoset][a], Fraction(int(choice[node.infoset] == a))
            weight = (1 - step) * own + step * response
            new.setdefault(node.infoset, {})[a] = old + step * response * (pure - old) / weight
            self._mix(child, player, choice, step, own * old, response * pure, new)


def prune(node: Node, allowed: Mapping[Infoset, list[int]]) -> Node:
    """The positions that remain when every infoset keeps the ``allowed`` actions only."""
    kept = node.children if node.infoset is None else allowed[node.infoset]
    children = {a: prune(node.children[a], allowed) for a in kept}
    return Node(node.player, node.infoset, children, node.chance, node.returns)


def logit_response(
    root: Node, table: Table, player: int, eta: float, alpha: float, start: Table
) -> Table:
    """One proximal step of ``player`` with dilated entropy: the strategy that maximises
    ``eta * return - eta * alpha * psi - D(., start)``, bottom up.

    With ``start`` uniform and eta going to infinity this is the logit response.
    """
    members = counterfactual(root, table, player)
    new: Table = {}

    def following(node: Node, found: set[Infoset]) -> set[Infoset]:
        """The player's next infosets below a node."""
        if node.player == player:
            return found | {node.infoset}
        for child in node.children.values():
            found = following(child, found)
        return found

    def leaves(node: Node, reach: float) -> float:
        """What is paid before the player moves again."""
        if node.player == TERMINAL:
            return reach * node.returns[player]
        if node.player == player:
            return 0.0
        return sum(
            leaves(node.children[a], reach * p) for a, p in probabilities(node, table).items()
        )

    def worth(infoset: Infoset) -> float:
        score = {}
        for a in members[infoset][0][0].children:
            paid, below = 0.0, set()
            for node, reach in members[infoset]:
                paid += leaves(node.children[a], reach)
                below = following(node.children[a], below)
            score[a] = (eta * paid + math.log(start[infoset][a])) / (1 + eta * alpha)
            score[a] += sum(worth(i) for i in below)
        total = sum(math.exp(s) for s in score.values())
        new[infoset] = {a: math.exp(s) / total for a, s in score.items()}
        return math.log(total)

    for infoset in following(root, set()):
        worth(infoset)
    return new


def with_random_payoffs(game: Any, rng: Any) -> Any:
    """The game's tree with normal payoffs, general-sum: no two actions are equally good."""
    import marl_kit as mk
    from tests.reference.recursive import walk

    builder = mk.TreeBuilder(players=game.num_players, name=f"{game.name}, random payoffs")

    def add(node: Node, history: tuple[str, ...]) -> None:
        names = [str(a) for a in node.children]
        if node.player == TERMINAL:
            builder.payoff(history, rng.normal(size=game.num_players).tolist())
        elif node.player == CHANCE:
            builder.chance(history, {n: Fraction(1, len(names)) for n in names})
        else:
            builder.decision(history, node.player, str(node.infoset[1]), names)
        for child, name in zip(node.children.values(), names, strict=True):
            add(child, (*history, name))

    add(walk(game), ())
    return builder.build()
