"""marl_kit: multi-agent game theory and self-play.

Every public name is here and loaded on first use, so importing the package is free of cost:

>>> import marl_kit as mk
>>> mk.nash_conv("kuhn_poker", mk.solve("kuhn_poker")) < 1e-9
True
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from marl_kit.core.version import VERSION

__version__ = VERSION

_HOME = {
    "games.load": ["load_game"],
    "games.catalogue": ["list_games", "GameInfo"],
    "games.game": ["Game", "State", "Properties"],
    "games.normal_form": ["NormalFormGame"],
    "games.team": ["JointBatch", "TeamSizes"],
    "games.team_game": ["TeamGame"],
    "games.team_stage": ["stage_team"],
    "games.as_team": ["as_team"],
    "games.builder": ["TreeBuilder"],
    "games.tree": ["GameTree"],
    "games.sequence_form": ["SequenceForm"],
    "games.policy": ["TabularPolicy", "load_policy"],
    "games.realisation": ["from_realisation_plan", "to_realisation_plan"],
    "games.mixed": ["MixedStrategy", "from_mixed", "mixed_strategy", "to_mixed"],
    "games.table_compile": ["compile_table"],
    "games.tree_store": ["load_tree", "save_tree"],
    "games.gambit": ["from_pygambit", "to_pygambit"],
    "games.nashpy": ["from_nashpy", "to_nashpy"],
    "games.openspiel": ["to_openspiel"],
    "games.pettingzoo": ["PettingZooGame", "to_pettingzoo"],
    "games.correlation_plan": ["CorrelationPlan"],
    "evaluate.correlated": ["correlation_gap"],
    "evaluate.exploitability": [
        "BestResponse",
        "best_response",
        "expected_values",
        "exploitability",
        "nash_conv",
    ],
    "evaluate.lines": ["Line", "lines_of_play"],
    "evaluate.losses": ["InfosetLosses", "infoset_losses"],
    "evaluate.quantal": ["qre_residual"],
    "evaluate.glicko": ["Glicko", "glicko2"],
    "evaluate.hodge": ["Hodge", "hodge"],
    "evaluate.misfit": ["EloMisfit", "elo_misfit"],
    "evaluate.openskill_ratings": ["openskill"],
    "evaluate.online": ["online_elo"],
    "evaluate.ratings": ["Ratings", "elo"],
    "evaluate.sprt": ["sprt"],
    "evaluate.sprt_result": ["SPRT"],
    "solve.solve": ["solve"],
    "solve.bimatrix.lemke_howson": ["lemke_howson_all"],
    "solve.all_equilibria": ["all_equilibria", "iter_equilibria"],
    "solve.bimatrix.degeneracy": ["degeneracy"],
    "solve.dynamics.dynamics": ["dynamics"],
    "solve.dynamics.fixation": ["fixation_probability"],
    "solve.dynamics.ess": ["is_ess", "evolutionarily_stable"],
    "solve.subgame_perfect": [
        "SubgamePerfectSet",
        "iter_subgame_perfect",
        "subgame_perfect",
    ],
    "solve.correlated": ["correlated", "correlated_range"],
    "solve.nearest_correlated": ["NearestCorrelated", "nearest_correlated"],
    "solve.dominance": ["dominance"],
    "solve.selection": ["select"],
    "solve.stackelberg": ["stackelberg"],
    "solve.meta_games.alpha_rank": ["alpha_rank"],
    "solve.meta_games.nash_average": ["nash_average"],
    "solve.many_players.gambit_solvers": ["gambit_equilibria"],
    "solve.many_players.isolated": ["isolated_equilibria"],
    "solve.many_players.qre": ["qre"],
    "solve.many_players.qre_fit": ["qre_fit"],
    "solve.storage": ["load_solution"],
    "play.match": ["play"],
    "play.result": ["MatchResult"],
    "play.registry": ["make_player"],
    "play.player": ["Player"],
    "play.frozen": ["freeze"],
    "play.oracle": ["oracle"],
    "play.refutation": ["best_response_to", "refute"],
    "play.search_tree": ["search_tree"],
    "play.strength": ["value_keeping"],
    "learn.alphazero.train": ["train_alphazero"],
    "learn.alphago.pipeline": ["alphago"],
    "learn.ppo_result": ["SelfPlayResult"],
    "learn.ppo_self_play": ["ppo_self_play"],
    "learn.cooperative.landing": ["landing"],
    "learn.cooperative.landing_result": ["Landing"],
    "learn.cooperative.projection_result": ["MixerFit", "MixerProjection"],
    "learn.cooperative.projections": ["mixer_projection"],
    "learn.cooperative.team_result": ["TeamResult"],
    "learn.cooperative.train_team": ["load_teams", "train_team"],
    "learn.cooperative.trained": ["TeamPlayer", "TrainedTeam", "cross_play"],
    "plot.landing": ["plot_landing"],
    "plot.team_animation": ["write_team_animation"],
    "plot.teams": ["plot_cross_play", "plot_team_returns"],
    "league.league": ["League"],
    "league.loss": ["Bound"],
    "league.meta_solvers": ["meta_strategy"],
    "league.meta_strategy": ["MetaStrategy"],
    "league.psro": ["psro"],
    "league.psro_result": ["PSROHistory", "PSROResult"],
    "core.correlated_result": ["CorrelatedSolution"],
    "core.dominance_result": ["Dominance", "Elimination"],
    "core.selection_result": ["SelectedEquilibrium"],
    "core.stackelberg_result": ["Stackelberg"],
    "core.meta_results": ["AlphaRank", "NashAverage"],
    "core.trajectory": ["Trajectory"],
    "core.qre_result": ["QREBranch", "QREFit"],
    "core.results": ["Degeneracy", "EquilibriumSet", "History", "Solution", "Status"],
    "core.registry": ["cite"],
    "core.errors": [
        "AbsentMindednessError",
        "CheckpointError",
        "EndlessGameError",
        "GameFileError",
        "GameTooLargeError",
        "IllegalActionError",
        "ImperfectRecallError",
        "InvalidGameError",
        "InvalidOptionError",
        "InvalidProfileError",
        "MarlKitError",
        "RunInUseError",
        "UnknownNameError",
        "UnsupportedGameError",
    ],
}
_MODULES = ("core", "evaluate", "games", "plot", "testing")
_WHERE = {name: f"marl_kit.{module}" for module, names in _HOME.items() for name in names}

__all__ = list(_WHERE)


class _Package(ModuleType):
    """Importing ``marl_kit.solve.lp`` makes Python bind the name ``solve`` to the subpackage; for
    whoever types ``mk.solve`` it must stay the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _WHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = getattr(importlib.import_module(_WHERE[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return importlib.import_module(f"marl_kit.{name}")
    raise AttributeError(f"module 'marl_kit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE, *_MODULES})
