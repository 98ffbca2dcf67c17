"""Where learners landed, on the payoff matrix of their game."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.plot.payoffs import CELL, LETTER
from marl_kit.plot.style import MUTED, pyplot_axes, style
from marl_kit.plot.teams import draw_cells, name_cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.learn.cooperative.landing_result import Landing

MOST_ACTIONS = 12
"""Of a player in a picture; more cells could not hold their two lines."""
ROOM = 1.5
"""Heights and widths of a heat map's usual cell."""
MIXED = "mixed"


def plot_landing(landing: Landing, ax: Axes | None = None) -> Axes:
    """How many seeds play each joint action of a game of two, on the matrix of its values.

    The value (mean over the players) colours the cell and stands in it; below it how many seeds
    ended there. Seeds that mix are counted below the matrix.

    Parameters
    ----------
    landing : Landing
        Of a game in normal form with two players.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        A game with other than two players, in a tree, or with more than 12 actions.
    """
    game = landing.game
    if not isinstance(game, NormalFormGame) or game.num_players != 2:
        raise InvalidOptionError(
            f"{game.name} is no matrix of two players; look at landing.counts() instead."
        )
    if max(game.num_actions) > MOST_ACTIONS:
        raise InvalidOptionError(
            f"{game.name} has {max(game.num_actions)} actions and {MOST_ACTIONS} can be drawn; "
            f"look at landing.counts() instead."
        )
    rows, columns = game.actions
    values = np.asarray(game.payoffs).mean(axis=0)
    with style():
        ax = pyplot_axes(_size(rows, columns)) if ax is None else ax
        draw_cells(ax, values, _texts(landing, values))
        name_cells(ax, rows, columns)
        ax.set_xlabel(_below(landing), color=MUTED)
    return ax


def _texts(landing: Landing, values: np.ndarray) -> np.ndarray:
    """The value of each cell, and how many seeds ended there if any did."""
    found, texts = Counter(landing.outcomes), np.empty(values.shape, object)
    rows, columns = landing.game.actions
    for i, j in np.ndindex(values.shape):
        seeds = found[f"{rows[i]}, {columns[j]}"]
        value = f"{values[i, j]:.4g}".replace("-", "\N{MINUS SIGN}")
        texts[i, j] = value + (f"\n{_seeds(seeds)}" if seeds else "")
    return texts


def _below(landing: Landing) -> str:
    mixed = landing.outcomes.count(MIXED)
    told = f"value (mean over the players),\nand how many of {_seeds(len(landing))} ended there"
    return told + (f"\n{_seeds(mixed)} mixed" if mixed else "")


def _seeds(count: int) -> str:
    return f"{count} seed{'' if count == 1 else 's'}"


def _size(rows: tuple[str, ...], columns: tuple[str, ...]) -> tuple[float, float]:
    """Inches."""
    wide = ROOM * CELL[0] * max(len(columns), 4) + LETTER * max(map(len, rows)) + 0.4
    return wide, ROOM * CELL[1] * len(rows) + 1.05
