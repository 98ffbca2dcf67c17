"""The tables of a league's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.evaluate.ratings_table import format_elo, signed
from marl_kit.plot.forgetting import FORGOTTEN
from marl_kit.plot.report import Table

if TYPE_CHECKING:
    import pandas as pd

    from marl_kit.league.summary import LeagueSummary

MOST = 100
"""Rows of a table."""
BESIDE = (
    "Nash average: how often it is played in the most even equilibrium of the pool; alpha-rank: "
    "how often evolution is found there."
)


def ratings_table(summary: LeagueSummary) -> Table:
    """The best hundred: Elo with its 95 % interval, games, score and what they are."""
    assert summary.ratings is not None, "nobody is rated"
    frame = summary.ratings.to_frame().head(MOST).copy()
    if np.isfinite(frame["elo"]).all():
        frame[["elo", "low", "high"]] = frame[["elo", "low", "high"]].round() + 0.0  # no -0
    else:
        _write_bounds(frame)
    formats = {x: ".0f" for x in ("elo", "low", "high") if frame[x].dtype.kind == "f"}
    formats |= {"score": ".1%", "draws": ".1%"}
    by_name = {member.name: member for member in summary.members}
    made = [by_name[name].step or "given" for name in frame["player"]]
    frame.insert(len(frame.columns), "wave", [str(x) for x in made])
    place = {name: i for i, name in enumerate(summary.names)}
    for opinion, weights in summary.beside.items():
        frame[opinion] = [weights[place[name]] for name in frame["player"]]
        formats[opinion] = ".1%"
    beside = f" {BESIDE}" if summary.beside else ""
    return Table(
        frame,
        f"{_best_of(len(summary.ratings.elo))}low and high: 95 %; score: share of the points; "
        f"wave: when it was made. {summary.ratings.model}.{beside}",
        formats,
    )


def _write_bounds(frame: pd.DataFrame) -> None:
    """Ratings as texts, where some are infinite: those as their bounds, without an interval."""
    rows = list(frame[["elo", "low", "high"]].itertuples(index=False, name=None))
    frame["elo"] = [format_elo(*row) for row in rows]
    for column, k in (("low", 1), ("high", 2)):
        frame[column] = [signed(row[k]) if np.isfinite(row).all() else "" for row in rows]


def payoffs_table(summary: LeagueSummary) -> Table:
    """Every pair's mean payoff, once, or from both sides where they do not sum to a constant."""
    import pandas as pd

    both = not _constant_sum(summary)
    pairs = [
        (i, j) for i, j in np.argwhere(np.isfinite(summary.payoffs)) if i < j or (both and i != j)
    ]
    rows = [
        {
            "row": summary.names[i],
            "column": summary.names[j],
            "games": "exact" if summary.exact[i, j] else f"{int(summary.games[i, j]):,}",
            "mean": summary.payoffs[i, j],
            "low": summary.low[i, j],
            "high": summary.high[i, j],
        }
        for i, j in pairs
    ]
    caption = "Mean payoff of row against column; low and high: 95 %."
    return Table(pd.DataFrame(rows), caption, dict.fromkeys(["mean", "low", "high"], ".3f"))


def forgetting_table(summary: LeagueSummary) -> Table:
    """Who scores below 40 % against an ancestor, worst first."""
    import pandas as pd

    below = np.flatnonzero(summary.forgetting < FORGOTTEN)
    worst = below[np.argsort(summary.forgetting[below], kind="stable")]
    rows = [
        {
            "member": summary.names[i],
            "wave": summary.members[i].step,
            "loses to": summary.names[summary.forgot[i]] if summary.forgot[i] >= 0 else "",
            "win rate": float(summary.forgetting[i]),
        }
        for i in worst[:MOST]
    ]
    return Table(pd.DataFrame(rows), _worst_of(len(worst)), {"win rate": ".1%"})


def _constant_sum(summary: LeagueSummary) -> bool:
    total = (summary.payoffs + summary.payoffs.T)[~np.eye(len(summary.payoffs), dtype=bool)]
    total = total[np.isfinite(total)]
    return not len(total) or float(np.ptp(total)) <= 1e-9 * float(np.ptp(summary.scale))


def _best_of(number: int) -> str:
    return f"The best {MOST} of {number:,} that are rated. " if number > MOST else ""


def _worst_of(number: int) -> str:
    worst = f"The worst {MOST} of {number:,}. " if number > MOST else ""
    return f"{worst}Members that score below {FORGOTTEN:.0%} against an ancestor."
