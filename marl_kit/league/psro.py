"""PSRO on the sequence form: exact best responses, exact empirical payoffs.

It stands in the league rather than among the solvers because its answer is a population: the
members, their empirical game and the meta-strategy of each generation, which may correlate
players; a ``Solution`` is one profile. Matchmaking, ratings and reports read the same shape
whether payoffs were computed, as here, or played.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.results import Status
from marl_kit.core.seeds import generator, resolve_seed
from marl_kit.core.threads import one_blas_thread
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.realisation import (
    as_policy,
    behaviour_by_sequence,
    plan_of,
    uniform_behaviour,
)
from marl_kit.league import psro_generation as generation
from marl_kit.league.empirical import check_entries
from marl_kit.league.meta_solvers import MetaSolver, find_meta_solver
from marl_kit.league.psro_generation import Generation, Record
from marl_kit.league.psro_result import PSROHistory, PSROResult

GAIN = 1e-9
"""Relative to the player's payoff range: an answer that gains less than this brings nothing.
Linear programs solve the empirical game to about so much."""
ROUNDING = 16 * np.finfo(float).eps
"""Of a player's largest payoff: what sums leave of a gain of 0."""
STARTS = ("random", "uniform")
NOTHING_NEW = "every best response that gains is a member already"


@dataclass(frozen=True, slots=True)
class Rules:
    """When to stop, and what counts as a gain; in payoff units and seconds."""

    iterations: int
    tol: float  # of all gains together
    least: np.ndarray  # float64 [P]; of each player's gain
    time_limit: float | None

    def settled(self, now: Generation) -> bool:
        """Whether no player gains anything, or all together no more than the tolerance."""
        return now.gap <= self.tol or bool(np.all(now.gains <= self.least))


@dataclass(frozen=True, eq=False, slots=True)
class Ended:
    """A run: its last generation, the records of all, and why it ended."""

    last: Generation
    records: list[Record]
    status: Status
    note: str


def psro(
    game: Any,
    meta_solver: str = "nash",
    *,
    iterations: int = 100,
    tol: float | None = None,
    time_limit: float | None = None,
    start: Any = "random",
    seed: int | np.random.Generator | None = 0,
) -> PSROResult:
    """Policy-space response oracles with exact best responses; nothing is simulated.

    Every iteration solves the empirical game of the members, adds each player's pure best
    response in the whole game to that meta-strategy, and computes the new payoffs. With
    ``"nash"`` it is the double oracle, which ends with an equilibrium of the whole game; with
    ``"uniform"`` fictitious play; with ``"latest"`` pure self-play; with ``"ce"`` and ``"cce"``
    JPSRO, for any number of players. With ``"alpha_rank"`` it usually ends early, with the status
    NO_GUARANTEE: alpha-rank's distribution is no equilibrium, so best responses go on gaining
    against it when all of them are members already. NashConv need not fall from one iteration to
    the next: ``best_profile`` is the best so far.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Finite, of perfect recall; any number of players that the meta-solver takes.
    meta_solver : str
        As for ``meta_strategy``.
    iterations : int
        At most so many.
    tol : float, optional
        Stop when all best responses together gain at most this, in payoff units. With or without,
        a run ends when no player gains more than 1e-9 of its own payoff range, which is what
        linear programs leave.
    time_limit : float, optional
        Seconds; looked at between iterations.
    start : "random", "uniform" or profile
        The first member of each player: a pure strategy drawn by ``seed``, the uniform behaviour
        strategy, or yours.
    seed : int, Generator or None
        Of the start; nothing else is random.

    Raises
    ------
    UnknownNameError, InvalidOptionError, InvalidProfileError, UnsupportedGameError,
    ImperfectRecallError, GameTooLargeError
        Before any work.

    Notes
    -----
    Lanctot, Zambaldi, Gruslys, Lazaridou, Tuyls, Perolat, Silver and Graepel (2017), "A unified
    game-theoretic approach to multiagent reinforcement learning", NIPS 30; McMahan, Gordon and
    Blum (2003), "Planning in the presence of cost functions controlled by an adversary", ICML 20
    (double oracle); Marris et al. (2021), ICML 38 (JPSRO); Muller et al. (2020), "A generalized
    training approach for multiagent learning", ICLR (alpha-rank).

    Examples
    --------
    >>> result = psro("kuhn_poker")
    >>> result.status.name, round(result.nash_conv, 9), round(float(result.values[0]), 6)
    ('CONVERGED', 0.0, -0.055556)
    """
    game = as_game(game)
    solver = find_meta_solver(meta_solver)
    solver.check_players(game.num_players)
    _check_rules(iterations, tol, time_limit)
    if solver.counts_copies:  # others may end long before; then nothing is lost
        check_entries([iterations + 1] * game.num_players)
    number, root = resolve_seed(seed)
    plan = _first_plan(game, start, generator(root, "psro", "start"))
    rules = Rules(iterations, tol or 0.0, _least_gains(game), time_limit)
    begun = time.perf_counter()
    with one_blas_thread():
        ended = _run(game, solver, plan, rules)
    return _result(game, solver.name, ended, number, time.perf_counter() - begun)


