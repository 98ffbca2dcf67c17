"""Ratings, draw parameter and first move's advantage at once, by Newton's method.

The ratings of each block have their own zero; the other parameters are shared by all blocks, as
they belong to the game and not to the players.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError, MarlKitError
from marl_kit.evaluate.bradley_terry import (
    MOST_STEPS,
    NO_GAIN,
    TOLERANCE,
    Fit,
    gauge_of,
    solve_positive,
    start_from,
)
from marl_kit.evaluate.draws import Slopes, draw_from_share
from marl_kit.evaluate.pairs import Held, Pairs, spread, weights
from marl_kit.evaluate.separation import Block

RUNAWAY = 0.1
"""Logits: a last Newton step that long, with nothing left to gain, goes on to infinity."""
CONFOUNDED = 1e10
"""By how much the others' freedom may multiply a parameter's variance; more is rounding of 1/0."""


@dataclass(frozen=True, eq=False, slots=True)
class JointFit:
    """The blocks, and what they share."""

    blocks: list[Block]
    held: Held  # the evidence at the shared parameters found
    advantage_error: float  # standard error, logits; 0 where it was not estimated


@dataclass(frozen=True, eq=False, slots=True)
class _Problem:
    """Pairs within blocks, which block each player is in, and what is free."""

    pairs: Pairs
    parts: Sequence[np.ndarray]
    model: str
    first_move: bool
    precision: float

    @property
    def number(self) -> int:
        return self.pairs.number

    def split(self, x: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Ratings, advantage, draw parameter."""
        shared = list(x[self.number :])
        advantage = float(shared.pop(0)) if self.first_move else 0.0
        return x[: self.number], advantage, float(shared[0]) if shared else 0.0

    def centred(self, x: np.ndarray) -> np.ndarray:
        """Each block's ratings less their mean."""
        moved = x.copy()
        for part in self.parts:
            moved[part] -= x[part].mean()
        return moved

    def slopes(self, x: np.ndarray) -> Slopes:
        return self.pairs.slopes(self.model, *self.split(x))

    def objective(self, x: np.ndarray, slopes: Slopes) -> float:
        r, advantage, _ = self.split(x)
        return slopes.value - self.precision / 2 * float(r @ r + advantage**2)

    def derivatives(self, x: np.ndarray, slopes: Slopes) -> tuple[np.ndarray, np.ndarray, float]:
        """Gradient, negative Hessian, and the gauge that is added to each block's flat direction
        as a curvature of the size of the others."""
        n = self.number
        r, advantage, _ = self.split(x)
        laplacian = -weights(self.pairs, slopes.d_d)
        laplacian[np.diag_indices(n)] -= laplacian.sum(axis=1) - self.precision
        gauge = gauge_of(laplacian)
        for part in self.parts:
            laplacian[np.ix_(part, part)] += gauge / len(part)
        gradient = [spread(self.pairs, slopes.d) - self.precision * r]
        sides = []
        if self.first_move:
            gradient.append(np.array([slopes.d.sum() - self.precision * advantage]))
            sides.append((spread(self.pairs, slopes.d_d), slopes.d_d.sum() + self.precision))
        if self.model != "half":
            gradient.append(np.array([slopes.draw]))
            sides.append((spread(self.pairs, slopes.d_draw), slopes.draw_draw))
        matrix = _bordered(laplacian, sides)
        if len(sides) == 2:
            matrix[n, n + 1] = matrix[n + 1, n] = slopes.d_draw.sum()
        return np.concatenate(gradient), matrix, gauge


