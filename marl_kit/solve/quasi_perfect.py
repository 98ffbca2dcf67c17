"""Quasi-perfect equilibria of two-player zero-sum games: the limit of vanishing trembles, found
exactly up to rounding.

Miltersen and Sorensen (2010), "Computing a quasi-perfect equilibrium of a two-player game",
Economic Theory 42: let every sequence of d moves have at least the weight e^d; limits of
equilibria for e -> 0 are quasi-perfect (van Damme 1984), hence sequential, and play undominated
actions off the equilibrium path. Here sequence s has at least u(s) e^d with different u(s) in
[1, 2), so that no two trembles tie (Gatti, Gilli and Marchesi 2020, "A characterization of
quasi-perfect equilibria", allow all such weights).

Departure from the papers: the program is solved once by HiGHS for an e that its tolerances
resolve. The basis that it ends in makes every weight a polynomial of e, and e is followed down to
0 by the parametric simplex method (Gass and Saaty 1955): one exchange wherever a slack turns
negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from marl_kit.core.errors import MarlKitError
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.trembles import PerturbedGame, optimal_basis, perturbed_game

NEGLIGIBLE = 1e-10
"""Coefficients, relative to 1: below it they are rounding of an exact 0."""
JUST_BELOW = 1e-6
"""Relative distance under a breakpoint where the signs of the slacks are read."""
PIVOT = 1e-9
"""Smallest rate of change that bounds a step."""
ADVICE = "the trembles cannot be followed to 0 in float64; use refinement='none'."


@dataclass(frozen=True, eq=False, slots=True)
class _Side:
    """One player's polynomials in a basis; row k holds the coefficients of e^k."""

    factor: Any  # LU of the basis matrix
    plan: np.ndarray  # float64 [K+1, n]
    slack: np.ndarray  # float64 [K+1, n + m]; own weights over their bounds, the other's losses
    value: float  # what the plan is sure to earn as e goes to 0


@dataclass(frozen=True, eq=False, slots=True)
class QuasiPerfect:
    """Both players' realisation plans as polynomials of the tremble e.

    Attributes
    ----------
    plans : two float64 [K+1, sequences of the player]
        For every small enough e > 0 the plans ``sum_k e^k row[k]`` are an equilibrium of the
        game with trembles.
    gap : float
        Difference of the two programs' values at e = 0, in payoff units.
    exchanges : int
        Exchanges of the basis on the way to 0.
    """

    plans: tuple[np.ndarray, np.ndarray]
    gap: float
    exchanges: int


def quasi_perfect(game: Game) -> QuasiPerfect:
    """Solve with small trembles and follow them to 0.

    Raises
    ------
    MarlKitError
        Rounding wins: the game is too deep or too large for float64.
    """
    games = [first := perturbed_game(game), first.swapped()]
    epsilon, *above = optimal_basis(first)
    most = 10 * sum(map(len, above))
    for exchanges in range(most):
        sides = [_side(g, above[p], above[1 - p]) for p, g in enumerate(games)]
        broken = _first_broken(sides, epsilon)
        if broken is None:
            gap = abs(sides[0].value + sides[1].value) * first.scale
            return QuasiPerfect((sides[0].plan, sides[1].plan), gap, exchanges)
        epsilon, p, index = broken
        _exchange(games[1 - p], sides[1 - p], above[1 - p], above[p], epsilon, index)
    raise MarlKitError(f"no answer in {most:,} exchanges; {ADVICE}")


def limit_policy(game: Game, answer: QuasiPerfect) -> TabularPolicy:
    """The strategies as e goes to 0.

    At every infoset the actions are weighted by the coefficients of the lowest power of the
    tremble that is there, so play is defined off the equilibrium path too.
    """
    form = game.sequence_form()
    weight = np.concatenate(answer.plans, axis=1)
    return TabularPolicy(game, _leading_ratios(form, weight[:, form.slot_sequences()]))


def _leading_ratios(form: SequenceForm, weight: np.ndarray) -> np.ndarray:
    """Behaviour probabilities of polynomial weights [K+1, slots] as the variable goes to 0."""
    infoset = form.slot_infosets()
    probabilities = np.full(weight.shape[1], np.nan)
    for row in np.where(weight > NEGLIGIBLE, weight, 0.0):
        total = np.bincount(infoset, weights=row, minlength=form.num_infosets)[infoset]
        now = np.isnan(probabilities) & (total > 0)
        probabilities[now] = row[now] / total[now]
    return probabilities


