"""What an oracle is: asked to play well against a population, it answers with a new player.

A league asks and enters the answer; how the player was found is the oracle's affair. Search,
linear passes over the sequence form, tables and networks answer through the same two records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from marl_kit.games.game import Game
from marl_kit.play.player import Player

FILE = "{file}"
"""In the spec of an answer: stands for the path of its content."""


@dataclass(frozen=True, eq=False, slots=True)
class Task:
    """What an oracle is asked.

    Attributes
    ----------
    game : Game
    opponents : tuple of n players
        They are not to be changed; none of them is the learner itself.
    weights : float64 [n]
        Not negative, of sum 1. Whoever simulates draws every other seat's opponent by them,
        independently, anew in each game; whoever computes mixes them so.
    root : SeedSequence
        Where all randomness comes from: the same task gives the same answer, bit for bit.
    learner : Path or None
        The content of the answer to go on from, where the oracle said ``resumes``; None begins
        anew.
    wave : int
        How many tasks of this learner came before.
    """

    game: Game
    opponents: tuple[Player, ...]
    weights: np.ndarray
    root: np.random.SeedSequence
    learner: Path | None = None
    wave: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """Training games against one opponent, from the learner's side; a draw is equal payoffs.

    Attributes
    ----------
    opponent : int
        Its place in ``Task.opponents``; in games of more than two players every opponent counts
        the game.
    games, wins, draws, losses : int
        A win is a higher payoff than the opponent's.
    total : float
        Sum of the learner's payoffs.
    plies : int
        Actions in these games, all players' and chance's.
    """

    opponent: int
    games: int
    wins: int
    draws: int
    losses: int
    total: float
    plies: int


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """The new player, as files and a spec: never a live object, which could change later.

    Attributes
    ----------
    spec : str
        As ``mk.make_player`` takes it, with ``"{file}"`` in place of the path of ``content``.
    content : bytes or None
        What the spec's file holds; None where the spec says all.
    suffix : str
        Of the file's name.
    tallies : tuple of Tally
        Training games, empty where none was simulated.
    facts : {str: number or text}
        What a report may tell of the training (episodes, states seen, gain in payoff units); plain
        numbers and strings.
    """

    spec: str
    content: bytes | None = None
    suffix: str = ".npz"
    tallies: tuple[Tally, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Oracle(Protocol):
    """Immutable options with one method.

    Attributes
    ----------
    spec : str
        The oracle's spec with every option written out.
    resumes : bool
        Whether ``Task.learner`` is of use to it.
    """

    @property
    def spec(self) -> str: ...

    @property
    def resumes(self) -> bool: ...

    def check(self, game: Game) -> None:
        """Refuse a game that it cannot answer in, before anything is played.

        Raises
        ------
        UnsupportedGameError
        """
        ...

    def answer(self, task: Task) -> Answer:
        """A new player that is good against the task's opponents, in every seat."""
        ...
