"""Who of a league gets what against whom: a heat map that holds a thousand members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.league_members import by_strength, short
from marl_kit.plot.payoffs import (
    CELL,
    LETTER,
    LIGHT,
    hatch_unknown,
    payoff_colours,
    readable_on,
    score_text,
)
from marl_kit.plot.style import MUTED, SIZE, figure_of, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.summary import LeagueSummary

MOST_WITH_NUMBERS, MOST_WITH_NAMES = 12, 40
"""Members up to which cells hold numbers, and rows their names; above, the map is an image."""
IMAGE = (5.6, 4.6)
BLOCKS = 150
"""Rows of an image; of more members neighbours are averaged, so that holes leave a picture."""
ROW = 0.16
"""Inches of a row without numbers."""
UNKNOWN = "#b9c1ca"
"""Of an image's cells without a number, on a light page and a dark one."""
SPAREST = 0.5
"""Share of the scale from which on the colours span all of it."""


def plot_league_payoffs(summary: LeagueSummary, ax: Axes | None = None) -> Axes:
    """The row's mean payoff against the column, members from best to worst by rating.

    Without ratings the mean payoff sorts them. Blue is above the middle of the scale, orange below;
    where all payoffs are near the middle the colours span only what there is, and the label says
    so. Cells of which nothing is known are hatched (above 40 members: grey).

    Parameters
    ----------
    summary : LeagueSummary
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        No payoff is known.
    """
    order = by_strength(summary)
    table = summary.payoffs[np.ix_(order, order)].astype(np.float64)
    np.fill_diagonal(table, np.nan)
    if not np.isfinite(table).any():
        raise InvalidOptionError("no payoff between two members is known yet; play games first.")
    names = [summary.names[i] for i in order]
    span = _span(table, summary.scale)
    with style():
        ax = pyplot_axes(league_payoffs_size(names)) if ax is None else ax
        if len(names) > MOST_WITH_NAMES:
            image = _draw_image(ax, table, span)
        else:
            image = _draw_cells(ax, table, span)
            _name(ax, names)
        if len(names) <= MOST_WITH_NUMBERS:
            _write_numbers(ax, image, table, summary.scale)
        else:
            _draw_bar(ax, image)
        _dress(ax, _label(summary, span))
    return ax


def league_payoffs_size(names: Any) -> tuple[float, float]:
    """Inches that a heat map of these members needs."""
    n, widest = len(names), max(len(short(name)) for name in names)
    if n > MOST_WITH_NAMES:
        return IMAGE
    if n > MOST_WITH_NUMBERS:
        return max(1.0 + ROW * n + 0.07 * widest, SIZE[0]), 0.8 + ROW * n
    return max(CELL[0] * n + LETTER * (widest + 3), 4.6), 0.8 + CELL[1] * n


def _span(table: np.ndarray, scale: tuple[float, float]) -> tuple[float, float]:
    """What the colours span, symmetric around the middle of the scale."""
    middle, half = (scale[0] + scale[1]) / 2, (scale[1] - scale[0]) / 2
    reach = float(np.nanmax(np.abs(table - middle)))
    reach = half if reach >= SPAREST * half or reach == 0 else reach
    return middle - reach, middle + reach


def _draw_cells(ax: Axes, table: np.ndarray, span: tuple[float, float]) -> Any:
    rule: Any = {"edgecolors": LIGHT, "linewidth": 1.5 if len(table) <= MOST_WITH_NUMBERS else 0.5}
    image = ax.pcolormesh(
        np.ma.masked_invalid(table), cmap=payoff_colours(), vmin=span[0], vmax=span[1], **rule
    )
    hatch_unknown(ax, table)
    ax.invert_yaxis()
    return image


def _draw_image(ax: Axes, table: np.ndarray, span: tuple[float, float]) -> Any:
    colours = payoff_colours().with_extremes(bad=UNKNOWN)
    block = _block(len(table))
    rows = _averaged(table, block)
    end = 0.5 + block * len(rows)  # the last block may be of fewer members
    image = ax.imshow(
        np.ma.masked_invalid(rows),
        cmap=colours,
        vmin=span[0],
        vmax=span[1],
        extent=(0.5, end, end, 0.5),
        aspect="auto",
        interpolation="nearest",
    )
    ax.set(xlim=(0.5, len(table) + 0.5), ylim=(len(table) + 0.5, 0.5))
    return image


def _block(members: int) -> int:
    """Members that share a row of the image."""
    return -(-members // BLOCKS)


def _averaged(table: np.ndarray, block: int) -> np.ndarray:
    """Means over the known cells of blocks of so many rows and columns; NaN where none is."""
    starts = np.arange(0, len(table), block)
    known = np.isfinite(table)
    sums, counts = (
        np.add.reduceat(np.add.reduceat(x, starts, axis=0), starts, axis=1)
        for x in (np.where(known, table, 0.0), known.astype(np.float64))
    )
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _name(ax: Axes, names: list[str]) -> None:
    """Names of rows with numbers, which alone stand above the columns."""
    ticks = np.arange(len(names)) + 0.5
    numbers = [str(i) for i in range(1, len(names) + 1)]
    letters = 11 if len(names) <= MOST_WITH_NUMBERS else 8
    ax.set_yticks(ticks, [f"{short(x)}  {i}" for x, i in zip(names, numbers, strict=True)])
    ax.set_xticks(ticks, numbers)
    ax.tick_params(labelsize=letters)


def _write_numbers(ax: Axes, image: Any, table: np.ndarray, scale: tuple[float, float]) -> None:
    for i, j in np.argwhere(np.isfinite(table)):
        colour = readable_on(image.to_rgba(table[i, j]))
        text = score_text(table[i, j], scale)
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", size=10.5, color=colour)


def _draw_bar(ax: Axes, image: Any) -> None:
    bar = figure_of(ax).colorbar(image, ax=ax, shrink=0.8, aspect=25, pad=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelcolor=MUTED)


def _label(summary: LeagueSummary, span: tuple[float, float]) -> str:
    exact = int((summary.exact & ~np.eye(len(summary.exact), dtype=bool)).sum())
    cells = len(summary.exact) * (len(summary.exact) - 1)
    parts = ["row's mean payoff against column"]
    if exact:
        parts.append("all exact" if exact == cells else f"{exact:,} of {cells:,} cells exact")
    if (block := _block(len(summary.exact))) > 1:
        parts.append(f"a dot is the mean of {block} x {block} cells")
    if span != tuple(summary.scale):
        parts.append(f"colours from {span[0]:.3g} to {span[1]:.3g}")
    return "\n".join([parts[0], "; ".join(parts[1:])]).strip()


def _dress(ax: Axes, label: str) -> None:
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_xlabel(label, color=MUTED, labelpad=6)
