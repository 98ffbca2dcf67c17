"""At which share of positions a player keeps the value, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.intervals import wilson
from marl_kit.games.game import Game
from marl_kit.play.refutations import counted


@dataclass(frozen=True, eq=False, slots=True)
class ValueKeeping:
    """At which share of N positions a player's move keeps the game-theoretic value.

    A move keeps the value if the mover gets as much afterwards, under perfect play by all, as
    before. A position is *trivial* if every move does.

    Intervals are Wilson's of 95 %. On every position of the game they answer "what would other
    seeds give?": trials are positions x seeds, since the player's random numbers differ from one to
    the other; the positions are no sample, so the intervals are on the safe side. On given states
    they answer "what would other states, drawn as these were, give?": trials are the states, and
    more seeds do not make them more.

    Attributes
    ----------
    game : Game
    player : str
    seeds : tuple of S int
    kept : bool [S, N]
        Whether the value was kept, by seed and position.
    nontrivial : bool [N]
        Whether some move loses value.
    histories : tuple of N tuples of int
        Of the positions, one way to each.
    sampled : bool
        Whether the positions are states that were given, and not all of the game.
    """

    game: Game
    player: str
    seeds: tuple[int, ...]
    kept: np.ndarray
    nontrivial: np.ndarray
    histories: tuple[tuple[int, ...], ...]
    sampled: bool = False

    @property
    def positions(self) -> int:
        return len(self.nontrivial)

    @property
    def nontrivial_positions(self) -> int:
        return int(self.nontrivial.sum())

    @property
    def share(self) -> float:
        """On all positions."""
        return float(self.kept.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Of ``share``, 95 %."""
        return wilson(self.share, self._trials(self.positions))

    @property
    def nontrivial_share(self) -> float:
        """On the positions where some move loses value; NaN if there are none."""
        return float(self.kept[:, self.nontrivial].mean()) if self.nontrivial.any() else np.nan

    @property
    def nontrivial_interval(self) -> tuple[float, float]:
        """Of ``nontrivial_share``, 95 %."""
        trials = self._trials(self.nontrivial_positions)
        return wilson(self.nontrivial_share, trials) if trials else (0.0, 1.0)

    def _trials(self, positions: int) -> int:
        return positions if self.sampled else positions * len(self.seeds)

    def mistakes(self, most: int = 10) -> list[tuple[tuple[int, ...], float]]:
        """Histories of the positions where value is lost most often, with the share of seeds."""
        lost = 1.0 - self.kept.mean(axis=0)
        order = np.argsort(-lost, kind="stable")[:most].tolist()
        return [(self.histories[i], float(lost[i])) for i in order if lost[i] > 0]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings. NaN becomes None."""
        told = self.nontrivial_positions > 0
        return {
            "game": self.game.spec or self.game.name,
            "player": self.player,
            "seeds": list(self.seeds),
            "positions": self.positions,
            "sampled": self.sampled,
            "share": self.share,
            "interval": list(self.interval),
            "nontrivial_positions": self.nontrivial_positions,
            "nontrivial_share": self.nontrivial_share if told else None,
            "nontrivial_interval": list(self.nontrivial_interval) if told else None,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("player", f"{self.player}  ({counted(len(self.seeds), 'seed')})"),
            ("keeps the value", _told(self.share, self.interval, self._which())),
        ]
        if self.nontrivial_positions:
            share, interval = self.nontrivial_share, self.nontrivial_interval
            positions = f"{self.nontrivial_positions:,} non-trivial"
            lines.append(("", _told(share, interval, positions)))
        over = "other states drawn as these were" if self.sampled else "other seeds"
        return [*lines, ("intervals", f"95 %, for {over}")]

    def _which(self) -> str:
        return f"{self.positions:,} given" if self.sampled else f"all {self.positions:,}"

    def __repr__(self) -> str:
        return aligned("ValueKeeping", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _told(share: float, interval: tuple[float, float], positions: str) -> str:
    low, high = interval
    return f"{share:.2%} ({low:.2%} to {high:.2%}) of {positions} positions"
