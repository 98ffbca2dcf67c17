"""The sequential probability ratio test: stop as soon as the games say which of two is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.evaluate.likelihood_ratio import log_likelihood_ratio
from marl_kit.evaluate.sprt_result import SCALES, SPRT
from marl_kit.games.tree import read_only

__all__ = ["SPRT", "sprt"]


def sprt(
    match: Any = None,
    *,
    wins: float | None = None,
    draws: float | None = None,
    losses: float | None = None,
    pairs: Sequence[float] | None = None,
    elo0: float = 0.0,
    elo1: float = 5.0,
    alpha: float = 0.05,
    beta: float = 0.05,
    scale: str = "logistic",
) -> SPRT:
    """Whether a player is better by ``elo1`` or only by ``elo0``, with as few games as it takes.

    Look at it after every game (every pair of games), and stop when it says ``accept`` or
    ``reject``; that is what keeps the probabilities of error. Give one of the three forms of
    results.

    Parameters
    ----------
    match : MatchResult of two players
        The test is of the first player. The two games of a block share their deals, so the pairs
        are counted.
    wins, draws, losses : float
        Single games, independent of each other (trinomial).
    pairs : 5 float
        How many pairs of games brought 0, 1/2, 1, 3/2, 2 points (pentanomial). The two games of a
        pair may depend on each other: the same opening, the seats changed. It then takes fewer
        games, and single games would give wrong probabilities of error.
    elo0, elo1 : float
        The hypotheses, ``elo0`` < ``elo1``.
    alpha, beta : float
        Probabilities of the two errors, in (0, 1/2).
    scale : {"logistic", "normalized"}
        Elo by the expected score, 400 log10(s / (1 - s)); or normalised Elo, which is 347.4 times
        the mean of a game's score less 1/2 over its standard deviation: the number of games that a
        test takes then depends neither on the share of draws nor on how even the openings are.

    Returns
    -------
    SPRT

    Raises
    ------
    InvalidOptionError
        No results or two forms of them, counts that are negative or not finite, elo0 not below
        elo1, hypotheses that no distribution of outcomes meets, alpha or beta outside (0, 1/2).
    UnknownNameError
        A scale that does not exist.

    Notes
    -----
    Wald (1945), Sequential tests of statistical hypotheses, Annals of Mathematical Statistics 16;
    Van den Bergh, The generalized maximum likelihood ratio for the expectation value of a
    distribution, proposition 1.1; Normalized Elo, and its practical part, section 4.1; both as in
    Fishtest. The likelihoods are maximised over all distributions of the outcomes that have the
    given Elo, so nothing is assumed about draws.

    Examples
    --------
    >>> import marl_kit as mk
    >>> mk.sprt(wins=130, draws=60, losses=110, elo0=0, elo1=40).decision
    'continue'
    """
    counts = _counts(match, wins, draws, losses, pairs)
    if not isinstance(scale, str) or scale not in SCALES:
        raise UnknownNameError("scale", str(scale), SCALES)
    elo0, elo1 = _number("elo0", elo0), _number("elo1", elo1)
    if not elo0 < elo1:
        raise InvalidOptionError(f"elo0 is {elo0:g} and elo1 {elo1:g}; give elo0 < elo1.")
    alpha, beta = _error("alpha", alpha), _error("beta", beta)
    lower, upper = math.log(beta / (1 - alpha)), math.log((1 - beta) / alpha)
    llr = log_likelihood_ratio(counts, elo0, elo1, scale)
    decision = "accept" if llr >= upper else "reject" if llr <= lower else "continue"
    order = None if match is None else read_only(half_points(match))
    known = tuple(counts.tolist())
    return SPRT(llr, lower, upper, decision, elo0, elo1, alpha, beta, scale, known, order)


def _counts(match: Any, *given: Any) -> np.ndarray:
    *single, pairs = given
    some = any(x is not None for x in single)
    if (match is not None) + some + (pairs is not None) != 1:
        raise InvalidOptionError(
            "give the results in one form: a match, wins with draws and losses, or pairs."
        )
    if match is not None:
        return np.bincount(half_points(match), minlength=5).astype(np.float64)
    if some:
        if any(x is None for x in single):
            raise InvalidOptionError("give all three of wins, draws and losses; 0 where none.")
        return _valid(single[::-1], 3, "wins, draws and losses")
    return _valid(pairs, 5, "pairs")


def half_points(match: Any) -> np.ndarray:
    """What each pair of games brought the first player of a match of two, int64 [k] in 0 to 4."""
    scores = np.asarray(getattr(match, "scores", np.zeros(0)), np.float64)
    if scores.ndim != 2 or scores.shape[1] != 2 or len(scores) % 2 or not np.isfinite(scores).all():
        raise InvalidOptionError(
            "a test needs a match of two players with its games in pairs, as mk.play gives it; for "
            "other results give wins, draws and losses, or pairs."
        )
    halves = (np.sign(scores @ (1.0, -1.0)) + 1).reshape(-1, 2).sum(axis=1)
    return np.asarray(halves.astype(np.int64))


def _valid(x: Any, length: int, name: str) -> np.ndarray:
    try:
        given = np.array(x)
        counts = given.astype(np.float64) if given.dtype.kind in "iufO" else np.zeros(0)
    except (TypeError, ValueError):
        counts = np.zeros(0)
    if counts.shape != (length,) or not (np.isfinite(counts) & (counts >= 0)).all():
        raise InvalidOptionError(
            f"{name} are {x!r}; give {length} counts that are finite and not negative."
        )
    return counts


def _number(name: str, x: Any) -> float:
    if isinstance(x, bool | str) or not isinstance(x, int | float | np.number):
        raise InvalidOptionError(f"{name} is {x!r}; give a finite number.")
    if not math.isfinite(x):
        raise InvalidOptionError(f"{name} is {x!r}; give a finite number.")
    return float(x)


def _error(name: str, x: Any) -> float:
    value = _number(name, x)
    if not 0 < value < 0.5:
        raise InvalidOptionError(f"{name} is {x!r}; give a probability between 0 and 1/2.")
    return value
