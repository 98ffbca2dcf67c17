"""How play changes along the branch of quantal response equilibria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.qre_result import QREBranch
from marl_kit.plot.style import PALETTE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES = ("-", "--", ":", "-.")
"""One a player, the actions have the colours."""
MOST = 12
"""Lines that a legend beside them can still tell apart."""


def plot_qre(branch: QREBranch, ax: Axes | None = None, player: int | None = None) -> Axes:
    """Probability of every action against lambda, which is logarithmic but for a start at 0.

    Where the branch turns back, one lambda has several points on a line.

    Parameters
    ----------
    branch : QREBranch
        From ``mk.qre``.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    player : int, optional
        Only this one; all players without.

    Raises
    ------
    InvalidOptionError
        No such player.
    """
    players = branch.game.num_players
    if player is not None and player not in range(players):
        raise InvalidOptionError(
            f"player is {player!r}; {branch.game.name} has players 0 to {players - 1}."
        )
    with style():
        ax = pyplot_axes() if ax is None else ax
        for p in range(players) if player is None else [player]:
            _draw_player(ax, branch, p)
        _label(ax, branch)
    return ax


def _draw_player(ax: Axes, branch: QREBranch, p: int) -> None:
    names = branch.game.actions[p]
    for a, line in enumerate(branch.probabilities(p).T):
        ax.plot(
            branch.lam,
            line,
            color=PALETTE[a % len(PALETTE)],
            linestyle=DASHES[p % len(DASHES)],
            marker="o" if len(branch) < 3 else None,
            label=f"player {p}: {names[a]}",
        )


def _label(ax: Axes, branch: QREBranch) -> None:
    positive = branch.lam[branch.lam > 0]
    if len(positive):
        ax.set_xscale("symlog", linthresh=float(positive.min()))
        ax.set_xlim(float(branch.lam.min()), float(branch.lam.max()))
        if branch.lam.min() == 0:
            decades = np.arange(
                np.ceil(np.log10(positive.min())), np.floor(np.log10(positive.max())) + 1
            )
            ax.set_xticks([0.0, *(10.0**decades)])
    ax.set(ylim=(-0.02, 1.02), xlabel="lambda in 1/payoff", ylabel="probability")
    ax.set_title(f"QRE branch, {branch.game.name}")
    if len(ax.get_lines()) <= MOST:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
