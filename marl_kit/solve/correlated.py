"""The front door of correlated equilibria."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from marl_kit.core.correlated_result import CorrelatedSolution
from marl_kit.core.errors import GameTooLargeError, InvalidOptionError, UnknownNameError
from marl_kit.core.registry import fold
from marl_kit.core.results import Status
from marl_kit.evaluate.correlated import (
    as_concept,
    correlated_values,
    correlation_gap,
    relative_gap,
)
from marl_kit.games.game import Game
from marl_kit.games.load import as_game

OBJECTIVES = ("welfare", "egalitarian", "entropy", "player:0")
GAP_TOLERANCE = 1e-6
"""Relative to the payoffs that are met: an answer with a larger gap is not called solved."""
HOPELESS = 1e10
"""Times what is typical of its player: beyond the digits of HiGHS (1e-10), the best is unsure."""
AGAIN = 3
"""Programs solved again from the values that were reached; a second one rarely changes them."""
UNPROVEN = "payoffs of very different sizes: a better one may exist"
UNEVEN = 1e4
"""Times what is typical of its player, or of another: from such a payoff range on, programs are
balanced before they are solved."""


def correlated(
    game: Any, objective: str | Sequence[float] = "welfare", concept: str = "ce"
) -> CorrelatedSolution:
    """A correlated equilibrium that is best for an objective.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Any number of players. A tree counts as its reduced normal form, but for ``efce`` and
        ``efcce`` of two players without chance moves, whose program is polynomial in the tree.
    objective : str or P weights
        ``"welfare"`` (sum of values), ``"egalitarian"`` (the least value), ``"entropy"`` (of the
        distribution), ``"player:0"`` (one player's value), or weights of the values.
        ``"-welfare"`` and ``"-player:0"`` ask for the least.
    concept : str
        ``"ce"`` (Aumann 1974), ``"cce"`` (Moulin and Vial 1978), ``"efce"`` (von Stengel and
        Forges 2008) or ``"efcce"`` (Farina, Bianchi and Sandholm 2020).

    Returns
    -------
    CorrelatedSolution

    Raises
    ------
    UnknownNameError, InvalidOptionError, ImperfectRecallError
    GameTooLargeError
        Too many pure profiles; with chance moves the optimal ``efce`` is NP-hard.

    Examples
    --------
    >>> import marl_kit as mk
    >>> mk.correlated("chicken").values.round(6).tolist()
    [5.25, 5.25]
    >>> game = "von_stengel_forges_signalling"
    >>> mk.correlated(game, "player:1", "efce").values.round(6).tolist()
    [3.5, 6.5]
    """
    game = as_game(game)
    concept = as_concept(concept)
    weights, name = _objective(game, objective)
    if weights is not None:  # 1e308 twice would be infinite
        weights = weights / (np.abs(weights).max() or 1.0)
    clock = time.perf_counter()
    if _polynomial(game, concept, name):
        from marl_kit.solve.correlation_plan_lp import optimal_plan

        answer: Any = optimal_plan(game, concept, weights)
        note = f"linear program of {len(answer.weight):,} pairs of sequences"
    else:
        answer, note = joint_distribution(game, concept, name, weights)
    took = time.perf_counter() - clock
    gap = correlation_gap(game, answer, concept)
    exact = relative_gap(game, answer, concept) <= GAP_TOLERANCE and UNPROVEN not in note
    return CorrelatedSolution(
        distribution=answer,
        values=correlated_values(game, answer),
        gap=gap,
        concept=concept,
        objective=name,
        status=Status.SOLVED if exact else Status.INEXACT,
        note=note,
        wall_time_s=took,
        game=game,
    )


def correlated_range(
    game: Any, objective: str | Sequence[float] = "welfare", concept: str = "ce"
) -> tuple[float, float]:
    """The least and the greatest value of an objective over all correlated equilibria.

    Parameters
    ----------
    game, concept
        As in ``mk.correlated``.
    objective : str or P weights
        ``"welfare"``, ``"player:0"``, or weights of the players' values.

    Returns
    -------
    (float, float)

    Raises
    ------
    InvalidOptionError
        An objective that is not linear in the values: its least is no linear program.

    Examples
    --------
    >>> import marl_kit as mk
    >>> chicken = mk.NormalFormGame([[[0, 7], [2, 6]], [[0, 2], [7, 6]]])
    >>> low, high = mk.correlated_range(chicken)
    >>> round(low, 6), round(high, 6)
    (7.2, 10.5)
    """
    game = as_game(game)
    weights, name = _objective(game, objective)
    if weights is None:
        raise InvalidOptionError(
            f"the range of {name!r} is not a linear program; give 'welfare', 'player:0' or weights."
        )
    low, high = (
        float(weights @ correlated(game, (sign * weights).tolist(), concept).values)
        for sign in (-1, 1)
    )
    return min(low, high), max(low, high)


def joint_distribution(
    game: Game, concept: str, objective: str, weights: np.ndarray | None
) -> tuple[np.ndarray, str]:
    """The best distribution over the profiles of reduced strategies, and what was solved."""
    import scipy.sparse

    from marl_kit.solve.correlated_lp import Program, optimise
    from marl_kit.solve.deviations import deviation_gains
    from marl_kit.solve.max_entropy import max_entropy

    matrix = _normal_form(game, concept)
    gains = deviation_gains(game, concept)
    uneven = is_uneven(matrix.payoffs)
    size = f"{gains.shape[1]:,} pure profiles and {gains.shape[0]:,} deviations"
    if objective == "entropy":
        x, note = max_entropy(gains, uneven), f"convex program of {size}"
    else:
        payoffs = matrix.payoffs.reshape(game.num_players, -1)
        one = scipy.sparse.csr_array(np.ones((1, gains.shape[1])))
        program = Program(_centred(payoffs, weights), gains, one, np.ones(1), uneven=uneven)
        note = f"linear program of {size}"
        x = optimise(program, weights)
        if uneven:  # forbidden outcomes may be the most: count from what is reached instead
            best = _poorest_best(program, payoffs) if weights is None else None
            proved = weights is not None or best is not None or not _are_unlike(payoffs)
            ranges = np.ptp(payoffs, axis=1)
            proved &= bool(np.all(ranges <= HOPELESS * np.array(_typical(payoffs))))
            note = note if proved else f"{note}; {UNPROVEN}"
            x = _from_there(program, payoffs, weights, x) if best is None else best
    x = np.maximum(x, 0.0)
    return (x / x.sum()).reshape(matrix.num_actions), note


def is_uneven(payoffs: np.ndarray) -> bool:
    """Whether few payoffs dwarf the others, or one player's those of another, [P, ...]."""
    least = min((z for z in _typical(payoffs) if z > 0), default=0.0)
    ranges = np.ptp(payoffs.reshape(len(payoffs), -1), axis=1)
    return least > 0 and (float(ranges.max()) > UNEVEN * least or _are_unlike(payoffs))


def _are_unlike(payoffs: np.ndarray) -> bool:
    """Whether the players' typical payoffs are of very different sizes, or lie far apart."""
    sizes = [z for z in _typical(payoffs) if z > 0]
    middle = np.median(payoffs.reshape(len(payoffs), -1), axis=1)
    return bool(sizes) and max(*sizes, 0.0, float(np.ptp(middle))) > UNEVEN * min(sizes)


def _typical(payoffs: np.ndarray) -> list[float]:
    """Each player's payoff range, had all its payoffs the median distance from the next: also
    where most outcomes are forbidden, unlike a distance from the median payoff."""
    steps = [np.diff(np.unique(table)) for table in payoffs]
    return [float(np.sort(z)[(len(z) - 1) // 2]) * len(z) if len(z) else 0.0 for z in steps]


def _from_there(
    program: Any, payoffs: np.ndarray, weights: np.ndarray | None, x: np.ndarray
) -> np.ndarray:
    """Solved again with the values that were reached as 0, as long as they improve: beside a
    forbidden outcome's, the differences of the others are small."""
    from marl_kit.solve.correlated_lp import optimise

    for _ in range(AGAIN):
        reached = payoffs @ (x / x.sum())
        middle = np.full(len(payoffs), reached.min()) if weights is None else reached
        better = optimise(replace(program, values=payoffs - middle[:, None]), weights)
        gained = (payoffs - middle[:, None]) @ (better / better.sum())
        if (gained.min() if weights is None else weights @ gained) <= 0:
            return x
        x = better
    return x


def _poorest_best(program: Any, payoffs: np.ndarray) -> np.ndarray | None:
    """The best for one player alone, where the others have no less: nothing has a larger least
    value. In one program of all players the smaller payoffs would be lost."""
    from marl_kit.solve.correlated_lp import optimise

    program = replace(program, values=_centred(payoffs, np.ones(len(payoffs))))
    for p in np.argsort(payoffs.max(axis=1)):
        x = optimise(program, np.eye(len(payoffs))[p])
        values = payoffs @ (np.maximum(x, 0.0) / np.maximum(x, 0.0).sum())
        if values[p] <= values.min():
            return x
    return None


def _centred(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Without what a typical profile pays, which would cost digits: each player's own where values
    are only summed, a common part where they are compared."""
    middle = np.median(values, axis=None if weights is None else 1, keepdims=True)
    return values - middle


def _normal_form(game: Game, concept: str) -> Any:
    try:
        return game.to_normal_form()
    except GameTooLargeError as error:
        if concept in ("ce", "cce"):
            raise
        raise GameTooLargeError(
            f"{concept} of {game.name} needs its pure profiles ({error}) The program that is "
            f"polynomial in the tree is for two players without chance moves and an objective "
            f"other than entropy; with chance an optimal {concept} is NP-hard to find."
        ) from error


def _polynomial(game: Game, concept: str, objective: str) -> bool:
    extensive = concept in ("efce", "efcce") and game.form != "normal"
    two = game.num_players == 2
    return extensive and objective != "entropy" and two and not game.info.stochastic


def _objective(game: Game, objective: Any) -> tuple[np.ndarray | None, str]:
    """The players' weights (None where the objective is not linear) and the objective's name."""
    players = game.num_players
    if isinstance(objective, str):
        name = objective.strip()
        if name.startswith("-") and fold(name[1:]) not in ("egalitarian", "entropy"):
            weights, name = _objective(game, name[1:])
            assert weights is not None
            return -weights, f"-{name}"
        name = fold(objective)
        if name in ("egalitarian", "entropy"):
            return None, name
        if name == "welfare":
            return np.ones(players), name
        head, _, tail = name.partition(":")
        if head != "player":
            raise UnknownNameError("objective", objective, OBJECTIVES)
        if not tail.isdecimal() or int(tail) >= players:
            raise InvalidOptionError(
                f"objective is {objective!r}; {game.name} has 'player:0' to 'player:{players - 1}'."
            )
        return np.eye(players)[int(tail)], name
    try:
        weights = np.array(objective, np.float64)
    except (TypeError, ValueError):
        weights = np.array(np.nan)
    if weights.shape != (players,) or not np.all(np.isfinite(weights)):
        raise InvalidOptionError(
            f"objective is {objective!r}; give one of {', '.join(OBJECTIVES)} or {players} "
            f"finite weights, one a player."
        )
    return weights, "weights:" + ",".join(f"{w:g}" for w in weights)
