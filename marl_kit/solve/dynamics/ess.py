"""Evolutionarily stable strategies, decided in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from numbers import Rational
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.profile import as_profile
from marl_kit.solve.dynamics.rational import schur_complement, solve, strictly_copositive
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs

SUPPORT = 1e-9
"""Probabilities of a float strategy up to here count as 0."""
CLOSE = 1e-6
"""How far a float strategy may be from the exact equilibrium with its support: what iterative
solvers and printed decimals leave. It needs no units."""
MOST_ACTIONS = 10

Table = list[list[Fraction]]


def is_ess(game: Any, strategy: Any) -> bool:
    """Whether a strategy is evolutionarily stable.

    A population that plays it cannot be invaded by few mutants of any kind: it is a best reply to
    itself, and does better than every other best reply q does against q.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Symmetric, of two players. Exact for its exact payoffs (a float counts as the decimal that
        it prints as).
    strategy : vector, or profile of two equal ones
        Integers, Fractions and strings such as ``"1/3"`` are taken exactly. A float vector stands
        for the equilibrium strategy with its support, if that is within 1e-6 of it: there is at
        most one if it is stable.

    Raises
    ------
    UnsupportedGameError
        Not symmetric, or not two players.
    InvalidProfileError
        Not a strategy.

    Notes
    -----
    With p's pure best replies B and its support S, the form (p - q)'A(q - p) must be positive for
    all q with support in B: positive definite in the directions within S, and, these eliminated,
    strictly copositive in those of B outside S (Haigh 1975; Abakuks 1980; Bomze 1992).

    References
    ----------
    Maynard Smith and Price (1973), The logic of animal conflict, Nature 246.

    Examples
    --------
    >>> is_ess("hawk_dove", ["1/2", "1/2"]), is_ess("rock_scissors_paper", ["1/3", "1/3", "1/3"])
    (True, False)
    """
    table = _table(game, "is_ess")
    given, exact = _strategy(game, strategy, len(table))
    support = [i for i, x in enumerate(given) if x > (0 if exact else SUPPORT)]
    found = _equilibrium(table, support)
    if found is None:
        return False
    distance = max(abs(x - y) for x, y in zip(found, given, strict=True))
    return bool(distance <= (0 if exact else CLOSE)) and _is_stable(table, support, found)


def evolutionarily_stable(
    game: Any, *, exact: bool = False, limit: int = MOST_ACTIONS
) -> list[Any]:
    """Every evolutionarily stable strategy of a symmetric game of two players.

    Looks at every support, smallest first, but those that contain the support of one that was
    found, or lie within its best replies (Bishop and Cannings 1976). There may be none, and there
    are finitely many.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    exact : bool
        Lists of Fractions in place of float64 vectors.
    limit : int
        Actions up to which it is done; n actions have 2^n - 1 supports.

    Raises
    ------
    UnsupportedGameError
        Not symmetric, or not two players.
    GameTooLargeError
        More actions than ``limit``.

    Examples
    --------
    >>> [x.tolist() for x in evolutionarily_stable("stag_hunt")]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if not isinstance(exact, bool):
        raise InvalidOptionError(f"exact is {exact!r}; give True or False.")
    if isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1:
        raise InvalidOptionError(f"limit is {limit!r}; give a whole number of at least 1.")
    table = _table(game, "evolutionarily_stable")
    n = len(table)
    if n > limit:
        raise GameTooLargeError(
            f"{n} actions have {2**n - 1:,} supports to look at, each some milliseconds; up to "
            f"limit={limit} that is done unasked: give a larger limit."
        )
    found: list[tuple[set[int], set[int], list[Fraction]]] = []
    for size in range(1, n + 1):
        for support in combinations(range(n), size):
            these = set(support)
            if any(inner <= these or these <= replies for inner, replies, _ in found):
                continue
            p = _equilibrium(table, support)
            if p is not None and _is_stable(table, list(support), p):
                found.append((these, set(_replies(table, p)), p))
    strategies = [p for _, _, p in found]
    return strategies if exact else [np.array([float(x) for x in p]) for p in strategies]


