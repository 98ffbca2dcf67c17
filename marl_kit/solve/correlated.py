"""The front door of correlated equilibria."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from marl_kit.core.correlated_result import CONCEPTS, CorrelatedSolution
from marl_kit.core.errors import GameTooLargeError, InvalidOptionError, UnknownNameError
from marl_kit.core.registry import fold
from marl_kit.core.results import Status
from marl_kit.evaluate.correlated import correlated_values, correlation_gap
from marl_kit.games.game import Game
from marl_kit.games.load import as_game

OBJECTIVES = ("welfare", "egalitarian", "entropy", "player:0")
GAP_TOLERANCE = 1e-6
"""Relative to the payoff range: an answer with a larger gap is not called solved."""


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
    concept = _concept(concept)
    weights, name = _objective(game, objective)
    clock = time.perf_counter()
    if _polynomial(game, concept, name):
        from marl_kit.solve.correlation_plan_lp import optimal_plan

        answer: Any = optimal_plan(game, concept, weights)
        note = f"linear program of {len(answer.weight):,} pairs of sequences"
    else:
        answer, note = joint_distribution(game, concept, name, weights)
    took = time.perf_counter() - clock
    gap = correlation_gap(game, answer, concept)
    exact = gap <= GAP_TOLERANCE * game.info.payoff_range
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
    size = f"{gains.shape[1]:,} pure profiles and {gains.shape[0]:,} deviations"
    if objective == "entropy":
        x, note = max_entropy(gains), f"convex program of {size}"
    else:
        values = matrix.payoffs.reshape(game.num_players, -1)
        one = scipy.sparse.csr_array(np.ones((1, gains.shape[1])))
        x = optimise(Program(values, gains, one, np.ones(1)), weights)
        note = f"linear program of {size}"
    x = np.maximum(x, 0.0)
    return (x / x.sum()).reshape(matrix.num_actions), note


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


def _concept(concept: str) -> str:
    name = fold(concept) if isinstance(concept, str) else repr(concept)
    if name not in CONCEPTS:
        raise UnknownNameError("concept", str(concept), CONCEPTS)
    return name


def _objective(game: Game, objective: Any) -> tuple[np.ndarray | None, str]:
    """The players' weights (None where the objective is not linear) and the objective's name."""
    players = game.num_players
    if isinstance(objective, str):
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
