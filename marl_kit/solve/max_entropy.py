"""The distribution of greatest entropy under linear incentives.

Ortiz, Schapire and Kakade (2007), "Maximum entropy correlated equilibria", AISTATS 11: it is
unique, of Gibbs form, and its dual has one multiplier an incentive.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import MarlKitError
from marl_kit.solve.correlated_lp import TIGHT, balance, scaled

SURE = 0.5
"""The program for the support answers 0 or 1 a profile, up to tolerance."""
SLACK = 1e-13
"""Where the multipliers' steps stop to matter: rounding of a sum of probabilities."""
NEWTON_STEPS = 100
SHORTEST = 1e-6
"""Shortest part of a Newton step that is tried."""
REGULAR = 1e-14
"""Keeps the Newton system of dependent incentives solvable, relative to its trace."""

Dual = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Value and gradient of the dual at some multipliers."""


def max_entropy(gains: scipy.sparse.csr_array, uneven: bool = False) -> np.ndarray:
    """Maximise the entropy of x over distributions with ``gains @ x <= 0``.

    First a linear program finds the profiles that can have any weight at all; on those alone the
    multipliers are finite. Then the dual, log sum exp(-gains' y) over y >= 0, is minimised.

    Parameters
    ----------
    gains : float64 [K, N]
    uneven : bool
        Gains of very different sizes: rows and columns are balanced.

    Returns
    -------
    float64 [N]
    """
    if uneven:  # factors of columns are units of weights, which change no support
        row, column = balance(gains)
        alive = possible_support(scaled(gains, row, column))
        gains = scaled(gains, row, np.ones(len(column)))
    else:
        alive = possible_support(gains)
    inside = gains[:, alive]
    inside = inside[np.diff(inside.indptr) > 0]
    weight = np.zeros(gains.shape[1])
    weight[alive] = _gibbs(inside, _multipliers(inside)) if inside.shape[0] else 1 / alive.sum()
    return weight


def possible_support(gains: scipy.sparse.csr_array) -> np.ndarray:
    """Profiles with a positive weight in some equilibrium, bool [N].

    Equilibria without the condition that they sum to 1 are a cone, in which the greatest number
    of weights of at least 1 is reached by one point: x = t + s with 0 <= t <= 1 and s >= 0.
    """
    count = gains.shape[1]
    result = scipy.optimize.linprog(
        np.r_[-np.ones(count), np.zeros(count)],
        A_ub=scipy.sparse.hstack([gains, gains], format="csr"),
        b_ub=np.zeros(gains.shape[0]),
        bounds=[(0, 1)] * count + [(0, None)] * count,
        method="highs",
        options=TIGHT,
    )
    if result.status != 0:
        raise MarlKitError(f"HiGHS could not find the support of equilibria ({result.message}).")
    return result.x[:count] > SURE


def _gibbs(gains: scipy.sparse.csr_array, y: np.ndarray) -> np.ndarray:
    score = -(gains.T @ y)
    weight = np.exp(score - score.max())
    return weight / weight.sum()


def _multipliers(gains: scipy.sparse.csr_array) -> np.ndarray:
    """Minimise the dual: a quasi-Newton method finds the neighbourhood, Newton's the digits."""

    def dual(y: np.ndarray) -> tuple[float, np.ndarray]:
        score = -(gains.T @ y)
        top = score.max()
        weight = np.exp(score - top)
        total = weight.sum()
        return top + float(np.log(total)), -(gains @ (weight / total))

    start = scipy.optimize.minimize(
        dual,
        np.zeros(gains.shape[0]),
        jac=True,
        bounds=[(0, None)] * gains.shape[0],
        method="L-BFGS-B",
        options={"maxiter": 500, "maxfun": 1000, "ftol": 1e-15, "gtol": 1e-9},
    )
    return _polish(gains, dual, start.x)


def _polish(gains: scipy.sparse.csr_array, dual: Dual, y: np.ndarray) -> np.ndarray:
    """Projected Newton steps (Bertsekas 1982): multipliers that are 0 and want to be less stay."""
    value, slope = dual(y)
    for _ in range(NEWTON_STEPS):
        free = (y > 0) | (slope < 0)
        if not np.any(free) or np.abs(slope[free]).max() < SLACK:
            break
        weight = _gibbs(gains, y)
        rows = gains[free].toarray()
        mean = rows @ weight
        hessian = (rows * weight) @ rows.T - np.outer(mean, mean)
        hessian[np.diag_indices_from(hessian)] += REGULAR * np.trace(hessian)
        step = np.zeros_like(y)
        step[free] = np.linalg.lstsq(hessian, -slope[free], rcond=None)[0]
        y, value, slope, moved = _search(dual, y, value, slope, step)
        if not moved:
            break
    return y


def _search(
    dual: Dual, y: np.ndarray, value: float, slope: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray, bool]:
    """Halve the step until the dual falls, or the worst broken incentive where it cannot."""
    length = 1.0
    while length > SHORTEST:
        trial = np.maximum(y + length * step, 0.0)
        new, gradient = dual(trial)
        if new < value or (new <= value and -gradient.min() < -slope.min()):
            return trial, new, gradient, True
        length /= 2
    return y, value, slope, False
