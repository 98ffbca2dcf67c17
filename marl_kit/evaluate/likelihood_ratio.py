"""The generalised log likelihood ratio of two hypotheses about a player's strength."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from marl_kit.evaluate.constrained import with_mean, with_t_value
from marl_kit.evaluate.placement import SCALE

ELO_PER_T = 800 / math.log(10)
"""Normalised Elo in a t-value of one game: at equal strength without draws the two Elos agree."""
EMPTY = 1e-3
"""Counted where an outcome was never seen, as Fishtest does, so that no likelihood is 0."""


def log_likelihood_ratio(counts: np.ndarray, elo0: float, elo1: float, scale: str) -> float:
    """The generalised log likelihood ratio of 3 or 5 counts, from the fewest points to the most."""
    if not counts.any():
        return 0.0
    counts = np.where(counts == 0, EMPTY, counts)
    p, points = counts / counts.sum(), np.linspace(0, 1, len(counts))
    per_outcome = math.sqrt(2) if len(counts) == 5 else 1.0  # t-value of a pair over a game's

    def likeliest(elo: float) -> np.ndarray:
        if scale == "logistic":
            return with_mean(points, p, float(expit(elo / SCALE)))
        return with_t_value(points, p, per_outcome * elo / ELO_PER_T)

    return float(counts @ np.log(likeliest(elo1) / likeliest(elo0)))
