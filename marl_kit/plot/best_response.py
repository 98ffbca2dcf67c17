"""What is best against what: regions of best responses, and best replies crossing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.plot.simplex import BESIDE, PANEL, draw_square, draw_triangle, to_plane
from marl_kit.plot.style import INK, PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SLIVER = 1e-9
"""Area below which a region is a line or a point: the action is best only at ties."""
LINES = (4.2, 2.9)


def plot_best_response_regions(
    game: Any, player: int = 0, ax: Axes | None = None, *, equilibria: Any = None
) -> Axes:
    """Which action of ``player`` is best against each strategy of the opponent.

    An opponent with three actions: its triangle, cut into convex regions, one an action that is
    somewhere the only best response. With two actions: the expected payoff of each action as a
    line over the opponent's probability of its first one; the upper envelope is thick.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Two players.
    player : int
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    equilibria : EquilibriumSet or sequence of profiles, optional
        The opponent's part of each becomes a dot with its number in the sequence, from 0.

    Raises
    ------
    UnsupportedGameError
        Not two players in normal form, or an opponent with other numbers of actions.
    InvalidOptionError
        No such player.
    """
    game = _bimatrix(game)
    whole = isinstance(player, int | np.integer) and not isinstance(player, bool)
    if not whole or player not in (0, 1):
        raise InvalidOptionError(f"player is {player!r}; {game.name} has players 0 and 1.")
    other = 1 - player
    if game.num_actions[other] not in (2, 3):
        raise UnsupportedGameError(
            f"best responses are drawn over an opponent's 2 or 3 actions, and player {other} of "
            f"{game.name} has {game.num_actions[other]}."
        )
    table = np.moveaxis(game.payoffs[player], player, 0)
    with style():
        if game.num_actions[other] == 3:
            ax = pyplot_axes(PANEL) if ax is None else ax
            _draw_regions(ax, game, player, table)
        else:
            ax = pyplot_axes(LINES) if ax is None else ax
            _draw_payoffs(ax, game, player, table)
        if equilibria is not None:
            _draw_equilibria(ax, table, np.array([profile[other] for profile in equilibria]))
    return ax


def plot_best_replies(game: Any, ax: Axes | None = None) -> Axes:
    """Both players' best replies in a 2 x 2 game; where they meet are the equilibria.

    Where these are infinitely many, the dots are the extreme ones, and the lines and areas between
    them are shaded.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    UnsupportedGameError
        Not two players with two actions.
    """
    import marl_kit as mk

    game = _bimatrix(game)
    if game.num_actions != (2, 2):
        raise UnsupportedGameError(
            f"best replies are drawn in 2 x 2 games, and {game.name} is "
            f"{game.num_actions[0]} x {game.num_actions[1]}."
        )
    with style():
        ax = pyplot_axes(PANEL) if ax is None else ax
        draw_square(ax, game.player_names, [names[0] for names in game.actions])
        for player in range(2):
            line = _replies(np.moveaxis(game.payoffs[player], player, 0))
            xy = line[:, ::-1] if player == 0 else line
            dash: Any = "-" if player == 0 else (0, (4, 2))
            name = game.player_names[player]
            ax.plot(*xy.T, color=PALETTE[player], linestyle=dash, linewidth=2.4, label=name)
        found = mk.all_equilibria(game)
        points = np.array([[x[0], y[0]] for x, y in found])
        many = _shade_subsets(ax, points, found.nash_subsets)
        dots: Any = {"markersize": 6, "color": INK, "zorder": 4, "clip_on": False}
        ax.plot(*points.T, "o", label="extreme equilibrium" if many else "equilibrium", **dots)
        ax.set_title(game.name, pad=26)
        ax.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 0.99),
            ncols=3,
            fontsize="x-small",
            handlelength=1.6,
            columnspacing=0.9,
            borderpad=0,
        )
    return ax


def _shade_subsets(ax: Axes, points: np.ndarray, subsets: Any) -> bool:
    """Products of two intervals, all of whose points are equilibria; whether there are any."""
    from matplotlib.patches import Rectangle

    many = [points[list(subset)] for subset in subsets if len(subset) > 1]
    for corners in many:
        low, (width, height) = corners.min(axis=0), np.ptp(corners, axis=0)
        at = (float(low[0]), float(low[1]))
        look: Any = {"linewidth": 7, "edgecolor": INK, "facecolor": INK, "alpha": 0.3}
        ax.add_patch(Rectangle(at, width, height, zorder=3, clip_on=False, **look))
    return bool(many)


def _bimatrix(game: Any) -> NormalFormGame:
    game = as_game(game)
    if not isinstance(game, NormalFormGame) or game.num_players != 2:
        raise UnsupportedGameError(
            f"this picture needs two players in normal form, and {game.name} has "
            f"{game.num_players} in {game.form} form."
        )
    return game


def best_response_region(table: np.ndarray, action: int) -> np.ndarray:
    """Corners [K, 3] of the opponent's strategies to which ``action`` is a best response.

    ``table`` [A, 3] are the player's payoffs. The triangle is cut by one half-plane after another
    (Sutherland and Hodgman 1974).
    """
    corners = np.eye(3)
    for rival in range(len(table)):
        lead = corners @ (table[action] - table[rival])
        kept = []
        for k in range(len(corners)):
            after = (k + 1) % len(corners)
            if lead[k] >= 0:
                kept.append(corners[k])
            if lead[k] * lead[after] < 0:
                share = lead[k] / (lead[k] - lead[after])
                kept.append(corners[k] + share * (corners[after] - corners[k]))
        if not kept:
            return np.zeros((0, 3))
        corners = np.array(kept)
    return corners


def _area(xy: np.ndarray) -> float:
    x, y = xy.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _draw_regions(ax: Axes, game: NormalFormGame, player: int, table: np.ndarray) -> None:
    from matplotlib.patches import Polygon

    table = table / (np.ptp(table) or 1.0)
    seen: list[np.ndarray] = []
    for action, name in enumerate(game.actions[player]):
        twin = any(np.array_equal(table[action], row) for row in seen)
        xy = to_plane(best_response_region(table, action))
        if twin or len(xy) < 3 or _area(xy) < SLIVER:
            continue  # of equal actions the first one is named
        colour = PALETTE[len(seen) % len(PALETTE)]
        seen.append(table[action])
        ax.add_patch(Polygon(xy, facecolor=colour, alpha=0.35, edgecolor="white", linewidth=1.5))
        x, y = xy.mean(axis=0)
        ax.text(x, y, name, ha="center", va="center", size=9, color=INK)
    draw_triangle(ax, game.actions[1 - player], grid=False)
    who = game.player_names
    ax.set_title(f"{who[player]}'s best responses\nto {who[1 - player]}")


def _draw_payoffs(ax: Axes, game: NormalFormGame, player: int, table: np.ndarray) -> None:
    q = np.linspace(0, 1, 501)
    values = table[:, :1] * q + table[:, 1:] * (1 - q)
    ax.plot(q, values.max(axis=0), color=INK, linewidth=5, alpha=0.18, solid_capstyle="butt")
    for action, name in enumerate(game.actions[player]):
        colour = PALETTE[action % len(PALETTE)]
        dash: Any = "-" if action < len(PALETTE) else (0, (4, 2))
        ax.plot([0, 1], values[action, [0, -1]], color=colour, linestyle=dash, label=name)
    who = game.player_names
    ax.set_xlabel(f"probability of {who[1 - player]}'s {game.actions[1 - player][0]}")
    ax.set(ylabel=f"payoff of {who[player]}", xlim=(0, 1))
    ax.set_title(f"{who[player]}'s best responses")
    ax.legend(**BESIDE)


def _draw_equilibria(ax: Axes, table: np.ndarray, mixtures: np.ndarray) -> None:
    """A dot for each of the opponent's mixtures, with the numbers of all profiles it is part of."""
    places, which = np.unique(np.round(mixtures, 9), axis=0, return_inverse=True)
    for k, y in enumerate(places):
        xy = to_plane(y) if len(y) == 3 else np.array([y[0], (table @ y).max()])
        ax.plot(*xy, "o", color=INK, markersize=5, zorder=5, clip_on=False)
        at = (float(xy[0]), float(xy[1]))
        numbers = ", ".join(map(str, np.flatnonzero(which.ravel() == k).tolist()))
        ax.annotate(
            numbers,
            at,
            (5, 4),
            textcoords="offset points",
            size=8,
            color=INK,
            annotation_clip=False,
        )


def _replies(table: np.ndarray) -> np.ndarray:
    """Points (q, p): p the best probabilities of the own first action where the opponent plays its
    first with q."""
    first, second = table[0] - table[1]  # gains of the first action against q = 1 and q = 0
    if first == second == 0:
        return np.array([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]], float)  # anything goes
    if first * second > 0:
        return np.array([[0.0, first > 0], [1.0, first > 0]])
    q = second / (second - first)
    low = float(second > 0 or (second == 0 and first < 0))
    return np.array([[0, low], [q, low], [q, 1 - low], [1, 1 - low]], float)
