"""What the best answer to one frozen player gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, html_table
from marl_kit.games.game import Game


@dataclass(frozen=True, eq=False, slots=True)
class FrozenBestResponse:
    """What the best answer to a frozen player gets, exactly.

    Attributes
    ----------
    game : Game
    player : str
        Who was frozen; it holds all seats but one.
    seat : int
        Where the best response sits.
    seed : int
    values : float64 [P]
        Every player's expected return.
    game_value : float
        What the seat gets if everybody plays perfectly.
    losable : bool
        Whether the frozen player can be beaten: the best response gets more than anybody else, in
        expectation. False in a game of one player.
    mistaken : bool
        Whether the best response gets more than ``game_value``, beyond rounding: in two-player
        zero-sum games the frozen player then makes a mistake, and without one it is beaten only
        where the game's value says so.
    line : tuple of int
        The actions of the best response and of the frozen player from the beginning to the end; of
        chance the outcome that is best for the response.
    names : tuple of str
        The same as the game calls them.
    line_returns : tuple of P float
        Every player's return at the end of the line.
    by_chance : bool
        Whether chance moves in the line, so that it shows what can happen, and not what will.
    asked : int
        Positions at which the player was asked.
    """

    game: Game
    player: str
    seat: int
    seed: int
    values: np.ndarray
    game_value: float
    losable: bool
    mistaken: bool
    line: tuple[int, ...]
    names: tuple[str, ...]
    line_returns: tuple[float, ...]
    by_chance: bool
    asked: int

    @property
    def value(self) -> float:
        """What the best response gets."""
        return float(self.values[self.seat])

    @property
    def above_game_value(self) -> float:
        """How much more than under perfect play by all. Not the gain over the frozen player's own
        play in the seat, of which NashConv is the sum."""
        return self.value - self.game_value

    @property
    def line_wins(self) -> bool:
        """Whether the response gets more than everybody else at the end of the line."""
        own, others = self.line_returns[self.seat], np.delete(self.line_returns, self.seat)
        return bool(len(others) > 0 and np.all(own > others))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "player": self.player,
            "seat": self.seat,
            "seed": self.seed,
            "value": self.value,
            "values": self.values.tolist(),
            "game_value": self.game_value,
            "losable": self.losable,
            "mistaken": self.mistaken,
            "line": list(self.line),
            "names": list(self.names),
            "line_returns": list(self.line_returns),
            "by_chance": self.by_chance,
            "asked": self.asked,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        return [
            ("game", self.game.spec or self.game.name),
            ("against", f"{self.player}, frozen by seed {self.seed}"),
            ("seat", str(self.seat)),
            ("value", f"{self.value:.6g}  (perfect play by all: {self.game_value:.6g})"),
            ("beats the player", self._verdict()),
            ("line", f"{'  '.join(self.names)}   ({self.line_ends})"),
            ("asked", f"{self.asked:,} positions"),
        ]

    @property
    def line_ends(self) -> str:
        """How the line ends, in words.

        ``"returns 1, -1"``, and whether chance had a part in it.
        """
        told = "returns " + ", ".join(f"{x:g}" for x in self.line_returns)
        return f"{told}; chance as the response likes it" if self.by_chance else told

    def _verdict(self) -> str:
        if not self.losable:
            return "no"
        return "yes" if self.mistaken else "yes, by the game's value: without a mistake of its own"

    def __repr__(self) -> str:
        return aligned("FrozenBestResponse", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
