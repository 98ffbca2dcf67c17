"""pygambit's solvers behind ``mk.solve``, where that package is installed.

The games travel as text with exact numbers; what comes back is certified by ``evaluate/`` like
every other answer.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from marl_kit.core.errors import MarlKitError, UnsupportedGameError
from marl_kit.core.results import EquilibriumSet, Status
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.gambit import to_pygambit
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer

Profile = list[np.ndarray]

REFUSALS = ("only", "two-player", "two player", "not supported", "perfect recall", "constant-sum")
"""Words by which a RuntimeError of pygambit's solvers says that the game is not for them; others
are failures on the way."""


def enumpoly(game: Game) -> Answer:
    """The first equilibrium by support enumeration with polynomial systems."""
    return _first(game, "enumpoly")


def logit(game: Game) -> Answer:
    """The equilibrium where the branch of logit quantal response equilibria leads to."""
    return _first(game, "logit")


def enummixed(game: Game) -> Answer:
    """The first extreme equilibrium of a bimatrix game."""
    return _first(game, "enummixed")


def lcp(game: Game) -> Answer:
    """The first equilibrium of a bimatrix game by Lemke's method."""
    return _first(game, "lcp")


def simpdiv(game: Game) -> Answer:
    """An approximate equilibrium by simplicial subdivision."""
    return _first(game, "simpdiv")


def ipa(game: Game) -> Answer:
    """An equilibrium by iterated polymatrix approximation."""
    return _first(game, "ipa")


def gnm(game: Game) -> Answer:
    """The first equilibrium on the path of the global Newton method."""
    return _first(game, "gnm")


def liap(game: Game) -> Answer:
    """An approximate equilibrium that minimises the Lyapunov function."""
    return _first(game, "liap")


def gambit_equilibria(game: Any, solver: str) -> EquilibriumSet:
    """Every equilibrium that one of pygambit's solvers reports, with our certificates.

    The status is NOT_PROVEN_COMPLETE: what pygambit leaves out is not known here.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        A tree counts as its reduced normal form.
    solver : str
        ``"enumpoly"``, ``"enummixed"``, ...; with or without ``gambit:`` before it.

    Raises
    ------
    UnsupportedGameError
        pygambit is not installed, or its solver refuses the game.
    MarlKitError
        The solver fails on the way.
    UnknownNameError
        No such solver.
    """
    from marl_kit.core.gambit_methods import PREFIX
    from marl_kit.core.registry import find_method, require

    entry = find_method(PREFIX + str(solver).strip().removeprefix(PREFIX))
    matrix = as_game(game).to_normal_form()
    require(entry, matrix)
    profiles = tuple(_run(matrix, entry.name.removeprefix(PREFIX)))
    return EquilibriumSet(
        game=matrix,
        profiles=profiles,
        exact_profiles=None,
        certificates=np.array([nash_conv_of(matrix, p) for p in profiles]),
        status=Status.NOT_PROVEN_COMPLETE,
        degenerate=None,
        nash_subsets=(),
        components=(),
    )


def _first(game: Game, solver: str) -> Answer:
    matrix = game.to_normal_form()
    found = _run(matrix, solver)
    if not found:
        raise MarlKitError(
            f"gambit:{solver} found no equilibrium of {game.name}; try another method, such as "
            f"'logit' or 'support_enumeration'."
        )
    count = f"1 of {len(found)} equilibria found, " if len(found) > 1 else ""
    return Answer(found[0], Status.SOLVED, f"{count}by pygambit, certified by marl_kit")


def _run(game: NormalFormGame, solver: str) -> list[Profile]:
    table = to_pygambit(game)  # refuses clearly where pygambit is missing
    import pygambit

    try:
        result = _CALLS[solver](pygambit.nash, table)
    except ValueError as error:
        raise UnsupportedGameError(f"gambit:{solver} refuses {game.name}: {error}") from error
    except (RuntimeError, ArithmeticError) as error:
        kind = type(error).__name__
        if any(word in str(error).lower() for word in REFUSALS):
            raise UnsupportedGameError(f"gambit:{solver} refuses {game.name}: {error}") from error
        raise MarlKitError(f"gambit:{solver} fails on {game.name} with {kind}: {error}") from error
    if hasattr(result, "equilibria"):
        profiles = list(result.equilibria)
    else:
        profiles = [result.equilibrium] if result.success else []
    return [_vectors(game, profile) for profile in profiles]


_CALLS: dict[str, Callable[[ModuleType, Any], Any]] = {
    "enumpoly": lambda nash, game: nash.enumpoly_solve(game),
    "logit": lambda nash, game: nash.logit_solve(game),
    "enummixed": lambda nash, game: nash.enummixed_solve(game),
    "lcp": lambda nash, game: nash.lcp_solve(game),
    "simpdiv": lambda nash, game: nash.simpdiv_solve(game.mixed_strategy_profile(rational=True)),
    "ipa": lambda nash, game: nash.ipa_solve(game),
    "gnm": lambda nash, game: nash.gnm_solve(game),
    "liap": lambda nash, game: nash.liap_solve(game.mixed_strategy_profile(rational=False)),
}


def _vectors(game: NormalFormGame, profile: Any) -> Profile:
    """pygambit's profile as vectors: players and strategies come in the order of the file."""
    flat = [float(weight) for strategy in profile for _, weight in strategy]
    ends = np.cumsum(game.num_actions)[:-1]
    return [np.maximum(x, 0.0) / np.maximum(x, 0.0).sum() for x in np.split(np.array(flat), ends)]
