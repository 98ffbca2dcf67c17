"""Ratings whose differences are nearest to the payoffs of pairs: weighted least squares."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from marl_kit.core.errors import InvalidOptionError

STEEP = 1e6
"""Ratio of weights up to which the normal equations, which square it, are exact to 1e-9."""
STEEPEST = 1e12
"""Ratio of weights beyond which the equations of the pairs lose the lightest to rounding, too."""
FEW = 200
"""Players whose pairs fit in a dense matrix of equations: 32 MB, a second."""


def least_squares(table: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Ratings with mean 0 in each group that the pairs link, float64 [n].

    Parameters
    ----------
    table : float64 [n, n]
        Antisymmetric.
    weight : float64 [n, n]
        Symmetric, not negative; 0 where a pair is not known.

    Raises
    ------
    InvalidOptionError
        Weights of a group that are too far apart.
    """
    ratings = np.zeros(len(table))
    number, label = connected_components(csr_array(weight > 0), directed=False)
    for group in range(number):
        members = np.flatnonzero(label == group)
        if len(members) > 1:
            block = np.ix_(members, members)
            ratings[members] = _linked(table[block], weight[block])
    return ratings


def _linked(table: np.ndarray, weight: np.ndarray) -> np.ndarray:
    heaviest, lightest = float(weight.max()), float(weight[weight > 0].min())
    few = len(table) <= FEW
    if not lightest * (STEEPEST if few else STEEP) >= heaviest:
        raise InvalidOptionError(
            f"the weights of linked pairs go from {lightest:.3g} to {heaviest:.3g}, and rounding "
            f"hides the lightest; give 0 for pairs that hardly count."
        )
    w = weight / heaviest
    found = _by_pairs(table, w) if few and w[w > 0].min() * STEEP < 1 else _by_players(table, w)
    return np.asarray(found - found.mean())


def _by_players(table: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Laplacian x ratings = divergence; the flat direction gets a curvature like the others'."""
    laplacian = np.diag(w.sum(axis=1)) - w
    gauge = laplacian.diagonal().mean() / len(table)
    flow = (w * table).sum(axis=1)
    return np.asarray(scipy.linalg.solve(laplacian + gauge, flow, assume_a="pos"))


def _by_pairs(table: np.ndarray, w: np.ndarray) -> np.ndarray:
    """One equation a pair, times the root of its weight."""
    a, b = np.nonzero(np.triu(w))
    root = np.sqrt(w[a, b])
    rows = np.zeros((len(a), len(table)))
    rows[np.arange(len(a)), a], rows[np.arange(len(a)), b] = root, -root
    # the only direction without a curvature is that of equal ratings
    least = np.sqrt(w[w > 0].min()) * 1e-6 / len(table)
    return np.asarray(scipy.linalg.lstsq(rows, root * table[a, b], cond=least)[0])
