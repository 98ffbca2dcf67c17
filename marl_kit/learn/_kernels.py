"""Passes over treeplexes against opponents that do not move."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit
def _regret_matching(start, end, regret, strategy):
    """Probabilities proportional to regrets that are not negative; uniform without any."""
    total = 0.0
    for q in range(start, end):
        total += regret[q]
    for q in range(start, end):
        strategy[q] = regret[q] / total if total > 0 else 1.0 / (end - start)


@njit(cache=True)
def regret_matching_plus(
    iterations, first_sequence, num_actions, parent_sequence, empty, earned, slack, total
):
    """Add the realisation plans of all iterations, weighted linearly, to ``total``.

    ``earned`` is what each sequence earns at its leaves; ``empty`` are the players' empty
    sequences; differences up to ``slack[i]`` are ties at infoset i.
    """
    infosets = len(num_actions)
    regret = np.zeros(len(earned))
    strategy = np.ones(len(earned))
    plan = np.ones(len(earned))
    for t in range(1, iterations + 1):
        for i in range(infosets):  # top down
            start, end = first_sequence[i], first_sequence[i] + num_actions[i]
            _regret_matching(start, end, regret, strategy)
            for q in range(start, end):
                plan[q] = plan[parent_sequence[i]] * strategy[q]
                total[q] += t * plan[q]
        for q in empty:
            total[q] += t
        value = earned.copy()
        for i in range(infosets - 1, -1, -1):  # bottom up
            start, end = first_sequence[i], first_sequence[i] + num_actions[i]
            mean = 0.0
            for q in range(start, end):
                mean += strategy[q] * value[q]
            for q in range(start, end):
                if abs(value[q] - mean) > slack[i]:
                    regret[q] = max(regret[q] + value[q] - mean, 0.0)
            value[parent_sequence[i]] += mean
