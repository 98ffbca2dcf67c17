"""Zero-sum games in which every sequence must be played with a small weight, and their first
solution by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import MarlKitError
from marl_kit.games.game import Game
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.correlated_lp import TIGHT
from marl_kit.solve.lp import plan_constraints

RESOLVED = 1e-8
"""The smallest bound: HiGHS tells it from 0."""
ATTEMPTS = (1.0, 0.5, 2.0, 0.25, 4.0, 0.125, 0.0625)
"""Trembles to try, as multiples of the one whose smallest bound is ``RESOLVED``."""
JUST_ABOVE = 1e-6
"""Relative to a bound: what is nearer lies on it."""
IRRATIONAL = (5**0.5 - 1) / 2, 2**0.5 - 1
"""Multiples of these modulo 1 are all different."""


@dataclass(frozen=True, eq=False, slots=True)
class PerturbedGame:
    """Realisation plans with lower bounds that are polynomials of the tremble e.

    Row k of a bound holds the coefficients of e^k. ``payoffs`` are the player's own in units of
    ``scale``, so that the largest is 1.
    """

    payoffs: scipy.sparse.csr_array  # [n, m]
    own: scipy.sparse.csc_array  # [rows, n]; own @ x = start
    others: scipy.sparse.csc_array  # [rows of the other, m]
    bound: np.ndarray  # float64 [K+1, n]
    others_bound: np.ndarray  # float64 [K+1, m]
    scale: float

    @property
    def start(self) -> np.ndarray:
        """(1, 0, ..., 0)."""
        return np.r_[1.0, np.zeros(self.own.shape[0] - 1)]

    def swapped(self) -> PerturbedGame:
        """The same game as the other player sees it."""
        return PerturbedGame(
            scipy.sparse.csr_array(-self.payoffs.T),
            self.others,
            self.own,
            self.others_bound,
            self.bound,
            self.scale,
        )


def perturbed_game(game: Game) -> PerturbedGame:
    """The game of player 0 with trembles u(s) e^d at sequences of d moves, u(s) in [1, 2)."""
    form = game.sequence_form()
    pay = form.payoffs[:, 0]
    A = form.payoff_matrix(0, shift=(pay.max() + pay.min()) / 2)
    scale = max(float(np.abs(A.data).max(initial=0.0)), float(np.finfo(float).tiny))
    lengths = [sequence_lengths(form, p) for p in range(2)]
    longest = max(int(d.max()) for d in lengths)
    bounds = []
    for d, step in zip(lengths, IRRATIONAL, strict=True):
        bound = np.zeros((longest + 1, len(d)))
        bound[d, np.arange(len(d))] = 1 + np.arange(len(d)) * step % 1
        bound[0] = 0.0  # the empty sequence has weight 1
        bounds.append(bound)
    own, others = (plan_constraints(form, p).tocsc() for p in range(2))
    return PerturbedGame((A / scale).tocsr(), own, others, bounds[0], bounds[1], scale)


def sequence_lengths(form: SequenceForm, player: int) -> np.ndarray:
    """Moves in each of a player's sequences, int64."""
    start, end = form.player_sequences[player : player + 2]
    lengths = np.zeros(end - start, np.int64)
    for i in range(form.player_infosets[player], form.player_infosets[player + 1]):
        first = form.first_sequence[i] - start
        above = lengths[form.parent_sequence[i] - start]
        lengths[first : first + form.num_actions[i]] = above + 1
    return lengths


def optimal_basis(g: PerturbedGame) -> tuple[float, np.ndarray, np.ndarray]:
    """A tremble at which HiGHS finds a basis, and the sequences that are above their bounds.

    Returns
    -------
    epsilon : float
    mine, other : bool [n], bool [m]
    """
    smallest = RESOLVED ** (1 / max(len(g.bound) - 1, 1))
    for factor in ATTEMPTS:
        epsilon = min(factor * smallest, 0.5)
        found = _solve(g, epsilon)
        if found is None:
            continue
        mine, other = found
        if mine.sum() + g.others.shape[0] == other.sum() + g.own.shape[0]:
            return epsilon, mine, other
    raise MarlKitError(
        "HiGHS could not solve the program with trembles; use refinement='none', whose strategies "
        "are optimal, or method='cfr+'."
    )


def _solve(g: PerturbedGame, epsilon: float) -> tuple[np.ndarray, np.ndarray] | None:
    """max f'q + bound_y'(A'x - F'q) subject to F'q <= A'x, E x = e, x >= bound_x."""
    powers = epsilon ** np.arange(len(g.bound))
    low, other_low = powers @ g.bound, powers @ g.others_bound
    n, rows = g.payoffs.shape[0], g.others.shape[0]
    first = np.r_[1.0, np.zeros(rows - 1)]
    result = scipy.optimize.linprog(
        c=-np.r_[g.payoffs @ other_low, first - g.others @ other_low],
        A_ub=scipy.sparse.hstack([-g.payoffs.T, g.others.T], format="csr"),
        b_ub=np.zeros(g.payoffs.shape[1]),
        A_eq=scipy.sparse.hstack(
            [g.own, scipy.sparse.csr_array((g.own.shape[0], rows))], format="csr"
        ),
        b_eq=g.start,
        bounds=[(v, None) for v in low] + [(None, None)] * rows,
        method="highs-ds",
        options=TIGHT,
    )
    if result.status != 0:
        return None
    above = result.x[:n] - low
    other_above = -result.ineqlin.marginals
    return above > JUST_ABOVE * low, other_above > JUST_ABOVE * other_low
