"""Where Elo misleads: the score of each pair against what ratings expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.style import MUTED, PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from marl_kit.evaluate.misfit import EloMisfit

NAMED = 5
"""So many of the pairs that contradict have their names written."""
GREATEST = 160.0
"""Square points of the dot of the pair with most games."""


def plot_misfit(misfit: EloMisfit, ax: Axes | None = None) -> Axes:
    """A dot for each pair, greater where more games were played; on the line Elo holds.

    Orange pairs contradict the ratings by more than chance; the least probable are named.

    Parameters
    ----------
    misfit : EloMisfit
        From ``mk.elo_misfit``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        No games.
    """
    met = misfit.met
    if met.empty:
        raise InvalidOptionError("no two players have met; give results of games.")
    with style():
        ax = pyplot_axes() if ax is None else ax
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
        size = GREATEST * met["games"] / met["games"].max()
        ax.scatter(met["expected"], met["score"], np.maximum(size, 6), PALETTE[0], alpha=0.45)
        _draw_contradictions(ax, misfit, float(met["games"].max()))
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        ax.set_xlabel("expected score, by the ratings")
        ax.set_ylabel("score")
        ax.set_title(_verdict(misfit))
    return ax


def _draw_contradictions(ax: Axes, misfit: EloMisfit, most: float) -> None:
    wrong = misfit.pairs
    size = np.maximum(GREATEST * wrong["games"] / most, 6)
    ax.scatter(wrong["expected"], wrong["score"], size, PALETTE[1])
    for place, row in enumerate(wrong.head(NAMED).to_dict("records")):
        left = row["expected"] > 0.6
        ax.annotate(
            f"{row['a']} - {row['b']}",
            (row["expected"], row["score"]),
            # names of equal pairs would lie on each other: each further towards the middle
            xytext=(-8 if left else 8, np.copysign(12, 0.5 - row["score"]) * _crowd(wrong, place)),
            textcoords="offset points",
            horizontalalignment="right" if left else "left",
            verticalalignment="center",
            fontsize="small",
        )


def _crowd(wrong: pd.DataFrame, place: int) -> int:
    """How many of the pairs that are named before lie where this one does."""
    points = wrong[["expected", "score"]].to_numpy()
    near = np.abs(points[:place] - points[place]) < (0.45, 0.05)  # names are wide
    return int(near.all(axis=1).sum())


def _verdict(misfit: EloMisfit) -> str:
    share = f"cyclic share {misfit.hodge.cyclic_share:.0%}"
    if not misfit.misleads:
        return f"No pair contradicts Elo ({share})"
    number = len(misfit.pairs)
    return f"{number} pair{'s' * (number > 1)} contradict{'s' * (number == 1)} Elo ({share})"
