"""When a direct method's answer may be called solved."""

from __future__ import annotations

from typing import Any

import numpy as np

from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame

CERTIFICATE_TOLERANCE = 1e-6
"""HiGHS promises 1e-7; an answer above this is not called solved. In trees relative to the payoff
range; in matrices relative to the payoffs that are met, as one forbidden outcome may dwarf all."""
ROUNDING = 16 * np.finfo(float).eps
"""Of the payoffs that are met, and of the range: what a sum leaves behind."""


def negligible(game: Game, profile: Any) -> float:
    """The NashConv up to which a direct answer is called solved."""
    if not isinstance(game, NormalFormGame):
        largest = float(np.abs(game.sequence_form().payoffs).max(initial=0.0))
        return CERTIFICATE_TOLERANCE * game.info.payoff_range + ROUNDING * largest
    met = [_met(game, profile, p) for p in range(game.num_players)]
    spread, largest = max(s for s, _ in met), max(z for _, z in met)
    rounding = ROUNDING * max(largest, game.info.payoff_range)
    return CERTIFICATE_TOLERANCE * spread + rounding


def _met(game: NormalFormGame, profile: list[np.ndarray], player: int) -> tuple[float, float]:
    """How far payoffs lie from the player's value, and their magnitude, on average against the
    others: the larger of what it plays and of what would gain. What it does not play and would
    lose by says nothing about this answer's digits."""
    shape = (game.num_actions[player], -1)
    table = np.moveaxis(game.payoffs[player], player, 0).reshape(shape)
    others = np.ones(1)
    for p, x in enumerate(profile):
        if p != player:
            others = np.multiply.outer(others, x).ravel()
    own, values = profile[player], table @ others
    value = own @ values
    spread, size = np.abs(table - value) @ others, np.abs(table) @ others
    gains = values > value
    far, large = (float(max(own @ z, z[gains].max(initial=0.0))) for z in (spread, size))
    return far, large
