"""The front door of all solvers."""

from __future__ import annotations

import dataclasses
import inspect
import math
import time
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.progress import BarProgress, Progress
from marl_kit.core.registry import Method, find_method, fold, require, resolve
from marl_kit.core.results import History, Solution, Status
from marl_kit.core.seeds import generator, resolve_seed
from marl_kit.core.spec import parse_spec
from marl_kit.evaluate.exploitability import expected_values, nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.profile import as_profile
from marl_kit.solve.auto import choose
from marl_kit.solve.certificate import negligible
from marl_kit.solve.driver import MAX_ITERATIONS, Run, Stopping, run

DEFAULT_TOLERANCE = 1e-3
"""Relative to the payoff range, where no stopping rule was given."""
DEFAULT_ITERATIONS = 10_000


def solve(
    game: Any,
    method: str = "auto",
    *,
    seed: int | np.random.Generator | None = 0,
    iterations: int | None = None,
    time_limit: float | None = None,
    tol: float | None = None,
    start: Solution | None = None,
    progress: bool = False,
    **options: Any,
) -> Solution:
    """Solve a finite game; the answer carries its NashConv.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    method : str
        A name from the README's table, with parameters if you like: ``"dcfr(alpha=1.5,beta=0)"``.
        ``"auto"`` chooses, and ``Solution.reason`` says why.
    seed : int, Generator or None
    iterations : int, optional
        With this and no ``tol``, exactly so many run (more, after ``start``).
    time_limit : float, optional
        Seconds of the solver's own loop.
    tol : float, optional
        Absolute NashConv in payoff units, looked at at 1, 2, 5, 10, 20, 50, ... iterations.
        Without any of the three: 1e-3 of the payoff range or 10,000 iterations.
    start : Solution, optional
        Go on from here, exactly as if it had never stopped.
    progress : bool
        A bar on stderr.
    **options
        The method's own, such as ``gamma=3``.

    Raises
    ------
    UnknownNameError, InvalidOptionError, UnsupportedGameError, ImperfectRecallError,
    GameTooLargeError
        Before any work. Not converging is a ``status``, not an error.

    Examples
    --------
    >>> import marl_kit as mk
    >>> solution = mk.solve("kuhn_poker")
    >>> solution.method, round(float(solution.values[0]), 6)  # -1/18
    ('lp', -0.055556)
    """
    begun = time.perf_counter()
    game = as_game(game)
    if start is not None:
        method, options = _method_of(start, method, options)
    wanted, stopping, options = _read(method, iterations, time_limit, tol, start, options)
    seed_number, root = resolve_seed(seed)
    if wanted == "auto":
        if options:
            raise InvalidOptionError(
                f"method='auto' takes no options ({', '.join(options)} given); name the method."
            )
        _compile(game, progress)
        wanted, reason = choose(game)
    else:
        reason = ""
    entry = find_method(wanted)
    target = resolve(entry.target)
    _check_options(entry, target, options)
    algorithm = target(**options) if isinstance(target, type) else None
    _compile(game, progress)
    require(entry, game)
    if algorithm is None:
        return _direct(game, entry, target, options, stopping, start, reason, seed_number, begun)
    rules = _stopping(game, stopping, start)
    state = algorithm.init(game, generator(root, "solve", entry.name))
    if start is not None:
        _restore(state, start, entry, algorithm, game)
        seed_number = start.seed  # what the run was drawn from at its beginning
    algorithm.step(state, 0)  # compiles
    shown = _bar(entry, game, rules) if progress else Progress()
    setup = time.perf_counter() - begun
    result = run(
        algorithm,
        game,
        state,
        rules,
        lambda profile: nash_conv_of(game, profile),
        start.history if start is not None else None,
        shown,
    )
    return _iterative_solution(game, entry, algorithm, result, state, reason, setup, seed_number)


