"""What a step of the tour is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from marl_kit.core.results import Status
from marl_kit.plot.report import Block

Say = Callable[[str], None]
"""Called with a few words whenever the next piece of work begins."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a step may build on: the tour's seed, and a folder that outlives the process."""

    seed: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the tour.

    Attributes
    ----------
    title : str
    pieces : int
        How often ``run`` calls ``say``; the bar's length.
    run : callable
        ``run(say, setting)`` does the work and returns the blocks to show.
    """

    title: str
    pieces: int
    run: Callable[[Say, Setting], list[Block]]


def stop_if_interrupted(status: Status) -> None:
    """A solver answers Ctrl-C with what it has; on the tour Ctrl-C means the whole tour."""
    if status is Status.INTERRUPTED:
        raise KeyboardInterrupt
