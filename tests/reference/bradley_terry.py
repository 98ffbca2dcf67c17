"""Slow and obvious: Bradley-Terry ratings in Elo, pair by pair in plain Python.

Independent of the library. Without a prior the ratings come from minorisation-maximisation (Hunter
2004, Annals of Statistics 32, equation 3), with one from a general optimiser; standard errors from
second differences of the log posterior; bounds from a search over the difference.
"""

import math
from itertools import combinations

import numpy as np
import scipy.optimize

Points = dict[tuple[str, str], float]
"""What the first scored against the second."""


def expected(difference: float) -> float:
    """Expected score at a difference in Elo."""
    return 1 / (1 + 10 ** (-difference / 400))


def points_of(rows: list[tuple]) -> Points:
    points: Points = {}
    for a, b, wins, draws, losses in rows:
        points[a, b] = points.get((a, b), 0) + wins + draws / 2
        points[b, a] = points.get((b, a), 0) + losses + draws / 2
    return points


def names_of(points: Points) -> list[str]:
    return list(dict.fromkeys(name for pair in points for name in pair))


def log_posterior(points: Points, elo: dict[str, float], prior: float | None) -> float:
    total = 0.0
    for (a, b), scored in points.items():
        if scored:
            # log of the expected score, written so that it does not underflow
            total -= scored * float(np.logaddexp(0, (elo[b] - elo[a]) * math.log(10) / 400))
    if prior is not None:
        mean = sum(elo.values()) / len(elo)
        total -= sum((x - mean) ** 2 for x in elo.values()) / (2 * prior**2)
    return total


def minorise_maximise(points: Points, rounds: int = 20_000) -> dict[str, float]:
    """Maximum likelihood; the mean is 0."""
    names = names_of(points)
    strength = dict.fromkeys(names, 1.0)
    for _ in range(rounds):
        for a in names:
            scored = sum(points.get((a, b), 0) for b in names)
            weight = sum(
                (points.get((a, b), 0) + points.get((b, a), 0)) / (strength[a] + strength[b])
                for b in names
                if b != a
            )
            strength[a] = scored / weight
        mean = math.exp(sum(map(math.log, strength.values())) / len(names))
        strength = {a: x / mean for a, x in strength.items()}
    return {a: 400 * math.log10(x) for a, x in strength.items()}


def most_probable(points: Points, prior: float) -> dict[str, float]:
    """Maximum of the posterior; the mean is 0."""
    names = names_of(points)

    def loss(x: np.ndarray) -> float:
        return -log_posterior(points, dict(zip(names, 400 * x, strict=True)), prior)

    start = np.zeros(len(names))
    found = scipy.optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-9}).x
    return dict(zip(names, 400 * (found - found.mean()), strict=True))


def standard_error(
    points: Points, elo: dict[str, float], prior: float | None, contrast: dict[str, float]
) -> float:
    """Of a weighted sum of ratings whose weights sum to 0."""
    names, h = names_of(points), 0.5
    n = len(names)

    def at(*moved: int) -> float:
        shifted = dict(elo)
        for i in moved:
            shifted[names[abs(i) - 1]] += math.copysign(h, i)
        return log_posterior(points, shifted, prior)

    hessian = np.zeros((n, n))
    for i in range(1, n + 1):
        hessian[i - 1, i - 1] = (at(i) - 2 * at() + at(-i)) / h**2
    for i, j in combinations(range(1, n + 1), 2):
        mixed = (at(i, j) - at(i, -j) - at(-i, j) + at(-i, -j)) / (4 * h**2)
        hessian[i - 1, j - 1] = hessian[j - 1, i - 1] = mixed
    weights = np.array([contrast.get(name, 0.0) for name in names])
    return float(np.sqrt(weights @ np.linalg.pinv(-hessian, rcond=1e-7) @ weights))


def rejected_below(points: Points, upper: str, lower: str) -> float:
    """The difference, in Elo, at which the best likelihood is 1/20 of its supremum."""
    names = names_of(points)
    free = [name for name in names if name not in (upper, lower)]

    def best(gap: float) -> float:
        def loss(x: np.ndarray) -> float:
            elo = dict(zip(free, 400 * x, strict=True)) | {upper: gap, lower: 0.0}
            return -log_posterior(points, elo, None)

        if not free:
            return -loss(np.zeros(0))
        start = np.full(len(free), gap / 800)
        options = {"gtol": 1e-9}
        return -float(scipy.optimize.minimize(loss, start, method="BFGS", options=options).fun)

    supremum = best(20_000.0)
    return float(
        scipy.optimize.brentq(lambda gap: best(gap) - supremum - math.log(0.05), -3000, 3000)
    )
