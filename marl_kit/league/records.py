"""What the match log holds, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marl_kit.core.version import VERSION

if TYPE_CHECKING:
    from marl_kit.play.match import GameRecord


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is bound to: its game, the root of its streams and its preset.

    ``game`` is a spec, or the bare name of a file in the run's folder, and ``game_sha256`` the
    content of the game's file where it has one. ``seed`` is what the user gave (-1 for a
    Generator), ``entropy`` what the streams grow from. ``release`` is that of marl_kit: players of
    another may not be the same players.
    """

    game: str
    seed: int
    entropy: int
    preset: str
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
    kind : "spec", "snapshot" or "live"
    parent : str or None
        The name of the member that a snapshot was taken of.
    sha256, file : str or None
        The content and the name (in the run's folder) of the file that the member is made from,
        where it has one.
    """

    id: int
    name: str
    spec: str
    kind: str
    parent: str | None = None
    sha256: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """The games of one block of a pair, as ``play_block`` gave them: player 0 is ``a``."""

    a: Member
    b: Member
    number: int
    seed: tuple[int | str, ...]
    games: Sequence[GameRecord]
    started: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PairCount:
    """What the log says of two members: wins (a higher payoff than the other's), payoff sums."""

    a: str
    b: str
    games: int
    wins_a: int
    draws: int
    wins_b: int
    total_a: float
    total_b: float
