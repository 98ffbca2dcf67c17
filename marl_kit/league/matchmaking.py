"""Matchmaking: with whom the learner plays next, as pure functions of what is known.

A matchmaker gives probabilities over opponents from a table of results and, if it needs them,
ratings. Nothing is drawn here but by ``draw_opponents``, from the generator that it is given.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.registry import fold
from marl_kit.core.spec import parse_spec
from marl_kit.league.matchmaking_rules import MATCHMAKERS, WEIGHTINGS
from marl_kit.league.pool_view import PoolView

SUM_TOLERANCE = 1e-9
"""Of the weights of a mixture."""


def opponents(spec: str, view: PoolView) -> np.ndarray:
    """Probability of each member to be the learner's next opponent, float64 [n].

    Parameters
    ----------
    spec : str
        ``"uniform"``; ``"latest(p=0.5)"``: the newest candidate with probability p, else one of
        the older ones; ``"pfsp(weighting=squared)"``, ``variance`` or ``linear_capped``;
        ``"nash"``: of the empirical game; ``"elo_proximity(width=200)"``. A mixture is a sum:
        ``"0.5*latest + 0.35*pfsp + 0.15*uniform"``.
    view : PoolView

    Raises
    ------
    UnknownNameError, InvalidOptionError
        No such matchmaker or option; weights that do not sum to 1; no ratings where some are
        needed.

    Examples
    --------
    >>> from marl_kit.league.pool_view import PoolView
    >>> games = [[0, 10, 10], [10, 0, 10], [10, 10, 0]]
    >>> view = PoolView([[0, 9, 1], [1, 0, 5], [9, 5, 0]], games, learner=0)
    >>> opponents("pfsp(weighting=squared)", view).round(4).tolist()  # (2/12)**2 and (10/12)**2
    [0.0, 0.0385, 0.9615]
    >>> opponents("0.5*latest + 0.5*uniform", view).tolist()
    [0.0, 0.25, 0.75]
    """
    total = np.zeros(len(view.wins))
    for weight, matchmaker in find_matchmaker(spec):
        total[view.chosen_from()] += weight * matchmaker(view)
    return total / total.sum()


def draw_opponents(
    probabilities: np.ndarray, rng: np.random.Generator, size: int = 1
) -> np.ndarray:
    """Opponents drawn independently, int64 [size]."""
    return rng.choice(len(probabilities), size=size, p=probabilities)


Matchmaker = Callable[[PoolView], np.ndarray]
"""Probabilities of the candidates alone, in their order."""


def find_matchmaker(spec: str) -> list[tuple[float, Matchmaker]]:
    """Read a spec: weights and matchmakers, checked before any game is played."""
    if not isinstance(spec, str):
        raise InvalidOptionError(f"matchmaking is {spec!r}; give a name such as 'pfsp'.")
    parts = [_weighted(part) for part in _terms(spec)]
    if len(parts) == 1 and parts[0][0] is None:
        return [(1.0, _one(parts[0][1]))]
    missing = [name for weight, name in parts if weight is None]
    if missing:
        raise InvalidOptionError(f"{missing[0]!r} in {spec!r} has no weight; write 0.5*NAME.")
    weights = [float(weight or 0.0) for weight, _ in parts]
    if min(weights) < 0 or not abs(sum(weights) - 1) <= SUM_TOLERANCE:
        raise InvalidOptionError(
            f"the weights of {spec!r} sum to {sum(weights):g}; they are not negative and sum to 1."
        )
    return [(w, _one(name)) for w, (_, name) in zip(weights, parts, strict=True)]


def _terms(spec: str) -> list[str]:
    """Split at plus signs outside parentheses."""
    depth, terms = 0, [""]
    for character in spec:
        depth += (character == "(") - (character == ")")
        if character == "+" and depth == 0:
            terms.append("")
        else:
            terms[-1] += character
    return [term.strip() for term in terms]


def _weighted(term: str) -> tuple[float | None, str]:
    weight, star, name = term.partition("*")
    if not star:
        return None, term
    try:
        return float(weight), name.strip()
    except ValueError:
        raise InvalidOptionError(f"{weight!r} in {term!r} is no weight; write 0.5*NAME.") from None


def _one(spec: str) -> Matchmaker:
    name, options = parse_spec(spec)
    if fold(name) not in MATCHMAKERS:
        raise UnknownNameError("matchmaking", name, MATCHMAKERS)
    function = MATCHMAKERS[fold(name)]
    known = list(inspect.signature(function).parameters)[1:]
    for key, value in options.items():
        if key not in known:
            raise UnknownNameError(f"option of {fold(name)}", key, known)
        options[key] = _option(key, value)
    return lambda view: function(view, **options)


def _option(key: str, value: Any) -> Any:
    """Options are checked when a spec is read, before the league begins."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "p" and not (number and 0 <= value <= 1):
        raise InvalidOptionError(f"p is {value!r}; give a probability from 0 to 1.")
    if key == "width" and not (number and 0 < value < math.inf):
        raise InvalidOptionError(f"width is {value!r}; give a positive number of Elo.")
    if key == "weighting":
        value = fold(str(value))
        if value not in WEIGHTINGS:
            raise UnknownNameError("weighting of pfsp", value, WEIGHTINGS)
    return value
