"""Correlated equilibria of two players: what they can be worth, and where they lie."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.games.load import as_game
from marl_kit.plot.style import INK, MUTED, PALETTE, RULE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.games.game import Game

CORNER = 1e-7
"""Relative to each player's range: how far a linear program's corner must lie beyond an edge."""
VERTEX = 1e-9
"""Slack that rounding may leave of the conditions at a vertex."""
NAMES = {"cce": "coarse correlated", "ce": "correlated"}
COLOURS = {"cce": PALETTE[4], "ce": PALETTE[0]}
WIDTHS = {COLOURS["cce"]: 4.0, COLOURS["ce"]: 1.4}
"""The wider line shows on both sides of the other where the two sets are one."""
SIZE = (5.2, 4.6)


def plot_correlated_polytope(game: Any, ax: Axes | None = None) -> Axes:
    """Payoffs of all correlated and coarse correlated equilibria, with the Nash equilibria.

    Both sets of payoffs are polygons (perhaps a segment or a point), exact up to rounding: corners
    come from linear programs in the directions of the edges found so far. Behind them stand all
    payoffs of joint play.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Two players.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    UnsupportedGameError
        Not two players.
    """
    game = _two_players(game)
    payoffs = game.to_normal_form().payoffs.reshape(2, -1).T
    with style():
        ax = pyplot_axes(SIZE) if ax is None else ax
        _draw_region(ax, _hull(payoffs), RULE, "all joint play")
        for concept in ("cce", "ce"):
            _draw_region(ax, payoff_corners(game, concept), COLOURS[concept], NAMES[concept])
        nash = np.array([_values(game, profile) for profile in _equilibria(game)])
        ax.plot(*nash.T, "o", color=PALETTE[1], label="Nash", zorder=5, clip_on=False)
        first, second = game.to_normal_form().player_names
        ax.set_xlabel(f"payoff of {first}")
        ax.set_ylabel(f"payoff of {second}")
        ax.margins(0.06)
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2)
    return ax


def plot_correlated_simplex(game: Any, ax: Any = None) -> Any:
    """The correlated equilibria of a 2x2 game inside the tetrahedron of joint distributions.

    Corners are the four pure profiles, the curved surface is independent play; the polytope of
    correlated equilibria meets it exactly in the Nash equilibria (Nau, Gomez Canovas and Hansen
    2004, "On the geometry of Nash equilibria and correlated equilibria", Int. J. Game Theory 32).

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    ax : matplotlib 3-D Axes, optional

    Raises
    ------
    UnsupportedGameError
        Not a 2x2 game.
    """
    game = _two_players(game)
    matrix = game.to_normal_form()
    if matrix.num_actions != (2, 2):
        raise UnsupportedGameError(
            f"{game.name} is {'x'.join(map(str, matrix.num_actions))}; the joint distributions of "
            f"a 2x2 game alone fit into three dimensions."
        )
    with style():
        ax = _axes_3d() if ax is None else ax
        _draw_tetrahedron(ax, matrix.actions)
        _draw_polytope(ax, _in_space(equilibrium_vertices(game)))
        nash = np.array([np.outer(*profile).ravel() for profile in _equilibria(game)])
        ax.plot(*_in_space(nash).T, "o", color=PALETTE[1], label="Nash")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.1), ncols=2)
    return ax


def payoff_corners(game: Game, concept: str) -> np.ndarray:
    """Corners of the polygon of equilibrium payoffs, float64 [K, 2], in order around it.

    Each player's payoffs are brought to [0, 1] first: nothing is judged in units of the other's.
    """
    payoffs = game.to_normal_form().payoffs.reshape(2, -1)
    low, unit = payoffs.min(axis=1), np.ptp(payoffs, axis=1)
    unit = np.where(unit > 0, unit, 1.0)

    def best(direction: np.ndarray) -> np.ndarray:
        # weights on payoffs that have been divided by their units, the larger weight 1
        weights = direction / unit
        return (_best(game, concept, weights / np.abs(weights).max()) - low) / unit

    corners = [best(np.array(d, float)) for d in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    corners = [c for i, c in enumerate(corners) if i == 0 or _far(c, corners[i - 1])]
    if len(corners) > 1 and not _far(corners[0], corners[-1]):
        corners.pop()
    i = 0
    while i < len(corners) and len(corners) > 1:
        here, there = corners[i], corners[(i + 1) % len(corners)]
        edge = there - here
        normal = np.array([edge[1], -edge[0]]) / np.linalg.norm(edge)  # outwards: anticlockwise
        beyond = best(normal)
        if normal @ (beyond - here) > CORNER:
            corners.insert(i + 1, beyond)
        else:
            i += 1
    return _hull(np.array(corners)) * unit + low


def _best(game: Game, concept: str, direction: np.ndarray) -> np.ndarray:
    from marl_kit.solve.correlated import correlated

    return correlated(game, direction.tolist(), concept).values


def _far(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max() > CORNER)


def equilibrium_vertices(game: Game) -> np.ndarray:
    """Vertices of the polytope of correlated equilibria of a 2x2 game, float64 [K, 4].

    Every choice of three conditions that hold with equality is tried; there are at most eight.
    """
    from marl_kit.solve.deviations import deviation_gains

    gains = deviation_gains(game, "ce").toarray()
    top = np.abs(gains).max(axis=1, keepdims=True)
    rules = np.vstack([gains / np.where(top > 0, top, 1.0), -np.eye(4)])
    found: list[np.ndarray] = []
    for chosen in itertools.combinations(range(len(rules)), 3):
        system = np.vstack([rules[list(chosen)], np.ones(4)])
        if np.linalg.matrix_rank(system) < 4:
            continue
        x = np.linalg.solve(system, np.array([0.0, 0.0, 0.0, 1.0]))
        if (rules @ x).max() <= VERTEX and all(np.abs(x - y).max() > VERTEX for y in found):
            found.append(x)
    return np.array(found)


def _two_players(game: Any) -> Game:
    game = as_game(game)
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"the picture is for two players, and {game.name} has {game.num_players}."
        )
    return game


def _equilibria(game: Game) -> Any:
    import marl_kit as mk

    return mk.all_equilibria(game.to_normal_form())


def _values(game: Game, profile: Any) -> np.ndarray:
    from marl_kit.evaluate.exploitability import expected_values

    return expected_values(game.to_normal_form(), profile)


def _hull(points: np.ndarray) -> np.ndarray:
    """Corners in order around; a segment's two ends, or one point, where there is no area."""
    import scipy.spatial

    unit = np.ptp(points, axis=0)
    scaled = (points - points.min(axis=0)) / np.where(unit > 0, unit, 1.0)
    _, first = np.unique(np.round(scaled, 12), axis=0, return_index=True)
    points, scaled = points[first], scaled[first]
    spread = scaled - scaled.mean(axis=0)
    if len(points) < 3 or np.linalg.matrix_rank(spread, tol=CORNER) < 2:
        along = spread @ np.linalg.svd(spread)[2][0]
        return points[sorted({int(along.argmin()), int(along.argmax())})]
    return points[scipy.spatial.ConvexHull(scaled).vertices]


