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
from marl_kit.evaluate.counts import Counts, Name
from marl_kit.evaluate.ratings_table import table_html, table_lines
from marl_kit.evaluate.separation import Block

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class Ratings:
    """Elo of n players; every Series is labelled by player, best player first.

    Attributes
    ----------
    elo : Series of float
        400 x log10 of the odds against a player of rating 0. Without a prior ``inf`` for whoever
        never lost a point to those who set the zero (directly or along a chain), ``-inf`` for
        whoever never scored one against them.
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
        and there is no prior, 1 - 2^-wins from their direct games (the exact sign test).
    groups : Series of int
        Ratings are comparable within a group only; one group unless the results fall apart.
    unrated : tuple
        Players without a game; they are in none of the above.
    model : str
        Likelihood, draws and prior in words.
    anchor : dict
        Players whose rating was given.
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
        return placement.difference(self.counts.points, self.blocks, i, j)

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line above the table."""
        return [("model", self.model), ("zero", self._zero()), *self._remarks()]

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


def number_of(players: Sequence[Name], name: Any, kind: str) -> int:
    """Which player a name means; an unknown one is refused with near misses."""
    if name not in players:
        raise UnknownNameError(kind, str(name), map(str, players))
    return players.index(name)
