"""Slow and obvious: the generalised likelihood ratio by a general optimiser under a constraint,
and Glicko-2's volatility by Glickman's own Illinois algorithm, step by step."""

import math

import numpy as np
import scipy.optimize


def most_likely(counts: list[float], elo: float, scale: str) -> float:
    """The greatest log likelihood of counts (fewest points first) over distributions of this Elo.

    ``scale`` normalized: 800 / ln 10 times (mean - 1/2) / deviation of a single game; the deviation
    of a game is sqrt(2) times that of the mean of a pair.
    """
    counts = np.asarray(counts, float)
    points = np.linspace(0, 1, len(counts))

    def wrong(q: np.ndarray) -> float:
        mean = q @ points
        if scale == "logistic":
            return mean - 1 / (1 + 10 ** (-elo / 400))
        game = math.sqrt(q @ (points - mean) ** 2) * (math.sqrt(2) if len(q) == 5 else 1)
        return mean - 0.5 - elo * math.log(10) / 800 * game

    found = scipy.optimize.minimize(
        lambda q: -(counts @ np.log(q)) / counts.sum(),
        counts / counts.sum(),
        method="SLSQP",
        bounds=[(1e-9, 1)] * len(counts),
        constraints=[{"type": "eq", "fun": wrong}, {"type": "eq", "fun": lambda q: q.sum() - 1}],
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    return -float(found.fun) * counts.sum()


def glicko2(player: tuple, opponents: list[tuple], scores: list[float], tau: float) -> tuple:
    """Glickman (2013), steps 2 to 8, with the variables' names of the paper."""
    r, rd, sigma = player
    mu, phi = (r - 1500) / 173.7178, rd / 173.7178
    v_inverse = total = 0.0
    for (r_j, rd_j, _), s in zip(opponents, scores, strict=True):
        phi_j = rd_j / 173.7178
        g = 1 / math.sqrt(1 + 3 * phi_j**2 / math.pi**2)
        e = 1 / (1 + math.exp(-g * (mu - (r_j - 1500) / 173.7178)))
        v_inverse += g**2 * e * (1 - e)
        total += g * (s - e)
    v = 1 / v_inverse
    delta = v * total

    def f(x: float) -> float:
        top = math.exp(x) * (delta**2 - phi**2 - v - math.exp(x))
        return top / (2 * (phi**2 + v + math.exp(x)) ** 2) - (x - math.log(sigma**2)) / tau**2

    a = math.log(sigma**2)
    if delta**2 > phi**2 + v:
        b = math.log(delta**2 - phi**2 - v)
    else:
        k = 1
        while f(a - k * tau) < 0:
            k += 1
        b = a - k * tau
    f_a, f_b = f(a), f(b)
    while abs(b - a) > 1e-12:
        c = a + (a - b) * f_a / (f_b - f_a)
        f_c = f(c)
        if f_c * f_b <= 0:
            a, f_a = b, f_b
        else:
            f_a /= 2
        b, f_b = c, f_c
    new = math.exp(a / 2)
    star = math.sqrt(phi**2 + new**2)
    phi = 1 / math.sqrt(1 / star**2 + 1 / v)
    return 173.7178 * (mu + phi**2 * total) + 1500, 173.7178 * phi, new
