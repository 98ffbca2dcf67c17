"""Where Elo misleads: pairs whose games the ratings of all games contradict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, rel_entr

from marl_kit.core.errors import MarlKitError
from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.hodge import Hodge, hodge
from marl_kit.evaluate.placement import SCALE
from marl_kit.evaluate.rating_result import Ratings
from marl_kit.evaluate.ratings import elo

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
"""Probability with which any pair at all is flagged although Elo holds, at most."""
FAINT = 1e-6
"""Of the largest weight: no pair that has met counts less in the split, as none would be seen."""
SHOWN = 8


@dataclass(frozen=True, eq=False, slots=True)
class EloMisfit:
    """What a rating for each player cannot say about these results.

    Attributes
    ----------
    misleads : bool
        Whether some pair contradicts the ratings at 5 %, all pairs taken together.
    pairs : DataFrame
        a, b, games, score (of a against b), expected (by maximum likelihood), chance (a bound on
        the probability of so great a deviation in any of the pairs); the pairs that contradict,
        least probable first.
    hodge : Hodge
        The log odds of the pairs' scores, in Elo, split into ratings and cycles. Chance makes some
        cycles, too, so look at ``misleads`` before ``hodge.cyclic_share``.
    ratings : Ratings
        With the prior. Judged is what Elo can say at best, the fit without one: a strong prior
        pulls ratings together until results contradict them that Elo describes well.
    met : DataFrame
        The columns of ``pairs`` for all pairs that have met.
    """

    misleads: bool
    pairs: pd.DataFrame
    hodge: Hodge
    ratings: Ratings = field(repr=False)
    met: pd.DataFrame = field(repr=False)
    method: str = "elo_misfit"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "misleads": self.misleads,
            "pairs": self.pairs.to_dict("list"),
            "cyclic_share": self.hodge.cyclic_share,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        verdict = "no pair contradicts the ratings"
        if self.misleads:
            verdict = f"yes: {len(self.pairs)} pairs contradict the ratings"
        lines = [("misleads", verdict), ("cyclic share", f"{self.hodge.cyclic_share:.1%}")]
        for row in self.pairs.head(SHOWN).to_dict("records"):
            text = f"scored {row['score']:.1%} in {row['games']:g} games, expected "
            lines.append((f"{row['a']} - {row['b']}", f"{text}{row['expected']:.1%}"))
        return lines

    def __repr__(self) -> str:
        return aligned("EloMisfit", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None) -> Any:
        """Score against expected score of each pair; returns the matplotlib axes."""
        return resolve("marl_kit.plot.misfit:plot_misfit")(self, ax=ax)


def elo_misfit(results: Any, prior: float | None = 500.0) -> EloMisfit:
    """Whether Elo misleads about these results: rock beats scissors, whatever the ratings say.

    Parameters
    ----------
    results, prior
        As in ``mk.elo``; a draw counts as half a win.

    Returns
    -------
    EloMisfit

    Raises
    ------
    InvalidOptionError
        As ``mk.elo`` does.

    Notes
    -----
    A pair is flagged where Hoeffding's bound 2 exp(-games x KL(score, expected)) on the chance of
    so great a deviation, times the number of pairs, is below 5 %. The bound holds for any number
    of games and any share of draws, so flags are rarer than they might be; and the ratings, having
    been fitted to the same games, are a little nearer to them than the truth is. Hoeffding (1963),
    Probability inequalities for sums of bounded random variables, Journal of the American
    Statistical Association 58, theorem 1. The split is that of Jiang, Lim, Yao and Ye (2011), on
    log odds with half a point added to either side, weighted by the inverse of their variance.

    Examples
    --------
    >>> rows = [("rock", "scissors", 50, 0, 0), ("scissors", "paper", 50, 0, 0)]
    >>> elo_misfit([*rows, ("paper", "rock", 50, 0, 0)]).misleads
    True
    """
    ratings = elo(results, prior=prior)
    met = _surprises(_unshrunk(results, ratings))
    flagged = met[met["chance"] < LEVEL].sort_values("chance", kind="stable")
    flagged = flagged.reset_index(drop=True)
    return EloMisfit(bool(len(flagged)), flagged, _split(ratings), ratings, met)


def _unshrunk(results: Any, ratings: Ratings) -> Ratings:
    """The fit without a prior, whose pull no results need contradict.

    Where counts are so far apart that likelihood alone does not settle, the ratings themselves.
    """
    try:
        return elo(results, prior=None)
    except MarlKitError:
        return ratings


def _split(ratings: Ratings) -> Hodge:
    points = ratings.counts.points
    won, lost = points + 0.5, points.T + 0.5
    log_odds = SCALE * np.log(won / lost)
    weight = np.where(ratings.counts.games > 0, won * lost / (won + lost), 0.0)
    weight = np.where(weight > 0, np.maximum(weight, FAINT * weight.max(initial=0.0)), 0.0)
    return hodge(log_odds, (weight + weight.T) / 2, ratings.counts.players)


def _surprises(ratings: Ratings) -> pd.DataFrame:
    import pandas as pd

    counts = ratings.counts
    a, b = np.nonzero(np.triu(counts.games))
    games = counts.games[a, b]
    score, expected = counts.points[a, b] / games, _expected(ratings)[a, b]
    surprise = rel_entr(score, expected) + rel_entr(1 - score, 1 - expected)
    chance = np.minimum(2 * len(a) * np.exp(-games * surprise), 1.0)
    names = [[counts.players[i] for i in side] for side in (a, b)]
    columns = dict(a=names[0], b=names[1], games=games, score=score, expected=expected)
    return pd.DataFrame({**columns, "chance": chance})


def _expected(ratings: Ratings) -> np.ndarray:
    """Score of row against column; between blocks, where differences are infinite, what it was."""
    counts = ratings.counts
    with np.errstate(invalid="ignore"):
        found = counts.points / counts.games
    for block in ratings.blocks:
        r = block.fit.ratings
        found[np.ix_(block.members, block.members)] = expit(r[:, None] - r)
    return np.asarray(found)
