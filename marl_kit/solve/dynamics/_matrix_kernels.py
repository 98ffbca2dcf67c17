"""Kernels of the iterative methods on normal forms.

Strategies of all P players stand in one vector, player p's at ``offset[p]:offset[p+1]``; payoff
tables are flat, the last player's action varying fastest.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit
def _action_values(payoffs, offset, mixed, values):
    """Expected payoff of every action of every player against the others' ``mixed``."""
    players = len(offset) - 1
    values[:] = 0.0
    joint = np.zeros(players, np.int64)
    for cell in range(payoffs.shape[1]):
        for p in range(players):
            reach = payoffs[p, cell]
            for other in range(players):
                if other != p:
                    reach *= mixed[offset[other] + joint[other]]
            values[offset[p] + joint[p]] += reach
        for p in range(players - 1, -1, -1):  # the next joint action
            joint[p] += 1
            if joint[p] < offset[p + 1] - offset[p]:
                break
            joint[p] = 0


@njit(cache=True)
def fictitious_play(n, t, tie, payoffs, offset, average, values):
    """n rounds of best replies to the averages, ties (within ``tie``) to the first action."""
    for k in range(t, t + n):
        _action_values(payoffs, offset, average, values)
        for p in range(len(offset) - 1):
            best = offset[p]
            for a in range(offset[p] + 1, offset[p + 1]):
                if values[a] > values[best] + tie:
                    best = a
            for a in range(offset[p], offset[p + 1]):
                average[a] *= k / (k + 1.0)
            average[best] += 1.0 / (k + 1.0)


@njit
def _velocity(payoffs, offset, x, values, out):
    """x_a (u_a - mean): the replicator equation."""
    _action_values(payoffs, offset, x, values)
    for p in range(len(offset) - 1):
        mean = 0.0
        for a in range(offset[p], offset[p + 1]):
            mean += x[a] * values[a]
        for a in range(offset[p], offset[p + 1]):
            out[a] = x[a] * (values[a] - mean)


@njit(cache=True)
def replicator(n, dt, payoffs, offset, x, values):
    """n steps of the classical Runge-Kutta method, kept on the simplices."""
    k1, k2, k3, k4 = (np.empty_like(x), np.empty_like(x), np.empty_like(x), np.empty_like(x))
    for _ in range(n):
        _velocity(payoffs, offset, x, values, k1)
        _velocity(payoffs, offset, x + 0.5 * dt * k1, values, k2)
        _velocity(payoffs, offset, x + 0.5 * dt * k2, values, k3)
        _velocity(payoffs, offset, x + dt * k3, values, k4)
        x += dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        for p in range(len(offset) - 1):
            total = 0.0
            for a in range(offset[p], offset[p + 1]):
                x[a] = max(x[a], 0.0)
                total += x[a]
            for a in range(offset[p], offset[p + 1]):
                x[a] /= total
