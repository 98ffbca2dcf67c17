"""The upper part of a search tree, drawn from left to right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.plot.style import INK, MUTED, PALETTE, pyplot_axes, style
from marl_kit.search.picture import SearchTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMN, ROW = 1.75, 0.42
"""Inches from a node to its children, and between two leaves of the picture."""
FAN = 0.3
"""From a node to where the edges to its children have spread out."""
MARGIN = 0.3
MOST = 60
"""Nodes that a picture can show and be read."""
THICKEST = 5.0


def plot_search_tree(
    tree: SearchTree, ax: Axes | None = None, depth: int = 3, top: int = 3
) -> Axes:
    """Where the visits of a search went.

    An edge is as thick as its share of all visits; on it stand the move, and below it the visits
    and the mean return of the player who chose it (of proven nodes the proven value, in bold).
    Nodes have the colour of the player to move, chance is a grey diamond, ends of the game are
    squares; the path of most visits is dark.

    Parameters
    ----------
    tree : SearchTree
        From ``mk.search_tree``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure of a fitting size without.
    depth, top : int
        So many moves deep, the ``top`` most visited at each node.

    Raises
    ------
    InvalidOptionError
        Less than 1, or more nodes than can be read.
    """
    whole("depth", depth)
    whole("top", top)
    shown = _shown(tree, depth, top)
    if len(shown) > MOST:
        raise InvalidOptionError(
            f"depth={depth} and top={top} would draw {len(shown)} nodes, and {MOST} can be read; "
            f"give less."
        )
    x, y = _places(tree, shown)
    with style():
        if ax is None:
            height = (max(y.values()) - min(y.values())) + 2 * MARGIN + 0.9
            ax = pyplot_axes((max(x.values()) + COLUMN * 0.4 + 2 * MARGIN, height))
        main = _main_line(tree)
        for node in shown[1:]:
            _draw_edge(ax, tree, node, (x, y), node in main)
        _draw_nodes(ax, tree, shown, x, y)
        _frame(ax, tree, x, y)
    return ax


def _shown(tree: SearchTree, depth: int, top: int) -> list[int]:
    """In the order of a walk, so that leaves come from top to bottom."""
    found, stack = [], [0]
    while stack:
        node = stack.pop()
        found.append(node)
        if tree.depth[node] < depth:
            stack.extend(reversed(tree.children(node)[:top].tolist()))
    return found


def _places(tree: SearchTree, shown: list[int]) -> tuple[dict[int, float], dict[int, float]]:
    """Leaves one row apart; a node halfway between its outer children."""
    x = {node: COLUMN * float(tree.depth[node]) for node in shown}
    below: dict[int, list[int]] = {node: [] for node in shown}
    for node in shown[1:]:
        below[int(tree.parent[node])].append(node)
    y: dict[int, float] = {}
    for row, leaf in enumerate(node for node in shown if not below[node]):
        y[leaf] = -ROW * row
    for node in reversed(shown):
        if below[node]:
            y[node] = (y[below[node][0]] + y[below[node][-1]]) / 2
    return x, y


def _main_line(tree: SearchTree) -> set[int]:
    node, line = 0, {0}
    for action in tree.line():
        below = tree.children(node)
        node = int(below[tree.action[below] == action][0])
        line.add(node)
    return line


def _draw_edge(
    ax: Axes,
    tree: SearchTree,
    node: int,
    place: tuple[dict[int, float], dict[int, float]],
    main: bool,
) -> None:
    x, y = place
    above = int(tree.parent[node])
    share = tree.visits[node] / max(int(tree.visits[0]), 1)
    ax.plot(
        [x[above], x[above] + FAN, x[node]],
        [y[above], y[node], y[node]],
        color=INK if main else MUTED,
        alpha=0.85 if main else 0.45,
        linewidth=0.6 + THICKEST * share,
        solid_capstyle="round",
        solid_joinstyle="round",
        zorder=1,
    )
    at = (x[above] + FAN, y[node])
    lift = 2.0 + THICKEST * share / 2
    texts = ((tree.action_name(node), lift, "bottom", 8.5), (_told(tree, node), -lift, "top", 7.0))
    for text, shift, side, size in texts:
        ax.annotate(
            text,
            at,
            xytext=(3, shift),
            textcoords="offset points",
            fontsize=size,
            color=INK if main else MUTED,
            weight="bold" if size < 8 and bool(tree.proven()[node]) else "normal",
            verticalalignment=side,
        )


def _told(tree: SearchTree, node: int) -> str:
    """Visits, and the value to who chose the move; below chance to player 0."""
    chooser = max(int(tree.player[tree.parent[node]]), 0)
    proven = bool(tree.proven()[node])
    value = tree.low[node, chooser] if proven else tree.values[node, chooser]
    sign = "=" if proven else "\N{ALMOST EQUAL TO}"
    number = (f"{value:g}" if proven else f"{value:.2f}").replace("-", "\N{MINUS SIGN}")
    return f"{tree.visits[node]:,}\N{MULTIPLICATION SIGN}  {sign} {number}"


def _draw_nodes(
    ax: Axes, tree: SearchTree, shown: list[int], x: dict[int, float], y: dict[int, float]
) -> None:
    kinds = [(p, f"player {p}", "o", PALETTE[p % len(PALETTE)]) for p in range(_players(tree))]
    kinds += [(CHANCE, "chance", "D", MUTED), (TERMINAL, "end", "s", INK)]
    for player, name, marker, colour in kinds:
        nodes = [node for node in shown if tree.player[node] == player]
        if nodes:
            ax.plot(
                [x[node] for node in nodes],
                [y[node] for node in nodes],
                linestyle="none",
                marker=marker,
                markersize=7.0,
                color=colour,
                markeredgecolor="white",
                markeredgewidth=0.8,
                zorder=3,
                label=name if player in (CHANCE, TERMINAL) else f"{name} to move",
            )


def _players(tree: SearchTree) -> int:
    return int(np.shape(tree.values)[1])


def _frame(ax: Axes, tree: SearchTree, x: dict[int, float], y: dict[int, float]) -> None:
    ax.set_xlim(-MARGIN, max(x.values()) + MARGIN)
    ax.set_ylim(min(y.values()) - MARGIN, max(y.values()) + MARGIN)
    ax.set_title(f"{tree.game.name}: {int(tree.visits[0]):,} simulations")
    ax.set_axis_off()
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=4,
        borderaxespad=0,
        handletextpad=0.2,
        columnspacing=1.2,
        fontsize="small",
    )
