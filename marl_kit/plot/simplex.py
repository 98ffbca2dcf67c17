"""Three actions as a triangle, two times two as a square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.plot.style import INK, MUTED, RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL = (3.0, 2.9)
"""Inches: so wide is half a page, and a third of a screen."""
BESIDE: dict[str, Any] = {
    "loc": "upper left",
    "bbox_to_anchor": (1.01, 1.0),
    "borderaxespad": 0.0,
    "fontsize": "small",
    "handlelength": 1.4,
}
"""A legend that covers no curve."""
ARROW = 0.05
"""Length of the arrows along a path, where a side of the picture is 1."""
DRAWN = "triangle"
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
"""Of the first, second and third action."""


def to_plane(shares: np.ndarray) -> np.ndarray:
    """Points of the triangle, [..., 2], from probabilities [..., 3]."""
    return np.asarray(shares) @ CORNERS


def draw_triangle(ax: Axes, names: Sequence[str], grid: bool = True) -> None:
    """The edges, with the names of the actions at the corners."""
    from matplotlib.patches import Polygon

    if ax.get_gid() == DRAWN:  # a path over a vector field
        return
    ax.set_gid(DRAWN)
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.add_patch(Polygon(CORNERS, closed=True, fill=False, edgecolor=MUTED, linewidth=1.0))
    if grid:
        for k in (0.25, 0.5, 0.75):
            for a in range(3):
                b, c = (a + 1) % 3, (a + 2) % 3
                ends = np.zeros((2, 3))
                ends[:, a] = k
                ends[0, b] = ends[1, c] = 1 - k
                ax.plot(*to_plane(ends).T, color=RULE, linewidth=0.6, zorder=0)
    _name_corners(ax, names)
    ax.set_xlim(-0.08, 1.08)
    ax.set_ylim(-0.12, np.sqrt(0.75) + 0.12)


def _name_corners(ax: Axes, names: Sequence[str]) -> None:
    places: list[tuple[float, float, Any, Any]] = [
        (-0.06, -0.035, "left", "top"),
        (1.06, -0.035, "right", "top"),
        (0.5, np.sqrt(0.75) + 0.03, "center", "bottom"),
    ]
    for (x, y, side, level), name in zip(places, names, strict=True):
        ax.text(x, y, name, ha=side, va=level, color=INK, size=9)


def draw_square(ax: Axes, populations: Sequence[str], first: Sequence[str]) -> None:
    """Axes for the probabilities of both players' first actions."""
    ax.set_aspect("equal")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set_xticks([0, 0.5, 1], ["0", "1/2", "1"])
    ax.set_yticks([0, 0.5, 1], ["0", "1/2", "1"])
    ax.set_xlabel(f"{populations[0]}: {first[0]}")
    ax.set_ylabel(f"{populations[1]}: {first[1]}")


def draw_path(ax: Axes, xy: np.ndarray, colour: str, label: str = "") -> None:
    """A path with arrows along it, hollow at the start and full at the end."""
    ax.plot(*xy.T, color=colour, linewidth=1.3, solid_joinstyle="round", label=label or None)
    for k in _arrow_places(xy):
        ax.annotate(
            "",
            xy[k + 1],
            _tail(xy, k),
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 16,
                "linewidth": 0,
            },
        )
    ax.plot(*xy[0], "o", markersize=5, markerfacecolor="white", markeredgecolor=colour, zorder=4)
    ax.plot(*xy[-1], "o", markersize=5, color=colour, zorder=4)


def _tail(xy: np.ndarray, k: int) -> tuple[float, float]:
    """Where the arrow at the end of step k begins: an arrow shorter than its head is a speck."""
    step = xy[k + 1] - xy[k]
    x, y = xy[k + 1] - ARROW * step / np.hypot(*step)
    return float(x), float(y)


def _arrow_places(xy: np.ndarray, most: int = 3) -> list[int]:
    """Steps in the middle of equal parts of the first two sides of the picture that are walked."""
    length = np.hypot(*np.diff(xy, axis=0).T)
    walked = np.cumsum(length)
    if not len(walked) or walked[-1] < 0.05:
        return []
    reach = min(walked[-1], 2.0)
    goals = reach * (np.arange(most) + 0.5) / most
    places = {int(np.searchsorted(walked, goal)) for goal in goals}
    return sorted(k for k in places if k < len(length) and length[k] > 1e-9)
