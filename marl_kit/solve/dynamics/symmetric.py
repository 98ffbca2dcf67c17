"""Symmetric two-player games: one population plays against itself."""

from __future__ import annotations

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame

SYMMETRY_TOLERANCE = 1e-9
"""Relative to the payoff range: what rounding in a table of decimal numbers can leave."""


def symmetric_payoffs(game: Game, what: str) -> np.ndarray:
    """The payoff table A of a game with payoffs A and A transposed, float64 [n, n].

    Raises
    ------
    UnsupportedGameError
        Not two players, or not symmetric; the message names the first outcome that is not.
    """
    if not isinstance(game, NormalFormGame) or game.num_players != 2:
        raise UnsupportedGameError(
            f"{what} needs a symmetric game of two players, and {game.name} has "
            f"{game.num_players} in {game.form} form."
        )
    m, n = game.num_actions
    if m != n:
        raise UnsupportedGameError(
            f"{what} needs a symmetric game, and in {game.name} the players have {m} and {n} "
            f"actions."
        )
    A, B = game.payoffs
    bad = np.argwhere(np.abs(A - B.T) > SYMMETRY_TOLERANCE * game.info.payoff_range)
    if len(bad):
        i, j = (int(k) for k in bad[0])
        raise UnsupportedGameError(
            f"{what} needs a symmetric game, and in {game.name} player 0 gets {A[i, j]:g} at "
            f"({i}, {j}) where player 1 gets {B[j, i]:g} at ({j}, {i})."
        )
    return A
