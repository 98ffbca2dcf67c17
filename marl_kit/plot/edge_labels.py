"""Names at the right edge of a picture, moved apart until they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.plot.style import MUTED, figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS = 9
"""Points."""
LINE = 1.25
"""Heights of letters from one name to the next."""


def label_edge(ax: Axes, heights: Sequence[float] | np.ndarray, names: Sequence[str]) -> None:
    """Write a name for each height (on a linear axis whose limits are set), and a line to it."""
    bottom, top = ax.get_ylim()
    place = (np.asarray(heights, np.float64) - bottom) / (top - bottom)
    order = np.argsort(place, kind="stable")
    points = 72 * figure_of(ax).get_figheight() * ax.get_position().height
    moved = spread(place[order], LINE * LETTERS / points)
    for i, y in zip(order, moved, strict=True):
        ax.annotate(
            names[i],
            (1, place[i]),
            xycoords="axes fraction",
            xytext=(1.04, y),
            textcoords="axes fraction",
            va="center",
            fontsize=LETTERS,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkB": 0},
        )


def spread(places: np.ndarray, gap: float) -> np.ndarray:
    """The nearest places in [0, 1] that are ``gap`` apart; ``places`` ascend.

    >>> spread(np.array([0.0, 0.5, 0.5, 0.9]), 0.1).round(3).tolist()
    [0.0, 0.45, 0.55, 0.9]
    """
    from scipy.optimize import isotonic_regression

    if not len(places):
        return places
    # Least squares with places at least a gap apart is isotonic regression once it is taken off.
    room = gap * np.arange(len(places))
    apart = isotonic_regression(places - room).x
    return np.clip(apart, 0.0, max(0.0, 1.0 - room[-1])) + room
