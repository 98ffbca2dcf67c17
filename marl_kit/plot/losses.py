"""Where a policy loses, as bars."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.labels import infoset_label
from marl_kit.plot.style import MUTED, PALETTE, SIZE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.evaluate.losses import InfosetLosses

MOST = 10
NO_BREAK = "\N{NO-BREAK SPACE}"
WRAP = 36
"""Letters in a line of a bar's label."""
LINE_HEIGHT = 0.19
"""Inches that a line of a label needs."""


def plot_losses(losses: InfosetLosses, most: int = MOST, ax: Axes | None = None) -> Axes:
    """The infosets that cost most, worst on top, a colour for each player.

    The bars of all infosets would add up to NashConv. The word at the end of a bar is the action
    that a best response takes there.

    Parameters
    ----------
    losses : InfosetLosses
        From ``mk.infoset_losses``.
    most : int
        How many bars.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    """
    if most < 1:
        raise InvalidOptionError(f"most is {most}; give at least 1.")
    worst = losses.to_frame(most)
    labels = [bar_label(key) for key in worst["infoset"]]
    with style():
        ax = pyplot_axes(bars_size(labels)) if ax is None else ax
        for player in sorted(set(worst["player"])):
            mine = worst[worst["player"] == player]
            colour = PALETTE[int(player) % len(PALETTE)]
            ax.barh(mine.index, mine["loss"], height=0.7, color=colour, label=f"player {player}")
        ax.set_yticks(range(len(worst)), labels, fontsize="small")
        _annotate(ax, worst)
        ax.set_xlabel(f"loss on {losses.game.name} (part of NashConv)")
    return ax


def bar_label(key: Any) -> str:
    """An infoset's name, broken into lines between its fields."""
    fields = infoset_label(key).split(", ")
    return textwrap.fill(", ".join(f.replace(" ", NO_BREAK) for f in fields), WRAP)


def bars_size(labels: list[str]) -> tuple[float, float]:
    """Inches that bars with these labels need."""
    lines = sum(label.count("\n") + 1.6 for label in labels)
    return SIZE[0], max(1.1 + LINE_HEIGHT * lines, 2.0)


def _annotate(ax: Axes, worst: Any) -> None:
    for row in worst.itertuples():
        ax.annotate(
            f" {row.best}",
            (row.loss, row.Index),
            verticalalignment="center",
            fontsize="small",
            color=MUTED,
        )
    ax.margins(x=0.12)
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", nbins=5)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    if len(set(worst["player"])) > 1:
        # above the axes: inside, it would cover bars
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0)
