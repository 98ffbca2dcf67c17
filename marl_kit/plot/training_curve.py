"""How an AlphaZero training run has gone: losses, strength and value-keeping moves by games."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.style import INK, MUTED, PALETTE, SIZE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from marl_kit.learn.alphazero.progress import ProgressRow

FILE = "progress.csv"
TALL, GAP = 1.55, 0.14
"""Inches of a panel; the space between two, as a share of a panel."""
ASIDE = -0.12
"""Of the names of the axes, so that they stand below each other."""
MANY = 60
"""Evaluations above which they have no dots."""
LOSSES = {"policy_loss": "policy", "value_loss": "value", "weights_loss": "weights"}


def plot_training_curve(run: Any, ax: Axes | None = None) -> Axes:
    """Losses, Elo and share of value-keeping moves, one below the other, by games of self-play.

    Elo is that of the player as it searches in training, ``mcts(simulations=50)`` being 0, and the
    share is of positions with a move that loses value. Panels that nothing is known for are left
    out: Elo in a run without evaluations, the share in games that cannot be solved.

    Parameters
    ----------
    run : str, Path or sequence of ProgressRow
        The folder of a training run, its ``progress.csv``, or the rows that ``progress=`` of
        ``mk.train_alphazero`` was called with.
    ax : matplotlib Axes, optional
        Their place is divided among the panels, which are ``ax.child_axes``; a new pyplot figure
        without.

    Raises
    ------
    InvalidOptionError
        No round has been played.
    CheckpointError
        A damaged file.
    """
    rows = _rows(run)
    games = np.array([row.games for row in rows])
    elo, kept = (np.array([getattr(row, n) for row in rows]) for n in ("elo", "value_keeping"))
    known = [np.isfinite(elo).any(), np.isfinite(kept).any()]
    panels = 1 + sum(known)
    with style():
        if ax is None:
            ax = pyplot_axes((SIZE[0], TALL * panels + 0.7))
        first, *others = _panels(ax, panels)
        _draw_losses(first, rows, games)
        if known[0]:
            _draw_elo(others.pop(0), games, elo)
        if known[1]:
            _draw_kept(others.pop(0), games, kept)
        first.set_xlim(0, 1.02 * games[-1])
        ax.child_axes[-1].set_xlabel("games of self-play")
    return ax


def _rows(run: Any) -> list[ProgressRow]:
    if not isinstance(run, str | Path):
        rows = list(run)
        if not rows:
            raise InvalidOptionError("there are no rows; give those of at least one round.")
        return rows
    from marl_kit.learn.alphazero.progress import read_progress

    path = Path(run).expanduser()
    rows = read_progress(path / FILE if path.is_dir() else path, sys.maxsize)
    if not rows:
        raise InvalidOptionError(
            f"{str(run)!r} has no finished round; give the folder of a run of mk.train_alphazero, "
            f"or its {FILE}."
        )
    return rows


def _panels(ax: Axes, count: int) -> list[Axes]:
    """Equally tall, from above; only the lowest one has numbers below it."""
    ax.set_axis_off()
    tall = 1 / (count + GAP * (count - 1))
    panels: list[Axes] = []
    for number in range(count):
        bottom = 1 - tall - number * (1 + GAP) * tall
        shared: Any = {"sharex": panels[0]} if panels else {}
        panels.append(ax.inset_axes((0, bottom, 1, tall), **shared))
        panels[-1].yaxis.set_label_coords(ASIDE, 0.5)
    for panel in panels[:-1]:
        panel.tick_params(labelbottom=False)
    return panels


def _draw_losses(ax: Axes, rows: Sequence[ProgressRow], games: np.ndarray) -> None:
    for (name, label), colour in zip(LOSSES.items(), PALETTE, strict=False):
        ax.plot(games, [getattr(row, name) for row in rows], color=colour, label=label)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("loss")
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, borderaxespad=0.1)


def _draw_elo(ax: Axes, games: np.ndarray, elo: np.ndarray) -> None:
    ax.axhline(0, color=MUTED, linewidth=1.2, linestyle="--", zorder=1)
    _draw(ax, games, elo)
    ax.set_ylabel("Elo")
    look: Any = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    ax.annotate("mcts, 50", (1, 0), (-2, 3), ha="right", size=8.5, color=MUTED, **look)


def _draw_kept(ax: Axes, games: np.ndarray, kept: np.ndarray) -> None:
    from matplotlib.ticker import PercentFormatter

    _draw(ax, games, kept)
    ax.set_ylim(top=1.0)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_ylabel("value kept")


def _draw(ax: Axes, games: np.ndarray, values: np.ndarray) -> None:
    """Of the rounds that were evaluated."""
    known = np.isfinite(values)
    dots = "o" if known.sum() <= MANY else ""
    ax.plot(games[known], values[known], color=INK, marker=dots, clip_on=False, zorder=3)
