"""Optimal strategies of a zero-sum game from their supports alone."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lstsq
from scipy.linalg.lapack import dgetrf, dgetrs

Pair = tuple[np.ndarray, np.ndarray]


def duality_gap(A: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """max(Ay) - min(x'A): what both players together can gain, 0 exactly at optimal strategies."""
    return float((A @ y).max() - (x @ A).min())


def on_supports(A: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> Pair | None:
    """The only strategies on supports of equal size that leave the other side indifferent.

    Shapley and Snow (1950), "Basic solutions of discrete games". What comes out negative is set
    to 0, so the caller measures the gap.

    Returns
    -------
    float64 [m] and [n], or None where the system is singular
    """
    size = len(rows)
    system = np.zeros((size + 1, size + 1), order="F")  # of x and v; transposed, of y and w
    system[:size, :size] = A[np.ix_(rows, columns)].T
    system[:size, size], system[size, :size] = -1.0, 1.0
    lu, pivots, failed = dgetrf(system, overwrite_a=1)
    if failed:
        return None
    last = np.eye(1, size + 1, size)[0]
    x = dgetrs(lu, pivots, last)[0][:size]
    y = dgetrs(lu, pivots, -last, trans=1)[0][:size]
    return _spread(x, rows, A.shape[0], y, columns, A.shape[1])


def nearest_on_supports(
    A: np.ndarray, x: np.ndarray, y: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> Pair | None:
    """The indifferent strategies on the supports that are nearest to ``x`` and ``y``.

    For games whose optimal strategies are no single point: a basic solution is not sought.
    """
    inner = A[np.ix_(rows, columns)]
    near_x, near_y = _nearest(inner.T, x[rows]), _nearest(inner, y[columns])
    return _spread(near_x, rows, A.shape[0], near_y, columns, A.shape[1])


def _nearest(payoffs: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Least change of z [k] after which every row of ``payoffs`` [l, k] has one value."""
    values = payoffs @ z
    system = np.zeros((len(payoffs) + 1, len(z) + 1))
    system[:-1, :-1] = payoffs
    system[:-1, -1], system[-1, :-1] = -1.0, 1.0
    broken = np.r_[values.mean() - values, 1.0 - z.sum()]
    return z + lstsq(system, broken, lapack_driver="gelsy", check_finite=False)[0][:-1]


def _spread(
    x: np.ndarray, rows: np.ndarray, m: int, y: np.ndarray, columns: np.ndarray, n: int
) -> Pair | None:
    """Vectors over all actions; None where nothing positive is left."""
    full_x, full_y = np.zeros(m), np.zeros(n)
    full_x[rows], full_y[columns] = np.maximum(x, 0.0), np.maximum(y, 0.0)
    sums = full_x.sum(), full_y.sum()
    if not (0 < min(sums) and max(sums) < np.inf):
        return None
    return full_x / sums[0], full_y / sums[1]
