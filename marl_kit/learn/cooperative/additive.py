"""The best additive fit of a table: what value decomposition networks converge to."""

from __future__ import annotations

import numpy as np


def additive_fit(table: np.ndarray, weights: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """Constant and utilities of the nearest fit ``c + q_1(a_1) + ... + q_N(a_N)``.

    Only the sum is determined: constants could be moved from one term to another. Here each
    utility has the weighted mean 0, so that ``c`` is the weighted mean of the table.

    Parameters
    ----------
    table, weights : float64 [A_1, ..., A_N]
        Weights are positive and sum to 1.

    Returns
    -------
    float, list of N float64 [A_i]
    """
    agents = range(table.ndim)
    marginals = [_margin(weights, i) for i in agents]
    mean = float((weights * table).sum())
    if np.allclose(weights, product(marginals), rtol=1e-12, atol=0.0):
        # the effects of the agents are orthogonal: each is its conditional mean
        pull = weights * table
        return mean, [_margin(pull, i) / m - mean for i, m in enumerate(marginals)]
    return mean, _least_squares(table - mean, weights, marginals)


def additive_table(constant: float, utilities: list[np.ndarray]) -> np.ndarray:
    """The fit as a table, [A_1, ..., A_N]."""
    total = np.array(constant)
    for utility in utilities:
        total = np.add.outer(total, utility)
    return total


def product(marginals: list[np.ndarray]) -> np.ndarray:
    """The joint distribution of independent actions."""
    joint = np.array(1.0)
    for x in marginals:
        joint = np.multiply.outer(joint, x)
    return joint


def _margin(table: np.ndarray, agent: int) -> np.ndarray:
    return np.asarray(table.sum(axis=tuple(j for j in range(table.ndim) if j != agent)))


def _least_squares(
    table: np.ndarray, weights: np.ndarray, marginals: list[np.ndarray]
) -> list[np.ndarray]:
    """Of a table of mean 0, by its indicator columns. A shift of one utility against another
    leaves their means, which sum to the mean of the fit, 0: so they are taken out."""
    cells = np.indices(table.shape).reshape(table.ndim, -1)
    columns = np.hstack([np.eye(n)[a] for n, a in zip(table.shape, cells, strict=True)])
    root = np.sqrt(weights.ravel())
    solution = np.linalg.lstsq(root[:, None] * columns, root * table.ravel(), rcond=None)[0]
    utilities = np.split(solution, np.cumsum(table.shape)[:-1])
    return [q - q @ m for q, m in zip(utilities, marginals, strict=True)]
