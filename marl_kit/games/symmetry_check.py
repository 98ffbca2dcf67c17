"""Whether the symmetries that a board game declares are ones, by random plays."""

from __future__ import annotations

import numpy as np

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.symmetry import Symmetry
from marl_kit.games.tree import CHANCE

PLAYS = 10
PLY_LIMIT = 1_000
"""Moves after which a play is not followed any further."""


def check_symmetries(game: BoardGame, rng: np.random.Generator) -> None:
    """Play beside each random play its mirror image, which must look and end like one.

    Only symmetries that leave everybody who he is can be tried so: the others lead to positions
    that no play reaches.

    Raises
    ------
    InvalidGameError
    """
    for number, symmetry in enumerate(game.symmetries):
        if symmetry.same_seats:
            for _ in range(PLAYS):
                _check_play(game, number, symmetry, rng)


def _check_play(game: BoardGame, number: int, symmetry: Symmetry, rng: np.random.Generator) -> None:
    state, image = game.new_initial_state(), game.new_initial_state()
    for _ in range(PLY_LIMIT):
        _compare(number, symmetry, state, image)
        if state.is_terminal():
            return
        action = int(rng.choice(state.legal_actions()))
        moved = action if state.current_player() == CHANCE else int(symmetry.actions[action])
        state.apply_action(action)
        image.apply_action(moved)


def _compare(number: int, symmetry: Symmetry, state: BoardState, image: BoardState) -> None:
    """Who moves, what is legal, what is seen and what is won must be the other's image."""
    player = state.current_player()
    same = image.current_player() == player and image.returns() == state.returns()
    legal = state.legal_actions()
    if player >= 0:
        legal = sorted(symmetry.actions[legal].tolist())
        seen = np.array(state.observation_tensor(player))[symmetry.cells]
        same = same and np.array_equal(seen, image.observation_tensor(player))
    if not (same and image.legal_actions() == legal):
        raise InvalidGameError(
            f"symmetry {number} is none: after the history {list(state.history())} and its image "
            f"{list(image.history())} the positions are not each other's images."
        )
