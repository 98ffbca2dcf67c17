"""Slow and obvious: advantages, losses and running statistics in float64 loops."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def gae(
    rewards: Sequence[float],
    values: Sequence[float],
    next_values: Sequence[float],
    over: Sequence[bool],
    discount: float,
    trace: float,
) -> list[float]:
    """The sum of discounted errors from each step to the end of its episode, one row."""
    steps = len(rewards)
    found = []
    for t in range(steps):
        total, factor = 0.0, 1.0
        for k in range(t, steps):
            total += factor * (rewards[k] + discount * next_values[k] - values[k])
            if over[k]:
                break
            factor *= discount * trace
        found.append(total)
    return found


def clipped_loss(log_prob: float, old: float, advantage: float, clip: float) -> float:
    ratio = math.exp(log_prob - old)
    bounded = min(max(ratio, 1 - clip), 1 + clip)
    return -min(ratio * advantage, bounded * advantage)


def clipped_value_loss(value: float, old: float, target: float, clip: float) -> float:
    near = old + min(max(value - old, -clip), clip)
    return 0.5 * max((value - target) ** 2, (near - target) ** 2)


def legal_softmax(logits: Sequence[float], legal: Sequence[bool]) -> list[float]:
    if not any(legal):
        return [1.0] + [0.0] * (len(logits) - 1)
    most = max(x for x, ok in zip(logits, legal, strict=True) if ok)
    weights = [math.exp(x - most) if ok else 0.0 for x, ok in zip(logits, legal, strict=True)]
    return [w / sum(weights) for w in weights]


def entropy(p: Sequence[float]) -> float:
    return -sum(x * math.log(x) for x in p if x > 0)


def divergence(p: Sequence[float], q: Sequence[float]) -> float:
    return sum(x * math.log(x / y) for x, y in zip(p, q, strict=True) if x > 0)


def moments(batches: Sequence[np.ndarray], decay: float) -> tuple[float, float]:
    """Mean and variance of all entries, those of a batch sharing ``decay**age``."""
    weights = [
        np.full(len(batch), decay ** (len(batches) - 1 - age) / len(batch))
        for age, batch in enumerate(batches)
    ]
    w, x = np.concatenate(weights), np.concatenate(batches)
    mean = float(np.average(x, weights=w))
    return mean, float(np.average((x - mean) ** 2, weights=w))
