"""Sweeps over the treeplexes of a sequence form: best responses, for fictitious play and the
double-oracle methods, and the steps of magnetic mirror descent."""

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
def _respond(low, high, slack, allowed, first_sequence, num_actions, parent, value, choice):
    """Bottom up with the best action; among those at most ``slack`` worse than it an allowed one
    goes first, then the first."""
    for i in range(high - 1, low - 1, -1):
        start = first_sequence[i]
        end = start + num_actions[i]
        most = value[start]
        for q in range(start + 1, end):
            most = max(most, value[q])
        best = -1
        for q in range(start, end):
            if value[q] >= most - slack and (best < 0 or (allowed[q] and not allowed[best])):
                best = q
        choice[i] = best
        value[parent[i]] += value[best]


@njit
def _replan(first_sequence, num_actions, parent, strategy, plan):
    """Top down: products of own probabilities."""
    for i in range(len(num_actions)):
        reach = plan[parent[i]]
        for q in range(first_sequence[i], first_sequence[i] + num_actions[i]):
            plan[q] = reach * strategy[q]


@njit(cache=True)
def fictitious_play(
    t,
    n,
    slack,
    player_infosets,
    player_sequences,
    first_sequence,
    num_actions,
    parent_sequence,
    entry_offset,
    entry_others,
    entry_value,
    plan,
):
    """Iterations t+1 .. t+n, all players at once; ``plan`` is the sum of the plans so far.

    Before iteration k the sum counts k plans (the uniform one among them), so gradients are
    k^(P-1) times as large as against the average, and so is the slack.
    """
    players = len(player_infosets) - 1
    value = np.empty(len(plan))
    played = np.zeros(len(plan), np.bool_)
    alike = np.ones(len(plan), np.bool_)
    choice = np.empty(len(num_actions), np.int64)
    for k in range(t + 1, t + n + 1):
        scale = 1.0
        for _ in range(players - 1):
            scale *= float(k)
        for p in range(players):
            low, high = player_infosets[p], player_infosets[p + 1]
            first, last = player_sequences[p], player_sequences[p + 1]
            _gradient(first, last, plan, entry_offset, entry_others, entry_value, value)
            tie = slack[p] * scale
            _respond(
                low, high, tie, alike, first_sequence, num_actions, parent_sequence, value, choice
            )
        for q in range(len(plan)):
            played[q] = False
        for p in range(players):
            played[player_sequences[p]] = True
            plan[player_sequences[p]] += 1.0
        for i in range(len(num_actions)):
            if played[parent_sequence[i]]:
                played[choice[i]] = True
                plan[choice[i]] += 1.0


@njit(cache=True)
def best_responses(
    slack,
    allowed,
    player_infosets,
    player_sequences,
    first_sequence,
    num_actions,
    parent_sequence,
    entry_offset,
    entry_others,
    entry_value,
    plan,
    choice,
):
    """Every player's best response to ``plan``: the sequence chosen at each infoset.

    Among actions at most ``slack`` worse than the best an allowed one goes first, then the first.
    """
    value = np.empty(len(plan))
    for p in range(len(player_infosets) - 1):
        first, last = player_sequences[p], player_sequences[p + 1]
        _gradient(first, last, plan, entry_offset, entry_others, entry_value, value)
        low, high = player_infosets[p], player_infosets[p + 1]
        _respond(
            low,
            high,
            slack[p],
            allowed,
            first_sequence,
            num_actions,
            parent_sequence,
            value,
            choice,
        )


@njit(cache=True)
def number_columns(
    allowed, player_infosets, player_sequences, first_sequence, num_actions, parent, column, size
):
    """Numbers of the variables of a restricted game, for each player from 0.

    ``column[q]`` is -1 where a sequence is not allowed or cannot be reached; an action without an
    alternative has the number of the sequence before it. ``size[p]`` counts player p's variables.
    """
    for q in range(len(column)):
        column[q] = -1
    for p in range(len(player_infosets) - 1):
        column[player_sequences[p]] = 0
        size[p] = 1
        for i in range(player_infosets[p], player_infosets[p + 1]):
            above = column[parent[i]]
            if above < 0:
                continue
            start = first_sequence[i]
            count = 0
            for q in range(start, start + num_actions[i]):
                count += allowed[q]
            for q in range(start, start + num_actions[i]):
                if allowed[q]:
                    column[q] = above if count == 1 else size[p]
                    size[p] += count > 1


@njit
def _proximal(eta, alpha, first_sequence, num_actions, parent, value, soft, logits, strategy):
    """Bottom up: the next strategy of every player, and its logarithm."""
    shrink = 1.0 / (1.0 + eta * alpha)
    for q in range(len(soft)):
        soft[q] = 0.0
    for i in range(len(num_actions) - 1, -1, -1):
        start = first_sequence[i]
        end = start + num_actions[i]
        most = -np.inf
        for q in range(start, end):
            logits[q] = (eta * value[q] + logits[q]) * shrink + soft[q]
            most = max(most, logits[q])
        total = 0.0
        for q in range(start, end):
            strategy[q] = np.exp(logits[q] - most)
            total += strategy[q]
        normal = most + np.log(total)
        for q in range(start, end):
            strategy[q] /= total
            logits[q] -= normal
        soft[parent[i]] += normal


@njit(cache=True)
def mirror_descent(
    t,
    n,
    eta,
    alpha,
    power,
    player_sequences,
    first_sequence,
    num_actions,
    parent_sequence,
    entry_offset,
    entry_others,
    entry_value,
    logits,
    strategy,
    plan,
):
    """Iterations t+1 .. t+n, all players at once; the last three arrays are updated."""
    value = np.empty(len(plan))
    soft = np.empty(len(plan))
    for k in range(t + 1, t + n + 1):
        cooling = float(k) ** power
        for p in range(len(player_sequences) - 1):
            first, last = player_sequences[p], player_sequences[p + 1]
            _gradient(first, last, plan, entry_offset, entry_others, entry_value, value)
        _proximal(
            eta * cooling,
            alpha * cooling,
            first_sequence,
            num_actions,
            parent_sequence,
            value,
            soft,
            logits,
            strategy,
        )
        _replan(first_sequence, num_actions, parent_sequence, strategy, plan)
