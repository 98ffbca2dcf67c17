"""Pictures and the report: results in, matplotlib axes or one HTML file out.

Every plot takes a result and ``ax=None`` and returns the axes. Given axes are drawn on as they
are; without, a figure is made by pyplot, so that notebooks show it.
"""

from __future__ import annotations

from marl_kit.plot.best_response import plot_best_replies, plot_best_response_regions
from marl_kit.plot.board import plot_board
from marl_kit.plot.board_policy import plot_board_policy
from marl_kit.plot.convergence import plot_convergence
from marl_kit.plot.correlated import plot_correlated_polytope, plot_correlated_simplex
from marl_kit.plot.cycles import plot_cycles
from marl_kit.plot.forgetting import plot_forgetting
from marl_kit.plot.game_tree import plot_game_tree
from marl_kit.plot.genealogy import plot_genealogy
from marl_kit.plot.landing import plot_landing
from marl_kit.plot.league_exploitability import plot_league_exploitability
from marl_kit.plot.league_payoffs import plot_league_payoffs
from marl_kit.plot.league_ratings import plot_league_ratings
from marl_kit.plot.league_report import write_league_report
from marl_kit.plot.losses import plot_losses
from marl_kit.plot.meta_strategy import plot_meta_strategy
from marl_kit.plot.payoffs import plot_payoffs
from marl_kit.plot.qre import plot_qre
from marl_kit.plot.ratings import plot_ratings
from marl_kit.plot.report import write_report
from marl_kit.plot.team_animation import write_team_animation
from marl_kit.plot.teams import plot_cross_play, plot_team_returns
from marl_kit.plot.training_curve import plot_training_curve
from marl_kit.plot.trajectory import plot_trajectory
from marl_kit.plot.vector_field import plot_vector_field

__all__ = [
    "plot_best_replies",
    "plot_best_response_regions",
    "plot_board",
    "plot_board_policy",
    "plot_convergence",
    "plot_correlated_polytope",
    "plot_correlated_simplex",
    "plot_cross_play",
    "plot_cycles",
    "plot_forgetting",
    "plot_game_tree",
    "plot_genealogy",
    "plot_landing",
    "plot_league_exploitability",
    "plot_league_payoffs",
    "plot_league_ratings",
    "plot_losses",
    "plot_meta_strategy",
    "plot_payoffs",
    "plot_qre",
    "plot_ratings",
    "plot_team_returns",
    "plot_training_curve",
    "plot_trajectory",
    "plot_vector_field",
    "write_league_report",
    "write_report",
    "write_team_animation",
]
