"""Passes over a sequence form; independent of the solvers' kernels on purpose.

All vectors have one entry for each sequence (Q). ``strategy`` is 1 at empty sequences.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def realisation_plan(strategy, first_sequence, num_actions, parent_sequence, plan):
    """Products of own probabilities along each sequence, top down; ``plan`` starts at 1."""
    for i in range(len(num_actions)):
        reach = plan[parent_sequence[i]]
        for q in range(first_sequence[i], first_sequence[i] + num_actions[i]):
            plan[q] = reach * strategy[q]


@njit(cache=True)
def sequence_values(first, last, plan, entry_offset, entry_others, entry_value, out):
    """What each sequence in ``first:last`` earns at the leaves that it ends at."""
    players = entry_others.shape[1]
    for q in range(first, last):
        total = 0.0
        for e in range(entry_offset[q], entry_offset[q + 1]):
            reach = entry_value[e]
            for k in range(players):
                reach *= plan[entry_others[e, k]]
            total += reach
        out[q] = total


@njit(cache=True)
def best_value(low, high, first_sequence, num_actions, parent_sequence, value, choice):
    """Bottom up with the best action, ties to the first; ``value`` is overwritten."""
    for i in range(high - 1, low - 1, -1):
        start = first_sequence[i]
        best = start
        for q in range(start + 1, start + num_actions[i]):
            if value[q] > value[best]:
                best = q
        choice[i] = best
        value[parent_sequence[i]] += value[best]


@njit(cache=True)
def evaluate_all(
    strategy,
    player_infosets,
    player_sequences,
    first_sequence,
    num_actions,
    parent_sequence,
    entry_offset,
    entry_others,
    entry_value,
):
    """Own value and best-response value of every player, ``[P], [P]``."""
    players = len(player_infosets) - 1
    plan = np.ones(len(strategy))
    realisation_plan(strategy, first_sequence, num_actions, parent_sequence, plan)
    value = np.empty(len(strategy))
    own = np.empty(players)
    best = np.empty(players)
    choice = np.empty(len(num_actions), np.int64)
    for p in range(players):
        low, high = player_infosets[p], player_infosets[p + 1]
        first, last = player_sequences[p], player_sequences[p + 1]
        sequence_values(first, last, plan, entry_offset, entry_others, entry_value, value)
        own[p] = 0.0
        for q in range(first, last):
            own[p] += plan[q] * value[q]
        best_value(low, high, first_sequence, num_actions, parent_sequence, value, choice)
        best[p] = value[first]
    return own, best
