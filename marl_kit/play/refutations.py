"""What is known of a player that was frozen by several seeds and answered perfectly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.intervals import wilson
from marl_kit.games.game import Game
from marl_kit.play.refutation_result import FrozenBestResponse

FROZEN = "exact best responses against the player frozen by each seed"


def counted(number: int, thing: str) -> str:
    """A number of things, as one says it.

    >>> counted(1, "seed"), counted(5, "seed")
    ('1 seed', '5 seeds')
    """
    return f"{number:,} {thing}{'s' * (number != 1)}"


@dataclass(frozen=True, eq=False, slots=True)
class Refutations:
    """Exact best responses against a player, frozen by each of S seeds.

    Columns are seats of the *best response*; the frozen player holds all the others. In two-player
    games ``beaten_as`` asks by the seat of the frozen player.

    Attributes
    ----------
    responses : tuple of S tuples of P FrozenBestResponse
        By seed and by the seat of the best response.
    own_values : float64 [S, P]
        What each seat gets when the frozen player holds all of them.
    """

    game: Game
    player: str
    seeds: tuple[int, ...]
    responses: tuple[tuple[FrozenBestResponse, ...], ...]
    own_values: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """What the best responses get, float64 [S, P]."""
        return np.array([[r.value for r in row] for row in self.responses])

    @property
    def game_values(self) -> np.ndarray:
        """What each seat gets if everybody plays perfectly, float64 [P]."""
        return np.array([r.game_value for r in self.responses[0]])

    @property
    def losable(self) -> np.ndarray:
        """Whether the best responses beat the player, bool [S, P]: by the seat of the response."""
        return np.array([[r.losable for r in row] for row in self.responses])

    @property
    def mistaken(self) -> np.ndarray:
        """Whether they get more than under perfect play by all, bool [S, P]."""
        return np.array([[r.mistaken for r in row] for row in self.responses])

    @property
    def nash_conv(self) -> np.ndarray:
        """Of each frozen policy in all seats: the sum of what best responses gain; float64 [S]."""
        return np.asarray((self.values - self.own_values).sum(axis=1))

    def beaten_as(self, seat: int) -> np.ndarray:
        """Whether the frozen player is beaten when it sits here, bool [S]; for two players.

        Raises
        ------
        InvalidOptionError
            Not a seat of a two-player game.
        """
        players = self.game.num_players
        if players != 2 or seat not in (0, 1):
            raise InvalidOptionError(
                f"beaten_as asks about seat {seat!r} of {players} players; give 0 or 1 of a "
                f"two-player game, and elsewhere read losable, by the seat of the best response."
            )
        return np.asarray(self.losable[:, 1 - seat])

    def refutation(self, seat: int) -> FrozenBestResponse | None:
        """The first best response in a seat that beats the player, of those that use a mistake if
        there are any."""
        beating = [row[seat] for row in self.responses if row[seat].losable]
        return next((r for r in beating if r.mistaken), beating[0] if beating else None)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "player": self.player,
            "kind": FROZEN,
            "seeds": list(self.seeds),
            "values": self.values.tolist(),
            "own_values": self.own_values.tolist(),
            "game_values": self.game_values.tolist(),
            "losable": self.losable.tolist(),
            "mistaken": self.mistaken.tolist(),
            "nash_conv": self.nash_conv.tolist(),
            "seats": [self.summary(seat) for seat in range(self.game.num_players)],
        }

    def summary(self, seat: int) -> dict[str, Any]:
        """Over the seeds, with Wilson's intervals of 95 %, for the best response in one seat."""
        low, high = self.game.utility_bounds()
        trials, mean = len(self.seeds), float(self.values[:, seat].mean())
        share = float(self.losable[:, seat].mean())
        found = self.refutation(seat)
        return {
            "seat": seat,
            "frozen_seats": [p for p in range(self.game.num_players) if p != seat],
            "value": mean,
            "value_interval": list(wilson(mean, trials, low, high)),
            "own_value": float(self.own_values[:, seat].mean()),
            "game_value": float(self.game_values[seat]),
            "losable": share,
            "losable_interval": list(wilson(share, trials)),
            "losable_by_game_value": float((self.losable & ~self.mistaken)[:, seat].mean()),
            "mistaken": float(self.mistaken[:, seat].mean()),
            "refutation": None if found is None else list(found.names),
            "refutation_seed": None if found is None else found.seed,
            "refutation_ends": None if found is None else found.line_ends,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("player", f"{self.player}, frozen by {counted(len(self.seeds), 'seed')}"),
            ("NashConv", f"{self.nash_conv.mean():.6g}  (mean over the seeds of the sum of gains)"),
        ]
        seats = range(self.game.num_players)
        # by the frozen player's seat, where that is one
        for seat in reversed(seats) if len(seats) == 2 else seats:
            lines += [(self.frozen_as(seat), self._verdict(seat))]
            lines += [("", text) for text in self._details(seat)]
        return lines

    def frozen_as(self, seat: int) -> str:
        """Where the frozen player sits when the best response sits at ``seat``."""
        players = self.game.num_players
        if players == 1:
            return "best play"
        if players > 2:
            return f"against player {seat}"
        mover = self.game.begin(0).current_player()
        turn = "" if mover < 0 else " (first)" if mover != seat else " (second)"
        return f"as player {1 - seat}{turn}"

    def _verdict(self, seat: int) -> str:
        mean, seeds = float(self.values[:, seat].mean()), counted(len(self.seeds), "seed")
        if self.game.num_players == 1:
            return f"gets {mean:.6g}, the player {self.own_values[:, seat].mean():.6g} on average"
        low, high = self.summary(seat)["losable_interval"]
        word = "beaten on average" if self._has_chance(seat) else "beaten"
        told = f"{word} in {self.losable[:, seat].sum()} of {seeds} ({low:.2f} to {high:.2f})"
        if unavoidable := int((self.losable & ~self.mistaken)[:, seat].sum()):
            told += f", in {unavoidable} by the game's value, without a mistake"
        return told

    def _has_chance(self, seat: int) -> bool:
        return any(row[seat].by_chance for row in self.responses)

    def _details(self, seat: int) -> list[str]:
        if self.game.num_players == 1:
            return []
        mean, perfect = float(self.values[:, seat].mean()), self.game_values[seat]
        lines = [f"the best response gets {mean:.6g}, if all play perfectly {perfect:.6g}"]
        if (found := self.refutation(seat)) is not None:
            line = "  ".join(found.names)
            lines.insert(0, f"by {line}   (seed {found.seed}; {found.line_ends})")
        return lines

    def __repr__(self) -> str:
        return aligned("Refutations", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
