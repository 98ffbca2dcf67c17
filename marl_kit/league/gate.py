"""Gates: whether what a learner has become takes the place of what it was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.registry import fold
from marl_kit.core.spec import parse_spec
from marl_kit.evaluate.sprt import SPRT, sprt
from marl_kit.games.game import Game

Scores = Sequence[tuple[float, ...]]
"""Payoffs of the candidate and of the incumbent in each game, in the order of playing."""
STEP = 20
"""Games that are played before a sequential test is looked at again."""


class Gate(Protocol):
    """A rule; immutable."""

    def check(self, game: Game) -> None:
        """Refuse a game that the rule is not for."""
        ...

    def wanted(self, scores: Scores) -> int:
        """Games to play before it can be asked (again); 0 when it can decide."""
        ...

    def accepts(self, scores: Scores) -> bool:
        """Its verdict."""
        ...


@dataclass(frozen=True, slots=True)
class Open:
    """Everybody is accepted."""

    def check(self, game: Game) -> None: ...

    def wanted(self, scores: Scores) -> int:
        return 0

    def accepts(self, scores: Scores) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Score:
    """A share of the points, in a fixed number of games (Silver et al. 2017: 400 games, 55 %)."""

    games: int = 100
    least: float = 0.55

    def __post_init__(self) -> None:
        _check_games(self.games)
        if not (_number(self.least) and 0 <= self.least <= 1):
            raise InvalidOptionError(f"least is {self.least!r}; give a share from 0 to 1.")

    def check(self, game: Game) -> None:
        _check_two(game)

    def wanted(self, scores: Scores) -> int:
        return max(self.games - len(scores), 0)

    def accepts(self, scores: Scores) -> bool:
        wins, draws, _ = outcomes(scores)
        return wins + draws / 2 >= self.least * len(scores)


@dataclass(frozen=True, slots=True)
class Sequential:
    """Wald's test of "stronger by ``elo1``" against "stronger by ``elo0``"; see ``mk.sprt``.

    A candidate about which ``games`` games say nothing is refused.
    """

    elo0: float = 0.0
    elo1: float = 50.0
    alpha: float = 0.05
    beta: float = 0.05
    games: int = 1000

    def __post_init__(self) -> None:
        _check_games(self.games)
        self._test(((1.0, 0.0), (0.0, 1.0)))

    def check(self, game: Game) -> None:
        _check_two(game)

    def wanted(self, scores: Scores) -> int:
        if len(scores) >= self.games or self._test(scores).decision != "continue":
            return 0
        return min(STEP, self.games - len(scores))

    def accepts(self, scores: Scores) -> bool:
        return self._test(scores).decision == "accept"

    def _test(self, scores: Scores) -> SPRT:
        return sprt(
            pairs=pairs(scores),
            elo0=self.elo0,
            elo1=self.elo1,
            alpha=self.alpha,
            beta=self.beta,
        )


GATES: dict[str, type] = {"none": Open, "score": Score, "sprt": Sequential}


def find_gate(spec: str) -> Gate:
    """Read ``"name(option=value)"``; near misses are named."""
    if not isinstance(spec, str):
        raise InvalidOptionError(f"gate is {spec!r}; give a name such as 'sprt'.")
    written, options = parse_spec(spec)
    if fold(written) not in GATES:
        raise UnknownNameError("gate", written, GATES)
    kind = GATES[fold(written)]
    for key in options:
        if key not in kind.__slots__:  # type: ignore[attr-defined]
            raise UnknownNameError(f"option of {fold(written)}", key, kind.__slots__)  # type: ignore[attr-defined]
    return kind(**options)


def outcomes(scores: Scores) -> tuple[int, int, int]:
    """Wins, draws and losses of the candidate."""
    wins = sum(own > other for own, other in scores)
    draws = sum(own == other for own, other in scores)
    return wins, draws, len(scores) - wins - draws


def pairs(scores: Scores) -> list[int]:
    """How many blocks of two games brought the candidate 0, 1/2, 1, 3/2 and 2 points."""
    points = [1 + (own > other) - (own < other) for own, other in scores]
    counts = [0] * 5
    for first, second in zip(points[::2], points[1::2], strict=True):
        counts[first + second] += 1
    return counts


def _check_two(game: Game) -> None:
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"a gate compares two players, and {game.name} has {game.num_players}; leave it away."
        )


def _check_games(games: Any) -> None:
    if isinstance(games, bool) or not isinstance(games, int) or games < 1:
        raise InvalidOptionError(f"games is {games!r}; give a whole number of at least 1.")


def _number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)
