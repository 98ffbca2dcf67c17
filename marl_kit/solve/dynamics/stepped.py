"""What ``mk.dynamics`` asks of a dynamic, and what those in discrete steps have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

import numpy as np

from marl_kit.core.interrupt import StopRequest
from marl_kit.core.trajectory import STEP
from marl_kit.solve.driver import BLOCK_S

Piece = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Times [K], and the states and averages [K, S] at them."""


class Dynamic(Protocol):
    """Immutable options; everything that moves is in the state.

    ``follow`` walks through the recorded times, which begin with 0 and are whole numbers where
    ``unit`` is ``"step"``. Soon after ``stop`` is requested it ends with the point that it has
    reached, at its own time. ``single``: one population in place of one a player. ``interior``:
    without a start it begins at a random interior point, not at the centre. ``log_spaced``: what
    happens early is as interesting as what happens late.
    """

    unit: ClassVar[str]
    interior: ClassVar[bool]
    log_spaced: ClassVar[bool]

    @property
    def single(self) -> bool: ...
    def init(self, game: Any, rng: np.random.Generator, start: np.ndarray | None) -> Any: ...
    def follow(self, state: Any, times: np.ndarray, stop: StopRequest) -> Iterator[Piece]: ...
    def note(self, state: Any, actions: tuple[str, ...]) -> str: ...


class Pace:
    """How much work fills a block of about ``BLOCK_S``, between two looks at Ctrl-C."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 1

    def run(self, work: Callable[[int], Any], most: int) -> Any:
        """One block, of at most ``most`` units; the next grows at most tenfold."""
        n = min(self.size, most)
        begun = time.perf_counter()
        answer = work(n)
        took = time.perf_counter() - begun
        self.size = max(1, min(10 * self.size, int(n * BLOCK_S / max(took, 1e-9))))
        return answer


class Stepped:
    """What goes in rounds or generations: a state with ``t``, moved by ``step(state, n)``;
    ``current`` and ``average`` are what moves and what was played on average, side by side."""

    __slots__ = ()
    unit: ClassVar[str] = STEP

    def step(self, state: Any, n: int) -> None:
        raise NotImplementedError

    def current(self, state: Any) -> np.ndarray:
        raise NotImplementedError

    def average(self, state: Any) -> np.ndarray:
        raise NotImplementedError

    def follow(self, state: Any, times: np.ndarray, stop: StopRequest) -> Iterator[Piece]:
        """One point after another, in blocks that the path does not depend on."""
        pace = Pace()
        for until in times:
            while state.t < until:
                pace.run(lambda n: self.step(state, n), int(until) - state.t)
                if stop.requested:
                    break
            now = np.array([float(state.t)])
            yield now, self.current(state)[None].copy(), self.average(state)[None].copy()
            if stop.requested:
                return


class Learning(Stepped):
    """Players who learn in rounds, from the centre unless told otherwise."""

    __slots__ = ()
    interior: ClassVar[bool] = False
    log_spaced: ClassVar[bool] = True

    @property
    def single(self) -> bool:
        return False

    def current(self, state: Any) -> np.ndarray:
        """Beliefs or strategies, side by side."""
        mixed: np.ndarray = state.mixed
        return mixed

    def note(self, state: Any, actions: tuple[str, ...]) -> str:
        return ""
