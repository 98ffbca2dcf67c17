"""The Nash equilibrium nearest to a profile."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from marl_kit.core.results import EquilibriumSet
from marl_kit.evaluate.exploitability import expected_values, nash_conv_of

Strategies = list[np.ndarray]


class Nearest(NamedTuple):
    """The equilibrium, or None; its distance, mean value and NashConv."""

    profile: Strategies | None
    distance: float
    value: float
    nash_conv: float


def nearest_equilibrium(equilibria: EquilibriumSet, profile: Strategies) -> Nearest:
    """The distance is the largest total variation between two strategies of one player.

    The equilibria of a two-player game are the unions of products of convex sets, the maximal Nash
    subsets: within one, each player's nearest strategy is found for itself, by a linear program.
    """
    subsets = equilibria.nash_subsets or tuple((i,) for i in range(len(equilibria)))
    nearest, least = None, math.inf
    for subset in subsets:
        members = [equilibria[i] for i in subset]
        point = [_nearest_mixture(x, [m[p] for m in members]) for p, x in enumerate(profile)]
        distance = max(_variation(x, y) for x, y in zip(profile, point, strict=True))
        if distance < least:
            nearest, least = point, distance
    if nearest is None:
        return Nearest(None, math.nan, math.nan, math.nan)
    value = float(np.mean(expected_values(equilibria.game, nearest)))
    return Nearest(nearest, least, value, nash_conv_of(equilibria.game, nearest))


def _variation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.abs(x - y).sum() / 2)


def _nearest_mixture(x: np.ndarray, strategies: Strategies) -> np.ndarray:
    """The mixture of strategies that is nearest to ``x`` in total variation."""
    points = np.unique(np.array(strategies), axis=0)
    if len(points) == 1:
        return np.asarray(points[0])
    from scipy.optimize import linprog

    k, n = points.shape  # variables: weights of the points, then |x - mixture| of each action
    cost = np.r_[np.zeros(k), np.ones(n)]
    bounds = np.block([[points.T, -np.eye(n)], [-points.T, -np.eye(n)]])
    total = np.r_[np.ones(k), np.zeros(n)][None]
    found = linprog(cost, bounds, np.r_[x, -x], total, [1.0], method="highs")
    weights = np.maximum(found.x[:k], 0.0)
    return np.asarray(weights @ points / weights.sum())
