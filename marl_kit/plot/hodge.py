"""A Hodge split: what ratings explain as bars, what they do not as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.payoffs import hatch_unknown, payoff_colours, readable_on
from marl_kit.plot.style import INK, MUTED, PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.evaluate.hodge import Hodge

MOST_WITH_NUMBERS, MOST_WITH_NAMES = 9, 30
"""Players up to which cells hold numbers, and rows names."""
GAP, WIDTH, MARGIN = 0.06, 0.4, 0.22
"""Between cells and bars, of the bars, and for their numbers; as shares of the cells' width."""
EDGE = "#ffffff"


def plot_hodge(split: Hodge, ax: Axes | None = None) -> Axes:
    """The cyclic part as a heat map, best rating on top, and the ratings as bars beside it.

    Blue: the row wins more against the column than ratings say; orange: less; hatched: the two
    have not met. The title says how much of the table is cyclic.

    Parameters
    ----------
    split : Hodge
        From ``mk.hodge``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        A table without players.
    """
    if not split.players:
        raise InvalidOptionError("there is no player to draw; give a table with rows.")
    order = np.argsort(-split.ratings, kind="stable")
    with style():
        ax = pyplot_axes(hodge_size(len(order))) if ax is None else ax
        _draw_cycles(ax, split, order)
        _draw_ratings(ax, split, order)
        ax.set_title(f"Cyclic share {split.cyclic_share:.1%}", pad=14)
    return ax


def hodge_size(players: int) -> tuple[float, float]:
    """Inches that a split of so many players needs."""
    rows = min(max(players, 4), 12)
    return 2.4 + 0.68 * rows, 0.9 + 0.48 * rows


def _draw_cycles(ax: Axes, split: Hodge, order: np.ndarray) -> None:
    grid = np.ix_(order, order)
    cyclic = np.where(split.weights > 0, split.cyclic, np.nan)[grid]
    # one scale with the whole table, so that small cycles are pale
    reach = float(np.abs(split.transitive + split.cyclic).max()) or 1.0
    edge: dict[str, Any] = {"edgecolors": EDGE, "linewidth": 1.2}
    image = ax.pcolormesh(
        np.ma.masked_invalid(cyclic),
        cmap=payoff_colours(),
        vmin=-reach,
        vmax=reach,
        **(edge if len(order) <= MOST_WITH_NAMES else {}),
    )
    if len(order) <= MOST_WITH_NAMES:
        hatch_unknown(ax, cyclic)
    if len(order) <= MOST_WITH_NUMBERS:
        _write_numbers(ax, image, cyclic)
    _dress(ax, [str(split.players[i]) for i in order])


def _write_numbers(ax: Axes, image: Any, cyclic: np.ndarray) -> None:
    for i, j in np.argwhere(~np.isnan(cyclic)):
        text = f"{cyclic[i, j]:+.3g}" if abs(cyclic[i, j]) > 1e-9 else "0"
        colour = readable_on(image.to_rgba(cyclic[i, j]))
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", size="small", color=colour)


def _dress(ax: Axes, names: list[str]) -> None:
    named = names if len(names) <= MOST_WITH_NAMES else []
    ticks = np.arange(len(named)) + 0.5
    ax.set_yticks(ticks, named)
    upright = max(map(len, names)) * len(names) > 40
    ax.set_xticks(ticks, named, rotation=90 if upright else 0)
    ax.tick_params(length=0)
    ax.set_xlabel("cells: what row gets from column beyond the ratings", loc="left")
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


def _draw_ratings(ax: Axes, split: Hodge, order: np.ndarray) -> None:
    """Bars to the right of the cells, in the cells' own coordinates, so that rows are one line."""
    n, ratings = len(order), split.ratings[order]
    low, high = min(float(ratings.min()), 0.0), max(float(ratings.max()), 0.0)
    scale = WIDTH * n / ((high - low) or 1.0)
    zero = (1 + GAP) * n - scale * low
    rows = np.arange(n) + 0.5
    ax.barh(rows, scale * ratings, left=zero, height=0.6, color=PALETTE[2])
    ax.vlines(zero, 0, n, color=INK, linewidth=0.8)
    ax.set_xlim(0, (1 + GAP + WIDTH + MARGIN) * n)
    ax.text(zero, -0.1, "rating", ha="center", va="bottom", size="small", color=MUTED)
    if n <= MOST_WITH_NAMES:
        for row, rating in zip(rows, ratings, strict=True):
            end = (1 + GAP + WIDTH + 0.02) * n
            ax.text(
                end,
                row,
                f"{rating:+.3g}" if rating else "0",
                va="center",
                size="small",
                color=MUTED,
            )
