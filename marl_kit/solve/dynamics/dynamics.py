"""The one driver of all dynamics."""

from __future__ import annotations

import dataclasses
import inspect
import math
import time as clock
from collections.abc import Mapping
from typing import Any

import numpy as np

from marl_kit.core.dynamics_registry import DYNAMICS, find_dynamic
from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.registry import Method, require, resolve
from marl_kit.core.results import Status
from marl_kit.core.seeds import generator, resolve_seed
from marl_kit.core.spec import parse_spec
from marl_kit.core.trajectory import Trajectory
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.dynamics.populations import read_start
from marl_kit.solve.dynamics.record_times import recorded_times
from marl_kit.solve.dynamics.stepped import Dynamic, Piece

REST = 1e-12
"""Of probabilities: rounding, where a path does not move."""
RULES = ("steps", "time", "record", "spacing", "joint")


def dynamics(
    game: Any,
    method: str = "replicator",
    *,
    steps: int | None = None,
    time: float | None = None,
    start: Any = None,
    seed: int | np.random.Generator | None = 0,
    record: int | None = None,
    spacing: str | None = None,
    joint: bool = False,
    **options: Any,
) -> Trajectory:
    """Follow learning or evolution in a normal form.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        In normal form (``game.to_normal_form()``).
    method : str
        ``fictitious_play``, ``smooth_fictitious_play``, ``regret_matching``,
        ``regret_matching+``, ``hedge``, ``optimistic_hedge``: players learn in rounds.
        ``replicator``, ``best_response``: populations move in continuous time (the replicator with
        ``discrete=True`` in generations). ``moran``: births and deaths in a finite population.
        Options may stand in the string: ``"hedge(rate=0.1,schedule=constant)"``.
    steps : int, optional
        For what goes in rounds; 1000 without.
    time : float, optional
        For continuous time; without, 50 / payoff range, and 10 for ``best_response``.
    start : profile, "uniform" or "random", optional
        Beliefs, strategies or shares at the start; for one population a single vector. Without,
        uniform for learning and the Moran process, and a random interior point (by ``seed``) for
        ``replicator`` and ``best_response``, which can rest at the centre.
    seed : int, Generator or None
    record : int, optional
        About how many points of the path are kept beside the start; 500 without.
    spacing : "linear" or "log", optional
        Of the recorded times; without, ``"log"`` for learning and ``"linear"`` for the others.
    joint : bool
        Also keep how often every joint action was played (learning only): the distribution whose
        distance to the coarse correlated equilibria ``mk.correlation_gap`` tells.
    **options
        The method's own; see its class in ``marl_kit.solve.dynamics``.

    Returns
    -------
    Trajectory
        ``times``, ``states``, ``averages``; ``.plot()``, ``.profile``, ``.average()``,
        ``.to_frame()``. Ctrl-C gives the path so far.

    Raises
    ------
    UnknownNameError, InvalidOptionError, InvalidProfileError, UnsupportedGameError
        Before any work.

    Examples
    --------
    >>> import marl_kit as mk
    >>> path = mk.dynamics("shapley_1964", "fictitious_play", steps=10_000)  # it cycles
    >>> path.nash_conv > 0.1
    True
    >>> path = mk.dynamics("hawk_dove", "replicator", populations="one", start=[0.1, 0.9])
    >>> path.states[-1].round(3).tolist()
    [0.5, 0.5]
    """
    game = as_game(game)
    entry, written = _named(method)
    rules = {"steps": steps, "time": time, "record": record, "spacing": spacing, "joint": joint}
    given, options = _merged(method, rules, written, options)
    require(entry, game)
    assert isinstance(game, NormalFormGame)
    dynamic = _made(entry, options)
    times = recorded_times(game, entry, dynamic, given)
    number, root = resolve_seed(seed)
    point = read_start(
        game, start, generator(root, "dynamics", "start"), dynamic.single, dynamic.interior
    )
    state: Any = dynamic.init(game, generator(root, "dynamics", entry.name), point)
    _keep_joint(game, entry, state, given["joint"])
    begun = clock.perf_counter()
    with stop_on_ctrl_c() as stop:
        pieces = _pieces(dynamic, state, times, stop)
    took = clock.perf_counter() - begun
    return _trajectory(game, entry, dynamic, state, float(times[-1]), pieces, number, took)


