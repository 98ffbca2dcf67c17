"""How ratings grew while a league was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.edge_labels import label_edge
from marl_kit.plot.league_members import (
    by_strength,
    colour_of,
    drawn_elo,
    learned,
    roles,
    short,
    steps,
)
from marl_kit.plot.style import MUTED, SIZE, pyplot_axes, style, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

MOST_NAMED = 10
"""Given members whose names are written; more would not stand beside each other."""
MANY = 60
"""Learned members of a role above which its line is their running median."""
WINDOW = 20
"""So many windows of the running median fit beside each other."""


def plot_league_ratings(summary: LeagueSummary, ax: Axes | None = None) -> Axes:
    """Elo of every learned member at the wave in which it was made, with its 95 % interval.

    A line for each role goes through the members that were accepted (above 60: it is their running
    median over a twentieth of them); hollow dots were not accepted. Members
    that were given are horizontal lines, with their interval as a band. A triangle is a bound: the
    rating itself is infinite. Members that no games compare with the largest group are left out.

    Parameters
    ----------
    summary : LeagueSummary
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        Nobody is rated.
    """
    elo = drawn_elo(summary)
    if np.isnan(elo).all():
        raise InvalidOptionError("nobody in the league has a rating yet; play games first.")
    with style():
        ax = pyplot_axes(SIZE) if ax is None else ax
        for number, (role, members) in enumerate(roles(summary).items()):
            _draw_role(ax, summary, members, role, colour_of(number))
        _dress(ax, summary, elo)
        _draw_given(ax, summary, elo)
    return ax


def _draw_role(
    ax: Axes, summary: LeagueSummary, members: np.ndarray, role: str, colour: str
) -> None:
    members = members[~np.isnan(drawn_elo(summary)[0, members])]
    x, (y, low, high) = steps(summary)[members], drawn_elo(summary)[:, members]
    accepted = summary.pool[members]
    many = len(members) > MANY
    size = 2.0 if many else 5.0
    ax.vlines(x, low, high, color=colour, linewidth=1.6, alpha=0.15 if many else 0.35, zorder=2)
    line = _running_median(y[accepted]) if accepted.sum() > MANY else y[accepted]
    ax.plot(x[accepted], line, color=colour, linewidth=2.4 if many else 1.2, zorder=5, label=role)
    for kept, fill in ((accepted, colour), (~accepted, "none")):
        for bound, marker in _markers(summary, members):
            here = kept & bound
            look: Any = {"marker": marker, "markersize": size, "markerfacecolor": fill}
            look |= {"markeredgewidth": 0.5 if many else 1.0, "alpha": 0.6 if many else 1.0}
            ax.plot(x[here], y[here], color=colour, linestyle="none", zorder=4, **look)


def _running_median(y: np.ndarray) -> np.ndarray:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(y, size=max(3, len(y) // WINDOW), mode="reflect"))


def _markers(summary: LeagueSummary, members: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """Dots for ratings, triangles that point to where an infinite one may be."""
    assert summary.ratings is not None, "nobody is drawn without ratings"
    names = [summary.names[i] for i in members]
    elo = summary.ratings.elo.reindex(names).to_numpy(np.float64)
    return [(np.isfinite(elo), "o"), (np.isposinf(elo), "^"), (np.isneginf(elo), "v")]


def _dress(ax: Axes, summary: LeagueSummary, elo: np.ndarray) -> None:
    room = max(0.06 * float(np.nanmax(elo) - np.nanmin(elo)), 20.0)
    last = max(int(steps(summary).max()), 1)
    ax.set_ylim(float(np.nanmin(elo)) - room, float(np.nanmax(elo)) + room)
    ax.set_xlim(0, last + max(0.02 * last, 0.3))
    whole_ticks(ax)
    ax.set(xlabel="wave in which the member was made", ylabel=_axis_label(summary))
    if len(roles(summary)) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def _axis_label(summary: LeagueSummary) -> str:
    assert summary.ratings is not None, "nobody is drawn without ratings"
    zero = ", ".join(f"{name} = {value:g}" for name, value in summary.ratings.anchor.items())
    return f"Elo ({zero or 'mean 0'})"


def _draw_given(ax: Axes, summary: LeagueSummary, elo: np.ndarray) -> None:
    given = [i for i in by_strength(summary) if not learned(summary)[i] and not np.isnan(elo[0, i])]
    for i in given:
        ax.axhspan(elo[1, i], elo[2, i], color=MUTED, alpha=0.12, linewidth=0, zorder=1)
        ax.axhline(elo[0, i], color=MUTED, linewidth=1.1, linestyle=(0, (5, 3)), zorder=1.5)
    evenly = np.linspace(0, len(given) - 1, min(len(given), MOST_NAMED)).round().astype(int)
    named = [given[i] for i in evenly]
    label_edge(ax, elo[0, named], [short(summary.names[i]) for i in named])
