"""How a population closes in on an equilibrium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.plot.style import MUTED, PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.league.psro_result import PSROResult

NOUGHT = 1e-12
"""Of the greatest NashConv: less is rounding, and is drawn there on the logarithmic axis."""


def plot_psro(result: PSROResult, ax: Axes | None = None) -> Axes:
    """NashConv by generation on a logarithmic axis, the best so far, and the population's size.

    Parameters
    ----------
    result : PSROResult
        From ``mk.psro``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    """
    history = result.history
    floor = NOUGHT * (float(history.nash_conv.max()) or 1.0)
    with style():
        ax = pyplot_axes() if ax is None else ax
        steps = np.arange(len(history.nash_conv))
        mark = "o" if len(steps) <= 30 else ""
        now, best = (np.maximum(x, floor) for x in (history.nash_conv, history.best))
        ax.plot(steps, now, marker=mark, color=PALETTE[0], label="NashConv")
        ax.plot(steps, best, color=PALETTE[1], linestyle="--", label="best so far")
        if result.meta.joint is not None:
            gap = np.maximum(history.gap, floor)
            ax.plot(steps, gap, marker=mark, color=PALETTE[3], label="gap of the joint play")
        ax.set_yscale("log")
        _draw_population(ax, result)
        ax.set_xlabel("generation")
        ax.set_ylabel("NashConv")
        ax.set_title(f"PSRO ({result.meta_solver}) on {result.game.name}", pad=26)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    return ax


def _draw_population(ax: Axes, result: PSROResult) -> None:
    """Members of the largest population, on an axis of their own."""
    from matplotlib.ticker import MaxNLocator

    sizes = result.history.population.max(axis=1)
    other = ax.twinx()
    other.plot(np.arange(len(sizes)), sizes, color=MUTED, linewidth=1, linestyle=":")
    other.set_ylim(bottom=0)
    other.set_ylabel("members (dotted)", color=MUTED)
    other.grid(visible=False)
    other.spines["right"].set_visible(True)
    other.yaxis.set_major_locator(MaxNLocator(integer=True))
