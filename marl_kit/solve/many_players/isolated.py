"""All isolated Nash equilibria of a small game of any number of players."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.core.results import EquilibriumSet, Status
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.many_players.linear_supports import tied_alone
from marl_kit.solve.many_players.roots import find_roots
from marl_kit.solve.many_players.screening import undominated_supports
from marl_kit.solve.many_players.supports import (
    Supports,
    count_supports,
    joint_table,
    on_all_actions,
    support_system,
    unit_payoffs,
)
from marl_kit.solve.many_players.verdict import exact_equilibrium, judge
from marl_kit.solve.pure_equilibria import pure_equilibria

MAX_SUPPORTS = 5_000
"""4 x 4 x 4 has 3,375 support profiles and takes about ten seconds, 2 x 2 x 2 x 2 x 2 x 2 x 2 has
2,187; 5 x 5 x 5 has 29,791, and the systems of most of them are large too."""
MAX_CELLS = 1_000_000
"""Cells of the branch and bound that are looked at in all; a minute or so."""
SHARE = 20
"""No support may use up more than this fraction of the cells: the others are to be searched too."""

Profile = list[np.ndarray]


def isolated_equilibria(
    game: Any,
    exact: bool = False,
    progress: bool = False,
    *,
    max_supports: int = MAX_SUPPORTS,
    max_cells: int = MAX_CELLS,
) -> EquilibriumSet:
    """Every isolated equilibrium, with a proof that there are no others where there is one.

    For each profile of supports, all solutions of the indifference equations are found by branch
    and bound with exact bounds; ``complete`` says that every support was searched to the end and
    that all solutions are regular, so that there are no continua of equilibria either. Otherwise
    the list is what was found so far. Float payoffs are read as the decimals that they print as.
    Ctrl-C returns what was found.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        A tree counts as its reduced normal form.
    exact : bool
        Also fill ``exact_profiles``, if all equilibria are rational, and where more than two
        players mix have denominators up to 10^6; those of three players and more are in general
        not, and then it stays ``None``.
    progress : bool
        The support on stderr.
    max_supports, max_cells : int
        Support profiles that a game may have; cells that are looked at in all.

    Raises
    ------
    InvalidOptionError
        A limit that is not a whole number of at least 1.
    GameTooLargeError
        More support profiles than ``max_supports``.

    Examples
    --------
    >>> found = isolated_equilibria("mckelvey_mclennan")
    >>> len(found), found.complete
    (9, True)

    Notes
    -----
    McKelvey and McLennan (1996), Computation of equilibria in finite games, Handbook of
    Computational Economics 1; Porter, Nudelman and Shoham (2008), Simple search methods for
    finding a Nash equilibrium, Games and Economic Behavior 63.
    """
    _check_options(exact, max_supports, max_cells)
    search = _Search(game, max_supports, max_cells)
    shown = StatusProgress(f"equilibria of {search.game.name}") if progress else Progress()
    with stop_on_ctrl_c() as stop, shown:
        found = list(search.equilibria(stop, shown))
    return _equilibrium_set(search, found, exact, stop.requested)


def iter_isolated(
    game: Any, *, max_supports: int = MAX_SUPPORTS, max_cells: int = MAX_CELLS
) -> Iterator[Profile]:
    """The profiles of ``isolated_equilibria`` one by one, as soon as each is found."""
    _check_options(False, max_supports, max_cells)
    search = _Search(game, max_supports, max_cells)
    return (profile for profile, _ in search.equilibria(StopRequest(), Progress()))


def _check_options(exact: Any, max_supports: Any, max_cells: Any) -> None:
    if not isinstance(exact, bool | np.bool_):
        raise InvalidOptionError(f"exact is {exact!r}; give True or False.")
    for name, value in (("max_supports", max_supports), ("max_cells", max_cells)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < 1:
            raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")


class _Search:
    """Goes through the supports; knows after the end whether the list is proved complete."""

    def __init__(self, game: Any, max_supports: int, max_cells: int):
        self.game: NormalFormGame = as_game(game).to_normal_form()
        self.proved, self.left, self._most = True, max_cells, max(max_cells // SHARE, 1)
        self._count = count_supports(self.game.num_actions)
        if self._count > max_supports and self.game.num_players > 1:
            size = " x ".join(str(n) for n in self.game.num_actions)
            raise GameTooLargeError(
                f"{self.game.name} is {size}: it has {self._count:,} support profiles, more than "
                f"{max_supports:,}; remove dominated strategies, raise max_supports, or find one "
                f"equilibrium with mk.solve(game, 'logit')."
            )

    def equilibria(self, stop: StopRequest, shown: Progress) -> Iterator[tuple[Profile, float]]:
        """Each with a bound on what its weights are off by."""
        pure = 0
        for cell in pure_equilibria(self.game):
            pure += 1
            yield [np.eye(n)[a] for n, a in zip(self.game.num_actions, cell, strict=True)], 0.0
        if self.game.num_players == 1:  # all mixtures of the best actions, and nothing else
            self.proved = pure == 1
            return
        joint = joint_table(unit_payoffs(self.game))
        for number, supports in undominated_supports(joint, self.game.num_actions):
            if stop.requested:
                return
            if self.left <= 0:
                self.proved = False
                return
            if self._possible(supports):
                shown.say(f"support profile {number:,} of {self._count:,}")
                yield from self._in_support(joint, supports, stop)

    def _possible(self, supports: Supports) -> bool:
        """Whether somebody mixes; one alone only if exactly indifferent, which is quick to see."""
        mixing = [p for p, s in enumerate(supports) if len(s) > 1]
        return len(mixing) > 1 or (len(mixing) == 1 and tied_alone(self.game, supports, mixing[0]))

    def _in_support(
        self, joint: np.ndarray, supports: Supports, stop: StopRequest
    ) -> Iterator[tuple[Profile, float]]:
        system = support_system(joint, self.game.num_actions, supports)
        roots = find_roots(system, min(self._most, self.left), stop)
        self.left -= roots.cells
        self.proved = self.proved and roots.proved
        for weights, radii in zip(roots.points, roots.radii, strict=True):
            radius = float(radii.max())
            verdict = judge(self.game, system, weights, radius)
            self.proved = self.proved and verdict.proved
            if verdict.equilibrium:
                yield on_all_actions(self.game.num_actions, supports, weights), radius


def _equilibrium_set(
    search: _Search, found: list[tuple[Profile, float]], exact: bool, interrupted: bool
) -> EquilibriumSet:
    found = sorted(found, key=lambda item: _order(item[0]))
    profiles = tuple(profile for profile, _ in found)
    status = Status.COMPLETE_ISOLATED if search.proved else Status.NOT_PROVEN_COMPLETE
    alone = tuple((i,) for i in range(len(profiles)))
    complete = search.proved and not interrupted
    return EquilibriumSet(
        game=search.game,
        profiles=profiles,
        exact_profiles=_fractions(search.game, found) if exact else None,
        certificates=np.array([nash_conv_of(search.game, p) for p in profiles]),
        status=Status.INTERRUPTED if interrupted else status,
        degenerate=None,
        nash_subsets=alone if complete else (),
        components=alone if complete else (),
    )


def _fractions(game: NormalFormGame, found: list[tuple[Profile, float]]) -> tuple[Any, ...] | None:
    """All of them exactly, or None if one is not recognised as rational."""
    exact = [exact_equilibrium(game, profile, radius) for profile, radius in found]
    return None if any(e is None for e in exact) else tuple(exact)


def _order(profile: Profile) -> tuple[int, list[float]]:
    """Small supports first, then the earlier actions."""
    weights = np.concatenate(profile)
    return int(np.sum(weights > 0)), [-round(float(w), 9) for w in weights]
