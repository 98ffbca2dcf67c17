"""What policy-gradient learners share: advantages, clipped losses, distances of policies.

Functions of tensors of any leading shape, elementwise or along the last axis; whoever calls them
averages, and leaves out what does not count.
"""

from __future__ import annotations

import torch
from torch import Tensor


def gae(
    rewards: Tensor,
    values: Tensor,
    next_values: Tensor,
    over: Tensor,
    *,
    discount: float,
    trace: float,
) -> Tensor:
    """How much better each action did than expected: generalized advantage estimates.

    ``A_t = delta_t + discount * trace * A_{t+1}`` with
    ``delta_t = r_t + discount * V(s_{t+1}) - V(s_t)``, and ``A_{t+1}`` left out where the episode
    ends at t. ``A + values`` are the targets of the values, TD(trace).

    Parameters
    ----------
    rewards, values : float [..., T]
        Time is the last axis.
    next_values : float [..., T]
        Value of what follows ``t`` in the same episode: 0 at a real end, the value of the final
        observation where a time limit cut the episode off.
    over : bool [..., T]
        The episode ends at ``t``, in either way. The last step of a row need not: its
        ``next_values`` stand for what was not played.
    discount, trace : float from 0 to 1
        gamma and lambda.

    Returns
    -------
    float [..., T]

    Source: Schulman et al. 2016, "High-dimensional continuous control using generalized advantage
    estimation", equation 16.
    """
    deltas = rewards + discount * next_values - values
    kept = discount * trace * (~over).to(deltas.dtype)
    advantages, later = [], torch.zeros_like(deltas[..., 0])
    for t in reversed(range(deltas.shape[-1])):
        later = deltas[..., t] + kept[..., t] * later
        advantages.append(later)
    return torch.stack(advantages[::-1], -1)


def clipped_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, clip: float
) -> Tensor:
    """PPO's surrogate, to be minimised: ``-min(r A, clip(r, 1 - clip, 1 + clip) A)``.

    Parameters
    ----------
    log_probs, old_log_probs : float [...]
        Of the actions that were taken, now and when they were; ``r`` is the ratio.
    advantages : float [...]
    clip : float above 0

    Source: Schulman et al. 2017, "Proximal policy optimization algorithms", equation 7.
    """
    ratio = (log_probs - old_log_probs).exp()
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)


def clipped_value_loss(values: Tensor, old_values: Tensor, targets: Tensor, clip: float) -> Tensor:
    """Half the squared error, or that of a step of at most ``clip`` if it is larger.

    A value that already moved ``clip`` towards its target is left alone until new data come.

    Source: Engstrom et al. 2020, "Implementation matters in deep policy gradients", section 3; Yu
    et al. 2022, "The surprising effectiveness of PPO in cooperative multi-agent games", appendix A.
    """
    near = old_values + (values - old_values).clamp(-clip, clip)
    return torch.maximum((values - targets).square(), (near - targets).square()) / 2


def legal_log_softmax(logits: Tensor, legal: Tensor) -> Tensor:
    """Logarithms of the probabilities of the legal actions; ``-inf``, exactly, of all others.

    A row without any legal action (an agent that waits) plays its action 0 for sure, whatever the
    logits: it can be sampled like the others, its ratio is 1, its entropy 0, and no gradient comes
    from it.

    Parameters
    ----------
    logits : float [..., A]
    legal : bool [..., A]
    """
    waits = ~legal.any(-1, keepdim=True)
    first = torch.arange(legal.shape[-1], device=legal.device) == 0
    return logits.masked_fill(~(legal | (waits & first)), -torch.inf).log_softmax(-1)


def entropy(log_probs: Tensor) -> Tensor:
    """Entropy in nats of each row; actions of probability 0 (``-inf``) add nothing.

    Parameters
    ----------
    log_probs : float [..., A]
    """
    return -(log_probs.exp() * log_probs.masked_fill(log_probs == -torch.inf, 0.0)).sum(-1)


def magnetic_penalty(log_probs: Tensor, magnet_log_probs: Tensor) -> Tensor:
    """``KL(pi || magnet)`` of each row in nats: how far the policy is from the one it is drawn to.

    Without gradient into the magnet this is the regulariser of magnetic mirror descent; PPO's
    clipping stands in for its second term, the distance from the last iterate. To a uniform
    magnet it is ``log(legal actions) - entropy``.

    Parameters
    ----------
    log_probs, magnet_log_probs : float [..., A]
        ``inf`` comes out where the magnet never plays what the policy plays.

    Source: Sokota et al. 2023, "A unified approach to reinforcement learning, quantal response
    equilibria, and two-player zero-sum games"; Rudolph et al. 2025, "Reevaluating policy gradient
    methods for imperfect-information games".
    """
    gap = (log_probs - magnet_log_probs).masked_fill(log_probs == -torch.inf, 0.0)
    return (log_probs.exp() * gap).sum(-1)