def _method_of(start: Any, method: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """To go on is to go on with the same method and options, unless others are named."""
    if not isinstance(start, Solution):
        raise InvalidOptionError(f"start is {start!r}; give a Solution of an iterative method.")
    if fold(str(method)) != "auto":
        return method, options
    return start.method, {**start.options, **options}


def _read(
    method: str,
    iterations: int | None,
    time_limit: float | None,
    tol: float | None,
    start: Solution | None,
    options: dict[str, Any],
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Method name, the stopping rules that were given, and the method's own options."""
    if not isinstance(method, str):
        raise InvalidOptionError(f"method is {method!r}; give a name such as 'cfr+'.")
    name, written = parse_spec(method)
    if name.strip().lower() != "auto":
        name = find_method(name).name
    else:
        name = "auto"
    rules = {"iterations": iterations, "time_limit": time_limit, "tol": tol}
    for key in written:
        if key in options or rules.get(key) is not None:
            raise InvalidOptionError(f"{key} is given twice, in {method!r} and beside it.")
    rules |= {k: v for k, v in written.items() if k in rules}
    own = {k: v for k, v in {**written, **options}.items() if k not in rules}
    _check_rules(rules)
    return name, {k: v for k, v in rules.items() if v is not None}, own


def _check_rules(rules: dict[str, Any]) -> None:
    count = rules["iterations"]
    if count is not None and (
        isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1
    ):
        raise InvalidOptionError(f"iterations is {count!r}; give a whole number of at least 1.")
    for key in ("time_limit", "tol"):
        value = rules[key]
        if value is None:
            continue
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not value >= 0 or math.isinf(value):
            raise InvalidOptionError(f"{key} is {value!r}; give a finite number >= 0.")


def _bar(entry: Method, game: Game, rules: Stopping) -> BarProgress:
    total = rules.last if rules.last < MAX_ITERATIONS else None
    return BarProgress(f"{entry.name} on {game.name}", total)


def _compile(game: Game, progress: bool) -> None:
    """Enumerate a game that is not a matrix, showing how far it is if that was asked for."""
    if game.form != "normal":
        game.tree(progress=progress)


def _check_options(entry: Method, target: Any, options: dict[str, Any]) -> None:
    if isinstance(target, type):
        known = [f.name for f in dataclasses.fields(target)]
    else:  # a direct method's options stand behind the game
        known = list(inspect.signature(target).parameters)[1:]
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of {entry.name}", key, known)


def _stopping(game: Game, given: dict[str, Any], start: Solution | None) -> Stopping:
    done = start.iterations if start is not None else 0
    if not given:
        tol = DEFAULT_TOLERANCE * game.info.payoff_range
        return Stopping(done + DEFAULT_ITERATIONS, tol, None)
    count = given.get("iterations", MAX_ITERATIONS)
    return Stopping(done + int(count), given.get("tol"), given.get("time_limit"))


def _restore(state: Any, start: Solution, entry: Method, algorithm: Any, game: Game) -> None:
    """Copy the arrays of ``start`` into a fresh state."""
    same_game = start.game is game or (bool(game.spec) and start.game.spec == game.spec)
    if start.state is None or start.method != entry.name or not same_game:
        raise UnsupportedGameError(
            f"start is a solution of {start.game.name} by {start.method}; to go on with "
            f"{entry.name} on {game.name} give one of the same game and iterative method."
        )
    if dict(start.options) != _options(algorithm):
        raise InvalidOptionError(
            f"start ran with options {dict(start.options)} and this run has "
            f"{_options(algorithm)}; to go on they must be equal."
        )
    state.t = start.state.t
    for name in type(state).ARRAYS:
        getattr(state, name)[:] = getattr(start.state, name)


def _options(algorithm: Any) -> dict[str, Any]:
    """What is recorded: options marked ``omit_default`` came later than files and scripts that
    know the others, so they are named only where they were changed."""
    return {
        f.name: getattr(algorithm, f.name)
        for f in dataclasses.fields(algorithm)
        if "omit_default" not in f.metadata or getattr(algorithm, f.name) != f.default
    }


def _direct(
    game: Game,
    entry: Method,
    target: Any,
    options: dict[str, Any],
    stopping: dict[str, Any],
    start: Solution | None,
    reason: str,
    seed: int,
    begun: float,
) -> Solution:
    if start is not None:
        raise InvalidOptionError(f"{entry.name} is direct: it has no iterations to go on with.")
    if game.form != "normal":
        game.sequence_form()
    setup = time.perf_counter() - begun
    clock = time.perf_counter()
    answer = target(game, **options)
    took = time.perf_counter() - clock
    profile = as_profile(game, answer.profile)
    gap = nash_conv_of(game, profile)
    status = answer.status
    if status is Status.SOLVED and gap > negligible(game, profile):
        status = Status.INEXACT
    unused = f"{', '.join(stopping)} not used by a direct method" if stopping else ""
    notes = filter(None, [answer.note, unused, game.note])
    return Solution(
        profile=profile,
        values=expected_values(game, profile),
        nash_conv=gap,
        exploitability=gap / game.num_players,
        method=entry.name,
        options=options,
        status=status,
        reason=reason,
        note="; ".join(notes),
        iterations=0,
        wall_time_s=took,
        setup_time_s=setup,
        seed=seed,
        history=History(np.array([0]), np.array([took]), np.array([gap])),
        state=None,
        game=game,
    )


def _iterative_solution(
    game: Game,
    entry: Method,
    algorithm: Any,
    result: Run,
    state: Any,
    reason: str,
    setup: float,
    seed: int,
) -> Solution:
    status = result.status
    zero_sum = game.num_players == 2 and game.info.constant_sum
    if status is Status.ITERATION_LIMIT and not (zero_sum and entry.solves_zero_sum):
        status = Status.NO_GUARANTEE
    return Solution(
        profile=result.profile,
        values=expected_values(game, result.profile),
        nash_conv=result.nash_conv,
        exploitability=result.nash_conv / game.num_players,
        method=entry.name,
        options=_options(algorithm),
        status=status,
        reason=reason,
        note=game.note,
        iterations=state.t,
        wall_time_s=result.wall_time_s,
        setup_time_s=setup,
        seed=seed,
        history=result.history,
        state=state,
        game=game,
    )
