"""Perfect information: the best action at every node, from the leaves up."""

from __future__ import annotations

import numpy as np

from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree
from marl_kit.solve.answer import Answer


def solve_backward_induction(game: Game) -> Answer:
    """A subgame-perfect equilibrium in pure strategies; ties go to the first action.

    Zermelo (1913), Kuhn (1953). The tree's own infosets decide whether information is perfect,
    never a library's flag.
    """
    tree = game.tree()
    _, choice = node_values(tree)
    decisions = np.flatnonzero(choice >= 0)
    probabilities = np.zeros(tree.num_slots)
    slots = tree.infoset_offset[tree.infoset[decisions]] + choice[decisions]
    probabilities[slots] = 1.0
    note = "pure and subgame-perfect; ties go to the first action"
    return Answer(TabularPolicy(game, probabilities), note=note)


def node_values(tree: GameTree) -> tuple[np.ndarray, np.ndarray]:
    """Value of every node for every player, and the position of the action chosen there.

    Returns
    -------
    value : float64 [N, P]
    choice : int64 [N]
        -1 at chance nodes and leaves.
    """
    value = np.zeros((tree.num_nodes, tree.num_players))
    leaves = tree.player == TERMINAL
    value[leaves] = tree.payoffs
    choice = np.full(tree.num_nodes, -1, np.int64)
    for start, end in zip(tree.depth_offset[-2:0:-1], tree.depth_offset[:1:-1], strict=True):
        _lift(tree, int(start), int(end), value, choice)
    return value, choice


def _lift(tree: GameTree, start: int, end: int, value: np.ndarray, choice: np.ndarray) -> None:
    """Values of the parents of the nodes ``start:end`` (one depth)."""
    above = tree.parent[start:end]
    first = np.flatnonzero(np.r_[True, above[1:] != above[:-1]])  # each parent's first child
    parents = above[first]
    weighted = tree.chance_prob[start:end, None] * value[start:end]
    mean = np.add.reduceat(weighted, first)
    mover = np.maximum(tree.player[parents], 0)
    own = value[np.arange(start, end), np.repeat(mover, tree.num_children[parents])]
    best = np.maximum.reduceat(own, first)
    is_best = own == np.repeat(best, tree.num_children[parents])
    winner = np.flatnonzero(is_best)
    winner = winner[np.r_[True, above[winner[1:]] != above[winner[:-1]]]]  # ties to the first
    chance = tree.player[parents] == CHANCE
    value[parents] = np.where(chance[:, None], mean, value[start + winner])
    choice[parents] = np.where(chance, -1, winner - first)
