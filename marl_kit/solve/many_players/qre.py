"""The front door of logit quantal response equilibria."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, MarlKitError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.qre_result import INTERRUPTED, QREBranch
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.evaluate.matrix import logit_residual
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.many_players.logit_path import correct, follow
from marl_kit.solve.many_players.logit_system import LogitSystem, logit_system, payoff_ranges

FAR = 1e4
"""Lambda times the smallest payoff range of a player where a traced branch ends; play is then
within about 1e-4 of a Nash equilibrium."""
FARTHEST = 1e8
"""Lambda times the largest payoff range up to which float64 can tell quantal responses: it
multiplies the rounding of payoffs."""
MISS = 1e-5
"""Residual that is not put down to rounding below FARTHEST."""
GROWTH = 1.25
"""Of lambda from one traced point to the next, at most: a picture of the branch looks smooth."""
QUICK = 2.0
"""The same on the way to a wanted lambda."""
BISECTIONS = 40


def qre(game: Any, lam: float | Sequence[float] | None = None) -> QREBranch:
    """Logit quantal response equilibria on the branch that starts at uniform play.

    Each player plays action a with probability proportional to exp(lambda u(a)), given the others'
    play (McKelvey and Palfrey 1995, section 3). There can be several for one lambda; those on the
    principal branch are reached from uniform play without a jump (Turocy 2005).

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        A tree counts as its reduced normal form (not the agent QRE).
    lam : float or sequence of float, optional
        The precisions that are wanted, in 1/payoff; where the branch turns back and comes to one
        of them again, the first point counts; the payoff range times lambda may be 10^8. Without,
        the whole branch is traced, up to lambda times the smallest payoff range of a player (who
        has one) = 10^4, but not beyond 10^8 of the largest.

    Returns
    -------
    QREBranch
        After Ctrl-C what was reached, and ``note`` says so.

    Raises
    ------
    InvalidOptionError
        A lambda that is not a finite number >= 0, or too large to be told from the limit.
    GameTooLargeError
        The reduced normal form of a tree.
    MarlKitError
        The branch is lost at a point where it meets another, or rounding spoils a point of it.

    Examples
    --------
    >>> game = NormalFormGame.from_bimatrix([[1.1141, 0], [0, 0.2785]], [[0, 1.1141], [1.1141, 0]])
    >>> [x.round(6).tolist() for x in qre(game, 1.0)[0]]
    [[0.586784, 0.413216], [0.451807, 0.548193]]
    """
    wanted = None if lam is None else _wanted(lam)
    matrix = as_game(game).to_normal_form()
    system = logit_system(matrix)
    with stop_on_ctrl_c() as stop:
        if wanted is None:
            points = list(traced(system, GROWTH, end_of_branch(matrix, system, FAR), stop))
            reached = np.array([z[-1] / system.unit for z in points])
        else:
            _check_reach(wanted, system)
            reached, points = _at(system, wanted, stop)
    return _branch(matrix, system, points, reached, INTERRUPTED if stop.requested else "")


def _wanted(lam: Any) -> np.ndarray:
    try:
        given = np.atleast_1d(np.asarray(lam))
        numbers = given.dtype.kind in "iufO" and not _has_bool(lam)  # no texts, no truth values
        values = given.astype(np.float64) if numbers else np.empty((0, 0))
    except (TypeError, ValueError):
        values = np.empty((0, 0))
    if values.ndim != 1 or not len(values):
        raise InvalidOptionError(f"lam is {lam!r}; give a number, a list of numbers or None.")
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        where = f"lam[{bad[0]}]" if np.ndim(lam) else "lam"
        raise InvalidOptionError(f"{where} is {values[bad[0]]}; give finite numbers >= 0.")
    return values


def _has_bool(lam: Any) -> bool:
    """Whether a truth value is among numbers, which numpy would silently take for 0 or 1."""
    several = isinstance(lam, list | tuple)
    return any(isinstance(v, bool | np.bool_ | str) for v in (lam if several else [lam]))


def _check_reach(wanted: np.ndarray, system: LogitSystem) -> None:
    most = FARTHEST / system.unit
    if wanted.max() > most:
        raise InvalidOptionError(
            f"lam is {wanted.max():.6g}, and in this game float64 cannot tell a quantal response "
            f"equilibrium from its limit for lambda above {most:.3g}; ask for a smaller lambda, "
            f"or for the Nash equilibrium with mk.solve(game, 'logit')."
        )


def end_of_branch(game: NormalFormGame, system: LogitSystem, far: float) -> float:
    """The last coordinate (lambda * unit) up to which a branch is followed: until lambda is large
    for every player who is not indifferent throughout."""
    ranges = payoff_ranges(game)
    least = float(ranges[ranges > 0].min(initial=system.unit))
    return min(far * (system.unit / least), FARTHEST)


def traced(
    system: LogitSystem, growth: float, end: float, stop: StopRequest
) -> Iterator[np.ndarray]:
    """Points of the branch up to the first one behind ``end``."""
    for point in follow(system, growth):
        yield point.z
        if point.z[-1] >= end or stop.requested:
            break


def _at(
    system: LogitSystem, wanted: np.ndarray, stop: StopRequest
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The lambdas that were reached, and the first point of the branch at each."""
    left = sorted({float(v) * system.unit for v in wanted}, reverse=True)
    found: dict[float, np.ndarray] = {}
    if left[-1] == 0.0:
        found[left.pop()] = system.start
    path = (point.z for point in follow(system, QUICK)) if left else iter(())
    for before, after in pairwise(path):
        while left and left[-1] <= after[-1]:
            target = left.pop()
            found[target] = between(system, before, after, target)
        if not left or stop.requested:
            break
    lam = np.array([v for v in wanted if float(v) * system.unit in found])
    return lam, [found[float(v) * system.unit] for v in lam]


