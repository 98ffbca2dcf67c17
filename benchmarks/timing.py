"""Paired timing: the machine's speed drifts, so the two sides take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True)
class Row:
    """One comparison; times are medians in seconds, the ratio is the median of paired ratios."""

    work: str
    peer: str
    peer_s: float
    ours_s: float
    ratio: float
    floor: float

    @property
    def passed(self) -> bool:
        return self.ratio >= self.floor


def seconds(work: Callable[[], object], per: int = 1) -> float:
    """Wall time of one call, divided by the units of work in it."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) / per


def compare(
    work: str,
    peer: str,
    theirs: Callable[[], object],
    ours: Callable[[], object],
    *,
    floor: float,
    per: tuple[int, int] = (1, 1),
    rounds: int = ROUNDS,
) -> Row:
    """Warm both up once, then time them in turn; ``per`` are the units of work in one call."""
    theirs(), ours()
    pairs = [(seconds(theirs, per[0]), seconds(ours, per[1])) for _ in range(rounds)]
    return Row(
        work,
        peer,
        statistics.median(p for p, _ in pairs),
        statistics.median(o for _, o in pairs),
        statistics.median(p / o for p, o in pairs),
        floor,
    )


@dataclass(frozen=True)
class Limit:
    """An absolute limit, where no peer does the work."""

    work: str
    measured: float
    limit: float
    unit: str

    @property
    def passed(self) -> bool:
        return self.measured <= self.limit
