"""The equations of the logit quantal response equilibria of a normal form, and their derivatives.

In logarithms of probabilities (Turocy 2005, section 3): log x_pa - log x_p0 = lambda (u_pa - u_p0)
for every action but a player's first, and the probabilities of each player sum to 1. Nothing over-
or underflows, however small a probability is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.games.normal_form import NormalFormGame


@dataclass(frozen=True, eq=False, slots=True)
class LogitSystem:
    """Payoffs divided by ``unit``, the largest payoff range of a player, so that lambda times
    ``unit`` means the same in every game; N actions of all players, one after another.

    For Nash equilibria alone each player's payoffs are divided by their own range instead (``unit``
    is 1 then), as these do not ask how one player's payoffs compare with another's.

    A point is ``z = (log x, lambda * unit)``, float64 [N+1].
    """

    tables: tuple[np.ndarray, ...]  # player p's payoffs, float64 [A_1, ..., A_P]
    offset: np.ndarray  # int64 [P+1]
    first: np.ndarray  # int64 [N]; the first action of each action's player
    unit: float

    @property
    def start(self) -> np.ndarray:
        """Lambda 0: everybody mixes uniformly."""
        sizes = np.diff(self.offset)
        return np.concatenate([np.repeat(-np.log(sizes), sizes), [0.0]])

    def split(self, x: np.ndarray) -> list[np.ndarray]:
        """One vector a player."""
        return [x[a:b] for a, b in zip(self.offset[:-1], self.offset[1:], strict=True)]

    def payoffs(self, x: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Payoff of every action, [N]; and when another player plays an action for certain, [N, N]
        (0 between actions of one player)."""
        n = int(self.offset[-1])
        values, cross = np.empty(n), np.zeros((n, n))
        for p, table in enumerate(self.tables):
            mine = slice(self.offset[p], self.offset[p + 1])
            for q in range(len(x)):
                if q == p:
                    continue
                pair = _pair(table, x, p, q)
                cross[mine, self.offset[q] : self.offset[q + 1]] = pair
                values[mine] = pair @ x[q]
            if len(x) == 1:
                values[mine] = table
        return values, cross

    def equations(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals [N] and their derivatives [N, N+1]; rows about 1 in size at every lambda."""
        n = len(z) - 1
        x, lam, first = np.exp(z[:n]), z[n], self.first
        values, cross = self.payoffs(self.split(x))
        residual, jacobian = np.empty(n), np.zeros((n, n + 1))
        slopes = cross * x
        scale = 1.0 / (1.0 + abs(lam))
        residual[:] = (z[:n] - z[first] - lam * (values - values[first])) * scale
        jacobian[:, :n] = (slopes[first] - slopes) * (lam * scale)
        jacobian[:, n] = (values[first] - values) * scale
        jacobian[np.arange(n), np.arange(n)] += scale
        jacobian[np.arange(n), first] -= scale
        for a, b in zip(self.offset[:-1], self.offset[1:], strict=True):
            residual[a] = x[a:b].sum() - 1.0
            jacobian[a] = 0.0
            jacobian[a, a:b] = x[a:b]
        return residual, jacobian


def logit_system(game: NormalFormGame) -> LogitSystem:
    """The equations of a game."""
    unit = float(payoff_ranges(game).max()) or 1.0
    return _system(game, np.full(game.num_players, unit), unit)


def own_units_system(game: NormalFormGame) -> LogitSystem:
    """The equations of the game in which every player's payoffs have the range 1, or 0."""
    ranges = payoff_ranges(game)
    return _system(game, np.where(ranges > 0, ranges, 1.0), 1.0)


def payoff_ranges(game: NormalFormGame) -> np.ndarray:
    """Of each player, float64 [P]."""
    return np.array([np.ptp(table) for table in game.payoffs])


def _system(game: NormalFormGame, units: np.ndarray, unit: float) -> LogitSystem:
    # the median goes to 0, so that a few huge payoffs cost the many others no digits
    tables = tuple(
        (table - np.median(table)) / own for table, own in zip(game.payoffs, units, strict=True)
    )
    offset = np.concatenate([[0], np.cumsum(game.num_actions)])
    return LogitSystem(tables, offset, np.repeat(offset[:-1], game.num_actions), unit)


def _pair(table: np.ndarray, x: list[np.ndarray], p: int, q: int) -> np.ndarray:
    """Payoff of p's actions (rows) against q's (columns), the others mixing."""
    for other in reversed(range(len(x))):
        if other not in (p, q):
            table = np.tensordot(table, x[other], axes=(other, 0))
    return table if p < q else table.T
