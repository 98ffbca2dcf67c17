"""Exact values on a normal form: contractions of the pay-off tables."""

from __future__ import annotations

import numpy as np

from marl_kit.games.normal_form import NormalFormGame


def action_values(game: NormalFormGame, profile: list[np.ndarray], player: int) -> np.ndarray:
    """Expected pay-off of each action of ``player`` against the others' strategies, [A_player]."""
    table = game.payoffs[player]
    for other in reversed(range(game.num_players)):
        if other != player:
            table = np.tensordot(table, profile[other], axes=(other, 0))
    return table


def own_and_best(game: NormalFormGame, profile: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Expected and best-response value of every player, [P] and [P]."""
    values = [action_values(game, profile, p) for p in range(game.num_players)]
    own = np.array([v @ x for v, x in zip(values, profile, strict=True)])
    return own, np.array([v.max() for v in values])
