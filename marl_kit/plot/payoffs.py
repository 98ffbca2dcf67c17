"""Who scores what against whom, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.plot.style import MUTED, PALETTE, RULE, figure_of, pyplot_axes, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("a", "b", "games", "mean")
FEW = 6
"""Players below which the label is broken in two lines."""
SCORE = "row's mean score against column"
CELL, LETTER = (0.58, 0.5), 0.09
"""Inches of a cell's sides and, about, of a letter's width."""
MOST_WITH_COUNTS, MOST_WITH_TEXT = 12, 20
"""Players up to which cells hold two lines, and one."""
# Not the page's ink: cells keep their colours on a dark page, and so must their letters.
DARK, LIGHT = "#111111", "#ffffff"
MIDDLE = "#f7f7f7"


def plot_payoffs(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    order: Sequence[Any] | None = None,
    scale: tuple[float, float] | None = None,
) -> Axes:
    """The row player's mean score against the column player; below it, how many games.

    Blue is good for the row's player, orange bad, and nearly white the middle of the scale. Pairs
    that have not met are hatched.

    Parameters
    ----------
    frame : DataFrame
        Columns ``a, b, games, mean``: mean is the score of a per game. If no pair stands in both
        orders the game is taken as constant-sum, and b scores what a leaves.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    order : sequence, optional
        Players from top to bottom, for instance ``ratings.elo.index``; those left out are not
        drawn. Without, the mean of all their pairs decides, best first.
    scale : (float, float), optional
        Smallest and largest score of a game, ``(0, 1)`` for shares of points. Without, the scale is
        symmetric around 0, and at least (-1, 1).

    Raises
    ------
    InvalidOptionError
        Columns that are missing, no pair or one twice, means outside the scale.
    UnknownNameError
        A player in ``order`` who has no row.
    """
    low, high = _scale(frame, scale)
    mean, games, players = _matrices(frame, low + high)
    chosen = _ordered(mean, players, order)
    mean, games = (x[np.ix_(chosen, chosen)] for x in (mean, games))
    names = [str(players[i]) for i in chosen]
    with style():
        ax = pyplot_axes(payoffs_size(names)) if ax is None else ax
        image = _draw_cells(ax, mean, (low, high))
        _write_cells(ax, image, mean, games, (low, high))
        _dress(ax, names)
        if len(names) > MOST_WITH_TEXT:
            _draw_bar(ax, image)
    return ax


def _scale(frame: pd.DataFrame, scale: tuple[float, float] | None) -> tuple[float, float]:
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise InvalidOptionError(f"the columns {', '.join(missing)} are missing.")
    if frame.empty:
        raise InvalidOptionError("there is no pair to draw; play games first.")
    mean = frame["mean"][frame["games"] > 0]
    if scale is None:
        reach = max(float(mean.abs().max()) if len(mean) else 0.0, 1.0)
        return -reach, reach
    low, high = map(float, scale)
    if not low < high or (len(mean) and not low <= mean.min() <= mean.max() <= high):
        raise InvalidOptionError(
            f"the scale is {low:g} to {high:g}; give the smallest and the largest score of a game."
        )
    return low, high


def _matrices(frame: pd.DataFrame, total: float) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Mean and games as [n, n], NaN and 0 where nobody played; and the players."""
    pairs = [
        (a, b, float(games), float(mean))
        for a, b, games, mean in zip(*(frame[c].tolist() for c in COLUMNS), strict=True)
    ]
    met = {(a, b) for a, b, _, _ in pairs}
    if len(met) < len(pairs) or any(a == b for a, b in met):
        raise InvalidOptionError("a row is for two different players, one row for each pair.")
    players = list(dict.fromkeys(name for a, b, _, _ in pairs for name in (a, b)))
    index = {name: i for i, name in enumerate(players)}
    one_sided = not met & {(b, a) for a, b in met}
    mean, games = np.full((len(players),) * 2, np.nan), np.zeros((len(players),) * 2)
    for a, b, number, score in pairs:
        i, j = index[a], index[b]
        if number > 0:
            mean[i, j], games[i, j] = score, number
            if one_sided:
                mean[j, i], games[j, i] = total - score, number
    return mean, games, players