def _check_rules(iterations: Any, tol: Any, time_limit: Any) -> None:
    whole = isinstance(iterations, int | np.integer) and not isinstance(iterations, bool)
    if not whole or iterations < 0:
        raise InvalidOptionError(
            f"iterations is {iterations!r}; give a whole number of at least 0."
        )
    for name, value in (("tol", tol), ("time_limit", time_limit)):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if value is not None and not (number and value >= 0):
            raise InvalidOptionError(f"{name} is {value!r}; give a number of at least 0.")


def _least_gains(game: Game) -> np.ndarray:
    """What each player's gain must exceed to be one, float64 [P]: its own scale decides."""
    payoffs = game.sequence_form().payoffs
    least = GAIN * np.ptp(payoffs, axis=0) + ROUNDING * np.abs(payoffs).max(axis=0)
    return np.asarray(least)


def _first_plan(game: Game, start: Any, rng: np.random.Generator) -> np.ndarray:
    """Realisation plans of the first members, float64 [Q]."""
    form = game.sequence_form()
    if isinstance(start, str) and start not in STARTS:
        raise InvalidOptionError(
            f"start is {start!r}; give one of {', '.join(STARTS)}, or a profile."
        )
    if not isinstance(start, str):
        return plan_of(form, behaviour_by_sequence(as_policy(game, start)))
    if start == "uniform":
        return plan_of(form, uniform_behaviour(form))
    pure = np.zeros(form.num_sequences)
    pure[form.player_sequences[:-1]] = 1.0
    pure[form.first_sequence + rng.integers(form.num_actions)] = 1.0
    return plan_of(form, pure)


def _run(game: Game, solver: MetaSolver, plan: np.ndarray, rules: Rules) -> Ended:
    """Iterate until a rule holds; an empirical game that grows too large ends the run, which keeps
    what it has."""
    begun = time.perf_counter()
    now = generation.first(game, solver, plan)
    records = [generation.recorded(game, now)]
    with stop_on_ctrl_c() as stop:
        while True:
            over = _over(now, len(records), rules, stop.requested, time.perf_counter() - begun)
            if over is not None:
                return Ended(now, records, over, _found(over, now))
            added = generation.joining(now, rules.least, solver.counts_copies)
            if not any(len(plans) for plans in added):
                return Ended(now, records, Status.NO_GUARANTEE, NOTHING_NEW)
            try:
                now = generation.following(game, solver, now, added)
            except GameTooLargeError as error:
                return Ended(now, records, Status.ITERATION_LIMIT, f"ended early: {error}")
            records.append(generation.recorded(game, now))


def _over(
    now: Generation, generations: int, rules: Rules, stopped: bool, seconds: float
) -> Status | None:
    """Why the run ends here; None if it goes on."""
    if rules.settled(now):
        return Status.CONVERGED
    if generations > rules.iterations:
        return Status.ITERATION_LIMIT
    if stopped:
        return Status.INTERRUPTED
    if rules.time_limit is not None and seconds >= rules.time_limit:
        return Status.TIME_LIMIT
    return None


def _found(why: Status, last: Generation) -> str:
    return last.meta.found() if why is Status.CONVERGED else ""


def _result(game: Game, meta_solver: str, ended: Ended, seed: int, took: float) -> PSROResult:
    last, records = ended.last, ended.records
    history = PSROHistory(
        population=np.array([[len(x) for x in r.marginals] for r in records]),
        values=np.array([r.values for r in records]),
        nash_conv=np.array([r.nash_conv for r in records]),
        gap=np.array([r.gap for r in records]),
    )
    best = int(np.argmin(history.nash_conv))
    return PSROResult(
        game=game,
        meta_solver=meta_solver,
        members=tuple(last.members),
        payoffs=last.payoffs,
        meta=last.meta,
        generations=tuple(r.marginals for r in records),
        profile=records[-1].profile,
        nash_conv=records[-1].nash_conv,
        best_profile=records[best].profile,
        best_nash_conv=records[best].nash_conv,
        best_generation=best,
        history=history,
        status=ended.status,
        note=ended.note,
        seed=seed,
        wall_time_s=took,
    )
