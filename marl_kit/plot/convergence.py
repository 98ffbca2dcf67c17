"""How fast solvers get better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.results import Solution
from marl_kit.plot.style import PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXACT_ZERO = 1e-17
"""Where a NashConv of exactly 0 is drawn, since a logarithmic axis has no place for it."""


def plot_convergence(
    solutions: Solution | Sequence[Solution],
    ax: Axes | None = None,
    labels: Sequence[str] | None = None,
) -> Axes:
    """NashConv against solver time (loop only, no compilation), both logarithmic.

    An iterative method is a curve through its checkpoints. A direct method has nothing between
    start and answer: beside curves it is a vertical line at the time that it took, alone a point.

    Parameters
    ----------
    solutions : Solution or sequence of Solution
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    labels : sequence of str, optional
        One a solution; the names of the methods without.

    Raises
    ------
    InvalidOptionError
        No solutions, or not one label each.
    """
    solutions = [solutions] if isinstance(solutions, Solution) else list(solutions)
    names = [s.method for s in solutions] if labels is None else list(labels)
    if not solutions or len(names) != len(solutions):
        raise InvalidOptionError(
            f"{len(solutions)} solutions and {len(names)} labels; give at least one solution and "
            f"one label each."
        )
    curves = any(s.iterations for s in solutions)
    with style():
        ax = pyplot_axes() if ax is None else ax
        for k, (solution, name) in enumerate(zip(solutions, names, strict=True)):
            colour = PALETTE[k % len(PALETTE)]
            if solution.iterations or not curves:
                _draw_curve(ax, solution, name, colour)
            else:
                _draw_direct(ax, solution, name, colour)
        _label(ax, solutions)
    return ax


def _draw_curve(ax: Axes, solution: Solution, name: str, colour: str) -> None:
    history = solution.history
    gap = np.where(history.nash_conv > 0, history.nash_conv, EXACT_ZERO)
    ax.plot(history.wall_time_s, gap, marker="o", color=colour, label=name)


def _draw_direct(ax: Axes, solution: Solution, name: str, colour: str) -> None:
    label = f"{name}, NashConv {solution.nash_conv:.0e}"
    ax.axvline(solution.wall_time_s, color=colour, linestyle=(0, (4, 3)), label=label)


def _label(ax: Axes, solutions: Sequence[Solution]) -> None:
    games = {s.game.name for s in solutions}
    ax.set(xscale="log", yscale="log", xlabel="solver time in seconds", ylabel="NashConv")
    if len(games) == 1:
        ax.set_title(f"Convergence on {games.pop()}")
    ax.legend()
