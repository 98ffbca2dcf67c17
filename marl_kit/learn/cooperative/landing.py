"""Where did the learners land? Their joint policies beside the solutions of the game."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError, InvalidProfileError
from marl_kit.core.results import EquilibriumSet
from marl_kit.evaluate.exploitability import own_and_best
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.profile import Profile, as_profile
from marl_kit.games.tree import read_only
from marl_kit.learn.cooperative.landing_result import Landing
from marl_kit.learn.cooperative.nearest_nash import Nearest, nearest_equilibrium
from marl_kit.learn.cooperative.team_optimum import team_optimum

SURE = 0.9
WITHIN = 0.01


def landing(game: Any, profiles: Any, *, sure: float = SURE, within: float = WITHIN) -> Landing:
    """Place joint policies, one for each seed, among optimum and equilibria of their game.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        A stage game (normal form) of any number of players, or a game that can be enumerated.
    profiles : sequence of S profiles
        Each in any form that ``mk.nash_conv`` takes.
    sure : float
        Normal form: a seed's outcome is a joint action if every player plays its part with at
        least this probability, in (0.5, 1]; otherwise it is "mixed".
    within : float
        Trees: as a fraction of the payoff range, how far below the optimum still counts as
        "optimum", and which exploitability as "equilibrium".

    Returns
    -------
    Landing

    Raises
    ------
    InvalidOptionError, InvalidProfileError
        No profiles; a profile that does not fit (with its number).
    GameTooLargeError
        A tree of imperfect information whose reduced normal form is too large for the optimum.
    ImperfectRecallError

    Notes
    -----
    Two players are compared with all equilibria, more with those in pure strategies (``note`` says
    so). Every joint policy is a mixture of pure joint plans, so one of these is an optimum.

    Examples
    --------
    >>> import marl_kit as mk
    >>> safe, best = [[0, 0, 1], [0, 0, 1]], [[1, 0, 0], [1, 0, 0]]
    >>> found = mk.landing("climbing", [safe, safe, best])
    >>> found.outcomes, found.shortfall.tolist(), found.nash_conv.tolist()
    (('c, c', 'c, c', 'a, a'), [6.0, 6.0, 0.0], [1.0, 1.0, 0.0])
    """
    _number("sure", sure, 0.5, 1.0)
    _number("within", within, 0.0, 1.0)
    game = as_game(game)
    read = _profiles(game, profiles)
    optimum = team_optimum(game)
    own, best = (np.array(x) for x in zip(*(own_and_best(game, p) for p in read), strict=True))
    regrets = np.maximum(best - own, 0.0)  # rounding can leave -1e-17
    if isinstance(game, NormalFormGame):
        equilibria, note = _equilibria(game)
        strategies = [profile for profile in read if isinstance(profile, list)]  # all of them
        outcomes = [_joint_action(game, profile, sure) for profile in strategies]
        near = [nearest_equilibrium(equilibria, profile) for profile in strategies]
    else:
        equilibria, note = None, "not compared with the set of equilibria: the game is a tree"
        scale = within * game.info.payoff_range
        short, loss = optimum - own.mean(axis=1), regrets.mean(axis=1)
        outcomes = [_kind(s <= scale, g <= scale) for s, g in zip(short, loss, strict=True)]
        near = [Nearest(None, math.nan, math.nan, math.nan)] * len(read)
    return Landing(
        game=game,
        values=read_only(own),
        regrets=read_only(regrets),
        optimum=optimum,
        correlated_optimum=_correlated_optimum(game),
        outcomes=tuple(outcomes),
        equilibria=equilibria,
        nearest=tuple(n.profile for n in near),
        distances=read_only(np.array([n.distance for n in near])),
        nearest_values=read_only(np.array([n.value for n in near])),
        nearest_nash_conv=read_only(np.array([n.nash_conv for n in near])),
        note=note,
    )


def _profiles(game: Game, profiles: Any) -> list[Profile]:
    if isinstance(profiles, str | Mapping) or not isinstance(profiles, Iterable):
        raise InvalidOptionError(
            f"profiles is a {type(profiles).__name__}; give a list of profiles, one for each seed."
        )
    read = []
    for seed, profile in enumerate(profiles):
        try:
            read.append(as_profile(game, profile))
        except InvalidProfileError as error:
            raise InvalidProfileError(f"profiles[{seed}]: {error}") from error
    if not read:
        raise InvalidOptionError("profiles is empty; give one profile for each seed.")
    return read


def _number(name: str, value: Any, low: float, high: float) -> None:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and low < value <= high):
        raise InvalidOptionError(
            f"{name} is {value!r}; give a number above {low:g} and at most {high:g}."
        )


def _joint_action(game: NormalFormGame, profile: list[np.ndarray], sure: float) -> str:
    """By the names of the actions."""
    actions = [int(np.argmax(x)) for x in profile]
    if any(x[a] < sure for x, a in zip(profile, actions, strict=True)):
        return "mixed"
    return ", ".join(names[a] for names, a in zip(game.actions, actions, strict=True))


def _kind(is_optimal: bool, is_equilibrium: bool) -> str:
    if is_optimal:
        return "optimum"
    return "equilibrium" if is_equilibrium else "no equilibrium"


def _equilibria(game: NormalFormGame) -> tuple[EquilibriumSet, str]:
    """All of them where that is possible, else the pure ones."""
    from marl_kit.solve.all_equilibria import all_equilibria

    why = f"{game.num_players} players"
    if game.num_players == 2:
        try:
            found = all_equilibria(game)
            return found, "" if found.complete else found.status.sentence
        except GameTooLargeError:
            why = f"{' x '.join(map(str, game.num_actions))} actions are too many for all"
    return all_equilibria(game, "pure"), f"compared with equilibria in pure strategies only: {why}"


def _correlated_optimum(game: Game) -> float:
    """NaN where the program would be too large, and in trees."""
    if not isinstance(game, NormalFormGame):
        return math.nan
    from marl_kit.solve.correlated import correlated

    try:
        return float(correlated(game, "welfare").values.mean())
    except GameTooLargeError:
        return math.nan
