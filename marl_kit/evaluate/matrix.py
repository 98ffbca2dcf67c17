"""Exact values on a normal form: contractions of the pay-off tables."""

from __future__ import annotations

import numpy as np

from marl_kit.games.normal_form import NormalFormGame


def action_values(game: NormalFormGame, profile: list[np.ndarray], player: int) -> np.ndarray:
    """Expected pay-off of each action of ``player`` against the others' strategies, [A_player]."""
    table = game.payoffs[player]
    for other in reversed(range(game.num_players)):
        if other != player:
            table = np.tensordot(table, profile[other], axes=(other, 0))
    return table


def own_and_best(game: NormalFormGame, profile: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Expected and best-response value of every player, [P] and [P]."""
    values = [action_values(game, profile, p) for p in range(game.num_players)]
    own = np.array([v @ x for v, x in zip(values, profile, strict=True)])
    return own, np.array([v.max() for v in values])


def logit_residual(game: NormalFormGame, profile: list[np.ndarray], lam: float) -> float:
    """``evaluate.quantal.qre_residual`` with lambda = 1/alpha, 0 included, where the response is
    uniform: largest difference between a probability and its logit response."""
    worst = 0.0
    for p, x in enumerate(profile):
        values = action_values(game, profile, p)
        weight = np.exp(lam * (values - values.max()))
        worst = max(worst, float(np.abs(weight / weight.sum() - x).max()))
    return worst


def nash_convs(game: NormalFormGame, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """NashConv of K profiles (xs[i], ys[i]) of a two-player game at once, [K]."""
    gains = np.zeros(len(xs))
    for table, own, other in ((game.payoffs[0], xs, ys), (game.payoffs[1].T, ys, xs)):
        values = other @ table.T
        gains += np.maximum(values.max(axis=1) - np.einsum("ki,ki->k", own, values), 0.0)
    return gains
