"""Where populations are heading, at one point: for pictures, and to check the integrators."""

from __future__ import annotations

import numpy as np

from marl_kit.core.errors import UnknownNameError
from marl_kit.evaluate.matrix import action_values
from marl_kit.games.normal_form import NormalFormGame

FLOWS = ("replicator", "best_response")


def velocity(game: NormalFormGame, method: str, profile: list[np.ndarray]) -> list[np.ndarray]:
    """Rate of change of every population, in the game's own units (no mutation).

    ``replicator``: x_a (u_a - mean). ``best_response``: the first best reply, minus x.
    """
    if method not in FLOWS:
        raise UnknownNameError("flow", method, FLOWS)
    out = []
    for p, x in enumerate(profile):
        values = action_values(game, profile, p)
        if method == "replicator":
            out.append(x * (values - x @ values))
        else:
            out.append(np.eye(len(x))[int(np.argmax(values))] - x)
    return out
