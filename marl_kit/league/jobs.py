"""What is to be done, as plain data: jobs are written into the log before anybody works on them.

A job is a function of what its detail names and of the run's seed, so whoever works on it, and
however often, brings the same result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from marl_kit.core.errors import CheckpointError
from marl_kit.league.records import EVALUATE, Block, Event, Member, Practice
from marl_kit.learn.oracle import Answer

Stream = tuple[int | str, ...]
"""Path of a random stream below the run's root."""


@dataclass(frozen=True, slots=True)
class PlayJob:
    """Blocks ``first``, ``first + 1``, ... of a profile of members."""

    profile: tuple[Member, ...]
    first: int
    blocks: int
    purpose: str = EVALUATE
    id: int = 0
    wave: int = 0
    kind: ClassVar[str] = "play"

    def stream(self, block: int) -> Stream:
        """Of names and number only, so neither the order of play nor who else is in the league
        matters."""
        what = "pair" if self.purpose == EVALUATE else self.purpose
        return what, *(member.name for member in self.profile), "block", block

    def members(self) -> tuple[Member, ...]:
        return self.profile

    def detail(self) -> str:
        ids = [member.id for member in self.profile]
        return json.dumps([ids, self.first, self.blocks, self.purpose])


@dataclass(frozen=True, slots=True)
class TrainJob:
    """A new player for a line of learners, against opponents with weights.

    ``before`` counts the tasks that this line has had.
    """

    name: str
    role: str
    oracle: str
    opponents: tuple[Member, ...]
    weights: tuple[float, ...]
    parent: Member | None
    before: int
    id: int = 0
    wave: int = 0
    kind: ClassVar[str] = "train"

    def stream(self) -> Stream:
        return "train", self.name

    def members(self) -> tuple[Member, ...]:
        return self.opponents if self.parent is None else (*self.opponents, self.parent)

    def detail(self) -> str:
        opponents = [member.id for member in self.opponents]
        parent = self.parent and self.parent.id
        return json.dumps(
            [self.name, self.role, self.oracle, opponents, self.weights, parent, self.before]
        )


@dataclass(frozen=True, slots=True)
class ComputeJob:
    """Expected payoffs of every seating in which a newcomer sits, among newcomers and others."""

    newcomers: tuple[Member, ...]
    others: tuple[Member, ...]
    id: int = 0
    wave: int = 0
    kind: ClassVar[str] = "compute"

    def members(self) -> tuple[Member, ...]:
        return (*self.others, *self.newcomers)

    def detail(self) -> str:
        return json.dumps([[m.id for m in self.newcomers], [m.id for m in self.others]])


Job = PlayJob | TrainJob | ComputeJob


@dataclass(frozen=True, slots=True)
class Stage:
    """Jobs that do not depend on each other, and what was decided just before them."""

    wave: int
    name: str
    jobs: Sequence[Job] = ()
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Played:
    """Of a ``PlayJob``."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Trained:
    """Of a ``TrainJob``, as the oracle gave it: still without a file and a number."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Learned:
    """Of a ``TrainJob``, when its file is written."""

    member: Member
    practice: tuple[Practice, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """Of a ``ComputeJob``: ids and expected payoffs by seat."""

    payoffs: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]


Outcome = Played | Trained | Computed
"""What a worker hands back."""
Result = Played | Learned | Computed
"""What is entered."""


def read_job(number: int, wave: int, kind: str, detail: str, members: Mapping[int, Member]) -> Job:
    """A job as the log has it.

    Raises
    ------
    CheckpointError
        The row is damaged.
    """
    try:
        return _read(number, wave, kind, json.loads(detail), members)
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"job {number} in the log is damaged: {error!r}.") from error


def _read(number: int, wave: int, kind: str, row: Any, members: Mapping[int, Member]) -> Job:
    if kind == PlayJob.kind:
        ids, first, blocks, purpose = row
        return PlayJob(tuple(members[i] for i in ids), first, blocks, purpose, number, wave)
    if kind == ComputeJob.kind:
        newcomers, others = (tuple(members[i] for i in ids) for ids in row)
        return ComputeJob(newcomers, others, number, wave)
    if kind != TrainJob.kind:
        raise ValueError(f"kind {kind!r}")
    name, role, oracle, opponents, weights, parent, before = row
    who = tuple(members[i] for i in opponents)
    mother = None if parent is None else members[parent]
    return TrainJob(name, role, oracle, who, tuple(weights), mother, before, number, wave)
