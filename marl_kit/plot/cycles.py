"""Members of a league that beat each other in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.league_members import short
from marl_kit.plot.payoffs import score_text
from marl_kit.plot.style import INK, PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

MOST_DRAWN = 3
CYCLES_SIZE = (6.6, 1.75)
APART = 3.2
"""From one triangle to the next; a corner is 1 from the middle."""
CORNERS = np.array([[0.0, 1.0], [0.87, -0.5], [-0.87, -0.5]])
ASIDE = np.array([[0.34, 0.08], [0.0, 0.18], [-0.34, 0.08]])
"""From the middle of an arrow to its number."""
LETTERS = 14
"""Of a name at a corner."""


def plot_cycles(summary: LeagueSummary, ax: Axes | None = None) -> Axes:
    """The strongest three cycles: an arrow from the winner to the loser, with the winner's payoff.

    Parameters
    ----------
    summary : LeagueSummary
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        No three members beat each other in a circle.
    """
    drawn = summary.cycles[:MOST_DRAWN]
    if not drawn:
        raise InvalidOptionError("no three members of the league beat each other in a circle.")
    with style():
        ax = pyplot_axes(CYCLES_SIZE) if ax is None else ax
        for number, cycle in enumerate(drawn):
            _draw_cycle(ax, summary, cycle, np.array([APART * number, 0.0]))
        ax.set(xlim=(-1.6, APART * MOST_DRAWN - 1.6), ylim=(-0.95, 1.35), aspect="equal")
        ax.set_axis_off()
    return ax


def _draw_cycle(
    ax: Axes, summary: LeagueSummary, cycle: tuple[int, int, int], middle: np.ndarray
) -> None:
    for k, i in enumerate(cycle):
        j = cycle[(k + 1) % 3]
        here, there = middle + CORNERS[k], middle + CORNERS[(k + 1) % 3]
        arrow = {"arrowstyle": "-|>", "color": PALETTE[0], "shrinkA": 9, "shrinkB": 9}
        ax.annotate("", xy=there, xytext=here, arrowprops=arrow)
        text = score_text(summary.payoffs[i, j], summary.scale)
        beside = (here + there) / 2 + ASIDE[k]
        ax.text(beside[0], beside[1], text, ha="center", va="center", fontsize=9, color=PALETTE[0])
        place = middle + CORNERS[k] + np.array([0.0, 0.2 if k == 0 else -0.24])
        name = short(summary.names[i], LETTERS)
        ax.text(place[0], place[1], name, ha="center", va="center", color=INK, fontsize=9.5)


def cycles_frame(summary: LeagueSummary) -> pd.DataFrame:
    """All known cycles, strongest first.

    Columns ``cycle`` (first beats second beats third beats first) and the winners' mean payoffs
    ``1 on 2``, ``2 on 3``, ``3 on 1``.
    """
    import pandas as pd

    ends = ("1 on 2", "2 on 3", "3 on 1")
    rows = []
    for a, b, c in summary.cycles:
        payoffs = [float(summary.payoffs[pair]) for pair in ((a, b), (b, c), (c, a))]
        cycle = " > ".join(summary.names[i] for i in (a, b, c, a))
        rows.append({"cycle": cycle, **dict(zip(ends, payoffs, strict=True))})
    return pd.DataFrame(rows, columns=["cycle", *ends])
