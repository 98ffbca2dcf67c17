"""The rules of matchmaking: probabilities of the candidates of a pool, in their order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.threads import one_blas_thread
from marl_kit.league.pool_view import PoolView

WEIGHTINGS = ("squared", "variance", "linear_capped")
CAP = 0.5
"""Of ``linear_capped``: whoever wins at least every second game is as good an opponent as any."""
WIDTH = 200.0
"""Elo; standard deviation of the bell curve of ``elo_proximity``: 200 Elo expect 76 % to win."""


def uniform(view: PoolView) -> np.ndarray:
    """All candidates alike (fictitious self-play)."""
    count = len(view.chosen_from())
    return np.full(count, 1.0 / count)


def latest(view: PoolView, p: float = 1.0) -> np.ndarray:
    """The newest candidate with probability p, else one of the older ones (if there are any)."""
    count = len(view.chosen_from())
    share = np.full(count, (1.0 - p) / max(count - 1, 1))
    share[-1] = p if count > 1 else 1.0
    return share


def pfsp(view: PoolView, weighting: str = "squared") -> np.ndarray:
    """Prioritised fictitious self-play (Vinyals et al. 2019, "Grandmaster level in StarCraft II
    using multi-agent reinforcement learning", Nature 575, methods).

    With x the learner's win rate: ``squared`` (1 - x)^2, hard opponents; ``variance`` x (1 - x),
    opponents of like strength; ``linear_capped`` min(1/2, 1 - x). x is the posterior mean under a
    Beta(1, 1) prior, (wins + 1) / (games + 2): it is 1/2 before the first game and never 0 or 1,
    so nobody drops out and there is something to normalise when the learner has won all games.
    """
    who = view.chosen_from()
    n = view.games[view.learner, who]
    own = (view.wins[view.learner, who] + 1) / (n + 2)
    lost = (n - view.wins[view.learner, who] + 1) / (n + 2)  # 1 - own would cancel
    if weighting == "squared":
        weight = lost**2
    elif weighting == "variance":
        weight = own * lost
    else:
        weight = np.minimum(CAP, lost)
    share: np.ndarray = weight / weight.sum()
    return share


def nash(view: PoolView) -> np.ndarray:
    """The maximum-entropy Nash equilibrium of the empirical game among the candidates.

    Its payoffs are win rates under a Beta(1, 1) prior, so pairs that have not met count as even,
    and few games say little. Copies of a candidate share the weight that it had.
    """
    from marl_kit.solve.meta_games.nash_average import nash_average

    who = np.ix_(view.chosen_from(), view.chosen_from())
    games = view.games[who]
    score = (view.wins[who] - view.wins[who].T) / (games + 2) / 2  # win rate less 1/2
    np.fill_diagonal(score, 0.0)
    with one_blas_thread():
        return nash_average(score, tasks=False).weights


def elo_proximity(view: PoolView, width: float = WIDTH) -> np.ndarray:
    """Opponents of like rating: weights exp(-(difference / width)^2 / 2).

    Whoever has no rating yet counts as equal, so that it gets games. The nearest candidate always
    has the weight 1, however far it is.
    """
    if view.ratings is None:
        raise InvalidOptionError("matchmaking 'elo_proximity' needs ratings, and there are none.")
    own, other = view.ratings[view.learner], view.ratings[view.chosen_from()]
    apart = np.where(
        np.isnan(other) | np.isnan(own) | (other == own), 0.0, np.abs(_less(other, own))
    )
    nearest = float(apart.min())
    if math.isinf(nearest):  # all are infinitely better or worse
        return np.full(len(apart), 1.0 / len(apart))
    weight = np.exp(((nearest - apart) / width) * ((nearest + apart) / width) / 2)
    share: np.ndarray = weight / weight.sum()
    return share


def _less(other: np.ndarray, own: float) -> np.ndarray:
    """Differences; inf - inf, which the caller replaces, is no warning."""
    with np.errstate(invalid="ignore"):
        return np.asarray(other - own)


MATCHMAKERS: dict[str, Callable[..., np.ndarray]] = {
    "uniform": uniform,
    "latest": latest,
    "pfsp": pfsp,
    "nash": nash,
    "elo_proximity": elo_proximity,
}
"""Name: probabilities of the candidates alone, in their order."""
