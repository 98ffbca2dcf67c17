"""Where populations are heading from everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.plot.simplex import PANEL, draw_square, draw_triangle, to_plane
from marl_kit.plot.style import MUTED, RULE, pyplot_axes, style
from marl_kit.solve.dynamics.replicator_flow import levelled
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs
from marl_kit.solve.dynamics.velocity import velocity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TRIANGLE, SQUARE = 14, 13
"""Arrows along a side."""
REST = 1e-12
"""Speed up to which it is rounding, in units of the payoffs that are met at the point."""


def plot_vector_field(game: Any, method: str = "replicator", ax: Axes | None = None) -> Axes:
    """Arrows of the replicator or the best-response dynamic.

    A symmetric game with three actions: one population, in the triangle. Two players with two
    actions: the square of both players' probabilities. Arrows have one length; the paler, the
    slower.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    method : "replicator" or "best_response"
    ax : matplotlib Axes, optional
        Where to draw (before or after ``plot_trajectory`` on the same); a new figure without.

    Raises
    ------
    UnsupportedGameError
        Neither of the two; an asymmetric game with three actions has two triangles that move each
        other.
    UnknownNameError
        No such flow.
    """
    game = as_game(game)
    if not isinstance(method, str):
        raise InvalidOptionError(f"method is {method!r}; give 'replicator' or 'best_response'.")
    if not isinstance(game, NormalFormGame) or game.num_actions not in ((2, 2), (3, 3)):
        size = " x ".join(map(str, getattr(game, "num_actions", ())))
        raise UnsupportedGameError(
            f"a vector field is drawn of 2 x 2 games and of symmetric 3 x 3 games, and {game.name} "
            f"is {size or 'in ' + game.form + ' form'}."
        )
    triangle = game.num_actions == (3, 3)
    if triangle:
        symmetric_payoffs(game, "a vector field in the triangle")
    places = _triangle_points() if triangle else _square_points()
    level = NormalFormGame(levelled(game.payoffs)) if method == "replicator" else game
    moves = np.array([_move(level, method, point, triangle) for point in places])
    with style():
        ax = pyplot_axes(PANEL) if ax is None else ax
        if triangle:
            draw_triangle(ax, game.actions[0], grid=False)
            _arrows(ax, to_plane(places), moves @ np.array(to_plane(np.eye(3))), 1 / TRIANGLE)
        else:
            draw_square(ax, game.player_names, [names[0] for names in game.actions])
            _arrows(ax, places, moves, 1 / SQUARE)
        ax.set_title(f"{game.name}\n{method.replace('_', ' ')}")
    return ax


def _triangle_points() -> np.ndarray:
    n = TRIANGLE
    cells = [(i, j) for i in range(n) for j in range(n - i)]
    return np.array([(i + 1 / 3, j + 1 / 3, n - i - j - 2 / 3) for i, j in cells]) / n


def _square_points() -> np.ndarray:
    side = (np.arange(SQUARE) + 0.5) / SQUARE
    return np.array([(x, y) for x in side for y in side])


def _move(game: NormalFormGame, method: str, point: np.ndarray, triangle: bool) -> np.ndarray:
    profile = [point, point] if triangle else [np.array([q, 1 - q]) for q in point]
    sides = velocity(game, method, profile)
    if method == "replicator":
        sides = [
            v if np.abs(v).max() > REST * _met(game, profile, p) else 0 * v
            for p, v in enumerate(sides)
        ]
    return sides[0] if triangle else np.array([v[0] for v in sides])


def _met(game: NormalFormGame, profile: list[np.ndarray], player: int) -> float:
    """How large the player's payoffs are on average, whatever their signs."""
    size = np.abs(game.payoffs[player])
    for x in profile[::-1]:
        size = size @ x
    return float(size)


def _arrows(ax: Axes, xy: np.ndarray, moves: np.ndarray, spacing: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    speed = np.hypot(*moves.T)
    fastest = speed.max()
    moving = speed > 1e-9 * fastest if fastest > 0 else np.zeros(len(speed), bool)
    xy, moves, speed = xy[moving], moves[moving], speed[moving]
    if not len(speed):
        return
    colours = LinearSegmentedColormap.from_list("speed", [RULE, MUTED])
    arrows = moves / speed[:, None] * spacing * 0.72
    ax.quiver(
        *xy.T,
        *arrows.T,
        np.sqrt(speed / fastest),
        cmap=colours,
        clim=(0, 1),
        angles="xy",
        scale_units="xy",
        scale=1,
        pivot="mid",
        width=0.006,
        headwidth=4.5,
        headlength=5,
        headaxislength=4.5,
        zorder=1,
    )
