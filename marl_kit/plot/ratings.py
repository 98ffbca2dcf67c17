"""Elo ratings with their intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate.ratings_table import format_elo
from marl_kit.plot.style import MUTED, PALETTE, SIZE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.evaluate.ratings import Ratings

LETTERS = 11
"""Points: readable where a picture is 80 mm wide."""
ROW = 0.33
"""Inches that a player needs."""
REACH = 0.06
"""How far an arrow points beyond the ratings, as a share of their range."""


def plot_ratings(ratings: Ratings, ax: Axes | None = None) -> Axes:
    """A dot and a 95 % interval for each player, best on top.

    Numbers stand on the right. An anchor is a diamond. Where only one side ever scored and there
    is no prior, an arrow points from the bound to where the rating may be. A colour for each group:
    ratings of different groups cannot be compared.

    Parameters
    ----------
    ratings : Ratings
        From ``mk.elo``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        Nobody is rated.
    """
    frame = ratings.to_frame()
    if frame.empty:
        raise InvalidOptionError("nobody has a rating yet; play games first.")
    frame["group"] = ratings.groups.to_numpy()
    with style():
        ax = pyplot_axes(ratings_size(len(frame))) if ax is None else ax
        left, right = _limits(frame)
        for y, row in enumerate(frame.itertuples()):
            colour = PALETTE[(int(row.group) - 1) % len(PALETTE)]
            if math.isfinite(row.elo):
                _draw_interval(ax, y, row, colour, row.player in ratings.anchor)
            else:
                _draw_bound(ax, y, row, colour, right if row.elo > 0 else left)
        _dress(ax, frame, ratings, (left, right))
    return ax


def ratings_size(players: int) -> tuple[float, float]:
    """Inches that a picture of so many players needs."""
    return SIZE[0], 0.75 + ROW * players


def _limits(frame: Any) -> tuple[float, float]:
    """Where the axis ends: all numbers are inside, arrows go on to the edge."""
    ends = frame[["low", "high"]].to_numpy().ravel()
    ends = ends[[math.isfinite(x) for x in ends]]
    room = max(REACH * float(ends.max() - ends.min()), 20.0)
    return float(ends.min()) - room, float(ends.max()) + room


def _draw_interval(ax: Axes, y: int, row: Any, colour: str, anchor: bool) -> None:
    ax.plot([row.low, row.high], [y, y], color=colour, linewidth=3, alpha=0.45, zorder=2)
    shape: Any = {"marker": "D", "markersize": 7} if anchor else {"marker": "o", "markersize": 7.5}
    ax.plot([row.elo], [y], color=colour, markeredgecolor="white", zorder=3, **shape)


def _draw_bound(ax: Axes, y: int, row: Any, colour: str, edge: float) -> None:
    start = row.low if row.elo > 0 else row.high
    ax.annotate(
        "",
        xy=(edge, y),
        xytext=(start, y),
        arrowprops={"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "linewidth": 1.8},
    )
    ax.plot([start], [y], marker="|", markersize=9, markeredgewidth=1.8, color=colour, zorder=3)


def _dress(ax: Axes, frame: Any, ratings: Ratings, limits: tuple[float, float]) -> None:
    ax.set_yticks(
        range(len(frame)), [str(p).replace("$", r"\$") for p in frame["player"]], fontsize=LETTERS
    )
    ax.set(xlim=limits, ylim=(len(frame) - 0.4, -0.6))
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
    ax.locator_params(axis="x", nbins=6)
    _number(ax, frame)
    ax.set_xlabel(_axis_label(ratings), fontsize=LETTERS)


def _number(ax: Axes, frame: Any) -> None:
    """The ratings as a column beyond the right edge."""
    texts = [format_elo(row.elo, row.low, row.high) for row in frame.itertuples()]
    width = 6 + 0.65 * LETTERS * max(map(len, texts))
    for y, text in enumerate(texts):
        ax.annotate(
            text,
            (1, y),
            xycoords=("axes fraction", "data"),
            xytext=(width, 0),
            textcoords="offset points",
            ha="right",
            va="center_baseline",
            fontsize=LETTERS,
            annotation_clip=False,
        )


def _axis_label(ratings: Ratings) -> str:
    zero = ", ".join(f"{name} = {value:g}" for name, value in ratings.anchor.items())
    return f"Elo ({zero or 'mean 0'}), 95 % intervals"
