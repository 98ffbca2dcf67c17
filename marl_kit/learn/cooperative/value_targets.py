"""Targets of values, from what was gained and what is thought to follow."""

from __future__ import annotations

import torch


def lambda_returns(
    rewards: torch.Tensor,
    following: torch.Tensor,
    over: torch.Tensor,
    *,
    discount: float,
    trace: float,
) -> torch.Tensor:
    """Targets r + discount * ((1 - trace) * following + trace * next target), time being last.

    Where an episode is over, and at the end of a sequence, the next target is ``following``, which
    is 0 where nothing follows (Peng and Williams 1996).
    """
    targets = torch.empty_like(rewards)
    later = following[..., -1]
    for t in reversed(range(rewards.shape[-1])):
        next_target = torch.where(over[..., t], following[..., t], later)
        mixture = following[..., t] + trace * (next_target - following[..., t])
        later = rewards[..., t] + discount * mixture
        targets[..., t] = later
    return targets
