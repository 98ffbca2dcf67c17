"""Fixation in a Moran process of two types, by formula."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.numbers import exact as exact_number
from marl_kit.solve.cfr_state import choice
from marl_kit.solve.dynamics.moran import (
    SELECTIONS,
    check_fitness,
    check_intensity,
    check_population,
)
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs

MOST_INDIVIDUALS = 10_000_000
"""Of the formula in floats: seconds and some hundred megabytes."""
MOST_EXACT = 2_000
"""Of the formula in Fractions, whose digits grow with every factor: seconds."""


def fixation_probability(
    game: Any,
    mutant: int = 0,
    resident: int = 1,
    *,
    population: int = 100,
    mutants: int = 1,
    selection: str = "exponential",
    intensity: float = 1.0,
    exact: bool = False,
) -> Any:
    """Probability that ``mutants`` individuals take over a population of residents.

    With g_j / f_j the fitness of a resident over that of a mutant among j mutants, it is
    (1 + sum_{k<i} prod_{j<=k} g_j/f_j) / (1 + sum_{k<N} prod_{j<=k} g_j/f_j) for i mutants in N
    individuals: 1/N for one mutant without selection. The products are added as logarithms, so
    probabilities down to 1e-308 keep their relative accuracy.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Symmetric, of two players.
    mutant, resident : int
        Two different actions.
    population, selection, intensity
        As in :class:`~marl_kit.solve.dynamics.moran.Moran`: payoffs are averages over the other
        individuals, of whom there are at most 10,000,000, with ``exact`` 2,000.
    mutants : int
        1 to N - 1.
    exact : bool
        A Fraction, from the game's exact payoffs; for linear selection.

    Returns
    -------
    float, or Fraction

    Raises
    ------
    UnsupportedGameError
        Not symmetric, or the logarithms leave the numbers of float64.
    InvalidOptionError
        An option that is not allowed, or linear fitness that is not positive.

    References
    ----------
    Nowak (2006), Evolutionary dynamics, equations 6.13 and 7.5 to 7.8; Traulsen, Shoresh and
    Nowak (2008) for exponential fitness.

    Examples
    --------
    >>> fixation_probability("hawk_dove", population=20, intensity=0)
    0.05
    >>> fixation_probability("prisoners_dilemma", population=2, intensity=0.1, selection="linear",
    ...                      exact=True)
    Fraction(2, 5)
    """
    game = as_game(game)
    A = symmetric_payoffs(game, "fixation_probability")
    assert isinstance(game, NormalFormGame)
    _check(len(A), mutant, resident, population, mutants, selection, intensity, exact)
    if selection == "linear":
        check_fitness(A[np.ix_([mutant, resident], [mutant, resident])], intensity)
    if exact:
        return _fraction(game.exact_payoffs[0], mutant, resident, population, mutants, intensity)
    logs = _log_odds(*_payoffs(A, mutant, resident, population), selection, intensity)
    odds = np.exp(logs - logs.max())
    return float(odds[:mutants].sum() / odds.sum())


def _log_odds(own: np.ndarray, other: np.ndarray, selection: str, intensity: float) -> np.ndarray:
    """Logarithms of 1 and of the products of fitness ratios."""
    with np.errstate(over="ignore", invalid="ignore"):
        if selection == "exponential":
            steps = intensity * (other - own)
        else:
            weak = 1 - intensity
            steps = np.log(weak + intensity * other) - np.log(weak + intensity * own)
        logs = np.concatenate([[0.0], np.cumsum(steps)])
    if not np.isfinite(logs).all():
        raise UnsupportedGameError(
            f"with intensity {intensity:g} the products of fitness ratios leave the numbers of "
            f"float64; use a smaller intensity, or rescale the payoffs."
        )
    return logs


def _payoffs(A: np.ndarray, i: int, r: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Average payoffs of mutants and of residents among 1, ..., N-1 mutants (Nowak, 7.5)."""
    j = np.arange(1, size)
    own = (A[i, i] * (j - 1) + A[i, r] * (size - j)) / (size - 1)
    return own, (A[r, i] * j + A[r, r] * (size - j - 1)) / (size - 1)


def _fraction(A: np.ndarray, i: int, r: int, size: int, mutants: int, intensity: Any) -> Fraction:
    w = exact_number(intensity)
    ratios = []
    for j in range(1, size):
        own = (A[i, i] * (j - 1) + A[i, r] * (size - j)) / Fraction(size - 1)
        other = (A[r, i] * j + A[r, r] * (size - j - 1)) / Fraction(size - 1)
        ratios.append((1 - w + w * other) / (1 - w + w * own))
    odds = list(accumulate(ratios, lambda a, b: a * b, initial=Fraction(1)))
    return sum(odds[:mutants], Fraction(0)) / sum(odds, Fraction(0))


def _check(
    n: int,
    mutant: Any,
    resident: Any,
    population: Any,
    mutants: Any,
    selection: Any,
    intensity: Any,
    exact: bool,
) -> None:
    for name, action in (("mutant", mutant), ("resident", resident)):
        whole = isinstance(action, int | np.integer) and not isinstance(action, bool)
        if not whole or not 0 <= action < n:
            raise InvalidOptionError(f"{name} is {action!r}; the game has actions 0 to {n - 1}.")
    if mutant == resident:
        raise InvalidOptionError(f"mutant and resident are both {mutant}; give two actions.")
    if exact is True:
        check_population(population, MOST_EXACT, "a sum of Fractions takes seconds")
    check_population(population, MOST_INDIVIDUALS, "a sum of so many terms takes seconds")
    if not isinstance(exact, bool):
        raise InvalidOptionError(f"exact is {exact!r}; give True or False.")
    whole = isinstance(mutants, int | np.integer) and not isinstance(mutants, bool)
    if not whole or not 1 <= mutants < population:
        raise InvalidOptionError(
            f"mutants is {mutants!r}; give a whole number from 1 to {population - 1}."
        )
    choice("selection", selection, SELECTIONS)
    check_intensity(intensity if not isinstance(intensity, str) else None, selection)
    if exact and selection != "linear":
        raise InvalidOptionError(
            "exact=True needs selection='linear': exponentials are not rational."
        )
