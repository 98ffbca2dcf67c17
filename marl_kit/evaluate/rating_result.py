"""The ratings of a pool of players, as they are handed to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import UnknownNameError
from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate import placement
from marl_kit.evaluate.bradley_terry import Evidence
from marl_kit.evaluate.counts import Counts, Name
from marl_kit.evaluate.ratings_table import signed, table_html, table_lines
from marl_kit.evaluate.separation import Block

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class Ratings:
    """Elo of n players; every Series is labelled by player, best player first.

    Attributes
    ----------
    elo : Series of float
        400 x log10 of the odds against a player of rating 0 (in points; with a model of draws see
        ``mk.elo``), neither having the advantage of the first move. Without a prior ``inf`` for
        whoever never lost a point to those who set the zero (directly or along a chain), ``-inf``
        for whoever never scored one against them.
    low, high : Series of float
        95 % interval of ``elo`` *relative to the zero*: to the anchor, whose own interval has
        therefore no width, or to the mean of the group. (For the interval of a difference of two
        players see ``difference``.) Where ``elo`` is infinite, the finite end is a one-sided 95 %
        bound: read ``> low`` or ``< high``.
    games, score, draws : Series of float
        Games played, points per game (a draw is 1/2), share of drawn games.
    superiority : DataFrame [n, n]
        Probability that the row's player is better than the column's: from the normal distribution
        of their difference. NaN where nothing links the two. Where only one of them ever scored,
        and there is no prior, 1 - 2^-wins from their direct games (the exact sign test), but NaN
        with ``first_move``.
    groups : Series of int
        Ratings are comparable within a group only; one group unless the results fall apart.
    unrated : tuple
        Players without a game; they are in none of the above.
    model : str
        Likelihood, draws and prior in words.
    anchor : dict
        Players whose rating was given.
    draw_parameter : float or None
        Davidson's nu or Rao and Kupper's theta; None where a draw is half a win.
    draw_share : float or None
        The share of games that equals draw, by that parameter, without the first move's advantage.
    first_move : (float, float, float) or None
        What moving first is worth, in Elo, and the ends of its 95 % interval; None where it was
        not estimated.
    """

    elo: pd.Series
    low: pd.Series
    high: pd.Series
    games: pd.Series
    score: pd.Series
    draws: pd.Series
    superiority: pd.DataFrame
    groups: pd.Series
    unrated: tuple[Name, ...]
    model: str
    anchor: dict[Name, float]
    counts: Counts = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    evidence: Evidence = field(repr=False)
    draw_parameter: float | None = None
    draw_share: float | None = None
    first_move: tuple[float, float, float] | None = None

    def to_frame(self) -> pd.DataFrame:
        """player, elo, low, high, games, score, draws; best first. With several groups they follow
        each other, and a last column ``group`` says which is which."""
        import pandas as pd

        names = ("elo", "low", "high", "games", "score", "draws")
        columns = {name: getattr(self, name).to_numpy() for name in names}
        if self.groups.nunique() > 1:
            columns["group"] = self.groups.to_numpy()
        return pd.DataFrame({"player": list(self.elo.index), **columns})

    def difference(self, a: Name, b: Name) -> tuple[float, float, float]:
        """Elo of ``a`` minus Elo of ``b``, and the two ends of its 95 % interval.

        Without a prior it is infinite where only one of them ever scored, and one end is the
        one-sided bound; with nothing to link them it is ``nan`` between ``-inf`` and ``inf``.

        Raises
        ------
        UnknownNameError
        """
        i, j = (number_of(self.counts.players, name, "player") for name in (a, b))
        return placement.difference(self.evidence, self.blocks, i, j)

    def covariance(self) -> pd.DataFrame:
        """Covariance of the ratings relative to their zero, in Elo squared, [n, n].

        The anchor's row is 0. NaN between groups, which have no common zero, and for ratings that
        are infinite.
        """
        import pandas as pd

        players = self.counts.players
        finite = np.isfinite(self.elo[list(players)].to_numpy())
        anchors = {players.index(name): value for name, value in self.anchor.items()}
        matrix = placement.covariance(self.blocks, anchors, finite)
        names = list(self.elo.index)
        return pd.DataFrame(matrix, players, players).loc[names, names]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings; what is infinite as a string, as JSON has no such."""
        frame = self.to_frame()
        columns = {name: [plain_number(x) for x in frame[name].tolist()] for name in frame.columns}
        return {
            "model": self.model,
            "anchor": dict(self.anchor),
            "draw_parameter": self.draw_parameter,
            "draw_share": self.draw_share,
            "first_move": None if self.first_move is None else list(self.first_move),
            "unrated": list(self.unrated),
            **columns,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line above the table."""
        head = [("model", self.model), ("zero", self._zero())]
        if self.draw_parameter is not None:
            text = f"parameter {self.draw_parameter:.4g}: equals draw {self.draw_share:.1%}"
            head.append(("draws", text))
        if self.first_move is not None:
            value, low, high = map(signed, self.first_move)
            head.append(("first move", f"{value} Elo, 95 % interval {low} to {high}"))
        return head + self._remarks()

    def _zero(self) -> str:
        given = [f"{name} = {value:g}" for name, value in self.anchor.items()]
        anchored = {self.groups[name] for name in self.anchor}
        if not given or len(anchored) < self.groups.nunique():
            whom = "players" if np.isfinite(self.elo).all() else "players with a number"
            given.append(f"the mean of the {whom}" + (", group by group" if anchored else ""))
        return "; ".join(given) + "; the 95 % intervals are relative to it"

    def _remarks(self) -> list[tuple[str, str]]:
        found = []
        if (number := self.groups.nunique()) > 1:
            found.append(
                f"{number} groups that the games do not compare: each has a zero of its own."
            )
        if not np.isfinite(self.elo).all():
            found.append(
                "> and < stand where only one side ever scored: the difference is infinite by "
                "likelihood alone, and this is its one-sided 95 % bound."
            )
        if self.unrated:
            found.append(f"without a game, so not rated: {', '.join(map(str, self.unrated))}.")
        return [("note", text) for text in found]

    def __repr__(self) -> str:
        return "\n".join([aligned("Ratings", self.rows()), "", *table_lines(self.to_frame())])

    def _repr_html_(self) -> str:
        return html_table(self.rows()) + table_html(self.to_frame())

    def plot(self, ax: Any = None) -> Any:
        """Ratings with their intervals; returns the matplotlib axes."""
        return resolve("marl_kit.plot.ratings:plot_ratings")(self, ax=ax)


def by_player(
    counts: Counts, placed: dict[str, np.ndarray], superiority: np.ndarray
) -> dict[str, Any]:
    """Series and the data frame, best player of the first group first."""
    import pandas as pd

    games = counts.games.sum(axis=1)
    columns = {
        **{name: placed[name] for name in ("elo", "low", "high")},
        "games": games,
        "score": counts.points.sum(axis=1) / games,
        "draws": counts.draws.sum(axis=1) / games,
        "groups": placed["group"],
    }
    order = np.lexsort((-placed["high"], -placed["low"], -placed["elo"], placed["group"]))
    names = pd.Index([counts.players[i] for i in order], dtype=object, name="player")
    series = {name: pd.Series(x[order], names, name=name) for name, x in columns.items()}
    frame = pd.DataFrame(superiority[np.ix_(order, order)], names, names.rename("than"))
    return {**series, "superiority": frame}


def plain_number(x: Any) -> Any:
    """A number that JSON has: what is not finite becomes a string."""
    return repr(x) if isinstance(x, float) and not np.isfinite(x) else x


def number_of(players: Sequence[Name], name: Any, kind: str) -> int:
    """Which player a name means; an unknown one is refused with near misses."""
    if name not in players:
        raise UnknownNameError(kind, str(name), map(str, players))
    return players.index(name)
