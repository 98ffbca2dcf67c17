"""Pictures that the rules of a team's game give of a position, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.games.picture import GREY, Mark, Picture
from marl_kit.plot.payoffs import readable_on
from marl_kit.plot.style import INK, MUTED, PALETTE, RULE, figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

Box = tuple[float, float, float, float]

POINTS = 72
"""In an inch."""
LETTERS = 11
"""Points, or less where a mark is small."""
RING = 2.4
"""Points: large enough to be seen where a page makes the picture small."""


def view_of(pictures: Sequence[Picture]) -> Box:
    """Left, right, bottom and top of the square that holds every mark of all pictures."""
    reach = [picture.box for picture in pictures]
    for picture in pictures:
        reach += [(m.x - m.size, m.x + m.size, m.y - m.size, m.y + m.size) for m in picture.marks]
    left, right, bottom, top = np.array(reach, float).T
    x, y = (left.min() + right.max()) / 2, (bottom.min() + top.max()) / 2
    half = max(right.max() - x, top.max() - y)
    return float(x - half), float(x + half), float(y - half), float(y + half)


def draw_picture(ax: Axes, picture: Picture, view: Box, title: str = "") -> None:
    """Draw a picture on axes that show ``view``."""
    left, right, bottom, top = view
    room = 0.01 * max(right - left, top - bottom)
    ax.set(xlim=(left - room, right + room), ylim=(bottom - room, top + room), aspect="equal")
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=LETTERS, loc="left")
    ax.set_xlabel(picture.caption, fontsize=LETTERS, labelpad=6)
    ax.spines[:].set(visible=not picture.grid, color=RULE)
    if picture.grid:
        _draw_grid(ax, picture.box)
    unit = POINTS * figure_of(ax).get_figwidth() / (right - left)
    for number, mark in enumerate(picture.marks):
        _draw(ax, mark, 2 + number, min(float(LETTERS), 1.3 * mark.size * unit))


def _draw_grid(ax: Axes, box: Box) -> None:
    left, right, bottom, top = box
    look: Any = {"color": RULE, "linewidth": 1.0, "zorder": 1}
    ax.vlines(np.arange(np.ceil(left), right + 1), bottom, top, **look)
    ax.hlines(np.arange(np.ceil(bottom), top + 1), left, right, **look)


def _draw(ax: Axes, mark: Mark, height: int, letters: float) -> None:
    colour = MUTED if mark.colour == GREY else PALETTE[mark.colour % len(PALETTE)]
    ring = mark.shape == "ring"
    patch = _shape(mark)
    patch.set(
        facecolor="none" if ring else colour,
        edgecolor=(INK if mark.colour == GREY else colour) if ring else "none",
        linewidth=RING if ring else 0,
        zorder=1000 + height if ring else height,
    )
    ax.add_patch(patch)
    look: Any = {"ha": "center", "va": "center_baseline", "size": letters, "weight": "bold"}
    if mark.text:
        ink = _readable(colour, ring)
        ax.text(mark.x, mark.y, mark.text, color=ink, zorder=height, clip_on=True, **look)


def _readable(colour: str, ring: bool) -> str:
    from matplotlib.colors import to_rgb

    return INK if ring else readable_on(to_rgb(colour))


def _shape(mark: Mark) -> Patch:
    from matplotlib.patches import Circle, Rectangle

    if mark.shape == "square":
        corner = mark.x - mark.size, mark.y - mark.size
        return Rectangle(corner, 2 * mark.size, 2 * mark.size)
    return Circle((mark.x, mark.y), mark.size)
