"""A league on one page: what it is, who is how strong, how it came to that, and what to doubt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from marl_kit.plot.cycles import CYCLES_SIZE, cycles_frame, plot_cycles
from marl_kit.plot.forgetting import FORGOTTEN, plot_forgetting
from marl_kit.plot.genealogy import genealogy_size, plot_genealogy
from marl_kit.plot.league_exploitability import EXACT, least_label, plot_league_exploitability
from marl_kit.plot.league_members import elo_of, learned, parents
from marl_kit.plot.league_payoffs import league_payoffs_size, plot_league_payoffs
from marl_kit.plot.league_ratings import plot_league_ratings
from marl_kit.plot.league_tables import forgetting_table, payoffs_table, ratings_table
from marl_kit.plot.meta_strategy import plot_meta_strategy
from marl_kit.plot.ratings import plot_ratings, ratings_size
from marl_kit.plot.report import Block, Facts, Picture, Section, Table, Text, write_report
from marl_kit.plot.style import SIZE, detached_axes, figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

MOST_WITH_TABLE = 8
"""Members up to which the payoffs also stand in a table."""
MOST_LETTERS = 20
"""Of a fact that is shown large; longer ones stand in a table."""
MOST_IN_ROWS = 40
"""Members up to which ratings are drawn row by row where nobody was trained."""
RATINGS = (
    "Differences count, not levels: 400 points are odds of ten to one. Bars and bands are 95 % "
    "intervals; where those of two members overlap widely, which of them is better is not known."
)
OVER_TIME = (
    " A point stands at the wave in which the member was made, a line goes through the accepted "
    "members of a role (above 60: it is their running median), hollow points were not accepted. "
    "Dashed lines are members that were given."
)
PAYOFFS = (
    "Blue: the row's member gets more than the middle of the scale; orange: less. Members are "
    "sorted by rating, best first, or by mean payoff where nobody is rated. A league without "
    "cycles goes evenly from orange in the lower left to blue in the upper right."
)
MANY = " A cell is about the games in which both took part, whoever else sat at the table."
UNKNOWN = " Cells without a number (hatched, or grey) were neither played nor computed."
META = (
    "How the mixture of each generation divides among the members, the oldest at the bottom. "
    "Members that never had 2 % are summed as others. More than six areas are coloured by age, "
    "from dark (joined first) to bright (joined last)."
)
BEST = (
    "NashConv divided by the number of players, in units of payoff: what a player gains on average "
    "by a best response against the mixture of members, drawn before the game begins. It is "
    "not monotone, so the least so far is drawn too."
)
ALL_EXACT = "All values are exact: at 0 the mixture is a Nash equilibrium."
BOUNDS = (
    "A small lower bound may be a good mixture or a weak response, so the least of them need not "
    "belong to the best mixture."
)
FORGETTING = (
    "Each learned member's win rate (a draw is half a win) against whichever of its own ancestors "
    "does best against it. Below 50 % it loses to somebody that it descends from; below 40 % that "
    "ancestor is named. It is the worst of several estimates, so chance alone takes it a little "
    "below the truth."
)
COMPUTED = (
    " Pay-offs of this league are computed and nobody has won or lost: for a win rate stands 1/2 "
    "and half the difference of the two pay-offs, in units of the payoff range."
)
TREE = (
    "A line goes from parent to child. Hollow points failed at the gate. Members without parent "
    "and children are left out."
)
CYCLES = (
    "Arrows go from the winner to the loser; the number is the winner's mean payoff. Only wins of "
    "which the intervals are sure count. Along such a cycle no rating can be right."
)


def write_league_report(summary: LeagueSummary, path: str | Path) -> Path:
    """Write a league as one self-contained HTML file; returns its path.

    Parameters
    ----------
    summary : LeagueSummary
    path : str or Path
        Of the HTML file; what is there is replaced.
    """
    parts: list[Callable[[LeagueSummary], list[Section]]] = [
        _glance,
        _ratings,
        _payoffs,
        _meta,
        _exploitability,
        _forgetting,
        _tree,
        _cycles,
    ]
    sections = [section for part in parts for section in part(summary)]
    footer = "Everything here was computed from the match log; `marl_kit league report` does it."
    return write_report(path, f"A league of {summary.game}", sections, footer)


def _glance(summary: LeagueSummary) -> list[Section]:
    trained = learned(summary)
    facts: dict[str, Any] = {"preset": summary.preset, "members": len(summary.members)}
    if trained.any():
        facts["of them learned"] = int(trained.sum())
        facts["not accepted"] = int((~summary.pool & trained).sum())
    facts |= {key: text for key, text in summary.facts.items() if len(text) <= MOST_LETTERS}
    long = {
        key: text.replace(",", ", ")
        for key, text in summary.facts.items()
        if len(text) > MOST_LETTERS
    }
    blocks: list[Block] = [Facts(facts)]
    if long:
        blocks.append(Table(pd.DataFrame({"option": long.keys(), "value": long.values()})))
    return [Section("The league", blocks)]


def _ratings(summary: LeagueSummary) -> list[Section]:
    if np.isnan(elo_of(summary)).all():
        text = "No evaluation games have been played, so nobody has a rating."
        return [Section("Ratings", [Text(text)])]
    blocks = [_ratings_picture(summary), *(Text(x) for x in _remarks(summary))]
    return [Section("Ratings", [*blocks, ratings_table(summary)])]


def _ratings_picture(summary: LeagueSummary) -> Block:
    ratings = summary.ratings
    if ratings is not None and not learned(summary).any() and len(ratings.elo) <= MOST_IN_ROWS:
        ax = plot_ratings(ratings, ax=detached_axes(ratings_size(len(ratings.elo))))
        return Picture(figure_of(ax), "Elo of each member, with 95 % intervals", RATINGS)
    alternative = "Elo of the members by the wave in which they were made, with 95 % intervals"
    return _drawn(plot_league_ratings, summary, SIZE, alternative, RATINGS + OVER_TIME)


def _remarks(summary: LeagueSummary) -> list[str]:
    """What the ratings hide: members without one, and groups that no games compare."""
    ratings, found = summary.ratings, []
    assert ratings is not None, "remarks are about ratings"
    if summary.misfit:
        found.append(summary.misfit)
    if idle := [name for name in summary.names if name not in ratings.elo.index]:
        shown = ", ".join(idle[:10]) + (f" and {len(idle) - 10:,} more" if len(idle) > 10 else "")
        found.append(f"Not rated, as they have played no evaluation games: {shown}.")
    if (groups := ratings.groups.nunique()) > 1:
        found.append(
            f"The games do not link all members: there are {groups} groups, and ratings of "
            "different groups cannot be compared. The pictures show the largest group."
        )
    return found


def _payoffs(summary: LeagueSummary) -> list[Section]:
    apart = ~np.eye(len(summary.members), dtype=bool)
    known = np.isfinite(summary.payoffs) & apart
    if not known.any():
        return [Section("Who beats whom", [Text("No payoff between two members is known yet.")])]
    caption = PAYOFFS + (MANY if summary.players > 2 else "")
    caption += "" if known[apart].all() else UNKNOWN
    size = league_payoffs_size(summary.names)
    alternative = "mean payoff of each member against each"
    blocks: list[Block] = [_drawn(plot_league_payoffs, summary, size, alternative, caption)]
    if len(summary.members) <= MOST_WITH_TABLE:
        blocks.append(payoffs_table(summary))
    return [Section("Who beats whom", blocks)]


def _meta(summary: LeagueSummary) -> list[Section]:
    if not len(summary.generations):
        return []
    alternative = "shares of the members in the mixture of each generation"
    picture = _drawn(plot_meta_strategy, summary, SIZE, alternative, META)
    return [Section("The meta-strategy", [picture])]


def _exploitability(summary: LeagueSummary) -> list[Section]:
    known = np.isfinite(summary.exploitability)
    if not known.any():
        return []
    last, best = summary.exploitability[known][-1], np.nanmin(summary.exploitability)
    facts = {"last mixture": f"{last:.4g}", least_label(summary): f"{best:.4g}"}
    alternative = "exploitability of the mixture of each generation, and the best so far"
    kind = summary.exploitability_kind
    caption = f"{BEST} {ALL_EXACT if kind == EXACT else f'Not exact: {kind}. {BOUNDS}'}"
    picture = _drawn(plot_league_exploitability, summary, SIZE, alternative, caption)
    return [Section("Exploitability of the mixture", [Facts(facts), picture])]


def _forgetting(summary: LeagueSummary) -> list[Section]:
    if not (learned(summary) & (parents(summary) >= 0)).any():
        return []
    rates = summary.forgetting[np.isfinite(summary.forgetting)]
    if not len(rates):
        return [Section("Who forgets", [Text("No member has played its own ancestors.")])]
    below = int((rates < FORGOTTEN).sum())
    text = f"{below:,} of {len(rates):,} members score below {FORGOTTEN:.0%} against an ancestor."
    alternative = "worst win rate of each learned member against its own ancestors"
    caption = FORGETTING + (COMPUTED if summary.computed else "")
    blocks: list[Block] = [
        Text(text),
        _drawn(plot_forgetting, summary, SIZE, alternative, caption),
    ]
    if below:
        blocks.append(forgetting_table(summary))
    return [Section("Who forgets", blocks)]


def _tree(summary: LeagueSummary) -> list[Section]:
    if not (parents(summary) >= 0).any():
        return []
    size = genealogy_size(summary)
    colours = " Colours are ratings." if not np.isnan(elo_of(summary)).all() else ""
    picture = _drawn(plot_genealogy, summary, size, "family trees of the members", TREE + colours)
    return [Section("Who descends from whom", [picture])]


def _cycles(summary: LeagueSummary) -> list[Section]:
    if len(summary.members) < 3:
        return []
    blocks: list[Block] = []
    if np.isfinite(summary.cyclic_share):
        blocks.append(
            Text(
                f"The cyclic share is {summary.cyclic_share:.1%}: so much of what the "
                "members get against each other (sum of squares, Hodge decomposition) no rating "
                "explains. At 0 % ratings say everything, at 100 % nothing. Noise counts as "
                "cyclic too, so with few games it is too high."
            )
        )
    if summary.cycles:
        alternative = "the strongest cycles of three members"
        blocks.append(_drawn(plot_cycles, summary, CYCLES_SIZE, alternative, CYCLES))
        formats = dict.fromkeys(["1 on 2", "2 on 3", "3 on 1"], "+.3f")
        caption = "The strongest cycles: each member beats the next."
        blocks.append(Table(cycles_frame(summary), caption, formats))
    else:
        blocks.append(Text("No three members are known to beat each other in a circle."))
    return [Section("Cycles", blocks)]


def _drawn(
    plot: Callable[..., Axes],
    summary: LeagueSummary,
    size: tuple[float, float],
    alternative: str,
    caption: str,
) -> Picture:
    ax: Any = plot(summary, ax=detached_axes(size))
    return Picture(figure_of(ax), alternative, caption)
