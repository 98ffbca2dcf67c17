"""The one loop of every iterative method: it owns stopping, timing, history and progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.progress import Progress
from marl_kit.core.results import History, Status

BLOCK_S = 0.05
"""Work between two looks at the clock and at Ctrl-C. The result does not depend on it."""
MAX_ITERATIONS = 10_000_000
"""Where a run with ``tol`` alone gives up."""


class IterativeMethod(Protocol):
    """Immutable options; everything that changes is in the state.

    ``init`` makes a state for a game, ``step`` runs n iterations on a state in place, ``profile``
    reads the profile that would be returned. ``step(state, 0)`` only compiles.
    """

    def init(self, game: Any, rng: np.random.Generator) -> Any: ...
    def step(self, state: Any, n: int) -> None: ...
    def profile(self, game: Any, state: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Stopping:
    """When to stop: at ``last`` iterations, at ``tol`` NashConv or after ``time_limit`` seconds."""

    last: int
    tol: float | None
    time_limit: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """What the loop hands back."""

    profile: Any
    nash_conv: float
    status: Status
    history: History
    wall_time_s: float


def is_checkpoint(t: int) -> bool:
    """Whether ``t`` is 1, 2, 5, 10, 20, 50, ..."""
    return t > 0 and str(t).rstrip("0") in ("1", "2", "5")


def next_checkpoint(t: int) -> int:
    """The first of 1, 2, 5, 10, 20, 50, ... after ``t``."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale > t:
                return step * scale
        scale *= 10


def run(
    method: IterativeMethod,
    game: Any,
    state: Any,
    stopping: Stopping,
    certificate: Callable[[Any], float],
    earlier: History | None,
    progress: Progress,
) -> Run:
    """Iterate until a rule of ``stopping`` holds or the user interrupts."""
    points = [] if earlier is None else list(zip(*earlier.to_dict().values(), strict=True))
    elapsed = points[-1][1] if points else 0.0
    begun = elapsed
    if points and not is_checkpoint(int(points[-1][0])):
        points.pop()  # where the earlier run happened to end, an unbroken one has no point
    block = 1
    status, profile, gap = Status.ITERATION_LIMIT, None, float("nan")
    with stop_on_ctrl_c() as stop, progress:
        while True:
            n = min(block, next_checkpoint(state.t) - state.t, stopping.last - state.t)
            start = time.perf_counter()
            method.step(state, n)
            took = time.perf_counter() - start
            elapsed += took
            block = _next_block(n, took)
            timed_out = stopping.time_limit is not None and elapsed - begun >= stopping.time_limit
            ended = state.t >= stopping.last or timed_out or stop.requested
            if ended or is_checkpoint(state.t):
                profile = method.profile(game, state)
                gap = certificate(profile)
                points.append((state.t, elapsed, gap))
                if stopping.tol is not None and (gap < stopping.tol or gap == 0.0):
                    status = Status.CONVERGED
                    break
            progress.update(state.t, gap)
            if ended:
                if stop.requested:
                    status = Status.INTERRUPTED
                elif state.t < stopping.last:
                    status = Status.TIME_LIMIT
                break
    return Run(profile, gap, status, _history(points), elapsed)


def _next_block(n: int, took: float) -> int:
    """About ``BLOCK_S`` of work, growing at most tenfold from one block to the next."""
    return max(1, min(10 * max(n, 1), int(n * BLOCK_S / max(took, 1e-9))))


def _history(points: list[tuple[Any, ...]]) -> History:
    # a run that continues and stops at once stands again where the earlier one ended
    unique = {int(t): (int(t), float(s), float(c)) for t, s, c in points}
    t, s, c = zip(*unique.values(), strict=True)
    return History(np.array(t, np.int64), np.array(s), np.array(c))
