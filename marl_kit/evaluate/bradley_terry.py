"""The Bradley-Terry model: pure functions of a matrix of points, in natural units (logits)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg
from scipy.special import expit, log_expit

from marl_kit.core.errors import MarlKitError

MOST_STEPS = 200
TOLERANCE = 1e-10
"""Logits: after a Newton step of this size (2e-8 Elo) the next one would be about its square."""
NO_GAIN = 1e-14
"""Relative gain in the objective that is lost in rounding, so that no step can be judged by it."""


class Evidence(Protocol):
    """What results say about ratings, everything else (draws, the first move) being known."""

    @property
    def points(self) -> np.ndarray:
        """What row scored against column, float64 [n, n]."""
        ...

    def subset(self, members: np.ndarray) -> Evidence:
        """The games among some of the players."""
        ...

    def log_likelihood(self, r: np.ndarray) -> float:
        """Log probability of the results, up to the number of their orders."""
        ...

    def derivatives(self, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient [n], and the weight [n, n] of each pair in the Laplacian -Hessian."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class HalfWin:
    """Bradley-Terry on points: a draw is half a win for either side."""

    points: np.ndarray  # float64 [n, n]

    def subset(self, members: np.ndarray) -> HalfWin:
        """The games among some of the players."""
        return HalfWin(self.points[np.ix_(members, members)])

    def log_likelihood(self, r: np.ndarray) -> float:
        """Log probability of the points."""
        return float((self.points * log_expit(r[:, None] - r)).sum())

    def derivatives(self, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient [n] and weights [n, n]."""
        games = self.points + self.points.T
        expected = expit(r[:, None] - r)
        gradient = (self.points - games * expected).sum(axis=1)
        return gradient, games * expected * expected.T


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """The most probable ratings of n players and how sure they are."""

    ratings: np.ndarray  # float64 [n]; their mean is 0
    covariance: np.ndarray  # float64 [n, n]; of deviations from the mean, so rows sum to 0
    log_likelihood: float  # without the prior


def fit(points: np.ndarray, precision: float = 0.0) -> Fit:
    """Ratings r that maximise the posterior where i scores ``expit(r_i - r_j)`` against j.

    Parameters
    ----------
    points : float64 [n, n]
        What row scored against column. The graph of games must be connected; with no prior,
        moreover, every player must be reachable from every other one along scored points, or the
        maximum does not exist (Ford 1957).
    precision : float
        1 / variance of the normal prior of each rating around the mean of all; 0 for none.

    Notes
    -----
    Zermelo (1929); Bradley and Terry (1952). The covariance is the inverse of the negative Hessian
    (Laplace). A draw counts half a win of each side; as it varies less than a game with a winner,
    intervals are on the safe side where there are draws.
    """
    n = len(points)
    if n == 1:
        return Fit(np.zeros(1), np.zeros((1, 1)), 0.0)
    evidence = HalfWin(points)
    ratings, _ = maximise(evidence, start_from(points), precision)
    _, negative_hessian = _derivatives(evidence, ratings, precision)
    gauge = gauge_of(negative_hessian)
    inverse = solve_positive(negative_hessian + gauge / n, np.eye(n))
    covariance = inverse - 1 / (n * (gauge + precision))
    return Fit(ratings, (covariance + covariance.T) / 2, evidence.log_likelihood(ratings))


def start_from(points: np.ndarray) -> np.ndarray:
    """The odds of each player's score against all, which saves Newton some steps."""
    scored, conceded = points.sum(axis=1), points.sum(axis=0)
    return np.asarray(np.log((scored + 0.5) / (conceded + 0.5)))


def maximise(
    evidence: Evidence,
    start: np.ndarray,
    precision: float = 0.0,
    held: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """Newton's method with a line search; the mean of the ratings is 0.

    With ``held`` (a contrast: its entries sum to 0) the number ``held @ r`` stays what it is at the
    start, and the second result is its Lagrange multiplier, the slope of the log likelihood along
    that number; otherwise it is 0.
    """
    n = len(start)
    r = start - start.mean()
    value = _objective(evidence, r, precision)
    multiplier = 0.0
    for _ in range(MOST_STEPS):
        gradient, matrix = _derivatives(evidence, r, precision)
        sides = gradient[:, None] if held is None else np.stack([gradient, held], axis=1)
        solved = solve_positive(matrix + gauge_of(matrix) / n, sides)
        step = solved[:, 0]
        if held is not None:
            multiplier = float(held @ step / (held @ solved[:, 1]))
            step = step - multiplier * solved[:, 1]
        if np.abs(step).max() <= TOLERANCE or gradient @ step <= NO_GAIN * (1 + abs(value)):
            return r + step, multiplier
        r, value = _line_search(evidence, r, step, value, precision)
    raise MarlKitError(
        f"the ratings have not settled after {MOST_STEPS} Newton steps: some counts are many "
        f"orders of magnitude apart; use a prior."
    )


def _objective(evidence: Evidence, r: np.ndarray, precision: float) -> float:
    return evidence.log_likelihood(r) - precision / 2 * float(((r - r.mean()) ** 2).sum())


def _derivatives(
    evidence: Evidence, r: np.ndarray, precision: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient, and the negative Hessian but for its part along (1, ..., 1), where it is flat."""
    gradient, weights = evidence.derivatives(r)
    matrix = -weights
    matrix[np.diag_indices(len(r))] = weights.sum(axis=1) + precision
    return gradient - precision * (r - r.mean()), matrix


def gauge_of(matrix: np.ndarray) -> float:
    """A curvature for the flat direction, of the size of the others."""
    return float(matrix.diagonal().mean())


def solve_positive(matrix: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Cholesky; where rounding spoils it, with as little damping as makes it work."""
    damping = 0.0
    while True:
        try:
            factor = scipy.linalg.cho_factor(matrix + damping * np.eye(len(matrix)))
            return np.asarray(scipy.linalg.cho_solve(factor, sides))
        except np.linalg.LinAlgError:
            damping = max(10 * damping, 1e-14 * float(matrix.diagonal().max()))


def _line_search(
    evidence: Evidence, r: np.ndarray, step: np.ndarray, value: float, precision: float
) -> tuple[np.ndarray, float]:
    """Halve the step until the objective does not fall by more than rounding."""
    slack = 1e-12 * (1 + abs(value))
    for halving in range(60):
        moved = r + step / 2**halving
        moved -= moved.mean()
        found = _objective(evidence, moved, precision)
        if found >= value - slack:
            return moved, found
    raise MarlKitError("the ratings cannot be computed to machine precision; use a prior.")
