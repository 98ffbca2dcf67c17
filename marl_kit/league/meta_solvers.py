"""Meta-solvers: what to play in an empirical game, by name.

Most give every player a mixture of its own members. A correlated equilibrium and alpha-rank give
a joint distribution over profiles of members.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.registry import fold
from marl_kit.core.spec import parse_spec
from marl_kit.core.threads import one_blas_thread
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.league import meta_functions as rules
from marl_kit.league.meta_strategy import MetaStrategy

__all__ = ["MetaSolver", "MetaStrategy", "find_meta_solver", "meta_strategy"]


@dataclass(frozen=True, slots=True)
class MetaSolver:
    """A meta-solver with its options.

    Attributes
    ----------
    name : str
    solve : callable
        ``payoffs [P, n_1, ..., n_P] -> MetaStrategy``.
    counts_copies : bool
        Whether a member that is there twice counts twice, so that a population is a list rather
        than a set (fictitious play needs it, self-play too).
    two_player : bool
        Whether it is for two players only.
    """

    name: str
    solve: Callable[[np.ndarray], MetaStrategy]
    counts_copies: bool = False
    two_player: bool = False

    def check_players(self, players: int) -> None:
        """Refuse more players than the solver can take."""
        if self.two_player and players != 2:
            raise UnsupportedGameError(
                f"the meta-solver {self.name!r} is for two players and there are {players}; take "
                f"one of {', '.join(k for k, v in META_SOLVERS.items() if not v[2])}."
            )


def meta_strategy(payoffs: Any, meta_solver: str = "nash") -> MetaStrategy:
    """What to play in an empirical game.

    Parameters
    ----------
    payoffs : array_like [P, n_1, ..., n_P]
        What each player gets where every player plays one of its members.
    meta_solver : str
        ``"nash"``: linear program (two players, constant sum) or Lemke-Howson (general sum).
        ``"max_entropy_nash"``: the equilibrium of greatest entropy (two players, constant sum).
        ``"projected_replicator"``: of Lanctot et al. (2017). ``"regret_matching"``: average of
        regret matching. ``"uniform"``: all members alike (fictitious play). ``"latest"``: the
        newest member of each (self-play). ``"alpha_rank"``, ``"ce"``, ``"cce"``: joint
        distributions, for any number of players. Options stand in parentheses:
        ``"cce(objective=entropy)"``.

    Raises
    ------
    UnknownNameError, InvalidOptionError
        No such meta-solver or option.
    UnsupportedGameError
        Too many players for the meta-solver, or no constant sum.
    GameTooLargeError
        Too many profiles for ``"alpha_rank"``, ``"ce"`` or ``"cce"``.
    InvalidGameError
        Payoffs of a wrong shape, NaN or infinity.

    Examples
    --------
    >>> rps = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
    >>> meta_strategy([rps, [[-x for x in row] for row in rps]]).marginals[0].round(6).tolist()
    [0.333333, 0.333333, 0.333333]
    """
    table = NormalFormGame(payoffs).payoffs
    solver = find_meta_solver(meta_solver)
    solver.check_players(len(table))
    with one_blas_thread():
        return solver.solve(table)


def find_meta_solver(spec: str) -> MetaSolver:
    """Read ``"name(option=value)"``; near misses are named."""
    if not isinstance(spec, str):
        raise InvalidOptionError(f"meta_solver is {spec!r}; give a name such as 'nash'.")
    written, options = parse_spec(spec)
    name = ALIASES.get(fold(written), fold(written))
    if name not in META_SOLVERS:
        raise UnknownNameError("meta-solver", written, META_SOLVERS)
    function, copies, two_player = META_SOLVERS[name]
    known = list(inspect.signature(function).parameters)[1:]
    for key, value in options.items():
        if key not in known:
            raise UnknownNameError(f"option of {name}", key, known)
        _check_option(key, value)
    return MetaSolver(spec, partial(function, **options), copies, two_player)


def _check_option(key: str, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "steps" and not (isinstance(value, int) and number and value >= 1):
        raise InvalidOptionError(f"steps is {value!r}; give a whole number of at least 1.")
    if key == "rate" and not (number and 0 < value <= 1):
        raise InvalidOptionError(f"rate is {value!r}; give a number above 0, at most 1.")
    if key == "gamma" and not (number and 0 <= value < 1):
        raise InvalidOptionError(f"gamma is {value!r}; give a number from 0 to below 1.")
    if key == "alpha" and value not in ("inf", "infinity") and not (number and value >= 0):
        raise InvalidOptionError(f"alpha is {value!r}; give a number of at least 0, or 'inf'.")
    if key == "m" and not (isinstance(value, int) and number and value >= 2):
        raise InvalidOptionError(f"m is {value!r}; give a whole number of at least 2.")
    if key == "objective" and not (isinstance(value, str) and OBJECTIVE.fullmatch(value.lower())):
        raise UnknownNameError("objective", str(value), OBJECTIVES)


OBJECTIVES = ("welfare", "egalitarian", "entropy", "player:0", "-welfare", "-player:0")
OBJECTIVE = re.compile(r"egalitarian|entropy|-?(welfare|player:\d+)")


META_SOLVERS: dict[str, tuple[Callable[..., MetaStrategy], bool, bool]] = {
    "nash": (rules.nash, False, True),
    "max_entropy_nash": (rules.max_entropy_nash, False, True),
    "projected_replicator": (rules.projected_replicator, False, False),
    "regret_matching": (rules.regret_matching, False, False),
    "uniform": (rules.uniform, True, False),
    "latest": (rules.latest, True, False),
    "alpha_rank": (rules.alpha_rank, False, False),
    "ce": (rules.ce, False, False),
    "cce": (rules.cce, False, False),
}
"""Name: function, whether copies count, whether it is for two players only."""
ALIASES = {"prd": "projected_replicator", "maxent_nash": "max_entropy_nash"}
