"""One equilibrium out of many: welfare, egalitarian, maximum entropy, risk dominance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from marl_kit.core.errors import UnknownNameError, UnsupportedGameError
from marl_kit.core.registry import fold
from marl_kit.core.results import EquilibriumSet, Status
from marl_kit.core.selection_result import SelectedEquilibrium
from marl_kit.evaluate.exploitability import expected_values, nash_conv_of
from marl_kit.games.normal_form import NormalFormGame

OBJECTIVES = ("welfare", "egalitarian", "entropy", "risk")
ROUNDING = 16 * np.finfo(float).eps
"""Relative to the largest payoff: what rounding leaves of a value. Scores closer than this are
equal, and the first of the set is taken."""
TIE = 1e-9
"""In nats, and relative to the payoffs met against the other's strategies."""


def select(equilibria: Any, by: str = "welfare") -> SelectedEquilibrium:
    """The best equilibrium of a set, and of all mixtures within its maximal Nash subsets.

    Within a maximal Nash subset X x Y every strategy of one player is a best reply to every one
    of the other, so a player's value depends on the other's strategy alone, and linearly. Hence
    the greatest welfare (a sum) and the greatest least value (each term at its own maximum) are
    reached at extreme equilibria; entropy is concave and has its maximum in the middle, found by
    a convex program for each of the two polytopes.

    Parameters
    ----------
    equilibria : EquilibriumSet
        From ``mk.all_equilibria``. A game stands for the set of its equilibria. Of more than two
        players, or where only pure ones are listed, the best on the list.
    by : str
        ``"welfare"``: the greatest sum of values. ``"egalitarian"``: the greatest least value.
        ``"entropy"``: the greatest sum of the strategies' entropies. ``"risk"``: the
        risk-dominant one of a 2x2 game with two strict equilibria, whose product of deviation
        losses is the greater (Harsanyi and Selten 1988, A general theory of equilibrium selection
        in games, section 3.9).

    Returns
    -------
    SelectedEquilibrium

    Raises
    ------
    UnknownNameError
        No such objective.
    UnsupportedGameError
        ``"risk"`` for another game than that, or where neither dominates; an empty set.

    Examples
    --------
    >>> import marl_kit as mk
    >>> mk.select("stag_hunt", "welfare").values.tolist()
    [9.0, 9.0]
    >>> mk.select("stag_hunt", "risk").profile[0].tolist()
    [0.0, 1.0]
    """
    name = fold(by) if isinstance(by, str) else repr(by)
    if name not in OBJECTIVES:
        raise UnknownNameError("objective", str(by), OBJECTIVES)
    found = equilibria
    if not isinstance(found, EquilibriumSet):
        from marl_kit.solve.all_equilibria import all_equilibria

        found = all_equilibria(equilibria)
    if not len(found):
        raise UnsupportedGameError(f"the set of equilibria of {found.game.name} is empty.")
    all_found = found.complete and found.status is not Status.COMPLETE_PURE
    note = "" if all_found else f"best of those listed: {found.status.sentence}"
    if name == "risk":
        return _risk_dominant(found)
    if name == "entropy":
        return _most_entropy(found, note)
    values = np.array([expected_values(found.game, p) for p in found])
    scores = values.sum(axis=1) if name == "welfare" else values.min(axis=1)
    index = _first_best(scores, ROUNDING * float(np.abs(found.game.payoffs).max()))
    return _selected(found, name, float(scores[index]), found[index], index, None, note)


def _selected(
    found: EquilibriumSet,
    by: str,
    score: float,
    profile: list[np.ndarray],
    index: int | None,
    subset: int | None,
    note: str,
) -> SelectedEquilibrium:
    return SelectedEquilibrium(
        profile=profile,
        by=by,
        score=score,
        values=expected_values(found.game, profile),
        nash_conv=nash_conv_of(found.game, profile),
        index=index,
        subset=subset,
        note=note,
        game=found.game,
    )


def _first_best(scores: np.ndarray, tolerance: float) -> int:
    return int(np.flatnonzero(scores >= scores.max() - tolerance)[0])


def _entropy(profile: list[np.ndarray]) -> float:
    return float(-sum(x[x > 0] @ np.log(x[x > 0]) for x in profile))


