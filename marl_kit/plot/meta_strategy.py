"""Which members a league's mixture plays, generation by generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.edge_labels import label_edge
from marl_kit.plot.league_members import colour_of, short
from marl_kit.plot.style import PALETTE, RULE, SIZE, pyplot_axes, style, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

SHARE = 0.02
"""What a member must have in some generation to get an area of its own."""
MOST_AREAS = 100
"""Above, members that joined one after the other share an area."""
MOST_NAMED = 10
"""Names at the right edge."""
MANY_POINTS = 10_000
"""Corners above which the areas become an image inside the picture."""
ROUNDING = 1e-9


def plot_meta_strategy(summary: LeagueSummary, ax: Axes | None = None) -> Axes:
    """The meta-strategy of every generation as stacked areas, the oldest member at the bottom.

    A member that has at least 2 % in some generation has an area of its own; the others are summed.
    More than 100 such members are summed in groups that joined one after the other. At the right
    edge stands the last mixture. Up to six areas have the colours of the legend; more are coloured
    by age, from dark (joined first) to bright (joined last).

    Parameters
    ----------
    summary : LeagueSummary
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        There are no generations.
    """
    if not len(summary.generations):
        raise InvalidOptionError("the league has no meta-strategy yet; train it first.")
    layers, names = _areas(summary)
    colours = _colours(len(layers))
    others = np.maximum(summary.meta.sum(axis=1) - np.sum(layers, axis=0), 0.0)
    few = len(layers) <= len(PALETTE)
    if others.max() > ROUNDING:
        layers, colours, names = [*layers, others], [*colours, RULE], [*names, "others"]
    with style():
        ax = pyplot_axes(SIZE) if ax is None else ax
        tops = _stack(ax, _edges(summary.generations), layers, colours, names)
        _dress(ax, summary)
        _name(ax, tops[:, -1], names)
        if few:
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    return ax


def _areas(summary: LeagueSummary) -> tuple[list[np.ndarray], list[str]]:
    """Weights by generation and names of the areas, in the order of joining."""
    ever = np.flatnonzero(summary.meta.max(axis=0) >= SHARE)
    groups = np.array_split(ever, min(len(ever), MOST_AREAS)) if len(ever) else []
    ends = [dict.fromkeys(short(summary.names[i]) for i in (x[0], x[-1])) for x in groups]
    return [summary.meta[:, x].sum(axis=1) for x in groups], [" … ".join(x) for x in ends]


def _colours(number: int) -> list[Any]:
    if number <= len(PALETTE):
        return [colour_of(i) for i in range(number)]
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 1, number)))


def _edges(generations: np.ndarray) -> np.ndarray:
    """Where the area of each generation begins and ends: halfway to its neighbours."""
    if len(generations) == 1:
        return generations[0] + np.array([-0.5, 0.5])
    middles = (generations[1:] + generations[:-1]) / 2
    first, last = 2 * generations[0] - middles[0], 2 * generations[-1] - middles[-1]
    return np.array([first, *middles, last])


def _stack(ax: Axes, edges: np.ndarray, layers: list, colours: list, names: list) -> np.ndarray:
    """Draw the areas; the upper edges of all, float64 [areas, G]."""
    from matplotlib.patches import StepPatch

    tops = np.cumsum(layers, axis=0)
    many = tops.size > MANY_POINTS
    below: Any = np.zeros(len(edges) - 1)
    for top, colour, name in zip(tops, colours, names, strict=True):
        look = {"facecolor": colour, "edgecolor": colour, "linewidth": 0.3, "rasterized": many}
        # ax.stairs would look for the limits of every area, which takes seconds for a hundred.
        ax.add_artist(StepPatch(top, edges, baseline=below, fill=True, label=name, **look))
        below = top
    return tops


def _name(ax: Axes, tops: np.ndarray, names: list[str]) -> None:
    """Those of the last mixture, the heaviest if there are many."""
    weight = np.diff(tops, prepend=0.0)
    heaviest = [i for i in np.argsort(-weight, kind="stable")[:MOST_NAMED] if weight[i] >= SHARE]
    middles = tops - weight / 2
    labels = [f"{weight[i]:.0%} {names[i]}" for i in heaviest]
    label_edge(ax, middles[heaviest], labels)


def _dress(ax: Axes, summary: LeagueSummary) -> None:
    from matplotlib.ticker import PercentFormatter

    edges = _edges(summary.generations)
    ax.set_xlim(float(edges[0]), float(edges[-1]))
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    whole_ticks(ax)
    ax.grid(visible=False)
    ax.set(xlabel="generation (wave)", ylabel="share of the mixture")
