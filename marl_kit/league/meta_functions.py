"""The meta-solvers themselves: ``payoffs [P, n_1, ..., n_P] -> MetaStrategy``."""

from __future__ import annotations

import math

import numpy as np

from marl_kit.core.errors import GameTooLargeError, UnsupportedGameError
from marl_kit.core.registry import fold
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.league.meta_strategy import MetaStrategy
from marl_kit.league.meta_units import ROUNDING, in_common_units, in_units, spread, without_noise

CONSTANT = 1e-9
"""Relative to the smaller of two payoff ranges: sums of payoffs that differ by less are constant.
Computed payoffs carry rounding, so a zero-sum game's table sums to zero only nearly."""
PROGRAM_LIMITS = {"ce": 1_000_000, "cce": 4_000_000}
"""Coefficients of gains: tens of seconds of HiGHS; longer where most deviations gain nothing."""


def zero_sum_table(payoffs: np.ndarray) -> np.ndarray | None:
    """The row's payoffs of a constant-sum game of two, moved so that sums are 0; None otherwise."""
    if len(payoffs) != 2:
        return None
    # the smaller range: beside a larger one a player's whole payoffs may look like rounding
    slack = CONSTANT * spread(payoffs).min() + ROUNDING * np.abs(payoffs).max()
    if np.ptp(payoffs[0] + payoffs[1]) > slack:
        return None
    table: np.ndarray = (payoffs[0] - payoffs[1]) / 2
    return table


def nash(payoffs: np.ndarray) -> MetaStrategy:
    """A linear program where payoffs sum to a constant, else Lemke-Howson; two players."""
    table = zero_sum_table(payoffs)
    if table is None:
        from marl_kit.solve.solve import solve

        return MetaStrategy(tuple(solve(NormalFormGame(in_units(payoffs)), "lemke_howson").profile))
    from marl_kit.solve.bimatrix.matrix_lp import optimal_strategies

    answer = optimal_strategies(table)
    return MetaStrategy((answer.x, answer.y))


def max_entropy_nash(payoffs: np.ndarray) -> MetaStrategy:
    """The equilibrium of greatest entropy; two players, constant sum."""
    from marl_kit.solve.meta_games.nash_average import nash_average

    table = zero_sum_table(payoffs)
    if table is None:
        raise UnsupportedGameError(
            "the meta-solver 'max_entropy_nash' needs payoffs that sum to a constant; for other "
            "games take 'nash' or 'cce'."
        )
    average = nash_average(table, tasks=True)
    assert average.task_weights is not None
    return MetaStrategy((average.weights, average.task_weights))


def projected_replicator(
    payoffs: np.ndarray, steps: int = 20_000, rate: float = 0.01, gamma: float = 1e-6
) -> MetaStrategy:
    """Mean of ``steps`` Euler steps of size ``rate`` from the uniform mixture.

    Lanctot et al. (2017), section 3.3: strategies keep at least gamma / (n + 1). Time is measured
    in units of 1 / a player's payoff range, so the payoffs' scale does not matter. The paper's
    players change at once; so do these.
    """
    from marl_kit.league import _kernels

    sizes = payoffs.shape[1:]
    offset = np.concatenate([[0], np.cumsum(sizes)])
    unit = in_units(payoffs).reshape(len(sizes), -1)
    mixed = np.concatenate([np.full(n, 1.0 / n) for n in sizes])
    mean = _kernels.projected_replicator(unit, offset, steps, float(rate), float(gamma), mixed)
    return MetaStrategy(tuple(x / x.sum() for x in np.split(mean, offset[1:-1])))


def regret_matching(payoffs: np.ndarray, steps: int = 10_000) -> MetaStrategy:
    """The average strategies of regret matching."""
    from marl_kit.solve.dynamics.dynamics import dynamics

    path = dynamics(NormalFormGame(payoffs), "regret_matching", steps=steps, record=2)
    return MetaStrategy(tuple(np.asarray(x) for x in path.average()))


def uniform(payoffs: np.ndarray) -> MetaStrategy:
    """All members alike: fictitious play."""
    return MetaStrategy(tuple(np.full(n, 1.0 / n) for n in payoffs.shape[1:]))


