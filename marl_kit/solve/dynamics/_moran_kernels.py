"""The Moran process, one birth and one death after another."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit
def _uniform_number(key, counter):
    """The counter-th number of a stream in [0, 1): SplitMix64 (Steele, Lea and Flood 2014)."""
    x = key + np.uint64(0x9E3779B97F4A7C15) * np.uint64(counter)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return np.float64(x >> np.uint64(11)) * 2.0**-53


@njit
def _pick(u, weights):
    """The first index at which the cumulated weights exceed the share u of their sum."""
    total = 0.0
    for a in range(len(weights)):
        total += weights[a]
    left, chosen = u * total, 0
    for a in range(len(weights)):
        if weights[a] > 0.0:
            chosen = a  # rounding can leave u x total at the very end: then the last of them
            left -= weights[a]
            if left < 0.0:
                break
    return chosen


@njit
def _fitness(payoffs, selection, exponential, count, fitness):
    """Of every type present, times how many there are; nobody plays against itself."""
    size, top = 0.0, -np.inf
    for a in range(len(count)):
        size += count[a]
    for a in range(len(count)):
        fitness[a] = 0.0
        for b in range(len(count)):
            fitness[a] += payoffs[a, b] * (count[b] - 1.0 if a == b else count[b])
        fitness[a] *= selection / (size - 1.0)
        if count[a] > 0.0:
            top = max(top, fitness[a])
    for a in range(len(count)):
        if exponential:
            fitness[a] = np.exp(fitness[a] - top) if count[a] > 0.0 else 0.0
        else:
            fitness[a] += 1.0 - selection
        fitness[a] *= count[a]


@njit(cache=True)
def moran(n, t, key, payoffs, selection, exponential, mutation, count, total):
    """n births and deaths; ``total`` adds up the shares before each. Returns the last step that
    changed anything, or -1."""
    fitness = np.empty(len(count))
    size, last = 0.0, -1
    for a in range(len(count)):
        size += count[a]
    for k in range(t, t + n):
        for a in range(len(count)):
            total[a] += count[a] / size
        _fitness(payoffs, selection, exponential, count, fitness)
        born = _pick(_uniform_number(key, 4 * k + 1), fitness)
        dead = _pick(_uniform_number(key, 4 * k + 2), count)
        if mutation > 0.0 and _uniform_number(key, 4 * k + 3) < mutation:
            born = int(_uniform_number(key, 4 * k + 4) * len(count))
        if born != dead:
            count[born] += 1.0
            count[dead] -= 1.0
            last = k + 1
    return last
