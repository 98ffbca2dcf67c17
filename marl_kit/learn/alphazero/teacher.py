"""Exact targets, where a solver knows the position."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from marl_kit.games.game import State


class Knows(Protocol):
    """The part of an oracle that is asked."""

    def action_values(self, state: State) -> dict[int, np.ndarray]:
        """After each legal action, float64 [P]."""
        ...


def exact_targets(known: Knows, state: State, policy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a position is worth, and a policy of moves that keep it.

    Parameters
    ----------
    known : oracle
    state : State
    policy : float64 [A]
        The search's, over all actions.

    Returns
    -------
    float64 [P], float64 [A]
        Values, and the search's policy among the moves that are best for the player to move: all
        of them equally where it has nothing for them.
    """
    mover, found = state.current_player(), known.action_values(state)
    most = max(values[mover] for values in found.values())
    best = [action for action, values in found.items() if values[mover] == most]
    among = np.zeros_like(policy)
    among[best] = policy[best]
    if among.sum() <= 0:
        among[best] = 1.0
    return found[best[0]], among / among.sum()
