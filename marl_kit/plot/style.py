"""One restrained look for every picture, without touching anybody's matplotlib settings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#66727f"
RULE = "#dfe3e8"
# Okabe and Ito (2008), "Color universal design": told apart by colour-blind readers too. Their
# yellow is left out, as it is too pale for a line on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
SIZE = (5.6, 3.4)
"""Inches; the letters stay readable when a phone shrinks the picture to its width."""

STYLE: Any = {
    "axes.edgecolor": MUTED,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.which": "major",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.dpi": 110,
    "font.size": 10,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "savefig.dpi": 160,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


def style() -> AbstractContextManager[Any]:
    """Settings that hold inside the ``with`` only."""
    import matplotlib

    return matplotlib.rc_context(STYLE)


def pyplot_axes(size: tuple[float, float] = SIZE) -> Axes:
    """Axes of a new pyplot figure, which a notebook shows at the end of its cell."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=size, layout="constrained")
    return ax


def detached_axes(size: tuple[float, float] = SIZE) -> Axes:
    """Axes of a figure for a file: pyplot and its backend never hear of it."""
    from matplotlib.figure import Figure

    with style():
        ax: Axes = Figure(figsize=size, layout="constrained").subplots()
    return ax


def whole_ticks(ax: Axes) -> None:
    """Only whole numbers below the picture, as waves and generations are, be it a single one."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, min_n_ticks=1))


def save_figure(ax: Axes, path: Any) -> None:
    """Write the figure of ``ax`` in the format of the path's ending."""
    with style():
        figure_of(ax).savefig(path)


def figure_of(ax: Axes) -> Figure:
    """The whole figure that ``ax`` is in."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "the axes were taken out of their figure"
    return figure
