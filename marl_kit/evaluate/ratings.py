"""Elo ratings from results: how strong players are, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.evaluate import placement
from marl_kit.evaluate.counts import Name, read_counts
from marl_kit.evaluate.placement import SCALE
from marl_kit.evaluate.rating_result import Ratings, by_player, number_of
from marl_kit.evaluate.separation import (
    Group,
    connected_groups,
    fit_blocks,
    separated_groups,
)

__all__ = ["Ratings", "elo", "online_elo"]

DRAWS = {"half": "a draw counts as half a win"}


def elo(
    results: Any,
    prior: float | None = 500.0,
    anchor: Mapping[Any, float] | Name | None = None,
    draws: str = "half",
) -> Ratings:
    """Ratings that explain all results at once (batch Bradley-Terry on the Elo scale).

    Parameters
    ----------
    results : rows ``(a, b, wins of a, draws, wins of b)``, DataFrame, or MatchResults
        A DataFrame has these columns (``wins_a`` and ``wins_b`` will do). Rows of the same pair
        are added up; the order of the rows does not matter.
    prior : float or None
        Standard deviation, in Elo, of a normal prior of every rating around the mean of the pool
        (of the group, if no chain of games links the players). It is as if one knew beforehand
        that players differ by some hundred Elo, and keeps a player who never lost finite. None is
        pure maximum likelihood, where such a rating is infinite and reported as a bound.
    anchor : player or dict of one number for each anchor, optional
        Who has rating 0, or ``{player: rating}``; at most one in a group. Without, the mean of a
        group is 0. Differences do not depend on it.
    draws : {"half"}
        A draw is half a win for either side.

    Returns
    -------
    Ratings

    Raises
    ------
    InvalidOptionError
        Results that are no counts, a prior that is not positive, two anchors in one group.
    UnknownNameError
        An anchor that did not play, a model of draws that does not exist.

    Notes
    -----
    Zermelo (1929), Math. Zeitschrift 29; Bradley and Terry (1952), Biometrika 39; Elo (1978). The
    intervals are those of the normal approximation at the maximum.

    Examples
    --------
    >>> import marl_kit as mk
    >>> ratings = mk.elo([("mine", "random", 10, 5, 5)], prior=None, anchor="random")
    >>> round(float(ratings.elo["mine"]), 2)
    88.74
    """
    if draws not in DRAWS:
        raise UnknownNameError("model of draws", str(draws), DRAWS)
    precision = 0.0 if prior is None else (SCALE / _positive("prior", prior)) ** 2
    everybody = read_counts(results)
    active = np.flatnonzero(everybody.games.any(axis=1))
    counts = everybody.subset(active)
    anchors = _anchors(anchor, everybody.players, counts.players)
    points = counts.points
    blocks = fit_blocks(points, precision)
    if precision:
        groups = connected_groups(blocks, anchors)
    else:
        groups = separated_groups(points, blocks, anchors)
    _refuse_two_anchors(groups, anchors, counts.players)
    placed = placement.place(points, blocks, groups, anchors)
    series = by_player(counts, placed, placement.superiority(counts, blocks))
    return Ratings(
        **series,
        unrated=tuple(p for p in everybody.players if p not in set(counts.players)),
        model=_model(prior, draws),
        anchor={counts.players[i]: value for i, value in anchors.items()},
        counts=counts,
        blocks=tuple(blocks),
    )


def _model(prior: float | None, draws: str) -> str:
    spread = "no prior (maximum likelihood)"
    if prior is not None:
        spread = f"normal prior of {prior:g} Elo around the pool's mean"
    return f"Bradley-Terry; {DRAWS[draws]}; {spread}"


def _positive(name: str, x: Any) -> float:
    value = _finite(name, x)
    if value <= 0:
        raise InvalidOptionError(f"{name} is {x!r}; give a positive number.")
    return value


def _finite(name: str, x: Any) -> float:
    try:
        value = float(x)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value) or isinstance(x, bool | str):
        raise InvalidOptionError(f"{name} is {x!r}; give a finite number.")
    return value


def _anchors(
    anchor: Mapping[Any, float] | Name | None, known: Sequence[Name], rated: Sequence[Name]
) -> dict[int, float]:
    """Ratings given, by the player's number among the rated; an idle anchor fixes nothing."""
    if anchor is None:
        return {}
    if not isinstance(anchor, Mapping | str | int | np.integer):
        raise InvalidOptionError(
            f"anchor is {anchor!r}; give the name of a player, or {{name: rating}}."
        )
    given = anchor if isinstance(anchor, Mapping) else {anchor: 0.0}
    for name in given:
        number_of(known, name, "anchor")
    values = {name: _finite(f"the rating of {name!r}", x) for name, x in given.items()}
    return {rated.index(name): x for name, x in values.items() if name in rated}


def _refuse_two_anchors(
    groups: Sequence[Group], anchors: Mapping[int, float], players: Sequence[Name]
) -> None:
    for group in groups:
        found = [players[i] for i in group.members if i in anchors]
        if len(found) > 1:
            raise InvalidOptionError(
                f"{found[0]!r} and {found[1]!r} are both anchors, but games link them, so "
                f"their difference is not free; give one of them."
            )


def online_elo(
    rating: float,
    opponents: Sequence[float] | float,
    scores: Sequence[float] | float,
    k: float = 32.0,
) -> float:
    """A player's rating after some games, by Elo's rule ``rating + k x (scored - expected)``.

    All games count from the rating before them, as in a tournament that is rated at its end.

    Parameters
    ----------
    rating : float
        Before the games.
    opponents : sequence of float
        Their ratings.
    scores : sequence of float
        1 for a win, 1/2 for a draw, 0 for a loss, one for each opponent.
    k : float
        The most that one game can change, in Elo.

    Raises
    ------
    InvalidOptionError
        Not one score in [0, 1] for each opponent, numbers that are not finite, k not positive.

    Notes
    -----
    Elo (1978), The Rating of Chessplayers, section 1.6.

    Examples
    --------
    >>> round(online_elo(1613, (1609, 1477, 1388, 1586, 1720), (0, 0.5, 1, 1, 0)), 2)
    1601.27
    """
    start, gain = _finite("rating", rating), _positive("k", k)
    others, scored = _vector("opponents", opponents), _vector("scores", scores)
    if len(others) != len(scored) or not ((scored >= 0) & (scored <= 1)).all():
        raise InvalidOptionError(
            f"there are {len(others)} opponents and the scores {scored.tolist()}; give a score "
            f"between 0 and 1 for each opponent."
        )
    expected = expit((start - others) / SCALE)
    return float(start + gain * (scored - expected).sum())


def _vector(name: str, x: Any) -> np.ndarray:
    try:
        vector = np.atleast_1d(np.asarray(x, np.float64))
    except (TypeError, ValueError):
        vector = np.array([math.nan])
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise InvalidOptionError(f"{name} are {x!r}; give finite numbers.")
    return vector
