"""Passes over a sequence form for the exact oracle, and the projected replicator's steps.

Vectors over sequences (Q) hold all players' sequences, as in ``games.sequence_form``.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def add_values(first, last, weight, plan, entry_offset, entry_others, entry_value, value):
    """Add what each sequence in ``first:last`` earns at its leaves against the others' ``plan``."""
    for q in range(first, last):
        total = 0.0
        for e in range(entry_offset[q], entry_offset[q + 1]):
            reach = entry_value[e]
            for k in range(entry_others.shape[1]):
                reach *= plan[entry_others[e, k]]
            total += reach
        value[q] += weight * total


@njit(cache=True)
def respond(low, high, slack, first_sequence, num_actions, parent_sequence, value, plan):
    """Bottom up with the best action (the first of those within ``slack``), then top down.

    ``value`` is overwritten; ``plan`` becomes 1 at the sequences that the answer comes to play.
    """
    choice = np.empty(high - low, np.int64)
    for i in range(high - 1, low - 1, -1):
        start = first_sequence[i]
        end = start + num_actions[i]
        most = value[start]
        for q in range(start + 1, end):
            most = max(most, value[q])
        best = start
        while value[best] < most - slack:
            best += 1
        choice[i - low] = best
        value[parent_sequence[i]] += value[best]
    for i in range(low, high):
        start = first_sequence[i]
        plan[start : start + num_actions[i]] = 0.0
        plan[choice[i - low]] = plan[parent_sequence[i]]


@njit
def _action_values(payoffs, offset, mixed, value):
    """Expected payoff of every player's actions; payoffs [P, N], profiles in C order."""
    players = len(offset) - 1
    value[:] = 0.0
    profile = np.zeros(players, np.int64)
    before = np.empty(players + 1)
    after = np.empty(players + 1)
    for n in range(payoffs.shape[1]):
        before[0] = 1.0
        for p in range(players):
            before[p + 1] = before[p] * mixed[offset[p] + profile[p]]
        after[players] = 1.0
        for p in range(players - 1, -1, -1):
            after[p] = after[p + 1] * mixed[offset[p] + profile[p]]
        for p in range(players):
            value[offset[p] + profile[p]] += before[p] * after[p + 1] * payoffs[p, n]
        for p in range(players - 1, -1, -1):
            profile[p] += 1
            if profile[p] < offset[p + 1] - offset[p]:
                break
            profile[p] = 0


@njit
def _project(x, floor):
    """The nearest distribution whose entries are at least ``floor``, in place."""
    mass = 1.0 - floor * len(x)
    falling = np.sort(x)[::-1] - floor
    total, shift = 0.0, 0.0
    for k in range(len(x)):
        total += falling[k]
        trial = (total - mass) / (k + 1)
        if falling[k] > trial:
            shift = trial
    for k in range(len(x)):
        x[k] = floor + max(x[k] - floor - shift, 0.0)


@njit(cache=True)
def projected_replicator(payoffs, offset, steps, rate, gamma, mixed):
    """Euler steps of the replicator equation, projected; the mean of all strategies on the way.

    At a step that changes nothing the rest are known.
    """
    value = np.empty_like(mixed)
    before = np.empty_like(mixed)
    mean = np.zeros_like(mixed)
    players = len(offset) - 1
    for t in range(steps):
        before[:] = mixed
        _action_values(payoffs, offset, mixed, value)
        for p in range(players):
            low, high = offset[p], offset[p + 1]
            own = 0.0
            for a in range(low, high):
                own += mixed[a] * value[a]
            for a in range(low, high):
                mixed[a] += rate * mixed[a] * (value[a] - own)
            _project(mixed[low:high], gamma / (high - low + 1))
        mean += mixed
        if (mixed == before).all():
            mean += (steps - 1 - t) * mixed
            break
    return mean / steps
