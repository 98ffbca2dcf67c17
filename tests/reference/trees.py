"""Slow and obvious: exact values and best responses on a game tree, by recursion on its nodes.

A profile is ``{infoset key: [probabilities]}``; numbers are Fractions.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from functools import cache

from marl_kit.games.tree import CHANCE, TERMINAL, GameTree

Profile = Mapping[Hashable, Sequence[Fraction]]


def children(tree: GameTree, node: int) -> range:
    first = int(tree.first_child[node])
    return range(first, first + int(tree.num_children[node]))


def leaf_payoffs(tree: GameTree, node: int) -> tuple[Fraction, ...]:
    return tree.exact.payoffs[tree.terminal_index[node]]


def edges(tree: GameTree, node: int, profile: Profile) -> list[tuple[int, Fraction]]:
    """Children of a node and the probabilities with which they follow."""
    nodes = children(tree, node)
    if tree.player[node] == CHANCE:
        return [(c, tree.exact.chance[c]) for c in nodes]
    return list(zip(nodes, profile[tree.infoset_keys[tree.infoset[node]]], strict=True))


def expected(tree: GameTree, profile: Profile, node: int = 0) -> list[Fraction]:
    """What each player gets on average."""
    if tree.player[node] == TERMINAL:
        return list(leaf_payoffs(tree, node))
    total = [Fraction(0)] * tree.num_players
    for child, p in edges(tree, node, profile):
        total = [a + p * b for a, b in zip(total, expected(tree, profile, child), strict=True)]
    return total


def best_response_value(tree: GameTree, profile: Profile, player: int) -> Fraction:
    """What the best reply of a player with perfect recall gets against the others."""
    reach = {0: Fraction(1)}  # by chance and the other players
    members = defaultdict(list)
    for node in range(tree.num_nodes):  # parents come before their children
        if tree.player[node] == player:
            members[int(tree.infoset[node])].append(node)
            reach.update(dict.fromkeys(children(tree, node), reach[node]))
        elif tree.player[node] != TERMINAL:
            reach.update({c: reach[node] * p for c, p in edges(tree, node, profile)})

    @cache
    def best(infoset: int) -> int:
        """The action with the highest value, summed over the infoset's nodes."""
        size = int(tree.num_children[members[infoset][0]])
        gains = [
            sum(reach[n] * value(children(tree, n)[a]) for n in members[infoset])
            for a in range(size)
        ]
        return gains.index(max(gains))

    def value(node: int) -> Fraction:
        if tree.player[node] == TERMINAL:
            return leaf_payoffs(tree, node)[player]
        if tree.player[node] == player:
            return value(children(tree, node)[best(int(tree.infoset[node]))])
        return sum((p * value(c) for c, p in edges(tree, node, profile)), Fraction(0))

    return value(0)


def nash_conv(tree: GameTree, profile: Profile) -> Fraction:
    """Sum over players of what each gains by its best response."""
    now = expected(tree, profile)
    best = (best_response_value(tree, profile, p) for p in range(tree.num_players))
    return sum((b - a for a, b in zip(now, best, strict=True)), Fraction(0))


def uniform(tree: GameTree) -> Profile:
    sizes = zip(tree.infoset_keys, tree.num_actions.tolist(), strict=True)
    return {key: [Fraction(1, n)] * n for key, n in sizes}


def backward_induction(tree: GameTree, node: int = 0) -> tuple[Fraction, ...]:
    """Payoffs of subgame-perfect play under perfect information; no player may be indifferent."""
    player = tree.player[node]
    if player == TERMINAL:
        return leaf_payoffs(tree, node)
    values = [backward_induction(tree, c) for c in children(tree, node)]
    if player == CHANCE:
        chances = [tree.exact.chance[c] for c in children(tree, node)]
        return tuple(
            sum((p * v[q] for p, v in zip(chances, values, strict=True)), Fraction(0))
            for q in range(tree.num_players)
        )
    best = max(v[player] for v in values)
    choices = {v for v in values if v[player] == best}
    assert len(choices) == 1, "indifferent: the payoffs of the others depend on the choice"
    return choices.pop()
