"""The family trees of a league."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.lanes import lanes_of
from marl_kit.plot.league_members import colour_of, drawn_elo, parents, roles, short, steps
from marl_kit.plot.style import MUTED, SIZE, figure_of, pyplot_axes, style, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

MOST_NAMED = 24
LETTER = 0.07
"""Inches of a letter of a name."""
LANE = 0.42
TALLEST = 7.0


def plot_genealogy(summary: LeagueSummary, ax: Axes | None = None) -> Axes:
    """Who descends from whom: a dot for each member at its wave, a line from its parent.

    Hollow dots were not accepted. The colour is the rating, or the role where there are no ratings.
    Members without parent and children are left out, and names where there is no room for them.

    Parameters
    ----------
    summary : LeagueSummary
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        Nobody descends from anybody.
    """
    step, parent = steps(summary), parents(summary)
    lane = lanes_of(step, parent)
    if not (lane >= 0).any():
        raise InvalidOptionError("no member of the league descends from another.")
    with style():
        ax = pyplot_axes(genealogy_size(summary)) if ax is None else ax
        _draw_lines(ax, step, parent, lane)
        _draw_members(ax, summary, lane)
        _write_names(ax, summary, lane)
        _dress(ax, step, lane)
    return ax


def genealogy_size(summary: LeagueSummary) -> tuple[float, float]:
    """Inches that the family trees need."""
    lanes = int(lanes_of(steps(summary), parents(summary)).max()) + 1
    return SIZE[0], min(1.2 + LANE * lanes, TALLEST)


def _draw_lines(ax: Axes, step: np.ndarray, parent: np.ndarray, lane: np.ndarray) -> None:
    from matplotlib.collections import LineCollection

    children = np.flatnonzero(parent >= 0)
    old = parent[children]
    ends = [[step[old], lane[old]], [step[children], lane[children]]]
    lines: Any = np.moveaxis(np.array(ends, np.float64), 2, 0)
    ax.add_collection(LineCollection(lines, colors=MUTED, linewidths=1.0, alpha=0.7, zorder=1))


def _draw_members(ax: Axes, summary: LeagueSummary, lane: np.ndarray) -> None:
    drawn = np.flatnonzero(lane >= 0)
    size = 42 if len(drawn) <= MOST_NAMED else max(6, 42 * MOST_NAMED / len(drawn))
    colours, scale = _colours(summary)
    for kept in (True, False):
        here = drawn[summary.pool[drawn] == kept]
        look: Any = {
            "facecolors": [colours[i] if kept else "none" for i in here],
            "linewidths": 1.3,
        }
        edges = [colours[i] for i in here]
        ax.scatter(steps(summary)[here], lane[here], s=size, edgecolors=edges, zorder=2, **look)
    if scale is not None:
        bar = figure_of(ax).colorbar(scale, ax=ax, shrink=0.9, aspect=20, pad=0.03, label="Elo")
        bar.outline.set_visible(False)


def _colours(summary: LeagueSummary) -> tuple[list[Any], Any]:
    """Of each member; and what a bar needs that explains them, None for roles."""
    elo = drawn_elo(summary)[0]
    if np.isnan(elo).all():
        numbers = {i: k for k, members in enumerate(roles(summary).values()) for i in members}
        ids = range(len(summary.members))
        return [colour_of(numbers[i]) if i in numbers else MUTED for i in ids], None
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(float(np.nanmin(elo)), float(np.nanmax(elo))), "viridis")
    return [MUTED if np.isnan(x) else scale.to_rgba(x) for x in elo], scale


def _write_names(ax: Axes, summary: LeagueSummary, lane: np.ndarray) -> None:
    drawn = np.flatnonzero(lane >= 0)
    longest = max(len(short(summary.names[i])) for i in drawn)
    room = 0.7 * figure_of(ax).get_figwidth() / max(1, int(steps(summary).max()))
    if len(drawn) > MOST_NAMED or LETTER * longest > room:
        return
    for i in drawn:
        ax.annotate(
            short(summary.names[i]),
            (summary.members[i].step, lane[i]),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )


def _dress(ax: Axes, step: np.ndarray, lane: np.ndarray) -> None:
    last = max(int(step.max()), 1)
    ax.set_xlim(-0.05 * last - 0.1, last + 0.05 * last + 0.1)
    ax.set_ylim(int(lane.max()) + 0.6, -0.8)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    whole_ticks(ax)
    ax.set_xlabel("wave in which the member was made (0: given)")
