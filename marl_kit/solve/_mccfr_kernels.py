"""Sampled walks of a game tree for Monte Carlo counterfactual regret minimisation.

A node is a row of ``nodes``: who moves, first child, number of children, and the slot of the first
action (the row of ``payoffs`` at a leaf). Regrets and averages have one entry for each slot; the
current strategy is regret matching on the spot, so nothing else is kept.

The random numbers of a walk are a hash of (key, iteration, player, purpose, number of moves drawn
above): what a run gives does not depend on how its iterations are cut into blocks. Branches of one
walk that have drawn equally often share a number. On every single path the numbers differ, so
each leaf is sampled with the right probability; what the branches have in common (the card that
chance turns up) cancels from the differences that regrets are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from marl_kit.games.tree import CHANCE, TERMINAL

PLAYER, CHILD, COUNT, SLOT = 0, 1, 2, 3
"""Columns of ``nodes``."""

# Parts of a kernel only borrow their arrays. Told so (numba's own switch for code without memory
# management), it does not count references at each node, which takes longer than the walk.
_BORROWED: Any = {"error_model": "numpy", "forceinline": True, "_nrt": False}
_part = njit(**_BORROWED)

# SplitMix64 (Steele, Lea and Flood 2014): the n-th number of a stream is a hash of its start + n
# times the odd constant below.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_MANTISSA = np.uint64(11)
_UNIT = 2.0**-53
_LAST = 1.0 - _UNIT

# what a stream is for
_REGRETS, _AVERAGE = 0, 1
_PURPOSES = 2


@_part
def _mix(x):
    x = (x ^ (x >> _SHIFT_1)) * _MIX_1
    x = (x ^ (x >> _SHIFT_2)) * _MIX_2
    return x ^ (x >> _SHIFT_3)


@_part
def _stream(key, t, num_players, player, purpose):
    counter = (t * num_players + player) * _PURPOSES + purpose + 1
    return _mix(key + _STEP * np.uint64(counter))


@_part
def _uniform(stream, drawn):
    """A number in [0, 1); ``drawn`` moves were drawn before it."""
    return np.float64(_mix(stream + _STEP * np.uint64(drawn + 1)) >> _MANTISSA) * _UNIT


@_part
def _chance_child(first, count, u, cumulative):
    """The outcome whose piece of [0, 1) holds ``u``; the guess is right if all are as likely."""
    child = first + np.int64(u * count)
    while child > first and u < cumulative[child - 1]:
        child -= 1
    while u >= cumulative[child]:  # the last one is 1
        child += 1
    return child


@_part
def _positive(slot, count, regret):
    """Sum of the positive regrets."""
    total = 0.0
    for s in range(slot, slot + count):
        total += max(regret[s], 0.0)
    return total


@_part
def _probability(r, total, count):
    """Regret matching; uniform where no regret is positive."""
    return max(r, 0.0) / total if total > 0.0 else 1.0 / count


@_part
def _choice(slot, count, total, u, regret):
    """An action of the current strategy: how many end at or before ``u`` in [0, 1).

    ``total`` was summed in the same order, so u * total stays below the end of the last action
    with a positive regret, and no action of probability 0 is ever chosen.
    """
    chosen = np.int64(u * count)
    if total > 0.0:
        u *= total
        end, chosen = 0.0, 0
        for s in range(slot, slot + count):
            end += max(regret[s], 0.0)
            chosen += u >= end
    return chosen


@_part
def _exploring_choice(slot, count, total, u, explore, regret):
    """The same, but with probability ``explore`` a uniform action."""
    if u < explore:
        return np.int64(min(u / explore, _LAST) * count)
    return _choice(slot, count, total, min((u - explore) / (1.0 - explore), _LAST), regret)


@_part
def _add_strategy(slot, count, total, weight, regret, average):
    if total > 0.0:
        weight /= total
        for s in range(slot, slot + count):
            average[s] += weight * max(regret[s], 0.0)
    else:
        for s in range(slot, slot + count):
            average[s] += weight / count


@_part
def _add_regrets(slot, count, value, regret):
    """All actions of an infoset have values: add their regrets, return the infoset's value."""
    total, mean = 0.0, 0.0
    for s in range(slot, slot + count):
        r = max(regret[s], 0.0)
        total += r
        mean += r * value[s]
    if total > 0.0:
        mean /= total
    else:
        mean = 0.0
        for s in range(slot, slot + count):
            mean += value[s] / count
    for s in range(slot, slot + count):
        regret[s] += value[s] - mean
    return mean


