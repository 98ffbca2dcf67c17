"""The sweep of the CFR family over a sequence form."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit
def _gradient(first, last, plan, entry_offset, entry_others, entry_value, out):
    """Counterfactual pay-off of each sequence of one player at its own leaves."""
    if entry_others.shape[1] == 1:  # two players: a sparse matrix times a vector
        for q in range(first, last):
            total = 0.0
            for e in range(entry_offset[q], entry_offset[q + 1]):
                total += entry_value[e] * plan[entry_others[e, 0]]
            out[q] = total
        return
    for q in range(first, last):
        total = 0.0
        for e in range(entry_offset[q], entry_offset[q + 1]):
            reach = entry_value[e]
            for k in range(entry_others.shape[1]):
                reach *= plan[entry_others[e, k]]
            total += reach
        out[q] = total


@njit
def _discount(exponent, t):
    """t^exponent / (t^exponent + 1), with the limits at infinite exponents."""
    if exponent == np.inf:
        return 1.0
    if exponent == -np.inf:
        return 0.0
    power = t**exponent
    return power / (power + 1.0)


@njit
def _update(low, high, keep, forgive, first_sequence, num_actions, parent, value, regret, strategy):
    """Bottom up: infoset values, regrets, and the next strategy by regret matching."""
    for i in range(high - 1, low - 1, -1):
        start = first_sequence[i]
        end = start + num_actions[i]
        mean = 0.0
        for q in range(start, end):
            mean += strategy[q] * value[q]
        value[parent[i]] += mean
        total = 0.0
        for q in range(start, end):
            r = regret[q] + value[q] - mean
            if r > 0.0:
                r *= keep
                total += r
            else:
                r *= forgive
            regret[q] = r
        if total > 0.0:
            scale = 1.0 / total
            for q in range(start, end):
                strategy[q] = max(regret[q], 0.0) * scale
        else:
            for q in range(start, end):
                strategy[q] = 1.0 / num_actions[i]


@njit
def _replan(low, high, first_sequence, num_actions, parent, strategy, plan):
    """Top down: products of own probabilities."""
    for i in range(low, high):
        reach = plan[parent[i]]
        for q in range(first_sequence[i], first_sequence[i] + num_actions[i]):
            plan[q] = reach * strategy[q]


@njit(cache=True)
def iterate(
    t,
    n,
    alpha,
    beta,
    gamma,
    player_infosets,
    player_sequences,
    first_sequence,
    num_actions,
    parent_sequence,
    entry_offset,
    entry_others,
    entry_value,
    regret,
    strategy,
    plan,
    average,
):
    """Iterations t+1 .. t+n of every player in turn; the last four arrays are updated."""
    value = np.empty(len(plan))
    for k in range(t + 1, t + n + 1):
        weight = float(k) ** gamma
        keep = _discount(alpha, float(k))
        forgive = _discount(beta, float(k))
        for p in range(len(player_infosets) - 1):
            low, high = player_infosets[p], player_infosets[p + 1]
            first, last = player_sequences[p], player_sequences[p + 1]
            _gradient(first, last, plan, entry_offset, entry_others, entry_value, value)
            for q in range(first, last):
                average[q] += weight * plan[q]
            _update(
                low,
                high,
                keep,
                forgive,
                first_sequence,
                num_actions,
                parent_sequence,
                value,
                regret,
                strategy,
            )
            _replan(low, high, first_sequence, num_actions, parent_sequence, strategy, plan)
