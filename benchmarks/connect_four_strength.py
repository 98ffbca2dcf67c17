"""How often players err in labelled positions of Connect Four, 6 x 7.

`python -m benchmarks.connect_four_strength "mcts(simulations=1000)" random` prints a Markdown
table: the share of positions in which a player's move loses value, with Wilson's interval of 95 %,
for openings (8 to 13 stones), middle game (14 to 27) and end (from 28 on), easy and hard, and for
all. Every position has a legal move that loses value. `connect_four_positions` says what is easy,
`connect_four_drawing` how they were made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import marl_kit as mk
from benchmarks.connect_four_positions import (
    PHASES,
    Positions,
    connect_four,
    load_positions,
)
from marl_kit.core.results import aligned
from marl_kit.evaluate.intervals import wilson
from marl_kit.games.game import State
from marl_kit.play.player import player_name
from marl_kit.play.strength import value_keeping


@dataclass(frozen=True, eq=False, slots=True)
class Share:
    """Of so many positions, the share in which value was lost, and its 95 % interval."""

    share: float
    low: float
    high: float
    positions: int

    def __str__(self) -> str:
        if not self.positions:
            return "-"
        return f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True, eq=False, slots=True)
class Grade:
    """In which of N positions a player lost value.

    Attributes
    ----------
    player : str
    positions : Positions
    lost : bool [N]
    """

    player: str
    positions: Positions = field(repr=False)
    lost: np.ndarray

    def errors(
        self, phase: str | None = None, *, easy: bool | None = None, strong: bool | None = None
    ) -> Share:
        """The share of errors in a phase (of ``PHASES``), in easy or hard positions, in those of
        strong or of random play; in all, where nothing is said."""
        chosen = np.ones(len(self.lost), bool)
        if phase is not None:
            chosen &= self.positions.phase == PHASES.index(phase)
        if easy is not None:
            chosen &= self.positions.easy == easy
        if strong is not None:
            chosen &= self.positions.strong == strong
        return _share(self.lost[chosen])

    def shares(self) -> dict[str, Share]:
        """By phase and difficulty, then of all."""
        found = {
            f"{phase}, {'easy' if easy else 'hard'}": self.errors(phase, easy=easy)
            for phase in PHASES
            for easy in (True, False)
        }
        return found | {"all": self.errors()}

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings."""
        told = {
            name: {"share": s.share, "interval": [s.low, s.high], "positions": s.positions}
            for name, s in self.shares().items()
            if s.positions
        }
        return {"player": self.player, "errors": told}

    def __repr__(self) -> str:
        rows = [(name, f"{s}  of {s.positions:,}") for name, s in self.shares().items()]
        return aligned("Grade", [("player", self.player), *rows])


def _share(lost: np.ndarray) -> Share:
    if not len(lost):
        return Share(np.nan, 0.0, 1.0, 0)
    mean = float(lost.mean())
    return Share(mean, *wilson(mean, len(lost)), len(lost))


class Labels:
    """An oracle that reads the labels of positions, as far as ``value_keeping`` asks one."""

    def __init__(self, positions: Positions):
        self.game = connect_four()
        self.states = positions.states()
        kept = [np.flatnonzero(row).tolist() for row in positions.keeping]
        keys = [self._key(state) for state in self.states]
        self._keeping = dict(zip(keys, kept, strict=True))

    def keeping(self, state: State) -> list[int]:
        """The columns that keep the value of a position that is labelled."""
        return list(self._keeping[self._key(state)])

    def _key(self, state: Any) -> bytes:
        return state.position.tobytes()


def grade(player: Any, positions: Positions | None = None, *, seed: int = 0) -> Grade:
    """Ask a player for a move in every position.

    Parameters
    ----------
    player : str or Player
        As for ``mk.make_player``.
    positions : Positions
        Those of the file unless given.
    seed : int
        The player's random numbers follow from (seed, position).

    Raises
    ------
    MarlKitError
        No such player, or one that does not play Connect Four.
    """
    positions = load_positions() if positions is None else positions
    known, made = Labels(positions), mk.make_player(player, connect_four())
    found = value_keeping(known.game, made, seeds=[seed], states=known.states, known=known)
    return Grade(player_name(made), positions, ~found.kept[0])


def table(grades: list[Grade]) -> Iterator[str]:
    """The lines of a Markdown table."""
    columns = grades[0].shares()
    counts = (f"{share.positions:,}" for share in columns.values())
    yield f"| player | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    yield f"| (positions) | {' | '.join(counts)} |"
    for one in grades:
        yield f"| `{one.player}` | {' | '.join(map(str, one.shares().values()))} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connect_four_strength")
    parser.add_argument("players", nargs="+", metavar="PLAYER", help="as for mk.make_player")
    parser.add_argument("--seed", type=int, default=0, help="of the players' random numbers")
    arguments = parser.parse_args()
    try:
        grades = [grade(player, seed=arguments.seed) for player in arguments.players]
    except mk.MarlKitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(*table(grades), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
