"""How teams of learners fared: returns while they trained, and whom they can play with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.edge_labels import label_edge
from marl_kit.plot.payoffs import CELL, LETTER, LIGHT, readable_on
from marl_kit.plot.style import MUTED, PALETTE, SIZE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.learn.cooperative.team_result import TeamResult

LINE = 34
"""Letters of a line beside the axis."""
MOST_WITH_NUMBERS = 14
"""Teams up to which cells hold numbers."""
PALE = "#e8f0f6"
"""Of the least number: the colours go from here to the palette's blue."""


def plot_team_returns(
    results: Mapping[str, TeamResult],
    ax: Axes | None = None,
    *,
    levels: Mapping[str, float] | None = None,
) -> Axes:
    """Returns of teams while they trained: interquartile mean of the runs, 95 % of it as a band,
    and a thin line for each run.

    Parameters
    ----------
    results : {str: TeamResult}
        What ``mk.train_team`` returned, by the names that are written above; all on one scale.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    levels : {str: float}, optional
        Returns to compare with, as dashed lines: ``{"random": -26.44}``.

    Raises
    ------
    InvalidOptionError
        No results, or returns on different scales.
    """
    scale = _one_scale(results)
    with style():
        ax = pyplot_axes(SIZE) if ax is None else ax
        for number, (name, result) in enumerate(results.items()):
            _draw_returns(ax, name, result, PALETTE[number % len(PALETTE)])
        for height in (levels or {}).values():
            ax.axhline(height, color=MUTED, linewidth=1.2, linestyle="--", zorder=1)
        _count_steps(ax)
        ax.set_ylabel(f"return:\n{fill(scale, LINE)}")
        ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(results), 4), borderaxespad=0.2
        )
        if levels:
            label_edge(ax, list(levels.values()), list(levels))
    return ax


def _one_scale(results: Mapping[str, TeamResult]) -> str:
    if not isinstance(results, Mapping) or not results:
        raise InvalidOptionError("give at least one result with its name: {'mappo': result}.")
    scales = list(dict.fromkeys(result.scale for result in results.values()))
    if len(scales) > 1:
        raise InvalidOptionError(
            f"the returns are on different scales ({'; '.join(scales)}); draw them in pictures of "
            f"their own, or train with the same reward."
        )
    return scales[0]


def _draw_returns(ax: Axes, name: str, result: TeamResult, colour: str) -> None:
    steps, runs = result.steps, result.returns
    dots = "o" if len(steps) == 1 else ""
    ax.plot(steps, result.iqm, color=colour, marker=dots, label=name, zorder=3)
    if len(runs) > 1:
        ax.plot(steps, runs.T, color=colour, linewidth=0.6, alpha=0.5, zorder=2)
        look: Any = {"color": colour, "alpha": 0.18, "linewidth": 0}
        ax.fill_between(steps, result.low, result.high, zorder=2, **look)


def _count_steps(ax: Axes) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.set_xlabel("steps of the environment in each run")
    ax.autoscale_view()
    ax.set_ylim(ax.get_ylim())


def plot_cross_play(matrix: np.ndarray, names: Sequence[str], ax: Axes | None = None) -> Axes:
    """What teams get with one agent of another team in their midst, as a heat map.

    A row is a team, a column the team that one of its agents is taken from; on the diagonal the
    team is by itself. Darker is more.

    Parameters
    ----------
    matrix : float64 [K, K]
        What ``mk.cross_play`` returned.
    names : sequence of K str
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        No square matrix of numbers, or not one name a row.
    """
    matrix = np.asarray(matrix, float)
    if matrix.ndim != 2 or matrix.shape != (len(names),) * 2 or not np.isfinite(matrix).all():
        raise InvalidOptionError(
            f"the matrix has the shape {matrix.shape} and there are {len(names)} names; give "
            f"finite numbers [K, K] and K names."
        )
    rows, columns = _labels(names)
    longest = max(map(len, rows), default=0)
    size = CELL[0] * max(len(names), 4) + LETTER * longest + 0.4, CELL[1] * len(names) + 0.9
    with style():
        ax = pyplot_axes(size) if ax is None else ax
        draw_cells(ax, matrix, _numbers(matrix))
        name_cells(ax, rows, columns)
        ax.set_xlabel("return of the row's team\nwith an agent of the column's", color=MUTED)
    return ax


def _labels(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of rows and columns: long names once, with numbers that stand for them."""
    if LETTER * max(map(len, names), default=0) <= CELL[0]:
        return list(names), list(names)
    numbers = [str(number) for number in range(1, len(names) + 1)]
    return [f"{name}  {n}" for name, n in zip(names, numbers, strict=True)], numbers


def _numbers(matrix: np.ndarray) -> np.ndarray:
    """Texts of the cells, none where there are too many."""
    if len(matrix) > MOST_WITH_NUMBERS:
        return np.full(matrix.shape, "")
    return np.vectorize(lambda x: f"{x:.3g}".replace("-", "\N{MINUS SIGN}"), otypes=[object])(
        matrix
    )


def draw_cells(ax: Axes, values: np.ndarray, texts: np.ndarray) -> None:
    """Cells of a table, the darker the more, with their texts; rows from above."""
    from matplotlib.colors import LinearSegmentedColormap

    low, high = float(values.min()), float(values.max())
    colours = LinearSegmentedColormap.from_list("returns", [PALE, PALETTE[0]])
    rule: Any = {"edgecolors": LIGHT, "linewidth": 1.5}
    span: Any = {"vmin": low, "vmax": high if high > low else low + 1.0}
    image = ax.pcolormesh(values, cmap=colours, **span, **rule)
    for i, j in np.ndindex(values.shape):
        colour = readable_on(image.to_rgba(values[i, j]))
        ax.text(
            j + 0.5, i + 0.5, str(texts[i, j]), ha="center", va="center", size=10.5, color=colour
        )
    ax.invert_yaxis()


def name_cells(ax: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Names beside and above a table of cells."""
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns)
    ax.tick_params(length=0, labelsize=10.5, top=False, labeltop=True, labelbottom=False)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
