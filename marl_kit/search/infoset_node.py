"""An infoset in the tree of an information-set search."""

from __future__ import annotations

import math
from dataclasses import dataclass

from marl_kit.games.game import State
from marl_kit.games.resample import Draw


@dataclass(eq=False, slots=True)
class InfosetNode:
    """An infoset and its actions, in the random order in which they are tried."""

    legal: list[int]  # as the states tell them
    actions: list[int]  # the same, shuffled
    visits: list[int]
    sums: list[list[float]]  # returns of each player, by action
    total: int = 1  # visits, the own evaluation included
    last: int = -1  # the simulation that came here last


def new_node(state: State, draw: Draw) -> InfosetNode:
    """A node that was seen once; nothing was tried."""
    legal = list(state.legal_actions())
    actions = list(legal)
    for i in range(len(actions) - 1, 0, -1):
        j = int(draw() * (i + 1))
        actions[i], actions[j] = actions[j], actions[i]
    players = state.num_players()
    return InfosetNode(legal, actions, [0] * len(actions), [[0.0] * players for _ in actions])


def choice(node: InfosetNode, player: int, scale: float) -> int:
    """The place of an action: an untried one, else the largest ``Q + c sqrt(ln N / n)``."""
    visits, sums = node.visits, node.sums
    if not visits[-1]:  # they are tried in order
        return visits.index(0)
    most, best, spread = -math.inf, 0, scale * math.sqrt(math.log(node.total))
    for place, n in enumerate(visits):
        score = sums[place][player] / n + spread / math.sqrt(n)
        if score > most:
            most, best = score, place
    return best


def back_up(path: list[tuple[InfosetNode, int]], values: list[float]) -> list[float]:
    """Add the returns to every action on the way, and hand them back."""
    for node, place in path:
        node.total += 1
        node.visits[place] += 1
        own = node.sums[place]
        for p, value in enumerate(values):
            own[p] += value
    return values