def _table(game: Any, what: str) -> Table:
    game = as_game(game)
    symmetric_payoffs(game, what)
    assert isinstance(game, NormalFormGame)
    return [list(row) for row in game.exact_payoffs[0]]


def _strategy(game: Any, strategy: Any, n: int) -> tuple[list[Any], bool]:
    """The strategy, and whether it was given exactly."""
    strategy = getattr(strategy, "profile", strategy)
    if isinstance(strategy, np.ndarray) and strategy.dtype.kind in "OU":
        strategy = strategy.tolist()
    exact = _exact_vector(strategy, n) or _exact_pair(strategy, n)
    if exact:
        return exact, True
    one = _is_one(strategy)
    profile = as_profile(as_game(game), [strategy, strategy] if one else strategy)
    assert isinstance(profile, list)
    if not np.array_equal(profile[0], profile[1]):
        raise _differ()
    return [Fraction(float(x)) for x in profile[0]], False


def _is_one(strategy: Any) -> bool:
    try:
        return np.ndim(strategy) == 1 and not isinstance(strategy, str)
    except ValueError:
        return False


def _exact_pair(profile: Any, n: int) -> list[Fraction] | None:
    """The strategy of a profile of two equal ones, if it is exact."""
    if not isinstance(profile, list | tuple) or len(profile) != 2:
        return None
    first, second = (_exact_vector(x, n) for x in profile)
    if first is None or second is None:
        return None
    if first != second:
        raise _differ()
    return first


def _differ() -> InvalidOptionError:
    return InvalidOptionError(
        "the two strategies of the profile differ; evolutionary stability is of one strategy."
    )


def _exact_vector(strategy: Any, n: int) -> list[Fraction] | None:
    """Fractions, where all entries are exact and they are a strategy; None for what is to be
    checked (and refused) as numbers."""
    if not isinstance(strategy, list | tuple) or len(strategy) != n:
        return None
    if not all(isinstance(x, Rational | str) for x in strategy):
        return None
    try:
        vector = [Fraction(x) for x in strategy]
    except (ValueError, ZeroDivisionError):
        return None
    return vector if min(vector) >= 0 and sum(vector) == 1 else None


def _equilibrium(table: Table, support: Any) -> list[Fraction] | None:
    """The symmetric equilibrium strategy with this support, if exactly one solves the equations:
    they are singular at no stable one."""
    size = len(support)
    rows = [[*(table[i][j] for j in support), Fraction(-1)] for i in support]
    rows.append([*[Fraction(1)] * size, Fraction(0)])
    answer = solve(rows, [*[Fraction(0)] * size, Fraction(1)])
    if answer is None or min(answer[:size]) <= 0:
        return None
    p = [Fraction(0)] * len(table)
    for i, x in zip(support, answer, strict=False):  # the last number is the value
        p[i] = x
    return p if set(support) <= set(_replies(table, p)) else None


def _replies(table: Table, p: list[Fraction]) -> list[int]:
    """The pure best replies to p."""
    values = [sum((a * x for a, x in zip(row, p, strict=True)), Fraction(0)) for row in table]
    top = max(values)
    return [i for i, v in enumerate(values) if v == top]


def _is_stable(table: Table, support: list[int], p: list[Fraction]) -> bool:
    base, *free = support
    outside = [i for i in _replies(table, p) if i not in support]
    order = [*free, *outside]

    def entry(i: int, j: int) -> Fraction:
        return table[i][base] + table[base][j] - table[i][j] - table[base][base]

    form = [[(entry(i, j) + entry(j, i)) / 2 for j in order] for i in order]
    rest = schur_complement(form, len(free))
    return rest is not None and strictly_copositive(rest)
