"""The best that players who agree can do."""

from __future__ import annotations

import numpy as np

from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree


def team_optimum(game: Game) -> float:
    """The greatest mean of the players' expected returns, over all joint policies.

    Perfect information: backward induction of the team, which moves as one. Otherwise the greatest
    cell of the (reduced) normal form, as a joint policy is a mixture of its cells.

    Raises
    ------
    GameTooLargeError
        Of the normal form, counted before anything is built.
    ImperfectRecallError
    """
    if not isinstance(game, NormalFormGame) and game.info.perfect_information:
        return _best_value(game.tree())
    return float(game.to_normal_form().payoffs.mean(axis=0).max())


def _best_value(tree: GameTree) -> float:
    value = np.zeros(tree.num_nodes)
    value[tree.player == TERMINAL] = tree.payoffs.mean(axis=1)
    for node in range(tree.num_nodes - 1, -1, -1):  # children come after their parents
        if tree.player[node] == TERMINAL:
            continue
        first = int(tree.first_child[node])
        children = slice(first, first + int(tree.num_children[node]))
        if tree.player[node] == CHANCE:
            value[node] = tree.chance_prob[children] @ value[children]
        else:
            value[node] = value[children].max()
    return float(value[0])