def latest(payoffs: np.ndarray) -> MetaStrategy:
    """The newest member of each player: self-play."""
    return MetaStrategy(tuple(np.eye(n)[n - 1] for n in payoffs.shape[1:]))


def alpha_rank(payoffs: np.ndarray, alpha: float = np.inf, m: int = 50) -> MetaStrategy:
    """Stationary distribution; ``alpha`` in units of 1 / the largest payoff range (Muller et al.
    2020). Players keep their scales: who stands to lose more leaves a profile sooner."""
    from marl_kit.solve.meta_games import alpha_rank as ranking

    ranges = spread(payoffs)
    table = without_noise(payoffs, np.full(len(ranges), ranges.max() or 1.0))
    joint = ranking.alpha_rank(table, alpha, m).pi.reshape(payoffs.shape[1:])
    return _jointly(joint, "alpha-rank")


def _correlated(payoffs: np.ndarray, concept: str, objective: str) -> MetaStrategy:
    from marl_kit.solve.correlated import correlated

    _check_program(payoffs.shape[1:], concept)
    if fold(objective) == "welfare" and zero_sum_table(payoffs) is not None:
        # every value is the same, and independent optimal strategies are in equilibrium, too
        return _jointly(nash(payoffs).probabilities(), concept.upper())
    game = NormalFormGame(_shown(payoffs, objective))
    found = correlated(game, _aim(payoffs, objective), concept)
    return _jointly(np.asarray(found.distribution), concept.upper())


def _check_program(sizes: tuple[int, ...], concept: str) -> None:
    deviations = sum(n - 1 if concept == "ce" else n for n in sizes)
    entries, most = deviations * math.prod(sizes), PROGRAM_LIMITS[concept]
    if entries > most:
        other = "cce" if concept == "ce" else "projected_replicator"
        raise GameTooLargeError(
            f"the program of {concept!r} for {' x '.join(map(str, sizes))} members has {entries:,} "
            f"coefficients, and at most {most:,} are solved; take {other!r}, or fewer members."
        )


def _shown(payoffs: np.ndarray, objective: str) -> np.ndarray:
    """The payoffs as the program sees them; each player's own units unless they are compared."""
    if fold(objective) == "egalitarian":
        return in_common_units(payoffs)
    ranges = spread(payoffs)
    return without_noise(payoffs, np.where(ranges > 0, ranges, 1.0))


def _aim(payoffs: np.ndarray, objective: str) -> str | list[float]:
    """The objective in those units."""
    minus = objective.startswith("-")
    if fold(objective.removeprefix("-")) != "welfare":
        return objective
    return [-w if minus else w for w in _welfare(payoffs)]


def _welfare(payoffs: np.ndarray) -> list[float]:
    """Weights of the players' payoffs in their own units that make the sum of their payoffs.

    A constant sum leaves nothing to prefer, and an objective that is the same everywhere keeps
    HiGHS pivoting for minutes: there the weights are 0, and any equilibrium will do.
    """
    ranges = spread(payoffs)
    slack = CONSTANT * ranges.max() + ROUNDING * np.abs(payoffs).max()
    if np.ptp(payoffs.sum(axis=0)) <= slack:
        return [0.0] * len(ranges)
    return [float(x) for x in ranges / ranges.max()]


def ce(payoffs: np.ndarray, objective: str = "welfare") -> MetaStrategy:
    """A correlated equilibrium."""
    return _correlated(payoffs, "ce", objective)


def cce(payoffs: np.ndarray, objective: str = "welfare") -> MetaStrategy:
    """A coarse correlated equilibrium."""
    return _correlated(payoffs, "cce", objective)


def _jointly(joint: np.ndarray, concept: str) -> MetaStrategy:
    joint = np.maximum(joint, 0.0)
    joint = joint / joint.sum()
    axes = range(joint.ndim)
    marginals = tuple(joint.sum(axis=tuple(q for q in axes if q != p)) for p in axes)
    return MetaStrategy(marginals, joint, concept == "CE", concept)
