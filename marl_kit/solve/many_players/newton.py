"""From a profile near an equilibrium to the equilibrium: Newton's method on the indifferences."""

from __future__ import annotations

import numpy as np

from marl_kit.solve.many_players.logit_system import LogitSystem
from marl_kit.solve.many_players.verdict import mean_against

STEPS = 12
SETTLED = 1e-14
"""Equations in payoffs of range 1."""
NEGATIVE = 1e-13
"""Weights down to here are rounding of 0."""
RANK = 1e-11
"""Singular values below count as 0: in a continuum of solutions the nearest one is taken."""
GAIN = 1e-13
"""Best-response gain that rounding leaves a player with, relative to the payoffs that it meets."""


def nearby_equilibrium(
    system: LogitSystem, x: np.ndarray, support: np.ndarray
) -> np.ndarray | None:
    """The equilibrium with (or within) a support near ``x``, or None.

    Parameters
    ----------
    system : LogitSystem
    x : float64 [N]
        All players' strategies, one after another.
    support : bool [N]
        At least one action of each player.
    """
    x = np.where(support, x, 0.0)
    for _ in range(STEPS):
        residual, jacobian = _equations(system, x, support)
        if np.abs(residual).max() <= SETTLED:
            break
        x[support] -= np.linalg.lstsq(jacobian, residual, rcond=RANK)[0]
        if not np.all(np.abs(x) < 2.0):
            return None
    if x.min() < -NEGATIVE:
        return None
    x = np.maximum(x, 0.0)
    for strategy in system.split(x):
        strategy /= strategy.sum()
    return x if largest_gain(system, x) <= GAIN else None


def largest_gain(system: LogitSystem, x: np.ndarray) -> float:
    """Most that a player gains by another action, in units of how much its payoffs vary against
    the others' play: a huge payoff that nobody meets must not hide a gain. The certificate comes
    from elsewhere."""
    strategies = system.split(x)
    values, _ = system.payoffs(strategies)
    worst = 0.0
    for p, (v, w) in enumerate(zip(system.split(values), strategies, strict=True)):
        gain = float(v.max() - v @ w)
        met = mean_against(np.abs(system.tables[p] - v @ w), strategies, p).max()
        if gain > 0.0:
            worst = max(worst, gain / float(met))
    return worst


def _equations(
    system: LogitSystem, x: np.ndarray, support: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Equal payoffs within the support and weights that sum to 1; n rows of n unknowns."""
    values, cross = system.payoffs(system.split(x))
    played = np.flatnonzero(support)
    player = np.searchsorted(system.offset, played, side="right") - 1
    new = np.r_[True, player[1:] != player[:-1]]
    first = played[np.flatnonzero(new)[np.cumsum(new) - 1]]
    residual = values[played] - values[first]
    jacobian = (cross[played] - cross[first])[:, played]
    for row in np.flatnonzero(new):
        mine = player == player[row]
        residual[row] = x[played[mine]].sum() - 1.0
        jacobian[row] = mine
    # each equation by its own largest entry: no player's units make another's equations look like 0
    size = np.abs(jacobian).max(axis=1)
    size[size == 0.0] = 1.0
    return residual / size, jacobian / size[:, None]
