"""Models of draws: the log probability of a game's result, and its slopes, in natural units.

All of them speak of d, the difference of two ratings in logits, plus the advantage of the first
move, and all are log-concave in what is to be estimated, so that the maximum is unique.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

MODELS = {
    "half": "a draw counts as half a win",
    "davidson": "draws by Davidson's model",
    "rao_kupper": "draws by Rao and Kupper's model",
}
NEVER = {"davidson": 0.0, "rao_kupper": 1.0}
"""The parameter, as its authors write it, where nothing is ever drawn."""


@dataclass(frozen=True, eq=False, slots=True)
class Slopes:
    """Log likelihood of K pairs, its gradient and its negative Hessian in (d, draw parameter)."""

    value: float
    d: np.ndarray  # float64 [K]; of each pair in its own difference
    draw: float
    d_d: np.ndarray  # float64 [K]; not negative
    d_draw: np.ndarray  # float64 [K]
    draw_draw: float


def half(
    wins: np.ndarray, draws: np.ndarray, losses: np.ndarray, d: np.ndarray, draw: float = 0.0
) -> Slopes:
    """P(win) = expit(d), and a draw is half a win and half a loss: no draw parameter."""
    value, slope, bend = _logistic(wins + draws / 2, losses + draws / 2, d)
    return Slopes(value, slope, 0.0, bend, np.zeros(len(d)), 0.0)


def davidson(
    wins: np.ndarray, draws: np.ndarray, losses: np.ndarray, d: np.ndarray, draw: float
) -> Slopes:
    """Win, draw and loss are as exp(d/2) : nu : exp(-d/2); ``draw`` is log nu.

    Davidson (1970), On extending the Bradley-Terry model to accommodate ties in paired comparison
    experiments, Journal of the American Statistical Association 65, equations 2.3 and 2.4.
    """
    lift = np.maximum(np.abs(d) / 2, draw)  # so that nothing overflows
    win, drawn, loss = np.exp(d / 2 - lift), np.exp(draw - lift), np.exp(-d / 2 - lift)
    total = win + drawn + loss
    win, drawn, loss = win / total, drawn / total, loss / total
    games, lead = wins + draws + losses, (win - loss) / 2
    value = float(((wins - losses) * d / 2 + draws * draw - games * (np.log(total) + lift)).sum())
    return Slopes(
        value,
        (wins - losses) / 2 - games * lead,
        float((draws - games * drawn).sum()),
        games * ((win + loss) / 4 - lead**2),
        -games * drawn * lead,
        float((games * drawn * (win + loss)).sum()),
    )


def rao_kupper(
    wins: np.ndarray, draws: np.ndarray, losses: np.ndarray, d: np.ndarray, draw: float
) -> Slopes:
    """P(win) = expit(d - eta), P(loss) = expit(-d - eta), else a draw; ``draw`` is eta = log theta.

    A draw has probability expit(eta + d) expit(eta - d) (1 - exp(-2 eta)), so this is a sum of two
    logistic regressions and a concave term. Rao and Kupper (1967), Ties in paired-comparison
    experiments: a generalization of the Bradley-Terry model, Journal of the American Statistical
    Association 62, equation 2.3.
    """
    if draw <= 0:
        none = np.zeros(len(d))
        return Slopes(-math.inf, none, 0.0, none, none, 0.0)
    number = float(draws.sum())
    value, up, bend_up = _logistic(draws, losses, draw + d)
    more, down, bend_down = _logistic(draws, wins, draw - d)
    return Slopes(
        value + more + number * math.log(-math.expm1(-2 * draw)),
        up - down,
        float((up + down).sum() + number * 2 / math.expm1(2 * draw)),
        bend_up + bend_down,
        bend_up - bend_down,
        float((bend_up + bend_down).sum() + number / math.sinh(draw) ** 2),
    )


def _logistic(
    hits: np.ndarray, misses: np.ndarray, x: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Logistic regression where a hit has probability expit(x): value, slopes, bends."""
    log_p, trials = log_expit(x), hits + misses
    value = float((trials * log_p - misses * x).sum())  # log expit(-x) = log expit(x) - x
    return value, hits - trials * np.exp(log_p), trials * np.exp(2 * log_p - x)


LIKELIHOODS: dict[str, Callable[..., Slopes]] = {
    "half": half,
    "davidson": davidson,
    "rao_kupper": rao_kupper,
}


def draw_from_share(model: str, share: float) -> float:
    """The draw parameter with which equals draw this share of their games, in (0, 1)."""
    if model == "davidson":
        return math.log(2 * share / (1 - share))
    return 2 * math.atanh(share) if model == "rao_kupper" else 0.0


def share_from_draw(model: str, draw: float) -> float:
    """The share of games that equals draw, where neither has the advantage of the first move."""
    if model == "davidson":
        return float(1 / (1 + 2 * math.exp(-draw)))
    return math.tanh(draw / 2)
