"""Jobs that travel together, so that sending them costs little beside working on them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from marl_kit.league.jobs import Job

SECONDS = 0.25
"""Of work in a parcel, as far as jobs are longer than that anyway; 0.1 s is the least that is worth
its journey."""
SMOOTHING = 0.3
"""Weight of the newest parcel in the expected time of a job."""


@dataclass(eq=False, slots=True)
class Parcel:
    """Consecutive jobs of one kind; ``attempts`` counts workers that were lost with it."""

    first: int
    jobs: Sequence[Job]
    attempts: int = 0


@dataclass(eq=False, slots=True)
class Depot:
    """Packs jobs into parcels.

    How many go together depends on how long they took; what they bring and its order do not.
    """

    jobs: Sequence[Job]
    workers: int
    _next: int = 0
    _returned: deque[Parcel] = field(default_factory=deque)
    _seconds: dict[str, float] = field(default_factory=dict)

    def take(self) -> Parcel | None:
        """The next parcel; those that came back undone go first."""
        if self._returned:
            return self._returned.popleft()
        if self._next == len(self.jobs):
            return None
        first, kind = self._next, self.jobs[self._next].kind
        last = min(first + self._size(kind), len(self.jobs))
        while self.jobs[last - 1].kind != kind:
            last -= 1
        self._next = last
        return Parcel(first, self.jobs[first:last])

    def give_back(self, parcel: Parcel) -> None:
        """A parcel whose worker was lost."""
        parcel.attempts += 1
        self._returned.append(parcel)

    def stop(self) -> None:
        """Pack nothing more: from now on ``jobs`` are those that were taken."""
        self.jobs = self.jobs[: self._next]

    def learn(self, parcel: Parcel, seconds: float) -> None:
        """How long a parcel took."""
        kind, each = parcel.jobs[0].kind, seconds / len(parcel.jobs)
        before = self._seconds.get(kind, each)
        self._seconds[kind] = before + SMOOTHING * (each - before)

    def _size(self, kind: str) -> int:
        if kind not in self._seconds:
            return 1
        fair = math.ceil((len(self.jobs) - self._next) / (2 * self.workers))
        return max(1, min(fair, int(SECONDS / max(self._seconds[kind], 1e-6))))
