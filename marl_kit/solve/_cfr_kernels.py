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
def _update(
    low, high, keep, forgive, predict, first_sequence, num_actions, parent, value, regret, strategy
):
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
            instant = value[q] - mean
            r = regret[q] + value[q] - mean
            if r > 0.0:
                r *= keep
            else:
                r *= forgive
            regret[q] = r
            expected = max(r + predict * instant, 0.0)
            strategy[q] = expected
            total += expected
        if total > 0.0:
            scale = 1.0 / total
            for q in range(start, end):
                strategy[q] *= scale
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
    predict,
    gamma,
    delay,
    turn_infosets,
    turn_sequences,
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
    """Iterations t+1 .. t+n; the last four arrays are updated.

    What stands in one range of ``turn_infosets`` and ``turn_sequences``, one player or all of
    them, moves at the same time.
    """
    value = np.empty(len(plan))
    for k in range(t + 1, t + n + 1):
        weight = float(k - delay) ** gamma if k > delay else 0.0
        keep = _discount(alpha, float(k))
        forgive = _discount(beta, float(k))
        for p in range(len(turn_infosets) - 1):
            low, high = turn_infosets[p], turn_infosets[p + 1]
            first, last = turn_sequences[p], turn_sequences[p + 1]
            _gradient(first, last, plan, entry_offset, entry_others, entry_value, value)
            for q in range(first, last):
                average[q] += weight * plan[q]
            _update(
                low,
                high,
                keep,
                forgive,
                predict,
                first_sequence,
                num_actions,
                parent_sequence,
                value,
                regret,
                strategy,
            )
            _replan(low, high, first_sequence, num_actions, parent_sequence, strategy, plan)


@njit
def _update_hedge(
    low, high, rate, first_sequence, num_actions, parent, value, regret, strategy, spread
):
    """Bottom up: infoset values, regrets, and the next strategy by exponential weights."""
    for i in range(high - 1, low - 1, -1):
        start = first_sequence[i]
        end = start + num_actions[i]
        mean = 0.0
        worst = value[start]
        best = value[start]
        for q in range(start, end):
            mean += strategy[q] * value[q]
            worst = min(worst, value[q])
            best = max(best, value[q])
        value[parent[i]] += mean
        spread[i] += (best - worst) * (best - worst)
        top = -np.inf
        for q in range(start, end):
            regret[q] += value[q] - mean
            top = max(top, regret[q])
        # nothing observed yet: every weight is exp(0)
        eta = rate * np.sqrt(np.log(float(num_actions[i])) / spread[i]) if spread[i] > 0.0 else 0.0
        total = 0.0
        for q in range(start, end):
            strategy[q] = np.exp(eta * (regret[q] - top))
            total += strategy[q]
        for q in range(start, end):
            strategy[q] /= total


@njit(cache=True)
def iterate_hedge(
    t,
    n,
    rate,
    gamma,
    delay,
    turn_infosets,
    turn_sequences,
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
    spread,
):
    """Like ``iterate`` with Hedge at every infoset; ``spread`` is updated too."""
    value = np.empty(len(plan))
    for k in range(t + 1, t + n + 1):
        weight = float(k - delay) ** gamma if k > delay else 0.0
        for p in range(len(turn_infosets) - 1):
            low, high = turn_infosets[p], turn_infosets[p + 1]
            first, last = turn_sequences[p], turn_sequences[p + 1]
            _gradient(first, last, plan, entry_offset, entry_others, entry_value, value)
            for q in range(first, last):
                average[q] += weight * plan[q]
            _update_hedge(
                low,
                high,
                rate,
                first_sequence,
                num_actions,
                parent_sequence,
                value,
                regret,
                strategy,
                spread,
            )
            _replan(low, high, first_sequence, num_actions, parent_sequence, strategy, plan)


@njit
def _best_replies(tie, first_sequence, num_actions, parent, value, reply):
    """Bottom up the best action of every infoset, top down its plan; ties go to the first."""
    for i in range(len(num_actions) - 1, -1, -1):
        start = first_sequence[i]
        end = start + num_actions[i]
        best = value[start]
        for q in range(start, end):
            best = max(best, value[q])
        chosen = start
        while value[chosen] < best - tie:
            chosen += 1
        for q in range(start, end):
            reply[q] = 0.0
        reply[chosen] = 1.0
        value[parent[i]] += best
    for i in range(len(num_actions)):
        reach = reply[parent[i]]
        for q in range(first_sequence[i], first_sequence[i] + num_actions[i]):
            reply[q] *= reach


@njit(cache=True)
def iterate_against_best_replies(
    t,
    n,
    tie,
    gamma,
    delay,
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
    """Iterations t+1 .. t+n of CFR-BR, all players at once; the last four arrays are updated."""
    every, infosets = len(plan), len(num_actions)
    begin = every - every  # an integer like the others, where a literal would be compiled apart
    whole, nothing = 1.0, 0.0
    value = np.empty(every)
    reply = np.ones(every)
    for k in range(t + 1, t + n + 1):
        weight = float(k - delay) ** gamma if k > delay else 0.0
        _gradient(begin, every, plan, entry_offset, entry_others, entry_value, value)
        _best_replies(tie, first_sequence, num_actions, parent_sequence, value, reply)
        _gradient(begin, every, reply, entry_offset, entry_others, entry_value, value)
        for q in range(every):
            average[q] += weight * plan[q]
        _update(
            begin,
            infosets,
            whole,
            whole,
            nothing,
            first_sequence,
            num_actions,
            parent_sequence,
            value,
            regret,
            strategy,
        )
        _replan(begin, infosets, first_sequence, num_actions, parent_sequence, strategy, plan)