def between(system: LogitSystem, before: np.ndarray, after: np.ndarray, lam: float) -> np.ndarray:
    """The point at ``lam`` between two neighbours of the branch."""
    fixed = np.zeros_like(before)
    fixed[-1] = 1.0
    for _ in range(BISECTIONS):
        share = (lam - before[-1]) / (after[-1] - before[-1])
        guess = before + share * (after - before)
        guess[-1] = lam
        z = correct(system, guess, fixed)
        if z is not None and np.abs(z - guess).max() <= np.abs(after - before).max():
            z[-1] = lam
            return z
        middle = correct(system, (before + after) / 2.0, after - before)
        if middle is None:
            break
        before, after = (middle, after) if middle[-1] < lam else (before, middle)
    raise MarlKitError(
        f"no quantal response equilibrium was found at lambda = {lam / system.unit:.6g}, near a "
        f"point where the branch turns; ask for one a little smaller or larger."
    )


def _branch(
    game: NormalFormGame,
    system: LogitSystem,
    points: list[np.ndarray],
    lam: np.ndarray,
    note: str,
) -> QREBranch:
    profiles = tuple(profile_at(system, z) for z in points)
    pairs = list(zip(profiles, lam.tolist(), strict=True))
    residuals = np.array([logit_residual(game, x, v) for x, v in pairs])
    if residuals.max(initial=0.0) > MISS:
        worst = int(np.argmax(residuals))
        raise MarlKitError(
            f"rounding spoils the quantal response equilibrium at lambda = {lam[worst]:.6g} "
            f"(residual {residuals[worst]:.1e}); ask for smaller lambda, or subtract from each "
            f"player's payoffs what they have in common."
        )
    return QREBranch(
        game=game,
        lam=lam,
        profiles=profiles,
        residuals=residuals,
        nash_convs=np.array([nash_conv_of(game, x) for x in profiles]),
        note=note,
    )


def profile_at(system: LogitSystem, z: np.ndarray) -> list[np.ndarray]:
    """The strategies at a point of the branch; their sums are 1 up to rounding, now exactly."""
    return [x / x.sum() for x in system.split(np.exp(z[:-1]))]
