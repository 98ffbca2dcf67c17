"""Slow and obvious: paired comparisons with draws and a first-move advantage, game by game.

Independent of the library: probabilities as the papers print them, a general optimiser, standard
errors from second differences of the log posterior. All in Elo.
"""

import math

import numpy as np
import scipy.optimize

LOGIT = 400 / math.log(10)


def probabilities(model: str, difference: float, draw: float) -> tuple[float, float, float]:
    """Win, draw, loss; ``draw`` is nu (Davidson 1970) or theta (Rao and Kupper 1967)."""
    a, b = 10 ** (difference / 800), 10 ** (-difference / 800)  # the strengths
    if model == "davidson":
        total = a + b + draw * math.sqrt(a * b)
        return a / total, draw * math.sqrt(a * b) / total, b / total
    win, loss = a / (a + draw * b), b / (b + draw * a)
    return win, 1 - win - loss, loss


def log_posterior(rows: list, model: str, elo: dict, first: float, draw: float, prior) -> float:
    total = 0.0
    for a, b, wins, draws, losses in rows:
        difference = elo[a] - elo[b] + first
        if model == "half":
            score = 1 / (1 + 10 ** (-difference / 400))
            chances = score, math.sqrt(score * (1 - score)), 1 - score
        else:
            chances = probabilities(model, difference, draw)
        for number, chance in zip((wins, draws, losses), chances, strict=True):
            if number:
                total += number * math.log(chance)
    if prior is not None:
        mean = sum(elo.values()) / len(elo)
        total -= sum((x - mean) ** 2 for x in elo.values()) / (2 * prior**2)
        total -= first**2 / (2 * prior**2)
    return total


class Found:
    """The maximum, and the covariance of (elo, first move) with the draw parameter free."""

    def __init__(self, rows: list, model: str, first_move: bool, prior: float | None):
        self.names = list(dict.fromkeys(x for row in rows for x in row[:2]))
        self.n, self.free = len(self.names), int(first_move)

        def loss(x: np.ndarray) -> float:
            elo = dict(zip(self.names, LOGIT * x[: self.n], strict=True))
            first = LOGIT * x[self.n] if first_move else 0.0
            draw = math.exp(x[-1])  # Rao and Kupper's theta is above 1
            if model == "rao_kupper":
                draw += 1
            # a weak spring in the direction that differences do not see
            spring = float(x[: self.n].sum()) ** 2
            return spring - log_posterior(rows, model, elo, first, draw, prior)

        size = self.n + self.free + (model != "half")
        start = np.zeros(size)
        self.x = scipy.optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-7}).x
        self.covariance = LOGIT**2 * np.linalg.inv(_hessian(loss, self.x))
        self.elo = dict(zip(self.names, LOGIT * self.x[: self.n], strict=True))
        self.first = LOGIT * self.x[self.n] if first_move else 0.0
        self.draw = math.exp(self.x[-1]) + (model == "rao_kupper")

    def error(self, a: str, b: str) -> float:
        """Standard error of a difference."""
        weights = np.zeros(len(self.x))
        weights[self.names.index(a)], weights[self.names.index(b)] = 1, -1
        return math.sqrt(weights @ self.covariance @ weights)

    def first_error(self) -> float:
        return math.sqrt(self.covariance[self.n, self.n])


def _hessian(loss, x: np.ndarray, h: float = 1e-3) -> np.ndarray:
    n = len(x)
    unit = h * np.eye(n)
    hessian = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            corners = (
                loss(x + s * unit[i] + t * unit[j]) * s * t for s in (1, -1) for t in (1, -1)
            )
            hessian[i, j] = sum(corners) / (4 * h**2)
    return hessian
