"""A game tree with its infosets, drawn from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.realisation import as_policy
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree
from marl_kit.plot.labels import infoset_label
from marl_kit.plot.style import INK, MUTED, PALETTE, pyplot_axes, style
from marl_kit.plot.tree_layout import LANE, Layout, lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LEAVES = 150
"""A picture of more is metres long."""
LETTER = 0.072
"""Width of a letter in inches, at the size of the labels."""
SMALL, TINY = 8.5, 7.0
MARGIN = 0.35
SAG = 0.22
"""Of a dashed line from a node to one below it, relative to its length."""
SMALL_DENOMINATOR = 1000
MOST_LETTERS = 30
"""Of an infoset's name: information states of card games can be paragraphs."""


def plot_game_tree(game: Any, profile: Any = None, ax: Axes | None = None) -> Axes:
    """The tree of a small game: who moves, what they know, what is paid.

    Nodes have the colour of their player, chance is a grey diamond. A dashed line joins the nodes
    of an infoset; its name stands at the first of them. Payoffs are in the players' colours, in
    order. ``ax.figure.savefig("tree.svg")`` writes it as SVG.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    profile : optional
        Any accepted form: edges become as thick as they are likely, with their probabilities.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure of a fitting size without.

    Raises
    ------
    GameTooLargeError
        More than 150 leaves.
    """
    game = as_game(game)
    tree = game.tree()
    if tree.num_leaves > MAX_LEAVES:
        raise GameTooLargeError(
            f"{game.name} has {tree.num_leaves:,} leaves and a picture shows at most {MAX_LEAVES}; "
            f"draw a smaller game, or look at mk.lines_of_play."
        )
    policy = None if profile is None else as_policy(game, profile).probabilities
    edges = edge_labels(game, policy)
    payoffs = _payoff_texts(tree)
    names = _infoset_names(game)
    column = max(len(text) for row in payoffs for text in row) * LETTER + 0.14
    width = np.array([len(text) for text in edges]) * LETTER
    for infoset, node in enumerate(tree.first_nodes()):
        width[node] = max(width[node], len(names[infoset]) * LETTER)
    place = lay_out(tree, width, column * tree.num_players + 0.1)
    with style():
        if ax is None:
            ax = pyplot_axes((place.width + 2 * MARGIN, place.height + 2 * MARGIN + 0.75))
        _draw_edges(ax, tree, place, edges, policy)
        _draw_infosets(ax, tree, place, names)
        _draw_nodes(ax, tree, place, _player_names(game))
        _draw_payoffs(ax, tree, place, payoffs, column)
        _frame(ax, game, place)
    return ax


def edge_labels(game: Game, policy: np.ndarray | None = None) -> list[str]:
    """What stands on the edge into each node: the action, and chance's or the policy's
    probability."""
    tree = game.tree()
    labels = [""] * tree.num_nodes
    stack = [(game.new_initial_state(), 0)]
    slot = tree.incoming_slot()
    while stack:
        state, node = stack.pop()
        first = int(tree.first_child[node])
        for child in range(first, first + int(tree.num_children[node])):
            action = int(tree.action[child])
            name = state.action_to_string(int(tree.player[node]), action)
            if tree.player[node] == CHANCE:
                name += f"  {_chance_text(tree, child)}"
            elif policy is not None:
                name += f"  {policy[slot[child]]:.2f}"
            labels[child] = name
            stack.append((state.child(action), child))
    return labels


def _chance_text(tree: GameTree, node: int) -> str:
    """As a fraction, where a card player would see one."""
    if tree.exact is not None:
        return str(tree.exact.chance[node])
    p = float(tree.chance_prob[node])
    fraction = Fraction(p).limit_denominator(SMALL_DENOMINATOR)
    return str(fraction) if float(fraction) == p else f"{p:.3g}"


def _payoff_texts(tree: GameTree) -> list[list[str]]:
    if tree.exact is not None:
        return [[str(x).replace("-", "\N{MINUS SIGN}") for x in row] for row in tree.exact.payoffs]
    rows = tree.payoffs.tolist()
    return [[f"{x:g}".replace("-", "\N{MINUS SIGN}") for x in row] for row in rows]


def _player_names(game: Game) -> Sequence[str]:
    names = map(str, getattr(game, "player_names", None) or range(game.num_players))
    return [f"Player {name}" if name.isdigit() else name for name in names]


def _infoset_names(game: Game) -> list[str]:
    """What the file calls them, or their keys; shortened."""
    tree = game.tree()
    labels = getattr(game, "infoset_labels", None) or [""] * tree.num_infosets
    keys = [infoset_label(key) for key in tree.infoset_keys]
    names = [label or key for label, key in zip(labels, keys, strict=True)]
    return [n if len(n) <= MOST_LETTERS else n[: MOST_LETTERS - 3] + "..." for n in names]


