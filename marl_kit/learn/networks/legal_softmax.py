"""The softmax of a network over the legal actions of each position."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def legal_softmax(
    logits: np.ndarray,
    places: np.ndarray,
    players: np.ndarray,
    actions: np.ndarray,
    counts: np.ndarray,
    out: np.ndarray,
) -> int:
    """Write the softmax, row by row, whatever other rows there are; gives -1, or the first action
    that there is no logit for.

    Parameters
    ----------
    logits : float64 [B, A]
        As the network sees the actions.
    places : int64 [P, A]
        Where it sees each action when a player is to move.
    players : int64 [B]
        Who is.
    actions : int64 [B, W]
        The legal actions, as many as ``counts`` int64 [B] says.
    out : float64 [B, W]
        0 beside the legal actions before.
    """
    for b in range(len(logits)):
        top, total = -math.inf, 0.0
        seen = places[players[b]]
        for i in range(counts[b]):
            if actions[b, i] >= len(seen):
                return actions[b, i]
            top = max(top, logits[b, seen[actions[b, i]]])
        for i in range(counts[b]):
            out[b, i] = math.exp(logits[b, seen[actions[b, i]]] - top)
            total += out[b, i]
        for i in range(counts[b]):
            out[b, i] /= total
    return -1