@_part
def _sampled_child(node, u, weight, nodes, cumulative, regret, average):
    """What follows by chance or by the current strategy, which counts ``weight`` in the average."""
    count, child = nodes[node, COUNT], np.int64(nodes[node, CHILD])
    if nodes[node, PLAYER] == CHANCE:
        child = _chance_child(child, count, u, cumulative)
    else:
        slot = nodes[node, SLOT]
        total = _positive(slot, count, regret)
        if weight > 0.0:
            _add_strategy(slot, count, total, weight, regret, average)
        child += _choice(slot, count, total, u, regret)
    return child


@_part
def _average_walk(player, stream, nodes, cumulative, regret, average):
    """One path with the player's own strategy and uniform others; adds to its average.

    An infoset is met with probability own reach x a constant, so the sum of the strategies used
    is, but for that constant, the average weighted by own reach. No importance weights.
    """
    node, drawn, weight = 0, 0, 1.0
    while nodes[node, PLAYER] != TERMINAL:
        u = _uniform(stream, drawn)
        drawn += 1
        if nodes[node, PLAYER] == CHANCE or nodes[node, PLAYER] == player:
            node = _sampled_child(node, u, weight, nodes, cumulative, regret, average)
        else:
            node = nodes[node, CHILD] + np.int64(u * nodes[node, COUNT])


@_part
def _external_walk(
    player, weight, stream, nodes, cumulative, payoffs, stack, value, regret, average
):
    """Every action of ``player``, one action of everybody else; the sampled value of the game."""
    node, drawn, top = 0, 0, 0
    while True:
        while nodes[node, PLAYER] != player and nodes[node, PLAYER] != TERMINAL:
            u = _uniform(stream, drawn)
            drawn += 1
            node = _sampled_child(node, u, weight, nodes, cumulative, regret, average)
        if nodes[node, PLAYER] == player:
            stack[top, 0], stack[top, 1], stack[top, 2] = node, 0, drawn
            top += 1
            node = nodes[node, CHILD]
            continue
        v = payoffs[nodes[node, SLOT], player]
        while top > 0:  # up, to the next action that has no value yet
            above, k = stack[top - 1, 0], stack[top - 1, 1]
            count, slot = nodes[above, COUNT], nodes[above, SLOT]
            value[slot + k] = v
            if k + 1 < count:
                stack[top - 1, 1] = k + 1
                node, drawn = nodes[above, CHILD] + k + 1, stack[top - 1, 2]
                break
            v = _add_regrets(slot, count, value, regret)
            top -= 1
        if top == 0:
            return v


@_part
def _outcome_walk(
    player, weight, explore, stream, nodes, cumulative, payoffs, path, played, regret, average
):
    """One path; ``player`` explores. The sampled value of the game."""
    node, drawn, top, own = 0, 0, 0, 1.0
    while nodes[node, PLAYER] != TERMINAL:
        u = _uniform(stream, drawn)
        drawn += 1
        if nodes[node, PLAYER] != player:  # met with own reach x exploring reach of ``player``
            node = _sampled_child(node, u, weight / own, nodes, cumulative, regret, average)
            continue
        count, slot = nodes[node, COUNT], nodes[node, SLOT]
        total = _positive(slot, count, regret)
        k = _exploring_choice(slot, count, total, u, explore, regret)
        p = _probability(regret[slot + k], total, count)
        path[top, 0], path[top, 1], path[top, 2] = slot, count, k
        played[top] = p
        own *= explore / count + (1.0 - explore) * p
        top += 1
        node = nodes[node, CHILD] + k
    v = payoffs[nodes[node, SLOT], player] / own
    for j in range(top - 1, -1, -1):
        slot = path[j, 0]
        mean = played[j] * v
        for s in range(slot, slot + path[j, 1]):
            regret[s] -= mean
        regret[slot + path[j, 2]] += v
        v = mean
    return v


