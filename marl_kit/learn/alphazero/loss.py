"""The loss of AlphaZero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

ILLEGAL = -1e9
"""Logit of an illegal action: its probability is 0, and so is every gradient."""


class Losses(NamedTuple):
    """The parts of the loss; ``total`` is what is made small."""

    total: Tensor
    value: Tensor
    policy: Tensor
    weights: Tensor


def masked_log_softmax(logits: Tensor, legal: Tensor) -> Tensor:
    """Logarithms of the probabilities of legal actions, [B, A]; illegal ones have about -1e9."""
    return torch.log_softmax(torch.where(legal, logits, ILLEGAL), dim=1)


def alphazero_loss(
    logits: Tensor,
    values: Tensor,
    policies: Tensor,
    legal: Tensor,
    full: Tensor,
    outcomes: Tensor,
    parameters: Iterable[Tensor],
    decay: float,
) -> Losses:
    """``(z - v)^2 - pi . log p + c |theta|^2`` (Silver et al. 2018, equation 1), means over B
    positions.

    Parameters
    ----------
    logits : float32 [B, A]
        Of p, before illegal actions are masked.
    values : float32 [B, P]
        v, for each player.
    policies : float32 [B, A]
        pi.
    legal : bool [B, A]
    full : bool [B]
        Where pi is to be learned; the second term is the mean over these.
    outcomes : float32 [B, P]
        z. The first term is the mean over the players.
    parameters : iterable of tensors
        theta.
    decay : float
        c.
    """
    value = ((outcomes - values) ** 2).mean()
    log_p = masked_log_softmax(logits, legal)
    cross_entropy = -(policies * torch.where(legal, log_p, 0.0)).sum(dim=1)
    learned = full.sum().clamp(min=1)
    policy = torch.where(full, cross_entropy, 0.0).sum() / learned
    weights = decay * torch.stack([theta.square().sum() for theta in parameters]).sum()
    return Losses(value + policy + weights, value, policy, weights)
