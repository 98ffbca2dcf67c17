"""Maximum likelihood along the branch of logit quantal response equilibria."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.qre_result import CAUTION, INTERRUPTED, QREFit
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.many_players.logit_path import correct
from marl_kit.solve.many_players.logit_system import LogitSystem, logit_system
from marl_kit.solve.many_players.qre import end_of_branch, profile_at, traced

FAR = 1e6
"""Lambda times the smallest payoff range of a player up to which is looked."""
GROWTH = 1.1
"""Of lambda between two points, at most: the likelihood is taken to have one maximum around the
best of them. Nothing proves that, but steps shorten where the branch bends."""
PRECISION = 1e-10
"""Of the maximum's place between two points."""
ROUNDING = 1e-12
"""Of the log probability of one play."""


class End(Enum):
    """Where on the branch the likelihood is largest, as the note says it."""

    INSIDE = ""
    UNIFORM = "no lambda > 0 does better than uniform play; "
    NASH = "play is as close to a Nash equilibrium as the branch goes: lambda is a lower bound; "
    FLAT = "every lambda fits equally well: it is not identified by this play; "


def qre_fit(game: Any, counts: Any) -> QREFit:
    """The lambda, and its quantal response equilibrium, that make observed play most likely.

    The whole principal branch is looked at, round its turning points too. Where every lambda fits
    equally well it is not identified: ``lam`` is nan. Where all from some lambda on do, this one is
    given, a lower bound.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        A tree counts as its reduced normal form.
    counts : P vectors of A_p numbers >= 0
        How often each player was seen to play each action.

    Returns
    -------
    QREFit
        After Ctrl-C the best of the part of the branch that was reached; ``note`` says so.

    Raises
    ------
    InvalidOptionError
        Counts that do not fit the game, are negative or not finite, or are all 0.

    Notes
    -----
    McKelvey and Palfrey (1995), section 5. Haile, Hortacsu and Kosenok (2008), On the empirical
    content of quantal response equilibrium, American Economic Review 98: without assumptions on
    the errors, as the logit is one, QRE imposes nothing on the play of a single game.

    Examples
    --------
    >>> qre_fit("ochs_matching_pennies", [[58, 42], [32, 68]]).lam > 0
    True
    """
    matrix = as_game(game).to_normal_form()
    observed = _checked(matrix, counts)
    system = logit_system(matrix)
    weights = np.concatenate(observed)
    with stop_on_ctrl_c() as stop:
        points = list(traced(system, GROWTH, end_of_branch(matrix, system, FAR), stop))
    likelihood = np.array([weights @ z[:-1] for z in points])
    best, end = _best(likelihood, ROUNDING * float(weights.sum()))
    z = points[best]
    if end is End.INSIDE or end is End.UNIFORM:
        z = _refined(system, weights, points[max(best - 1, 0) : best + 2], z)
    return QREFit(
        game=matrix,
        lam=float("nan") if end is End.FLAT else float(z[-1] / system.unit),
        profile=profile_at(system, z),
        log_likelihood=min(float(weights @ z[:-1]), 0.0),
        uniform=float(weights @ system.start[:-1]),
        saturated=_saturated(observed),
        observed=observed,
        note=(f"{INTERRUPTED}; " if stop.requested else "") + end.value + CAUTION,
    )


def _checked(game: NormalFormGame, counts: Any) -> list[np.ndarray]:
    sizes = game.num_actions
    try:
        observed = [np.array(row, np.float64) for row in counts]
    except (TypeError, ValueError) as error:
        raise InvalidOptionError(f"the counts are not {len(sizes)} vectors ({error}).") from error
    if tuple(row.shape for row in observed) != tuple((n,) for n in sizes):
        raise InvalidOptionError(
            f"the counts have shapes {[row.shape for row in observed]}; {game.name} needs "
            f"{len(sizes)} vectors of {list(sizes)} numbers."
        )
    for p, row in enumerate(observed):
        bad = np.flatnonzero(~(np.isfinite(row) & (row >= 0)))
        if len(bad):
            raise InvalidOptionError(
                f"the count of player {p}'s action {bad[0]} is {row[bad[0]]}; give finite numbers "
                f">= 0."
            )
    if not sum(row.sum() for row in observed):
        raise InvalidOptionError("all counts are 0; at least one play must have been observed.")
    return observed


def _refined(
    system: LogitSystem, weights: np.ndarray, around: list[np.ndarray], best: np.ndarray
) -> np.ndarray:
    """The most likely point of the arc through two or three neighbours."""
    from scipy.optimize import minimize_scalar

    def at(place: float) -> np.ndarray:
        k = min(int(place), len(around) - 2)
        chord = around[k + 1] - around[k]
        z = correct(system, around[k] + (place - k) * chord, chord)
        return best if z is None else z

    found = minimize_scalar(
        lambda place: -float(weights @ at(place)[:-1]),
        bounds=(0.0, len(around) - 1.0),
        method="bounded",
        options={"xatol": PRECISION},
    )
    z = at(float(found.x))
    return z if weights @ z[:-1] >= weights @ best[:-1] else best


def _best(likelihood: np.ndarray, rounding: float) -> tuple[int, End]:
    """The most likely point; if the last one is as likely, the first of those behind which all
    are."""
    as_likely = likelihood >= likelihood.max() - rounding
    if np.all(as_likely) and len(likelihood) > 1:
        return 0, End.FLAT
    if as_likely[-1]:
        return int(np.flatnonzero(~as_likely).max(initial=-1)) + 1, End.NASH
    best = int(np.argmax(likelihood))
    return best, End.UNIFORM if best == 0 else End.INSIDE


def _saturated(observed: list[np.ndarray]) -> float:
    total = 0.0
    for row in observed:
        seen = row[row > 0]
        total += float(seen @ np.log(seen / seen.sum())) if len(seen) else 0.0
    return total