def _named(method: Any) -> tuple[Method, dict[str, Any]]:
    if not isinstance(method, str):
        raise InvalidOptionError(f"method is {method!r}; give a name such as 'replicator'.")
    name, written = parse_spec(method)
    return find_dynamic(name), written


def _merged(
    method: str, rules: Mapping[str, Any], written: dict[str, Any], options: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in the method's string and what stands beside it."""
    for key in written:
        if key in options or rules.get(key) not in (None, False):
            raise InvalidOptionError(f"{key} is given twice, in {method!r} and beside it.")
    merged = dict(rules) | {k: v for k, v in written.items() if k in RULES}
    return merged, {k: v for k, v in {**written, **options}.items() if k not in RULES}


def _made(entry: Method, options: dict[str, Any]) -> Dynamic:
    target = resolve(entry.target)
    known = list(inspect.signature(target).parameters)
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of {entry.name}", key, known)
    dynamic: Dynamic = target(**options)
    return dynamic


def _keep_joint(game: NormalFormGame, entry: Method, state: Any, wanted: bool) -> None:
    if not wanted:
        return
    if not hasattr(state, "joint"):
        names = [n for n, m in DYNAMICS.items() if "fictitious" in n or "regret" in m.target]
        raise InvalidOptionError(
            f"joint play is kept by learning in rounds ({', '.join(names)}, hedge, "
            f"optimistic_hedge), not by {entry.name}."
        )
    state.joint = np.zeros(math.prod(game.num_actions))


def _pieces(dynamic: Dynamic, state: Any, times: np.ndarray, stop: StopRequest) -> Piece:
    """Times, points and averages, as far as the user let it come."""
    kept, states, averages = zip(*dynamic.follow(state, times, stop), strict=True)
    return np.concatenate(kept), np.concatenate(states), np.concatenate(averages)


def _trajectory(
    game: NormalFormGame,
    entry: Method,
    dynamic: Any,
    state: Any,
    end: float,
    record: Piece,
    seed: int,
    took: float,
) -> Trajectory:
    times, states, averages = record
    if not np.isfinite(states).all():
        raise UnsupportedGameError(
            f"{entry.name} left the numbers of float64 on {game.name}; rescale its payoffs."
        )
    single = dynamic.single
    actions = game.actions[:1] if single else game.actions
    names = ("population",) if single else game.player_names
    path = Trajectory(
        game=game,
        method=entry.name,
        options=_options(dynamic),
        unit=dynamic.unit,
        times=times,
        states=states,
        averages=averages,
        populations=tuple(names),
        actions=tuple(actions),
        joint=_joint(game, state),
        nash_conv=math.nan,
        average_nash_conv=math.nan,
        status=Status.FOLLOWED if times[-1] == end else Status.INTERRUPTED,
        seed=seed,
        wall_time_s=took,
        note=dynamic.note(state, actions[0]) or _rest(entry, dynamic, states, averages),
    )
    return dataclasses.replace(
        path,
        nash_conv=nash_conv_of(game, path.profile),
        average_nash_conv=nash_conv_of(game, path.average()),
    )


def _rest(entry: Method, dynamic: Any, states: np.ndarray, averages: np.ndarray) -> str:
    """Says that nothing has moved, where that is not an accident of few draws."""
    drawn = entry.name == "moran" or getattr(dynamic, "sampled", False)
    still = all(np.abs(rows - states[0]).max() <= REST for rows in (states, averages))
    if drawn or len(states) < 2 or not still:
        return ""
    return "the start is a rest point: nothing has moved (try start='random')"


def _options(dynamic: Any) -> dict[str, Any]:
    values = {f.name: getattr(dynamic, f.name) for f in dataclasses.fields(dynamic)}
    return {k: v for k, v in values.items() if v is not None}


def _joint(game: NormalFormGame, state: Any) -> np.ndarray | None:
    table = getattr(state, "joint", None)
    if table is None or table.size == 0:
        return None
    total = table.sum()
    if not total > 0:  # nothing counts yet
        return None
    shares: np.ndarray = (table / total).reshape(game.num_actions)
    return shares
