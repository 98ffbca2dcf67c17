"""The best strategy on a support that makes given replies best: a small linear program."""

from __future__ import annotations

import numpy as np
import scipy.optimize

from marl_kit.core.errors import MarlKitError

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
"""The least that HiGHS takes; a basic solution is exact up to rounding anyway."""
NOTHING = 1e-9
"""Probabilities and slacks below this, with payoffs in [0, 1], are zeros of the basis."""


def best_on_supports(
    payoffs: np.ndarray, replies: np.ndarray, support: np.ndarray, sign: float
) -> np.ndarray:
    """A strategy z [d] on ``support`` to which all ``replies`` are best, with the replying player's
    value as great as can be (``sign`` 1), as small (-1), or any (0).

    Parameters
    ----------
    payoffs : float64 [k, d]
        Of the replying player, in [0, 1].
    replies, support : ints
    """
    k, d = payoffs.shape
    others = np.setdiff1d(np.arange(k), replies)
    inner = np.c_[payoffs[:, support], -np.ones(k)]
    result = scipy.optimize.linprog(
        c=np.r_[np.zeros(len(support)), -sign],
        A_ub=inner[others] if len(others) else None,
        b_ub=np.zeros(len(others)) if len(others) else None,
        A_eq=np.r_[inner[replies], [np.r_[np.ones(len(support)), 0.0]]],
        b_eq=np.r_[np.zeros(len(replies)), 1.0],
        bounds=[(0, None)] * len(support) + [(0, 1)],
        method="highs-ds",
        options=TIGHT,
    )
    if result.x is None:
        raise MarlKitError(
            f"HiGHS found no strategy on the supports of its own program ({result.message}); try "
            f"method='lemke_howson'."
        )
    z = np.zeros(d)
    z[support] = np.maximum(result.x[:-1], 0.0)
    return _sharpened(payoffs, z / z.sum())


def _sharpened(payoffs: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The least change of z after which what is best is equally good, to the last digit."""
    values = payoffs @ z
    positive = np.flatnonzero(z > NOTHING)
    best = np.flatnonzero(values > values.max() - NOTHING)
    system = np.zeros((len(best) + 1, len(positive) + 1))
    system[:-1, :-1] = payoffs[np.ix_(best, positive)]
    system[:-1, -1], system[-1, :-1] = -1.0, 1.0
    point = np.zeros(len(z))
    point[positive] = z[positive]
    values = payoffs[best] @ point
    broken = np.r_[values.mean() - values, 1.0 - point.sum()]
    change = np.linalg.lstsq(system, broken, rcond=None)[0]
    point[positive] = np.maximum(point[positive] + change[:-1], 0.0)
    return point / point.sum()
