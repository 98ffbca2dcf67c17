"""Slow and obvious: exact values and best responses by recursion over a game's own states.

Independent of the library's trees, sequence forms and policies: a game is walked through
``new_initial_state``, ``child`` and ``infoset_key``, so rules, compiler and evaluation are checked
together. A profile is ``{(player, key): {action: probability}}``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Infoset = tuple[int, Hashable]
Table = dict[Infoset, dict[int, float]]
CHANCE, TERMINAL = -1, -4


@dataclass(eq=False)
class Node:
    """A position: who moves (CHANCE, TERMINAL or a player), what follows, what is paid."""

    player: int
    infoset: Infoset | None = None
    children: dict[int, Node] = field(default_factory=dict)
    chance: dict[int, float] = field(default_factory=dict)
    returns: list[float] = field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        yield self
        for child in self.children.values():
            yield from child


def walk(game: Any, state: Any = None) -> Node:
    """The game's positions as nested nodes, depth first."""
    state = game.new_initial_state() if state is None else state
    player = state.current_player()
    if state.is_terminal():
        assert player == TERMINAL
        return Node(player, returns=list(state.returns()))
    if state.is_chance_node():
        chance = dict(state.chance_outcomes())
        children = {a: walk(game, state.child(a)) for a in chance}
        return Node(player, children=children, chance=chance)
    children = {a: walk(game, state.child(a)) for a in state.legal_actions()}
    return Node(player, (player, game.infoset_key(state)), children)


def infosets(root: Node) -> dict[Infoset, list[int]]:
    """The actions at every infoset, in the order of first meeting."""
    return {n.infoset: list(n.children) for n in root if n.infoset is not None}


def uniform(root: Node) -> Table:
    return {key: {a: 1 / len(acts) for a in acts} for key, acts in infosets(root).items()}


def random_profile(root: Node, rng: np.random.Generator) -> Table:
    """Behaviour strategies of all players; about one action in four is never played."""
    table = {}
    for key, actions in infosets(root).items():
        weights = rng.dirichlet([1.0] * len(actions)) * (rng.random(len(actions)) < 0.75)
        if weights.sum() == 0:
            weights = np.ones(len(actions))
        table[key] = dict(zip(actions, (weights / weights.sum()).tolist(), strict=True))
    return table


def as_callable(game: Any, table: Table) -> Callable[[Any], dict[int, float]]:
    """The profile as a function of the state, as the library accepts it."""
    return lambda state: table[state.current_player(), game.infoset_key(state)]


def from_policy(policy: Any) -> Table:
    """A ``TabularPolicy`` as a table, read infoset by infoset."""
    tree = policy.game.tree()
    table = {}
    for i, key in enumerate(tree.infoset_keys):
        player = int(tree.infoset_player[i])
        raw = key[1] if isinstance(key, tuple) else key
        numbers, weights = tree.action_number[tree.slots(i)], policy.probabilities[tree.slots(i)]
        table[player, raw] = dict(zip(numbers.tolist(), weights.tolist(), strict=True))
    return table


def probabilities(node: Node, table: Table) -> dict[int, float]:
    """How the game goes on from a node where somebody or chance moves."""
    return node.chance if node.infoset is None else table[node.infoset]


def expected(node: Node, table: Table) -> list[float]:
    """What each player gets on average from here."""
    if node.player == TERMINAL:
        return node.returns
    parts = [
        [p * v for v in expected(node.children[a], table)]
        for a, p in probabilities(node, table).items()
    ]
    return [sum(column) for column in zip(*parts, strict=True)]


def best_response_value(root: Node, table: Table, player: int) -> float:
    """What the best that ``player`` can do earns, if it has perfect recall."""
    members: dict[Infoset, list[tuple[Node, float]]] = defaultdict(list)

    def collect(node: Node, reach: float) -> None:
        """``reach``: probability of chance and of the others on the way here."""
        if node.player == player:
            assert node.infoset is not None
            members[node.infoset].append((node, reach))
        for a, child in node.children.items():
            own = node.player == player
            collect(child, reach if own else reach * probabilities(node, table)[a])

    collect(root, 1.0)
    choice: dict[Infoset, int] = {}

    def best(infoset: Infoset) -> int:
        """The action with the highest counterfactual value; the same at all of its nodes."""
        if infoset not in choice:
            gains = {
                a: sum(reach * value(node.children[a]) for node, reach in members[infoset])
                for a in members[infoset][0][0].children
            }
            choice[infoset] = max(gains, key=gains.__getitem__)
        return choice[infoset]

    def value(node: Node) -> float:
        if node.player == TERMINAL:
            return node.returns[player]
        if node.player == player:
            assert node.infoset is not None
            return value(node.children[best(node.infoset)])
        return sum(p * value(node.children[a]) for a, p in probabilities(node, table).items())

    return value(root)


def gains(root: Node, table: Table) -> list[float]:
    """What each player would gain by a best response."""
    now = expected(root, table)
    return [best_response_value(root, table, p) - v for p, v in enumerate(now)]


def nash_conv(root: Node, table: Table) -> float:
    return sum(gains(root, table))


def minimax(node: Node) -> list[float]:
    """Payoffs of play that is best at every node (perfect information); ties go to the first."""
    if node.player == TERMINAL:
        return node.returns
    values = {a: minimax(child) for a, child in node.children.items()}
    if node.player == CHANCE:
        columns = zip(*([p * v for v in values[a]] for a, p in node.chance.items()), strict=True)
        return [sum(column) for column in columns]
    return max(values.values(), key=lambda v: v[node.player])
