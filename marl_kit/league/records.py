"""What the match log holds, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marl_kit.core.version import VERSION

if TYPE_CHECKING:
    from marl_kit.play.match import GameRecord

EVALUATE = "evaluate"
"""Purpose of a match that counts for ratings and pay-offs."""
GATE = "gate"
"""Purpose of a match that decides whether a learner's new snapshot is accepted; and the event of
the verdict."""
SOLVE = "solve"
"""The event that ends a wave: what is to be played, and what it can lose."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is bound to: its game, the root of its streams, its preset and options.

    ``game`` is a spec, or the bare name of a file in the run's folder, and ``game_sha256`` the
    content of the game's file where it has one. ``seed`` is what the user gave (-1 for a
    Generator), ``entropy`` what the streams grow from. ``options`` are those of the preset, every
    one written out, as JSON. ``release`` is that of marl_kit: players of another may not be the
    same players.
    """

    game: str
    seed: int
    entropy: int
    preset: str
    options: str = "{}"
    game_sha256: str = ""
    release: str = VERSION


@dataclass(frozen=True, slots=True)
class Member:
    """A player of the league; frozen, as everything that the log names.

    Attributes
    ----------
    id : int
        From 1, in the order of joining.
    name : str
        Unique; the streams of the member's games are named by it.
    spec : str
        What ``mk.make_player`` builds it from; empty for a live object.
    kind : "spec", "snapshot", "learned" or "live"
    parent : str or None
        The name of the member that a snapshot was taken of, or that a learner went on from.
    sha256, file : str or None
        The content and the name (in the run's folder) of the file that the member is made from,
        where it has one.
    role : str
        Which line of learners a learned member belongs to; empty for the others.
    step : int
        The wave in which a learned member was made, from 1; 0 for those who were given.
    meta : str
        What its oracle told of the training, as JSON.
    """

    id: int
    name: str
    spec: str
    kind: str
    parent: str | None = None
    sha256: str | None = None
    file: str | None = None
    role: str = ""
    step: int = 0
    meta: str = "{}"


@dataclass(frozen=True, slots=True)
class Block:
    """The P games of one block, as ``play_block`` gave them: player i is ``profile[i]``.

    ``seed`` is the path of its stream below the run's root.
    """

    profile: tuple[Member, ...]
    number: int
    seed: tuple[int | str, ...]
    games: Sequence[GameRecord]
    purpose: str = EVALUATE


@dataclass(frozen=True, slots=True)
class GameRow:
    """One game of the log: ``policies[s]`` (ids) sat at seat ``s``, ``actions`` are joined by
    spaces, chance included."""

    match: int
    number: int
    wave: int
    purpose: str
    policies: tuple[int, ...]
    payoffs: tuple[float, ...]
    plies: int
    actions: str


@dataclass(frozen=True, slots=True)
class Practice:
    """Training games of a learner against one opponent, from the learner's side."""

    opponent: Member
    games: int
    wins: int
    draws: int
    losses: int
    total: float
    plies: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was decided, as a function of the log before it: ``detail`` is JSON."""

    wave: int
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Who worked on a job and when: the only part of the log that no seed decides."""

    worker: str = ""
    started: float = 0.0
    seconds: float = 0.0
