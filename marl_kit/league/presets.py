"""Who plays whom: a preset tells the jobs of a wave from the log alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from marl_kit.core.errors import UnknownNameError
from marl_kit.league.records import Member

Played = Mapping[tuple[int, int], int]
"""Blocks that a pair of ids has played; a missing pair has played none."""


class Job(NamedTuple):
    """A block of games to play; ``a`` joined before ``b``."""

    a: Member
    b: Member
    block: int

    @property
    def stream(self) -> tuple[int | str, ...]:
        """Path of the block's stream below the run's root: of names and number only, so neither
        the order of play nor who else is in the league matters."""
        return "pair", self.a.name, self.b.name, "block", self.block


def round_robin(wave: int, members: Sequence[Member], played: Played) -> list[Job]:
    """Wave w is block w of every pair; whoever joined later catches up."""
    return [
        Job(a, b, wave) for a, b in combinations(members, 2) if played.get((a.id, b.id), 0) <= wave
    ]


PRESETS: dict[str, Callable[[int, Sequence[Member], Played], list[Job]]] = {
    "round_robin": round_robin
}


def check_preset(name: str) -> None:
    """Refuse a preset that there is not, with near misses."""
    if name not in PRESETS:
        raise UnknownNameError("preset", str(name), PRESETS)


def finished_waves(members: Sequence[Member], played: Played) -> int:
    """Waves that every pair has played."""
    return min((played.get((a.id, b.id), 0) for a, b in combinations(members, 2)), default=0)
