"""Whether learners still beat what they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.league_members import colour_of, roles, short, steps
from marl_kit.plot.style import INK, MUTED, SIZE, pyplot_axes, style, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

FORGOTTEN = 0.4
"""Win rate below which the ancestor is named."""
MOST_NAMED = 8
"""The worst so many; more names would not stand beside each other."""
ROOM = (0.22, 0.07)
"""Of a name, as shares of the axes; a better member does not get one that is too near."""
MANY = 60
"""Members of a role above which there is no line between them."""


def plot_forgetting(summary: LeagueSummary, ax: Axes | None = None) -> Axes:
    """The worst win rate of each learned member against its own ancestors, by wave.

    A draw is half a win. Below the line at 50 % a member loses to somebody that it descends from;
    below 40 % that ancestor is named, for up to eight, worst first, as far as there is room.

    Parameters
    ----------
    summary : LeagueSummary
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        Nobody has played its ancestors.
    """
    if not np.isfinite(summary.forgetting).any():
        raise InvalidOptionError("no member has played its own ancestors yet; play games first.")
    with style():
        ax = pyplot_axes(SIZE) if ax is None else ax
        ax.axhline(0.5, color=MUTED, linewidth=1.2, zorder=1)
        for number, (role, members) in enumerate(roles(summary).items()):
            _draw_role(ax, summary, members, role, colour_of(number))
        _name_ancestors(ax, summary)
        _dress(ax, summary)
    return ax


def _draw_role(
    ax: Axes, summary: LeagueSummary, members: np.ndarray, role: str, colour: str
) -> None:
    rate = summary.forgetting[members]
    members, rate = members[np.isfinite(rate)], rate[np.isfinite(rate)]
    if not len(members):
        return
    x, kept = steps(summary)[members], summary.pool[members]
    many = len(members) > MANY
    dots: Any = {"color": colour, "marker": "o", "markersize": 2.5 if many else 5.0}
    ax.plot(x[kept], rate[kept], linewidth=0 if many else 1.2, **dots)
    ax.plot(x[~kept], rate[~kept], linewidth=0, markerfacecolor="none", **dots)
    ax.plot([], [], color=colour, marker="o", label=role)


def _name_ancestors(ax: Axes, summary: LeagueSummary) -> None:
    below = np.flatnonzero((summary.forgetting < FORGOTTEN) & (summary.forgot >= 0))
    worst = below[np.argsort(summary.forgetting[below], kind="stable")]
    last = max(int(steps(summary).max()), 1)
    # In a crowd a name is below the lowest of those around it, or nobody could tell whose it is.
    room = (ROOM[0], 1.0) if len(worst) > MOST_NAMED else ROOM
    places: list[tuple[float, float]] = []
    for i in worst:
        x, y = summary.members[i].step / last, float(summary.forgetting[i])
        near = any(abs(x - u) < room[0] and abs(y - v) < room[1] for u, v in places)
        if near or len(places) == MOST_NAMED:
            continue
        places.append((x, y))
        ax.annotate(
            f"to {short(summary.names[summary.forgot[i]])}",
            (summary.members[i].step, y),
            xytext=(0, -6),
            textcoords="offset points",
            ha="left" if x < 0.15 else "right" if x > 0.85 else "center",
            va="top",
            color=INK,
            fontsize=8.5,
        )


def _dress(ax: Axes, summary: LeagueSummary) -> None:
    from matplotlib.ticker import PercentFormatter

    last = max(int(steps(summary).max()), 1)
    ax.set_ylim(-0.08, 1.03)
    ax.set_xlim(0, last + max(0.04 * last, 0.3))
    ax.set_yticks(np.linspace(0, 1, 5))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    whole_ticks(ax)
    ax.set(xlabel="wave in which the member was made", ylabel="worst win rate against ancestors")
    if len(roles(summary)) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)
