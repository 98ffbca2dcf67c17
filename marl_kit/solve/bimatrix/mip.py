"""The best Nash equilibrium of two players for an objective, as a mixed-integer program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.core.results import Status
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer
from marl_kit.solve.bimatrix.confirmed_milp import best_point
from marl_kit.solve.bimatrix.support_program import best_on_supports
from marl_kit.solve.bimatrix.vertex_enumeration import extreme_equilibria
from marl_kit.solve.correlated import _objective

MAX_ACTIONS = 40
"""Of both players, each a binary variable: random 20 x 20 games take seconds to half a minute,
and every five actions more multiply that."""

UNEVEN = 100.0
"""A player's payoff range by the median deviation of its payoffs, or by the other's range."""

Weights = np.ndarray | None


def solve_mip(
    game: Game, objective: str | Sequence[float] = "welfare", max_actions: int = MAX_ACTIONS
) -> Answer:
    """An equilibrium with the greatest objective of all, and what it is in the note.

    Sandholm, Gilpin and Conitzer (2005), "Mixed-integer programming methods for finding Nash
    equilibria", formulation 1: a binary variable for each action says that it is not played, else
    it must be a best reply. HiGHS solves it, and once more to confirm that nothing is better by
    1e-5 of the payoff range; the strategies are then found again on the supports alone, so that the
    equilibrium does not have HiGHS's tolerance. Where a few payoffs dwarf the others, or one
    player's the other's, all extreme equilibria are enumerated instead, and the note says so.

    Parameters
    ----------
    game : Game
        Two players, normal form.
    objective : str or 2 weights
        ``"welfare"`` (sum of values), ``"egalitarian"`` (the least value), ``"player:0"``, or
        weights of the values; ``"-welfare"`` asks for the worst equilibrium.
    max_actions : int
        Of both players together.

    Raises
    ------
    UnknownNameError, InvalidOptionError
        No such objective.
    GameTooLargeError
        More than ``max_actions`` actions; too many to enumerate, where that is needed.
    """
    assert isinstance(game, NormalFormGame), "a precondition of the registry"
    weights, name = _objective(game, objective)
    if name == "entropy":
        raise InvalidOptionError(
            "objective is 'entropy', which is not linear in the values; give 'welfare', "
            "'egalitarian', 'player:0' or 2 weights."
        )
    _check_size(game, max_actions)
    if _is_uneven(game):
        return _by_enumeration(game, weights, name)
    low = game.payoffs.min(axis=(1, 2))
    width = np.ptp(game.payoffs, axis=(1, 2))
    unit = (game.payoffs - low[:, None, None]) / np.where(width > 0, width, 1.0)[:, None, None]
    played = _supports(unit[0], unit[1], _cost(weights, low, width))
    sign = np.ones(2) if weights is None else np.sign(weights)
    y = best_on_supports(unit[0], *played, float(sign[0]))
    x = best_on_supports(unit[1].T, *played[::-1], float(sign[1]))
    values = [float(x @ table @ y) for table in game.payoffs]
    value = min(values) if weights is None else float(weights @ values)
    return Answer([x, y], note=f"{name} {value:.6g}, the greatest of all equilibria (HiGHS)")


def _is_uneven(game: NormalFormGame) -> bool:
    """Whether HiGHS's tolerances, 1e-6 of the range, are more than a trifle of other payoffs."""
    width = np.ptp(game.payoffs, axis=(1, 2))
    middle = np.median(game.payoffs, axis=(1, 2), keepdims=True)
    typical = np.median(np.abs(game.payoffs - middle), axis=(1, 2))
    varies = width > 0
    outlier = width[varies] > UNEVEN * np.where(typical > 0, typical, width)[varies]
    apart = varies.all() and width.max() > UNEVEN * width.min()
    return bool(outlier.any() or apart)


def _by_enumeration(game: NormalFormGame, weights: Weights, name: str) -> Answer:
    """The best extreme equilibrium: within a maximal Nash subset a player's value is linear in
    the other's strategy alone, so the best of weighted values, and the greatest least one, are
    at its corners."""
    found = extreme_equilibria(game)
    values = np.array([[float(x @ table @ y) for table in game.payoffs] for x, y in found])
    scores = values.min(axis=1) if weights is None else values @ weights
    best = int(scores.argmax())
    status = Status.SOLVED if found.complete else Status.INTERRUPTED
    note = f"{name} {scores[best]:.6g}, the greatest of all equilibria (enumerated: beside the "
    return Answer(found[best], status, f"{note}largest payoffs HiGHS would not see the others)")


def _cost(weights: Weights, low: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What of (u, v, t) is minimised, and t <= offset + slope * value for each player.

    u and v are the values in units of the players' payoff ranges; t, the least of both, counts only
    where there are no weights.
    """
    largest = float(width.max()) or 1.0
    if weights is None:
        # an offset above 1 cannot be the least: the other player's best is 1
        offset = np.minimum((low - low.min()) / largest, 1.0)
        return np.array([0.0, 0.0, -1.0]), np.array([offset, width / largest])
    scaled = weights * (width / largest)
    scaled = scaled / (float(np.abs(scaled).max()) or 1.0)
    return np.array([*-scaled, 0.0]), np.array([np.ones(2), np.zeros(2)])


def _supports(
    A: np.ndarray, B: np.ndarray, goal: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Actions that may be played in the best equilibrium; payoffs in [0, 1].

    Variables: x [m], y [n], not played [m + n], u, v, t.
    """
    (cost, (offset, slope)), (m, n) = goal, A.shape
    size = m + n
    eye, one = np.eye(size), np.ones
    cross = np.zeros((size, size))  # (A y, B'x) of (x, y)
    cross[:m, m:], cross[m:, :m] = A, B.T
    own = np.zeros((size, 3))  # whose value an action's is compared with
    own[:m, 0], own[m:, 1] = 1.0, 1.0
    regret = np.c_[-cross, np.zeros((size, size)), own]
    total = np.c_[own[:, :2].T, np.zeros((2, size + 3))]
    least = np.c_[np.zeros((2, 2 * size)), -np.diag(slope), one((2, 1))]
    rows = np.r_[
        regret,  # the value is at least what any action gets,
        regret - np.c_[np.zeros((size, size)), eye, np.zeros((size, 3))],  # and no more, if played
        np.c_[eye, eye, np.zeros((size, 3))],  # what is not played has probability 0
        total,
        least,
    ]
    lower = np.r_[np.zeros(size), np.full(2 * size, -np.inf), one(2), np.full(2, -np.inf)]
    upper = np.r_[np.full(size, np.inf), np.zeros(size), one(size), one(2), offset]
    objective = np.r_[np.zeros(2 * size), cost]
    bounds = scipy.optimize.Bounds(0.0, np.r_[one(2 * size + 2), 2.0])
    point = best_point(objective, scipy.sparse.csr_array(rows), lower, upper, bounds, size)
    played = point[size : 2 * size] < 0.5
    return np.flatnonzero(played[:m]), np.flatnonzero(played[m:])


def _check_size(game: NormalFormGame, max_actions: Any) -> None:
    whole = isinstance(max_actions, int | np.integer) and not isinstance(max_actions, bool)
    if not whole or max_actions < 2:
        raise InvalidOptionError(f"max_actions is {max_actions!r}; give a whole number >= 2.")
    m, n = game.num_actions
    if m + n > max_actions:
        raise GameTooLargeError(
            f"{game.name} is {m} x {n}: a mixed-integer program of {m + n} binary variables, more "
            f"than {max_actions}, can take hours; use method='lemke_howson', or raise max_actions."
        )
