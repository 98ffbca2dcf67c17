"""Searches that never leave numba, on the rules of a board game."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marl_kit.games.board import BoardGame, BoardState
from marl_kit.search._kernels import search_boards
from marl_kit.search.tree import Tree, new_tree

BLOCK = 1 << 15
"""Simulations in one call of the kernel: some hundredths of a second."""


def search_positions(
    game: BoardGame,
    states: Sequence[BoardState],
    keys: np.ndarray,
    rollouts: int,
    bonuses: np.ndarray,
    roots: np.ndarray,
    trust: bool,
) -> Tree:
    """One finished search for each state, in a slot of the tree."""
    simulations = len(roots)
    tree = new_tree(len(states), simulations, simulations * game.num_actions, game.num_players)
    positions = np.stack([state.position for state in states])
    block = max(1, BLOCK // len(states))
    for begin in range(0, simulations, block):  # between two blocks Python hears of Ctrl-C
        game.rules.call(
            search_boards,
            game.params,
            game.num_actions,
            positions,
            keys,
            begin,
            min(begin + block, simulations),
            rollouts,
            bonuses,
            roots,
            trust,
            tree,
        )
    return tree
