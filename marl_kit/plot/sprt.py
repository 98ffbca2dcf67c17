"""A sequential test on its way to one of its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marl_kit.plot.style import MUTED, PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.evaluate.sprt_result import SPRT

ACCEPT, REJECT = PALETTE[2], PALETTE[1]


def plot_sprt(test: SPRT, ax: Axes | None = None) -> Axes:
    """The log-likelihood ratio by games played, between the bounds that end the test.

    A path where the order of the games is known (a test of a match), else one point.

    Parameters
    ----------
    test : SPRT
        From ``mk.sprt``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    """
    games, ratio = test.path()
    with style():
        ax = pyplot_axes() if ax is None else ax
        _draw_bounds(ax, test)
        if len(games) > 1:
            ax.plot(games, ratio, color=PALETTE[0])
        ax.plot(games[-1:], ratio[-1:], "o", color=PALETTE[0], markersize=6)
        ax.set_xlim(0, max(1.08 * test.games, 1.0))
        ax.set_xlabel("games")
        ax.set_ylabel("log-likelihood ratio")
        ax.set_title(f"Elo {test.elo0:g} or {test.elo1:g}: {test.decision}")
    return ax


def _draw_bounds(ax: Axes, test: SPRT) -> None:
    ax.axhline(0, color=MUTED, linewidth=0.8)
    bounds = (
        (test.upper, ACCEPT, f"accept {test.elo1:g} at {test.upper:.2f}", 4, "bottom"),
        (test.lower, REJECT, f"reject {test.elo1:g} at {test.lower:.2f}", -4, "top"),
    )
    for height, colour, text, gap, side in bounds:
        ax.axhline(height, color=colour, linestyle="--", linewidth=1.4)
        ax.annotate(
            text,
            (0, height),
            xycoords=("axes fraction", "data"),
            xytext=(4, gap),
            textcoords="offset points",
            verticalalignment=side,
            fontsize="small",
            color=colour,
        )
    ax.margins(y=0.16)
