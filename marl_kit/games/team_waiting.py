"""Masks of games in which some agents wait."""

from __future__ import annotations

import numpy as np

from marl_kit.core.errors import IllegalActionError
from marl_kit.games.team import TeamSizes


def waiting(copies: int, sizes: TeamSizes) -> np.ndarray:
    """The mask in which everybody waits: action 0 alone, bool [copies, N, A]."""
    mask = np.zeros((copies, len(sizes.agents), sizes.most_actions), bool)
    mask[:, :, 0] = True
    return mask


def expect_legal(mask: np.ndarray, actions: np.ndarray) -> None:
    """Refuse actions [B, N] that a mask [B, N, A] does not allow.

    Raises
    ------
    IllegalActionError
    """
    wrong = ~np.take_along_axis(mask, actions[..., None], axis=2)[..., 0]
    if wrong.any():
        copy, agent = np.argwhere(wrong)[0]
        raise IllegalActionError(
            f"agent {agent} of copy {copy} takes action {actions[copy, agent]}; its mask allows "
            f"{np.flatnonzero(mask[copy, agent]).tolist()}, and who waits has action 0 alone."
        )
