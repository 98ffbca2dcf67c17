"""What a match returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.results import Status, aligned, html_table
from marl_kit.games.tree import read_only

if TYPE_CHECKING:
    import pandas as pd

EVERY_SEAT = "all"
UNKNOWN = "?"
"""In tables, for what too few games tell nothing about."""


@dataclass(frozen=True, eq=False, slots=True)
class MatchResult:
    """Scores of a match of P players, by player and not by seat.

    The games come in blocks of P that share one seed: the same deals and the same streams of the
    players, while the seats rotate, so that every player has sat in every seat once a block.
    Games of one block are therefore not independent, and blocks are: standard errors are those
    of means over block means, ``std(block means, ddof=1) / sqrt(blocks)``, NaN below two blocks.

    Attributes
    ----------
    players : tuple of P str
        Their names, all different.
    scores : float64 [games, P]
        ``scores[g, p]`` is what player ``p`` got in game ``g``, in payoff units.
    mean, stderr : float64 [P]
        Of each player's score, and its standard error.
    seats : int64 [games, P]
        ``seats[g, p]`` is where player ``p`` sat.
    by_seat, by_seat_stderr : float64 [P, P]
        ``[p, s]``: mean score of player ``p`` at seat ``s``.
    seat_mean, seat_stderr : float64 [P]
        Of what the seat's holder got, whoever it was.
    seed : int
        -1 when a Generator was given.
    status : Status
        INTERRUPTED when Ctrl-C left blocks unplayed.
    """

    game: Any = field(repr=False)
    players: tuple[str, ...]
    scores: np.ndarray
    seats: np.ndarray
    seed: int
    status: Status
    mean: np.ndarray = field(init=False)
    stderr: np.ndarray = field(init=False)
    by_seat: np.ndarray = field(init=False)
    by_seat_stderr: np.ndarray = field(init=False)
    seat_mean: np.ndarray = field(init=False)
    seat_stderr: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        scores = read_only(self.scores, np.float64)
        seats = read_only(self.seats, np.int64)
        num_players = len(self.players)
        blocks = scores.reshape(-1, num_players, num_players)  # [blocks, games of one, P]
        by_holder = np.empty_like(scores)
        np.put_along_axis(by_holder, seats, scores, axis=1)
        placed = np.empty_like(blocks)  # [blocks, P, seat]: each player is once in each seat
        b, _, p = np.indices(blocks.shape)
        placed[b, p, seats.reshape(blocks.shape)] = blocks
        computed = {
            ("mean", "stderr"): blocks.mean(axis=1),
            ("by_seat", "by_seat_stderr"): placed,
            ("seat_mean", "seat_stderr"): by_holder.reshape(blocks.shape).mean(axis=1),
        }
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "seats", seats)
        for names, samples in computed.items():
            for name, values in zip(names, _mean_and_error(samples), strict=True):
                object.__setattr__(self, name, read_only(values))

    @property
    def games(self) -> int:
        """How many were played."""
        return len(self.scores)

    @property
    def blocks(self) -> int:
        """How many independent groups of games these are."""
        return self.games // len(self.players)

    @property
    def wins_draws_losses(self) -> np.ndarray | None:
        """int64 [2, 3]: of each player, games in which it got more, as much, or less than the
        other; None unless there are two players."""
        if len(self.players) != 2:
            return None
        lead = self.scores[:, 0] - self.scores[:, 1]
        wins, losses = int(np.sum(lead > 0)), int(np.sum(lead < 0))
        draws = self.games - wins - losses
        return np.array([[wins, draws, losses], [losses, draws, wins]])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings; what ``--json`` prints. NaN becomes None."""
        counts = self.wins_draws_losses
        return {
            "game": self.game.spec or self.game.name,
            "players": list(self.players),
            "games": self.games,
            "blocks": self.blocks,
            "seed": self.seed,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "mean": _plain(self.mean),
            "stderr": _plain(self.stderr),
            "wins_draws_losses": None if counts is None else counts.tolist(),
            "by_seat": _plain(self.by_seat),
            "by_seat_stderr": _plain(self.by_seat_stderr),
            "seat_mean": _plain(self.seat_mean),
            "seat_stderr": _plain(self.seat_stderr),
            "scores": self.scores.tolist(),
            "seats": self.seats.tolist(),
        }

    def to_frame(self) -> pd.DataFrame:
        """A table with the columns player, seat, games, mean, stderr: for each player all seats
        together (``"all"``), then each seat."""
        import pandas as pd

        rows: list[tuple[Any, ...]] = []
        for p, name in enumerate(self.players):
            rows.append((name, EVERY_SEAT, self.games, self.mean[p], self.stderr[p]))
            rows += [
                (name, s, self.blocks, self.by_seat[p, s], self.by_seat_stderr[p, s])
                for s in range(len(self.players))
            ]
        return pd.DataFrame(rows, columns=["player", "seat", "games", "mean", "stderr"])

    def facts(self) -> list[tuple[str, str]]:
        """Label and text of what is said about the match as a whole."""
        size = len(self.players)
        blocks = "1 block" if self.blocks == 1 else f"{self.blocks:,} blocks"
        lines = [
            ("game", self.game.spec or self.game.name),
            ("games", f"{self.games:,} ({blocks} of {size}, seats rotated)"),
            ("seed", str(self.seed)),
        ]
        if self.status is Status.INTERRUPTED:
            lines.append(("status", f"{self.status.name}: {self.status.sentence}"))
        return lines

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        counts = self.wins_draws_losses
        lines = self.facts()
        for p, name in enumerate(self.players):
            text = f"{score(self.mean[p])} +- {error(self.stderr[p])}"
            if counts is not None:
                text += "  ({} won, {} drawn, {} lost)".format(*counts[p])
            seats = "  ".join(f"{s}: {score(x)}" for s, x in enumerate(self.by_seat[p]))
            lines.append((name, f"{text}  by seat  {seats}"))
        return lines

    def __repr__(self) -> str:
        return aligned("MatchResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def score(x: float) -> str:
    """A mean score as tables show it."""
    return UNKNOWN if np.isnan(x) else f"{x:+.4f}"


def error(x: float) -> str:
    """A standard error as tables show it."""
    return UNKNOWN if np.isnan(x) else f"{x:.4f}"


def _mean_and_error(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of independent samples [blocks, ...]; NaN where there are too few."""
    count = len(samples)
    unknown = np.full(samples.shape[1:], np.nan)
    mean = samples.mean(axis=0) if count else unknown
    deviation = samples.std(axis=0, ddof=1) if count > 1 else unknown
    return mean, deviation / np.sqrt(max(count, 1))


def _plain(x: np.ndarray) -> Any:
    return np.where(np.isnan(x), np.array(None), x).tolist()
