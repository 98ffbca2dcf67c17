"""What training asks of a learner."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from marl_kit.learn.cooperative.kept import Part
from marl_kit.learn.cooperative.rollout import Acting, Rollout


class Learner(Acting, Part, Protocol):
    """Learns from rollouts, for S runs at once that know nothing of each other."""

    @property
    def rollout(self) -> int:
        """Steps that it wants to see before it learns."""

    @property
    def acting(self) -> nn.Module:
        """The networks that a trained team acts with; the first axis of every weight is the run."""

    def probabilities(self, observations: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Of all actions, [S, N, M, A], at beginnings of episodes; what is learned is this policy.

        ``observations`` are [S, N, M, D]. Learners of values play their best action.
        """

    def learn(self, rollout: Rollout) -> dict[str, torch.Tensor]:
        """Learn from what happened; losses of the runs by name, [S] each."""