def _ordered(mean: np.ndarray, players: list[Any], order: Sequence[Any] | None) -> list[int]:
    if order is None:
        met = ~np.isnan(mean)
        average = np.nansum(mean, axis=1) / np.maximum(met.sum(axis=1), 1)
        return [int(i) for i in np.argsort(-average, kind="stable")]
    for name in order:
        if name not in players:
            raise UnknownNameError("player", str(name), map(str, players))
    if not len(order) or len(set(order)) != len(order):
        raise InvalidOptionError(f"order is {list(order)!r}; give each player at most once.")
    return [players.index(name) for name in order]


def payoffs_size(names: Sequence[str]) -> tuple[float, float]:
    """Inches that a heat map of these players needs."""
    rows, _ = _numbered(names)
    cells = max(len(names), 4) if len(names) <= MOST_WITH_TEXT else 11
    labels = LETTER * max(map(len, rows))
    return CELL[0] * cells + labels + 0.3, CELL[1] * cells + (0.85 if len(names) < FEW else 0.65)


def _numbered(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Labels of rows and columns: long names only once, with numbers that stand for them."""
    if LETTER * max(map(len, names)) <= CELL[0] and len(names) <= MOST_WITH_TEXT:
        return list(names), list(names)
    numbers = [str(i) for i in range(1, len(names) + 1)]
    return [f"{name}  {i}" for name, i in zip(names, numbers, strict=True)], numbers


def _draw_cells(ax: Axes, mean: np.ndarray, scale: tuple[float, float]) -> Any:
    image = ax.pcolormesh(
        np.ma.masked_invalid(mean),
        cmap=payoff_colours(),
        vmin=scale[0],
        vmax=scale[1],
        edgecolors=LIGHT,
        linewidth=1.5,
    )
    hatch_unknown(ax, mean)
    return image


def payoff_colours() -> Any:
    """The colour map of all payoffs: orange is bad for the row's player, blue good."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("payoffs", [PALETTE[1], MIDDLE, PALETTE[0]])


def hatch_unknown(ax: Axes, mean: np.ndarray) -> None:
    """Hatch the cells [i, j] without a number; the diagonal stays empty."""
    from matplotlib.patches import Rectangle

    for i, j in np.argwhere(np.isnan(mean)):
        if i != j:
            ax.add_patch(
                Rectangle((j, i), 1, 1, fill=False, hatch="////", edgecolor=RULE, linewidth=0)
            )


def _write_cells(
    ax: Axes, image: Any, mean: np.ndarray, games: np.ndarray, scale: tuple[float, float]
) -> None:
    n = len(mean)
    if n > MOST_WITH_TEXT:
        return
    for i, j in np.argwhere(~np.isnan(mean)):
        colour = readable_on(image.to_rgba(mean[i, j]))
        raised = 0.1 if n <= MOST_WITH_COUNTS else 0.0
        text = score_text(mean[i, j], scale)
        ax.text(j + 0.5, i + 0.5 - raised, text, ha="center", va="center", size=11, color=colour)
        if n <= MOST_WITH_COUNTS:
            count = f"{games[i, j]:g}"
            ax.text(j + 0.5, i + 0.77, count, ha="center", va="center", size=8.5, color=colour)


def readable_on(colour: Any) -> str:
    """White or black letters, whichever has more contrast by the WCAG's relative luminance."""
    channels = np.asarray(colour[:3])
    linear = np.where(channels > 0.04045, ((channels + 0.055) / 1.055) ** 2.4, channels / 12.92)
    return DARK if linear @ (0.2126, 0.7152, 0.0722) > 0.18 else LIGHT


def score_text(mean: float, scale: tuple[float, float]) -> str:
    """With a sign where 0 is the middle."""
    if scale[0] == -scale[1]:
        return f"{mean:+.2f}" if round(mean, 2) else "0.00"
    return f"{mean:.2f}"


def _dress(ax: Axes, names: list[str]) -> None:
    ticks = np.arange(len(names)) + 0.5
    rows, columns = _numbered(names)
    ax.set_yticks(ticks, rows)
    ax.set_xticks(ticks, columns)
    ax.tick_params(length=0, labelsize=11, top=False, labeltop=True, labelbottom=False)
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    below = ", games below" if len(names) <= MOST_WITH_COUNTS else ""
    between = "\n" if len(names) < FEW else ""  # a small picture is not wide enough for one line
    ax.set_xlabel(f"{SCORE}{below.replace(', ', ',' + (between or ' '))}", color=MUTED, labelpad=6)


def _draw_bar(ax: Axes, image: Any) -> None:
    bar = figure_of(ax).colorbar(image, ax=ax, shrink=0.8, aspect=25, pad=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelcolor=MUTED)
    bar.set_label(SCORE, color=MUTED)
