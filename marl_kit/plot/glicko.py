"""A player's Glicko-2 standing, period by period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.style import PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.evaluate.glicko import Glicko


def plot_glicko(standings: Glicko | Sequence[Glicko], ax: Axes | None = None) -> Axes:
    """The rating with its 95 % interval after each rating period.

    Parameters
    ----------
    standings : Glicko or sequence of Glicko
        One player's, in the order of the periods; one alone is a dot with its interval.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        No standing.
    """
    shown = list(standings) if isinstance(standings, Sequence) else [standings]
    if not shown:
        raise InvalidOptionError("there is no standing to draw; give one or more mk.Glicko.")
    periods = range(len(shown))
    low, high = [s.low for s in shown], [s.high for s in shown]
    with style():
        ax = pyplot_axes() if ax is None else ax
        if len(shown) > 1:
            ax.fill_between(periods, low, high, color=PALETTE[0], alpha=0.18, linewidth=0)
        else:
            ax.vlines(periods, low, high, color=PALETTE[0], linewidth=3, alpha=0.4)
        ax.plot(periods, [s.rating for s in shown], "o-", color=PALETTE[0])
        ax.set_xticks(list(periods)[:: max(1, len(shown) // 8)] if len(shown) > 1 else [])
        ax.set_xlabel("rating periods" if len(shown) > 1 else "")
        ax.set_ylabel("rating")
        ax.set_title(f"{shown[-1].rating:.0f}, 95 % from {low[-1]:.0f} to {high[-1]:.0f}")
    return ax
