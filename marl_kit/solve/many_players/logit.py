"""One equilibrium of a game of any number of players: where the QRE branch leads to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from marl_kit.core.errors import MarlKitError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.results import Status
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer
from marl_kit.solve.many_players.logit_path import PathPoint, follow
from marl_kit.solve.many_players.logit_system import LogitSystem, own_units_system
from marl_kit.solve.many_players.newton import largest_gain, nearby_equilibrium

FROM = 1e3
"""Lambda times the payoff ranges from which on the support can be told."""
NEAR = 0.02
"""How far Newton's method may go from the branch: it must end in the branch's own limit."""
THRESHOLDS = (1e-2, 1e-3, 1e-5, 1e-8)
"""Weights that make a support; an action that costs g more is played with about e^(-lambda g)."""
LAST = 1e12
"""The NashConv of a QRE is at most sum_p log(A_p) / lambda: here it is zero for all purposes."""
GROWTH = 2.0
NEGLIGIBLE = 1e-9
"""Gain of a player, relative to the payoffs that it meets, that a point of the branch is left with
in a degenerate game."""


def solve_logit(game: NormalFormGame) -> Answer:
    """The Nash equilibrium at the end of the principal branch of logit quantal response equilibria
    (McKelvey and Palfrey 1995, theorem 3), followed from uniform play (Turocy 2005).

    Every player's payoffs are first divided by their own range. That changes no Nash equilibrium,
    but the branch: which equilibrium is found does not depend on the players' units. Where ranges
    differ it can be another one than the limit of ``mk.qre``.

    The support is read off the branch and Newton's method solves its indifferences. Where that
    fails, as in a degenerate game it may, the branch itself is followed on; ``status`` is INEXACT
    if that ends with a NashConv that is not negligible.
    """
    system, lost = own_units_system(game), False
    points: list[PathPoint] = []
    with stop_on_ctrl_c() as stop:
        try:
            for point in follow(system, GROWTH):
                points.append(point)
                exact = _polished(system, point, NEAR) if point.z[-1] >= FROM else None
                if exact is not None:
                    return _answer(system, exact, point, "then Newton's method")
                if stop.requested or point.z[-1] > LAST:
                    break
        except MarlKitError:
            lost = True
    how = "where the branch was lost" if lost else "and no further"
    point = min(points, key=lambda p: largest_gain(system, np.exp(p.z[:-1])))
    exact = _polished(system, point, 1.0) if lost else None
    if exact is not None:  # an equilibrium, if not surely the one where the branch would end
        return _answer(system, exact, point, f"{how}, then Newton's method")
    x = np.exp(point.z[:-1])
    status = Status.SOLVED if largest_gain(system, x) <= NEGLIGIBLE else Status.INEXACT
    return _answer(system, x, point, how, Status.INTERRUPTED if stop.requested else status)


def _answer(
    system: LogitSystem,
    x: np.ndarray,
    point: PathPoint,
    how: str,
    status: Status = Status.SOLVED,
) -> Answer:
    profile = [v / v.sum() for v in system.split(x)]
    reached = f"lambda = {point.z[-1]:.3g} per payoff range"
    return Answer(profile, status, f"the QRE branch was followed to {reached}, {how}")


def _polished(system: LogitSystem, point: PathPoint, near: float) -> np.ndarray | None:
    x = np.exp(point.z[:-1])
    for support in _supports(system, x):
        exact = nearby_equilibrium(system, x, support)
        if exact is not None and np.abs(exact - x).max() < near:
            return exact
    return None


def _supports(system: LogitSystem, x: np.ndarray) -> Iterator[np.ndarray]:
    """The actions above each of the thresholds; at least the likeliest of each player."""
    tops = np.maximum.reduceat(x, system.offset[:-1])[
        np.searchsorted(system.offset, np.arange(len(x)), side="right") - 1
    ]
    seen = set()
    for threshold in THRESHOLDS:
        support = (x >= threshold) | (x == tops)
        if support.tobytes() not in seen:
            seen.add(support.tobytes())
            yield support