def _draw_region(ax: Axes, corners: np.ndarray, colour: str, label: str) -> None:
    if len(corners) > 2:
        faint = 0.35 if colour == RULE else 0.3
        ax.fill(*corners.T, facecolor=colour, alpha=faint, edgecolor="none", zorder=2)
    closed = np.vstack([corners, corners[:1]])
    line = MUTED if colour == RULE else colour
    ax.plot(*closed.T, color=line, lw=WIDTHS.get(colour, 1.0), label=label, zorder=3)
    if len(corners) == 1:
        size = 8 + 2 * WIDTHS.get(colour, 1.0)
        ax.plot(*corners.T, "o", color=colour, markersize=size, zorder=3)


def _axes_3d() -> Any:
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=SIZE, layout="constrained")
    return figure.add_subplot(projection="3d")


ELEVATION, AZIMUTH = 16, -20
OUTSIDE = 0.12
"""From a corner to its label."""
SIDEWAYS = 0.4
"""Share of that way in one direction from which on the label stands wholly on that side."""
CORNERS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
"""A regular tetrahedron: the pure profiles (0, 0), (0, 1), (1, 0), (1, 1)."""


def _in_space(joint: np.ndarray) -> np.ndarray:
    return joint @ CORNERS


def _draw_tetrahedron(ax: Any, actions: tuple[tuple[str, ...], ...]) -> None:
    for a, b in itertools.combinations(CORNERS, 2):
        ax.plot(*np.array([a, b]).T, color=MUTED, lw=0.8)
    ax.view_init(elev=ELEVATION, azim=AZIMUTH)
    for corner, names in zip(CORNERS, itertools.product(*actions), strict=True):
        _name_corner(ax, corner, "\n".join(names))
    p, q = np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21))
    joint = np.stack([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)], axis=-1)
    ax.plot_surface(*np.moveaxis(_in_space(joint), -1, 0), color=RULE, alpha=0.45, linewidth=0)
    ax.set_axis_off()
    ax.set(xlim=(-1, 1), ylim=(-1, 1), zlim=(-1, 1))
    ax.set_box_aspect((1, 1, 1), zoom=1.0)


def _name_corner(ax: Any, corner: np.ndarray, text: str) -> None:
    """A label that starts a fixed way outside its corner in the picture's plane, where a shift in
    space may be a shift towards the eye."""
    turn, rise = np.radians([AZIMUTH, ELEVATION])
    right = np.array([-np.sin(turn), np.cos(turn), 0.0])
    up = np.array([-np.sin(rise) * np.cos(turn), -np.sin(rise) * np.sin(turn), np.cos(rise)])
    x, y = corner @ right, corner @ up
    away = np.array([x, y]) / max(np.hypot(x, y), 1e-9)
    side = "left" if away[0] > SIDEWAYS else "right" if away[0] < -SIDEWAYS else "center"
    level = "bottom" if away[1] > SIDEWAYS else "top" if away[1] < -SIDEWAYS else "center"
    place = corner + OUTSIDE * (away[0] * right + away[1] * up)
    ax.text(*place, text, color=INK, ha=side, va=level)


def _draw_polytope(ax: Any, corners: np.ndarray) -> None:
    import scipy.spatial
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    flat = np.linalg.matrix_rank(corners - corners.mean(axis=0), tol=CORNER)
    if flat == 3:
        hull = scipy.spatial.ConvexHull(corners)
        faces = [corners[f] for f in hull.simplices]
        ax.add_collection3d(Poly3DCollection(faces, facecolor=COLOURS["ce"], alpha=0.4))
    for a, b in itertools.combinations(range(len(corners)), 2):
        if flat < 3 or _is_edge(corners, a, b):
            ax.plot(*corners[[a, b]].T, color=COLOURS["ce"], lw=1.4)
    ax.plot(*corners.T, ".", color=COLOURS["ce"], label=NAMES["ce"])


def _is_edge(corners: np.ndarray, a: int, b: int) -> bool:
    """Two vertices share an edge if they share two faces of the hull that are not one plane."""
    import scipy.spatial

    hull = scipy.spatial.ConvexHull(corners)
    on = np.abs(corners @ hull.equations[:, :3].T + hull.equations[:, 3]) < CORNER
    shared = hull.equations[on[a] & on[b], :3]
    return bool(len(shared) and np.linalg.matrix_rank(shared, tol=1e-6) >= 2)