def fit_jointly(
    pairs: Pairs, parts: Sequence[np.ndarray], model: str, first_move: bool, precision: float
) -> JointFit:
    """The maximum of the posterior over everything.

    Parameters
    ----------
    pairs : Pairs
        Games between blocks (possible without a prior only, and then one-sided) are not used: at
        an infinite difference they have probability 1.
    parts : sequence of int64 [k]
        The members of each block.
    model : {"half", "davidson", "rao_kupper"}
        The last two need some drawn and some decisive games.
    precision : float
        1 / variance of the normal prior of each rating around its block's mean, and of the first
        move's advantage around 0; 0 for none.

    Raises
    ------
    InvalidOptionError
        Results that leave a shared parameter open or infinite.
    """
    block_of = np.zeros(pairs.number, np.int64)
    for number, part in enumerate(parts):
        block_of[part] = number
    inside = pairs.where(
        block_of[pairs.first] == block_of[pairs.second], np.arange(pairs.number), pairs.number
    )
    problem = _Problem(inside, parts, model, first_move, precision)
    x = _maximise(problem, _start(problem))
    _, matrix, gauge = problem.derivatives(x, problem.slopes(x))
    inverse = solve_positive(matrix, np.eye(len(x)))
    _refuse_confounded(problem, matrix, inverse)
    _, advantage, draw = problem.split(x)
    held = Held(pairs, model, advantage, draw)
    blocks = [_block(problem, held, x, inverse, part, gauge) for part in parts]
    n = pairs.number
    return JointFit(blocks, held, float(np.sqrt(inverse[n, n])) if first_move else 0.0)


def _bordered(inner: np.ndarray, sides: Sequence[tuple[np.ndarray, float]]) -> np.ndarray:
    n, more = len(inner), len(sides)
    matrix = np.zeros((n + more, n + more))
    matrix[:n, :n] = inner
    for k, (side, corner) in enumerate(sides, n):
        matrix[k, :n] = matrix[:n, k] = side
        matrix[k, k] = corner
    return matrix


def _start(problem: _Problem) -> np.ndarray:
    pairs = problem.pairs
    x = [problem.centred(start_from(pairs.points))]
    if problem.first_move:
        x.append(np.zeros(1))
    if problem.model != "half":
        drawn = pairs.draws.sum()
        games = drawn + pairs.wins.sum() + pairs.losses.sum()
        x.append(np.array([draw_from_share(problem.model, float(drawn / games))]))
    return np.concatenate(x)


def _maximise(problem: _Problem, x: np.ndarray) -> np.ndarray:
    slopes = problem.slopes(x)
    for _ in range(MOST_STEPS):
        value = problem.objective(x, slopes)
        gradient, matrix, _ = problem.derivatives(x, slopes)
        step = problem.centred(solve_positive(matrix, gradient))
        length = float(np.abs(step).max())
        if length <= TOLERANCE or gradient @ step <= NO_GAIN * (1 + abs(value)):
            if length > RUNAWAY:
                raise InvalidOptionError(_open("have no finite maximum of likelihood"))
            return x + step
        x, slopes = _line_search(problem, x, step, value)
    raise MarlKitError(
        f"the ratings have not settled after {MOST_STEPS} Newton steps; use a prior."
    )


def _line_search(
    problem: _Problem, x: np.ndarray, step: np.ndarray, value: float
) -> tuple[np.ndarray, Slopes]:
    """Halve the step until the objective does not fall by more than rounding."""
    slack = 1e-12 * (1 + abs(value))
    for halving in range(60):
        moved = problem.centred(x + step / 2**halving)
        found = problem.slopes(moved)
        if problem.objective(moved, found) >= value - slack:
            return moved, found
    raise MarlKitError("the ratings cannot be computed to machine precision; use a prior.")


def _refuse_confounded(problem: _Problem, matrix: np.ndarray, inverse: np.ndarray) -> None:
    shared = range(problem.number, len(matrix))
    if any(not matrix[k, k] * inverse[k, k] < CONFOUNDED for k in shared):
        raise InvalidOptionError(_open("do not tell them from the strength of the players"))


def _open(what: str) -> str:
    return (
        f"the results leave the draw parameter or the first move's advantage open: they {what}; "
        f"let the same players meet in both orders and more often, or give a prior."
    )


def _block(
    problem: _Problem,
    held: Held,
    x: np.ndarray,
    inverse: np.ndarray,
    part: np.ndarray,
    gauge: float,
) -> Block:
    covariance = inverse[np.ix_(part, part)] - 1 / (len(part) * (gauge + problem.precision))
    likelihood = held.subset(part).log_likelihood(x[part])
    return Block(part, Fit(x[part], (covariance + covariance.T) / 2, likelihood))
