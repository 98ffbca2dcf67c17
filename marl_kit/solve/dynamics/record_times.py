"""When the path of a dynamic is recorded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.registry import Method
from marl_kit.core.trajectory import STEP
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.dynamics.stepped import Dynamic

STEPS = 1_000
TIME = 50.0
"""In units of 1 / payoff range for the replicator equation, so that a default path looks the same
in every unit; the best-response dynamic has a clock of its own, and ``REPLIES``."""
REPLIES = 10.0
RECORD = 500
MOST_RECORDS = 1_000_000
MOST_STEPS = 2**53
SPACINGS = ["linear", "log"]


def recorded_times(
    game: NormalFormGame, entry: Method, dynamic: Dynamic, given: dict[str, Any]
) -> np.ndarray:
    """When the path is recorded: 0, the end, and about as many points as were asked for."""
    record, spacing = given["record"], given["spacing"]
    record = RECORD if record is None else record
    if not _is_whole(record) or not 1 <= record <= MOST_RECORDS:
        raise InvalidOptionError(
            f"record is {record!r}; give a whole number from 1 to {MOST_RECORDS:,}."
        )
    if spacing is None:
        spacing = "log" if dynamic.log_spaced else "linear"
    if spacing not in SPACINGS:
        raise InvalidOptionError(f"spacing is {spacing!r}; give one of {', '.join(SPACINGS)}.")
    if not isinstance(given["joint"], bool):
        raise InvalidOptionError(f"joint is {given['joint']!r}; give True or False.")
    end = _end(game, entry, dynamic, given)
    if dynamic.unit == STEP:
        return _whole_times(int(end), int(record), spacing)
    if spacing == "log":
        return np.concatenate([[0.0], _log_spaced(end / 1000, end, int(record))])
    return np.linspace(0.0, end, record + 1)


def _end(game: NormalFormGame, entry: Method, dynamic: Dynamic, given: dict[str, Any]) -> float:
    steps, time = given["steps"], given["time"]
    if dynamic.unit == STEP:
        if time is not None:
            raise InvalidOptionError(f"{entry.name} goes in steps here; give steps, not time.")
        steps = STEPS if steps is None else steps
        if not _is_whole(steps) or not 1 <= steps <= MOST_STEPS:
            raise InvalidOptionError(f"steps is {steps!r}; give a whole number of at least 1.")
        return float(steps)
    if steps is not None:
        raise InvalidOptionError(
            f"{entry.name} goes in continuous time here; give time, not steps."
        )
    if time is None:
        own_clock = entry.name == "best_response"
        return REPLIES if own_clock else TIME / (game.info.payoff_range or 1.0)
    real = isinstance(time, int | float | np.number) and not isinstance(time, bool)
    if not real or not 0 < time < math.inf:
        raise InvalidOptionError(f"time is {time!r}; give a finite number above 0.")
    return float(time)


def _is_whole(x: Any) -> bool:
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def _log_spaced(first: float, last: float, count: int) -> np.ndarray:
    """The last one alone, where there is room for one."""
    return np.geomspace(first, last, count) if count > 1 else np.array([float(last)])


def _whole_times(steps: int, record: int, spacing: str) -> np.ndarray:
    count = min(steps, record)
    if spacing == "log":
        times = np.rint(_log_spaced(1, steps, record))
    else:
        times = np.rint(np.linspace(0, steps, count + 1))
    return np.unique(np.concatenate([[0.0], times, [steps]]))