@_part
def _unfold(player, stream, nodes, cumulative, regret, average, queue, place, edge, own, others):
    """Parents before children: the nodes that one draw of all chance moves leaves; how many.

    ``queue[j]`` is a node with its first child's place in the queue and the chance moves drawn
    above it, ``edge[j]`` the probability of the move into it.
    """
    queue[0], place[0, 1], edge[0], own[0], others[0] = 0, 0, 1.0, 1.0, 1.0
    size = 1
    j = 0
    while j < size:
        node, drawn = queue[j], place[j, 1]
        owner, count, slot = nodes[node, PLAYER], nodes[node, COUNT], nodes[node, SLOT]
        place[j, 0] = size
        if owner == CHANCE:
            u = _uniform(stream, drawn)
            queue[size] = _chance_child(nodes[node, CHILD], count, u, cumulative)
            place[size, 1] = drawn + 1
            edge[size], own[size], others[size] = 1.0, own[j], others[j]
            size += 1
        elif owner != TERMINAL:
            total = _positive(slot, count, regret)
            if owner == player:
                _add_strategy(slot, count, total, own[j], regret, average)
            for k in range(count):
                p = _probability(regret[slot + k], total, count)
                queue[size], place[size, 1] = nodes[node, CHILD] + k, drawn
                edge[size], own[size], others[size] = p, own[j], others[j]
                if owner == player:
                    own[size] *= p
                else:
                    others[size] *= p
                size += 1
        j += 1
    return size


@_part
def _fold(player, size, nodes, payoffs, queue, place, edge, others, value, regret):
    """Children before parents: values under the strategies used, and the player's regrets."""
    for j in range(size - 1, -1, -1):
        node, first = queue[j], place[j, 0]
        owner, count, slot = nodes[node, PLAYER], nodes[node, COUNT], nodes[node, SLOT]
        if owner == TERMINAL:
            value[j] = payoffs[slot, player]
        elif owner == CHANCE:
            value[j] = value[first]
        else:
            value[j] = 0.0
            for c in range(first, first + count):
                value[j] += edge[c] * value[c]
            if owner == player:
                for k in range(count):
                    regret[slot + k] += others[j] * (value[first + k] - value[j])


@njit(cache=True, error_model="numpy")
def external(t, n, key, nodes, cumulative, payoffs, regret, average):
    """Iterations t+1 .. t+n of external sampling; the last two arrays are updated."""
    num_players = payoffs.shape[1]
    weight = 1.0 if num_players == 2 else 0.0  # of the strategies met while another is in turn
    value = np.empty(len(regret))
    stack = np.empty((len(regret) + 1, 3), np.int64)
    for i in range(t, t + n):
        for p in range(num_players):
            if weight == 0.0:
                stream = _stream(key, i, num_players, p, _AVERAGE)
                _average_walk(p, stream, nodes, cumulative, regret, average)
            stream = _stream(key, i, num_players, p, _REGRETS)
            _external_walk(
                p, weight, stream, nodes, cumulative, payoffs, stack, value, regret, average
            )


@njit(cache=True, error_model="numpy")
def outcome(t, n, key, explore, nodes, cumulative, payoffs, regret, average):
    """Iterations t+1 .. t+n of outcome sampling; the last two arrays are updated."""
    num_players = payoffs.shape[1]
    weight = 1.0 if num_players == 2 else 0.0  # of the strategies met while another is in turn
    path = np.empty((len(regret) + 1, 3), np.int64)
    played = np.empty(len(regret) + 1)
    for i in range(t, t + n):
        for p in range(num_players):
            if weight == 0.0:
                stream = _stream(key, i, num_players, p, _AVERAGE)
                _average_walk(p, stream, nodes, cumulative, regret, average)
            stream = _stream(key, i, num_players, p, _REGRETS)
            _outcome_walk(
                p,
                weight,
                explore,
                stream,
                nodes,
                cumulative,
                payoffs,
                path,
                played,
                regret,
                average,
            )


@njit(cache=True, error_model="numpy")
def chance(t, n, key, nodes, cumulative, payoffs, regret, average):
    """Iterations t+1 .. t+n of chance sampling; the last two arrays are updated."""
    num_nodes, num_players = len(nodes), payoffs.shape[1]
    queue = np.empty(num_nodes, np.int64)
    place = np.empty((num_nodes, 2), np.int64)
    edge, own, others = np.empty(num_nodes), np.empty(num_nodes), np.empty(num_nodes)
    value = np.empty(num_nodes)
    for i in range(t, t + n):
        for p in range(num_players):
            stream = _stream(key, i, num_players, p, _REGRETS)
            size = _unfold(
                p, stream, nodes, cumulative, regret, average, queue, place, edge, own, others
            )
            _fold(p, size, nodes, payoffs, queue, place, edge, others, value, regret)
