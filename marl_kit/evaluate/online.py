"""Elo's rule, game after game, as it is printed in tournament tables."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.special import expit

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate.numbers import finite, positive, vector
from marl_kit.evaluate.placement import SCALE


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
    start, gain = finite("rating", rating), positive("k", k)
    others, scored = vector("opponents", opponents), vector("scores", scores)
    if len(others) != len(scored) or not ((scored >= 0) & (scored <= 1)).all():
        raise InvalidOptionError(
            f"there are {len(others)} opponents and the scores {scored.tolist()}; give a score "
            f"between 0 and 1 for each opponent."
        )
    expected = expit((start - others) / SCALE)
    return float(start + gain * (scored - expected).sum())
