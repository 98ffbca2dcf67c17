"""Zero-sum games as linear programs."""

from __future__ import annotations

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.realisation import behaviour_of, profile_of
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.answer import Answer
from marl_kit.solve.bimatrix.matrix_lp import ALGORITHMS, check_highs, optimal_strategies

NEGLIGIBLE = 1e-9
"""Below HiGHS's feasibility tolerance (1e-7) a realisation weight carries no information."""

REFINEMENTS = ("none", "quasi_perfect")


def solve_lp(game: Game, algorithm: str = "auto") -> Answer:
    """Maximin strategies: on the matrix if there is one, else on the sequence form.

    Parameters
    ----------
    game : Game
    algorithm : "auto", "highs" or "interior_point"
        Matrices of at least 1,600 payoffs go to a dense interior-point method, smaller ones and
        sequence forms to HiGHS; the note says which ran.

    Raises
    ------
    UnknownNameError
        No such algorithm.
    InvalidOptionError
        ``"interior_point"`` for a tree: its sequence form is sparse.
    """
    if isinstance(game, NormalFormGame):
        best = optimal_strategies(game.payoffs[0], algorithm)
        return Answer([best.x, best.y], note=f"{best.how}; {_gap_note(best.gap)}")
    if algorithm == "interior_point":
        raise InvalidOptionError(
            f"algorithm='interior_point' is for dense matrices, and {game.name} is in {game.form} "
            f"form; leave it out, or solve game.to_normal_form()."
        )
    if algorithm not in ALGORITHMS:
        raise UnknownNameError("algorithm of lp", str(algorithm), ALGORITHMS)
    return solve_sequence_form_lp(game)


def solve_sequence_form_lp(game: Game, refinement: str = "none") -> Answer:
    """Equilibrium behaviour strategies from the sequence-form LP (``maximin_plans``); the note
    states the duality gap, in payoff units.

    Parameters
    ----------
    game : Game
    refinement : "none" or "quasi_perfect"
        Off the equilibrium path the program leaves play open, and it is uniform here.
        ``"quasi_perfect"`` is the limit of equilibria with vanishing trembles (Miltersen and
        Sorensen 2010): best play at every infoset, whoever has erred before. Slower: seconds on
        Leduc.

    Raises
    ------
    UnknownNameError
        No such refinement.
    """
    if refinement not in REFINEMENTS:
        raise UnknownNameError("refinement", str(refinement), REFINEMENTS)
    if refinement == "quasi_perfect":
        return _quasi_perfect(game)
    form = game.sequence_form()
    own = form.payoffs[:, 0]
    # with an offset left in, the solver's tolerance could swallow the game
    A = form.payoff_matrix(0, shift=(own.max() + own.min()) / 2)
    x, y, gap = maximin_plans(A, plan_constraints(form, 0), plan_constraints(form, 1))
    plan = np.concatenate([x, y])
    plan[plan < NEGLIGIBLE] = 0.0
    return Answer(profile_of(game, behaviour_of(form, plan)), note=_gap_note(gap))


def maximin_plans(
    A: scipy.sparse.csr_array, E: scipy.sparse.csr_array, F: scipy.sparse.csr_array
) -> tuple[np.ndarray, np.ndarray, float]:
    """Optimal realisation plans of both players, and the duality gap.

    Koller, Megiddo and von Stengel (1996), equation (9): with constraint matrices E x = e and
    F y = f and payoff matrix A of player 0, max f'q subject to F'q <= A'x, E x = e, x >= 0; y is
    the dual solution.
    """
    scale = max(float(np.abs(A.data).max(initial=0.0)), np.finfo(float).tiny)
    rows, q_size = E.shape[1], F.shape[0]
    result = scipy.optimize.linprog(
        c=np.r_[np.zeros(rows), -1.0, np.zeros(q_size - 1)],
        A_ub=scipy.sparse.hstack([-A.T / scale, F.T], format="csr"),
        b_ub=np.zeros(F.shape[1]),
        A_eq=scipy.sparse.hstack([E, scipy.sparse.csr_array((E.shape[0], q_size))], format="csr"),
        b_eq=np.r_[1.0, np.zeros(E.shape[0] - 1)],
        bounds=[(0, None)] * rows + [(None, None)] * q_size,
        method="highs",
    )
    check_highs(result)
    gap = abs(float(result.fun - result.eqlin.marginals[0])) * scale
    return result.x[:rows], -result.ineqlin.marginals, gap


def _quasi_perfect(game: Game) -> Answer:
    from marl_kit.solve.quasi_perfect import limit_policy, quasi_perfect

    answer = quasi_perfect(game)
    note = f"{_gap_note(answer.gap)}; limit of trembles, {answer.exchanges} exchanges from the LP"
    return Answer(limit_policy(game, answer), note=note)


def _gap_note(gap: float) -> str:
    return f"duality gap {max(gap, 0.0):.1e}"


def plan_constraints(form: SequenceForm, player: int) -> scipy.sparse.csr_array:
    """E with E x = (1, 0, ..., 0) for realisation plans x: the empty sequence has weight 1, and
    the actions at an infoset share the weight of the sequence before it."""
    low, high = form.player_infosets[player : player + 2]
    start, end = form.player_sequences[player : player + 2]
    count = high - low
    infoset = np.repeat(np.arange(count), form.num_actions[low:high])
    own = np.arange(start + 1, end) - start
    row = np.concatenate([[0], 1 + np.arange(count), 1 + infoset])
    column = np.concatenate([[0], form.parent_sequence[low:high] - start, own])
    value = np.concatenate([[1.0], np.full(count, -1.0), np.ones(len(own))])
    return scipy.sparse.csr_array((value, (row, column)), shape=(count + 1, end - start))
