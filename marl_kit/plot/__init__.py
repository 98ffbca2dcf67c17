"""Pictures and the report: results in, matplotlib axes or one HTML file out.

Every plot takes a result and ``ax=None`` and returns the axes. Given axes are drawn on as they
are; without, a figure is made by pyplot, so that notebooks show it.
"""

from __future__ import annotations

from marl_kit.plot.board import plot_board
from marl_kit.plot.convergence import plot_convergence
from marl_kit.plot.game_tree import plot_game_tree
from marl_kit.plot.losses import plot_losses
from marl_kit.plot.payoffs import plot_payoffs
from marl_kit.plot.ratings import plot_ratings
from marl_kit.plot.report import write_report

__all__ = [
    "plot_board",
    "plot_convergence",
    "plot_game_tree",
    "plot_losses",
    "plot_payoffs",
    "plot_ratings",
    "write_report",
]