def _colour(player: int) -> str:
    return MUTED if player == CHANCE else PALETTE[player % len(PALETTE)]


def _draw_edges(
    ax: Axes, tree: GameTree, place: Layout, labels: list[str], policy: np.ndarray | None
) -> None:
    slot = tree.incoming_slot()
    for node in range(1, tree.num_nodes):
        above = int(tree.parent[node])
        p = 0.5 if policy is None or slot[node] < 0 else float(policy[slot[node]])
        colour = _colour(int(tree.player[above]))
        ax.plot(
            [place.x[above], place.knee[node], place.x[node]],
            [place.y[above], place.y[node], place.y[node]],
            color=colour,
            linewidth=1.1 if policy is None else 0.5 + 2.5 * p,
            alpha=0.75 if p > 0 else 0.35,
            solid_capstyle="round",
            solid_joinstyle="round",
            zorder=1,
        )
        ax.annotate(
            labels[node],
            (place.knee[node], place.y[node]),
            xytext=(1.5, 1.8),
            textcoords="offset points",
            fontsize=SMALL,
            color=INK if p > 0 else MUTED,
            verticalalignment="bottom",
        )


def _draw_infosets(ax: Axes, tree: GameTree, place: Layout, names: list[str]) -> None:
    from matplotlib.patheffects import withStroke

    for infoset, name in enumerate(names):
        nodes = np.flatnonzero(tree.infoset == infoset)
        nodes = nodes[np.argsort(-place.y[nodes], kind="stable")]
        colour = _colour(int(tree.infoset_player[infoset]))
        for a, b in pairwise(nodes.tolist()):
            x, y = place.x[[a, b]], place.y[[a, b]]
            if _is_above(tree, a, b) or _is_above(tree, b, a):
                x, y = _bent(x, y)
            ax.plot(x, y, color=colour, linestyle=(0, (3.5, 2.5)), linewidth=1.3, zorder=2)
        ax.annotate(
            name,
            (place.x[nodes[0]], place.y[nodes[0]]),
            xytext=(-5, -2.5),
            textcoords="offset points",
            fontsize=TINY,
            color=colour,
            style="italic",
            horizontalalignment="right",
            verticalalignment="top",
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )


def _is_above(tree: GameTree, ancestor: int, node: int) -> bool:
    while node > ancestor:
        node = int(tree.parent[node])
    return node == ancestor


def _bent(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A path from one point to another that sags, below the edge between them."""
    t = np.linspace(0, 1, 24)
    dx, dy = x[1] - x[0], y[1] - y[0]
    sag = 4 * SAG * t * (1 - t) * (-1 if dx >= 0 else 1)
    return x[0] + t * dx - sag * dy, y[0] + t * dy + sag * dx


def _draw_nodes(ax: Axes, tree: GameTree, place: Layout, names: Sequence[str]) -> None:
    shown = [(p, name, "o", 6.5) for p, name in enumerate(names)] + [(CHANCE, "chance", "D", 5.5)]
    for player, name, marker, size in shown:
        nodes = np.flatnonzero(tree.player == player)
        if len(nodes) or player != CHANCE:
            ax.plot(
                place.x[nodes],
                place.y[nodes],
                linestyle="none",
                marker=marker,
                markersize=size,
                color=_colour(player),
                markeredgecolor="white",
                markeredgewidth=0.8,
                zorder=3,
                label=name,
            )


def _draw_payoffs(
    ax: Axes, tree: GameTree, place: Layout, payoffs: list[list[str]], column: float
) -> None:
    for node in np.flatnonzero(tree.player == TERMINAL).tolist():
        for p, text in enumerate(payoffs[tree.terminal_index[node]]):
            ax.text(
                place.x[node] + column * (p + 1),
                place.y[node],
                text,
                fontsize=SMALL,
                color=_colour(p),
                horizontalalignment="right",
                verticalalignment="center",
                fontweight="bold",
            )


def _frame(ax: Axes, game: Game, place: Layout) -> None:
    tree = game.tree()
    # a name under the first node of all stands to its left
    ax.set_xlim(float(place.x.min()) - MARGIN - LANE, place.width + MARGIN - LANE)
    ax.set_ylim(float(place.y.min()) - MARGIN, float(place.y.max()) + MARGIN)
    ax.set_title(game.name)
    ax.set_axis_off()
    count = game.num_players + int(np.any(tree.player == CHANCE))
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=min(count, 4),
        borderaxespad=0,
        handletextpad=0.2,
        columnspacing=1.2,
        fontsize="small",
    )