def _side(g: PerturbedGame, mine: np.ndarray, other: np.ndarray) -> _Side:
    """Solve E x = e, x = its bound outside ``mine``, and no loss of the other inside ``other``."""
    n, m = g.payoffs.shape
    rows = g.own.shape[0]
    zero = scipy.sparse.csc_array((rows, g.others.shape[0]))
    turned = g.payoffs.T.tocsr()[np.flatnonzero(other)]
    factor = scipy.sparse.linalg.splu(
        scipy.sparse.block_array(
            [
                [g.own[:, np.flatnonzero(mine)], zero],
                [turned[:, np.flatnonzero(mine)], -g.others.T.tocsr()[np.flatnonzero(other)]],
            ],
            format="csc",
        )
    )
    plan = np.where(mine, 0.0, g.bound)
    slack = np.zeros((len(plan), n + m))
    value = 0.0
    for k, x in enumerate(plan):
        right = np.r_[(float(k == 0) * g.start) - g.own @ x, -(turned @ x)]
        solved = factor.solve(right)
        count = int(mine.sum())
        x[mine] = solved[:count]
        value += float(k == 0) * float(solved[count])
        slack[k, :n] = x - g.bound[k]
        slack[k, n:] = g.payoffs.T @ x - g.others.T @ solved[count:]
    plan[np.abs(plan) < NEGLIGIBLE] = 0.0
    slack[:, :n][:, ~mine] = 0.0
    slack[:, n:][:, other] = 0.0
    slack[np.abs(slack) < NEGLIGIBLE] = 0.0
    return _Side(factor, plan, slack, value)


def _first_broken(sides: list[_Side], epsilon: float) -> tuple[float, int, int] | None:
    """The largest tremble up to ``epsilon`` under which a slack is negative: (it, side, slack)."""
    below = epsilon * (1 - JUST_BELOW)
    worst: tuple[float, int, int] | None = None
    for p, side in enumerate(sides):
        now = _at(side.slack, below)
        index = int(np.argmin(now))
        if now[index] < 0:
            return epsilon, p, index
        for index, root in _sign_changes(side.slack, below):
            if worst is None or root > worst[0]:
                worst = root, p, index
    return worst


def _at(polynomials: np.ndarray, epsilon: float) -> np.ndarray:
    return epsilon ** np.arange(len(polynomials)) @ polynomials


def _sign_changes(polynomials: np.ndarray, below: float) -> list[tuple[int, float]]:
    """Polynomials with roots in (0, below), and the largest such root of each."""
    mixed = np.flatnonzero((polynomials < 0).any(axis=0) & (polynomials > 0).any(axis=0))
    lowest = (polynomials[:, mixed] != 0).argmax(axis=0)
    found: list[tuple[int, float]] = []
    for power in np.unique(lowest).tolist():
        chosen = mixed[lowest == power]
        # with t = 1/e the lowest coefficient leads, and that is never 0
        rows = polynomials[power:, chosen].T
        companion = np.zeros((len(chosen), rows.shape[1] - 1, rows.shape[1] - 1))
        companion[:, 0] = -rows[:, 1:] / rows[:, :1]
        companion[:, np.arange(1, rows.shape[1] - 1), np.arange(rows.shape[1] - 2)] = 1.0
        roots = np.linalg.eigvals(companion)
        real = np.abs(roots.imag) <= JUST_BELOW * np.abs(roots.real)
        t = np.where(real & (roots.real * below > 1), roots.real, np.inf).min(axis=1)
        found += [(int(i), 1 / float(v)) for i, v in zip(chosen, t, strict=True) if v < np.inf]
    return found


def _exchange(
    g: PerturbedGame,
    side: _Side,
    mine: np.ndarray,
    other: np.ndarray,
    epsilon: float,
    index: int,
) -> None:
    """Change the basis where a slack of the *other* player is about to turn negative.

    Either a weight of the other falls to its bound, or our loss at a sequence vanishes. In our
    program that is a variable which starts to grow (the first: our gain against that sequence;
    the second: our weight of the sequence), and what stops it leaves the basis.
    """
    count, size = int(mine.sum()), len(other)
    change, rest = np.zeros(len(mine)), np.zeros(int(other.sum()))
    if index < size:
        rest[int(other[:index].sum())] = 1.0
    else:
        change[index - size] = 1.0
        rest -= (g.payoffs.T @ change)[other]
    solved = side.factor.solve(np.r_[-(g.own @ change), rest])
    change[mine] += solved[:count]
    rate = np.r_[change, g.payoffs.T @ change - g.others.T @ solved[count:]]
    limits = (rate < -PIVOT) & np.r_[mine, ~other]
    if not np.any(limits):
        raise MarlKitError(f"an exchange at the tremble {epsilon:.3g} is unbounded; {ADVICE}")
    room = np.where(limits, _at(side.slack, epsilon) / np.where(limits, -rate, 1.0), np.inf)
    stop = int(np.argmin(room))
    if index < size:
        other[index] = False
    else:
        mine[index - size] = True
    if stop < len(mine):
        mine[stop] = False
    else:
        other[stop - len(mine)] = True