def _most_entropy(found: EquilibriumSet, note: str) -> SelectedEquilibrium:
    mixtures = found.nash_subsets and found.game.num_players == 2
    subsets = found.nash_subsets if mixtures else tuple((i,) for i in range(len(found)))
    best = [_middle(found.game, [found[i] for i in subset]) for subset in subsets]
    scores = np.array([_entropy(profile) for profile in best])
    number = _first_best(scores, TIE)
    alone = len(subsets[number]) == 1
    index = subsets[number][0] if alone else None
    place = number if mixtures else None
    return _selected(found, "entropy", float(scores[number]), best[number], index, place, note)


def _middle(game: NormalFormGame, corners: list[list[np.ndarray]]) -> list[np.ndarray]:
    """The profile of greatest entropy in the Nash subset with these extreme equilibria."""
    if len(corners) == 1:
        return corners[0]
    own = [np.array([profile[p] for profile in corners]) for p in (0, 1)]
    A, B = game.payoffs
    return [_side(own[0], own[1], A, B), _side(own[1], own[0], B.T, A.T)]


def _side(own: np.ndarray, other: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """One player's side of the subset: the mixtures of best replies (to all that the other may
    play in it) which make all of that best replies in turn. ``A`` [m, n] are the player's payoffs,
    ``B`` those of the other."""
    import scipy.sparse

    from marl_kit.solve.max_entropy import max_entropy

    if np.ptp(own, axis=0).max() == 0:
        return own[0]
    replies = other @ A.T
    best = replies.max(axis=1, keepdims=True)
    met = np.array([np.abs(A - v) @ y for y, v in zip(other, best[:, 0], strict=True)])
    allowed = (replies >= best - TIE * met).all(axis=0)
    played = np.flatnonzero(other.max(axis=0) > 0)
    gains = np.concatenate([(B - B[:, [j]]).T for j in played])[:, allowed]
    largest = np.abs(gains).max(axis=1)
    gains = gains[largest > 0] / largest[largest > 0, None]
    x = np.zeros(A.shape[0])
    x[allowed] = max_entropy(scipy.sparse.csr_array(gains))
    return x


def _risk_dominant(found: EquilibriumSet) -> SelectedEquilibrium:
    """Harsanyi and Selten: the product of what the players lose by deviating alone."""
    game = found.game
    strict = _strict_cells(game) if game.num_actions == (2, 2) else []
    if len(strict) != 2:
        raise UnsupportedGameError(
            f"risk dominance is between the two strict equilibria of a 2x2 game, and {game.name} "
            f"is {' x '.join(map(str, game.num_actions))}"
            + (f" with {len(strict)} of them" if game.num_actions == (2, 2) else "")
            + "; select by 'welfare', 'egalitarian' or 'entropy'."
        )
    products = [_loss(game, cell, 0) * _loss(game, cell, 1) for cell in strict]
    if products[0] == products[1]:
        raise UnsupportedGameError(
            f"neither strict equilibrium of {game.name} risk-dominates the other (both products "
            f"of deviation losses are {float(products[0]):g}); select by 'welfare', "
            f"'egalitarian' or 'entropy'."
        )
    winner = int(products[1] > products[0])
    row, column = strict[winner]
    profile = [np.eye(2)[row], np.eye(2)[column]]
    place = [i for i, p in enumerate(found) if p[0][row] == 1 and p[1][column] == 1]
    note = f"products of deviation losses {float(products[winner]):g} against "
    note += f"{float(products[1 - winner]):g}"
    score = float(products[winner])
    return _selected(found, "risk", score, profile, place[0] if place else None, None, note)


def _strict_cells(game: NormalFormGame) -> list[tuple[int, int]]:
    cells = [(i, j) for i in (0, 1) for j in (0, 1)]
    return [c for c in cells if _loss(game, c, 0) > 0 and _loss(game, c, 1) > 0]


def _loss(game: NormalFormGame, cell: tuple[int, int], player: int) -> Fraction:
    """What ``player`` loses by playing its other action."""
    other = (1 - cell[0], cell[1]) if player == 0 else (cell[0], 1 - cell[1])
    table = game.exact_payoffs[player]
    return Fraction(table[cell] - table[other])
