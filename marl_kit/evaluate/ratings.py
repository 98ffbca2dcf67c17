"""Elo ratings from results: how strong players are, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.threads import one_blas_thread
from marl_kit.evaluate import placement
from marl_kit.evaluate.anchors import read_anchors, refuse_two_anchors
from marl_kit.evaluate.counts import Name, read_counts
from marl_kit.evaluate.draws import MODELS
from marl_kit.evaluate.numbers import positive
from marl_kit.evaluate.online import online_elo
from marl_kit.evaluate.pairs import read_seated
from marl_kit.evaluate.placement import SCALE
from marl_kit.evaluate.rating_fit import fit_ratings
from marl_kit.evaluate.rating_result import Ratings, by_player
from marl_kit.evaluate.separation import connected_groups, separated_groups

__all__ = ["Ratings", "elo", "online_elo"]


def elo(
    results: Any,
    prior: float | None = 500.0,
    anchor: Mapping[Any, float] | Name | None = None,
    draws: str = "half",
    first_move: bool = False,
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
    draws : {"half", "davidson", "rao_kupper"}
        ``half``: a draw is half a win for either side. The two others also estimate how often
        equals draw, and give it a probability of its own: Davidson's model as nu times the
        geometric mean of those of a win and a loss, Rao and Kupper's as what is left when a win
        needs a lead of log theta. A rating of 400 then is not odds of 10 to 1 in points: in
        Davidson's model it is those of a win to a loss, in Rao and Kupper's of what they would be
        if the lead needed were 0. Where nothing was drawn all three are the same.
    first_move : bool
        Whether to estimate what moving first is worth, in Elo, the same for everybody. In a row
        ``a`` then is who moved first (so a pair needs two rows), in a MatchResult whoever sat in
        seat 0. The prior holds for it too, around 0.

    Returns
    -------
    Ratings

    Raises
    ------
    InvalidOptionError
        Results that are no counts, a prior that is not positive, two anchors in one group; with a
        model of draws or ``first_move``, results that leave its parameter open or infinite.
    UnknownNameError
        An anchor that did not play, a model of draws that does not exist.

    Notes
    -----
    Zermelo (1929), Math. Zeitschrift 29; Bradley and Terry (1952), Biometrika 39; Elo (1978); Rao
    and Kupper (1967) and Davidson (1970), Journal of the American Statistical Association 62 and
    65; Davidson and Beaver (1977), Biometrics 33 (the order of a pair as a factor). The intervals
    are those of the normal approximation at the maximum, and contain the uncertainty of the draw
    parameter and of the first move; one-sided bounds hold these at what was found.

    Examples
    --------
    >>> import marl_kit as mk
    >>> ratings = mk.elo([("mine", "random", 10, 5, 5)], prior=None, anchor="random")
    >>> round(float(ratings.elo["mine"]), 2)
    88.74
    """
    precision = _precision(prior, draws, first_move)
    everybody, pairs = read_seated(results) if first_move else (read_counts(results), None)
    played = everybody.games.any(axis=1)
    active = np.flatnonzero(played)
    counts = everybody.subset(active)
    anchors = read_anchors(anchor, everybody.players, counts.players)
    seated = None if pairs is None else pairs.subset(active)
    with one_blas_thread():
        fitted = fit_ratings(counts, seated, draws, precision)
        blocks = fitted.blocks
        if precision:
            groups = connected_groups(blocks, anchors)
        else:
            groups = separated_groups(counts.points, blocks, anchors)
        refuse_two_anchors(groups, anchors, counts.players)
        placed = placement.place(fitted.evidence, blocks, groups, anchors)
        better = placement.superiority(counts, blocks, bool(first_move))
    return Ratings(
        **by_player(counts, placed, better),
        unrated=tuple(everybody.players[i] for i in np.flatnonzero(~played)),
        model=_model(prior, draws, bool(first_move)),
        anchor={counts.players[i]: value for i, value in anchors.items()},
        draw_parameter=fitted.draw_parameter,
        draw_share=fitted.draw_share,
        first_move=fitted.first_move,
        counts=counts,
        blocks=tuple(blocks),
        evidence=fitted.evidence,
    )


def _precision(prior: float | None, draws: str, first_move: bool) -> float:
    """1 / variance of the prior, in logits; options that do not exist are refused."""
    if not isinstance(draws, str) or draws not in MODELS:
        raise UnknownNameError("model of draws", str(draws), MODELS)
    if not isinstance(first_move, bool | np.bool_):
        raise InvalidOptionError(f"first_move is {first_move!r}; give True or False.")
    return 0.0 if prior is None else (SCALE / positive("prior", prior)) ** 2


def _model(prior: float | None, draws: str, first_move: bool) -> str:
    seats = "; with the first move's advantage" if first_move else ""
    spread = "no prior (maximum likelihood)"
    if prior is not None:
        spread = f"normal prior of {prior:g} Elo around the pool's mean"
    return f"Bradley-Terry; {MODELS[draws]}{seats}; {spread}"
