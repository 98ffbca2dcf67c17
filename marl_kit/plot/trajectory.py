"""Paths of the dynamics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.trajectory import STEP, Trajectory
from marl_kit.plot.simplex import BESIDE, PANEL, draw_path, draw_square, draw_triangle, to_plane
from marl_kit.plot.style import PALETTE, figure_of, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ["auto", "lines"]
DASHES: list[Any] = ["-", (0, (4, 2)), (0, (1, 1.5))]
MOST_NAMED = 12
WIDE = (4.2, 2.9)


def plot_trajectory(
    trajectory: Trajectory | Sequence[Trajectory], ax: Any = None, kind: str = "auto"
) -> Any:
    """Three actions: paths in the triangle, one panel a population. Two populations with two
    actions: a path in the square. Else, or with ``kind="lines"``, probabilities over time.

    A path is hollow where it starts and full where it ends. Several trajectories of the same shape
    (other starts, other methods) share triangles and squares.

    Parameters
    ----------
    trajectory : Trajectory or sequence of Trajectory
    ax : matplotlib Axes or a sequence of them, optional
        One a panel; a new pyplot figure without.
    kind : "auto" or "lines"

    Returns
    -------
    Axes, or a list of them where there are several panels

    Raises
    ------
    InvalidOptionError
        Nothing to draw, trajectories that do not go together, or not one axes a panel.
    """
    paths = _paths(trajectory)
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidOptionError(f"kind is {kind!r}; give one of {', '.join(KINDS)}.")
    if not paths or any(path.actions != paths[0].actions for path in paths):
        raise InvalidOptionError(
            f"{len(paths)} trajectories; give at least one, and several only with equal actions."
        )
    shape = _shape(paths[0]) if kind == "auto" else "lines"
    if shape == "lines" and len(paths) > 1:
        raise InvalidOptionError("lines over time are drawn of one trajectory; draw each alone.")
    panels = 1 if shape == "square" else len(paths[0].actions)
    with style():
        axes = _axes(ax, panels, PANEL if shape != "lines" else WIDE)
        if shape == "lines":
            _draw_lines(axes, paths[0])
        else:
            (_draw_square if shape == "square" else _draw_triangles)(axes, paths)
        if ax is None and panels > 1:
            figure_of(axes[0]).suptitle(_title(paths, None).replace("\n", ", "), size=11)
    return axes if panels > 1 else axes[0]


def _paths(given: Any) -> list[Trajectory]:
    several = isinstance(given, Sequence) and not isinstance(given, str)
    paths = list(given) if several else [given]
    for path in paths:
        if not isinstance(path, Trajectory):
            raise InvalidOptionError(
                f"{path!r} is no Trajectory; give what mk.dynamics returns, or a list of such."
            )
    return paths


def _shape(path: Trajectory) -> str:
    sizes = [len(names) for names in path.actions]
    if all(n == 3 for n in sizes):
        return "triangles"
    return "square" if sizes == [2, 2] else "lines"


def _axes(ax: Any, panels: int, size: tuple[float, float]) -> list[Axes]:
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(size[0] * panels, size[1]), layout="constrained")
        return list(np.atleast_1d(figure.subplots(1, panels)))
    given = list(np.ravel(ax))
    if len(given) != panels:
        raise InvalidOptionError(
            f"{len(given)} axes for {panels} panels, one a population; give as many as panels."
        )
    return given


def _draw_triangles(axes: list[Axes], paths: list[Trajectory]) -> None:
    for p, panel in enumerate(axes):
        draw_triangle(panel, paths[0].actions[p])
        for k, path in enumerate(paths):
            draw_path(panel, to_plane(path.population(p)), PALETTE[k % len(PALETTE)])
        panel.set_title(_title(paths, p if len(axes) > 1 else None))


def _draw_square(axes: list[Axes], paths: list[Trajectory]) -> None:
    (panel,) = axes
    first = [names[0] for names in paths[0].actions]
    draw_square(panel, paths[0].populations, first)
    for k, path in enumerate(paths):
        draw_path(panel, path.states[:, [0, 2]], PALETTE[k % len(PALETTE)])
    panel.set_title(_title(paths, None))


def _draw_lines(axes: list[Axes], path: Trajectory) -> None:
    late = np.median(path.times) < 0.2 * path.times[-1] and path.unit == STEP
    kept = path.times > 0 if late else slice(None)
    for p, panel in enumerate(axes):
        named = len(path.actions[p]) <= MOST_NAMED
        for a, name in enumerate(path.actions[p]):
            dash = DASHES[a // len(PALETTE) % len(DASHES)]
            line = path.population(p)[kept, a]
            label = name if named else None
            colour = PALETTE[a % len(PALETTE)]
            panel.plot(path.times[kept], line, color=colour, linestyle=dash, label=label)
        panel.set(ylim=(-0.02, 1.02), xlabel=path.unit, ylabel="probability" if p == 0 else "")
        panel.set_title(_title([path], p if len(axes) > 1 else None))
        if late:
            panel.set_xscale("log")
        if named and path.actions[p : p + 1] != path.actions[p + 1 : p + 2]:
            panel.legend(**BESIDE)  # of neighbours with the same actions the last one names them


def _title(paths: list[Trajectory], population: int | None) -> str:
    if population is not None:
        return paths[0].populations[population]
    games, methods = ({getattr(x, name) for x in paths} for name in ("game", "method"))
    names = {game.name for game in games}
    method = methods.pop().replace("_", " ") if len(methods) == 1 else ""
    return "\n".join(filter(None, [names.pop() if len(names) == 1 else "", method]))
