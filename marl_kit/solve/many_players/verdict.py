"""Whether a solution of an indifference system is an equilibrium; ties are settled exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.many_players.linear_supports import linear_root
from marl_kit.solve.many_players.roots import ROUNDING
from marl_kit.solve.many_players.supports import (
    Supports,
    SupportSystem,
    exact_action_values,
    on_all_actions,
)

MAX_DENOMINATOR = 1_000_000
"""Of rational solutions that are recognised: their squares must be coarser than rounding."""
NEGLIGIBLE = 1e-10
"""NashConv that an unproved equilibrium may have, relative to the payoffs met in it."""

ExactProfile = list[list[Fraction]]


@dataclass(frozen=True, eq=False, slots=True)
class Verdict:
    """``proved`` is false where rounding leaves open what holds: a tie in algebraic numbers."""

    equilibrium: bool
    proved: bool


def judge(
    game: NormalFormGame, system: SupportSystem, weights: list[np.ndarray], radius: float
) -> Verdict:
    """Compare the solution within ``radius`` of ``weights`` with the inequalities."""
    weight, gain = _least_weight(weights), _largest_gain(system, weights)
    # weights that are off by the radius move payoffs in [0, 1] by no more than their sum
    blur = radius * float(system.size.sum()) + ROUNDING
    if weight < -radius or gain > blur:
        return Verdict(False, True)
    if weight > radius and gain < -blur:
        return Verdict(True, True)
    profile = on_all_actions(game.num_actions, system.supports, weights)
    exact = _exact_root(game, system.supports, profile, radius)
    if exact is not None:
        full = all(exact[p][a] > 0 for p, s in enumerate(system.supports) for a in s)
        return Verdict(full and is_exact_equilibrium(game, exact), True)
    # nothing is proved: what is far from an equilibrium where it is played is at least not listed
    return Verdict(weight > radius and negligible(game, profile), False)


def exact_equilibrium(
    game: NormalFormGame, profile: list[np.ndarray], radius: float
) -> ExactProfile | None:
    """The equilibrium within ``radius`` of ``profile``, with its support, if it is rational and
    recognised."""
    supports = tuple(tuple(np.flatnonzero(x).tolist()) for x in profile)
    exact = _exact_root(game, supports, profile, radius)
    if exact is None or not is_exact_equilibrium(game, exact):
        return None
    full = all(exact[p][a] > 0 for p, s in enumerate(supports) for a in s)
    return exact if full else None


def _least_weight(weights: list[np.ndarray]) -> float:
    return min(float(x.min()) for x in weights)


def _largest_gain(system: SupportSystem, weights: list[np.ndarray]) -> float:
    """Most that an action outside of its player's support gets more than those inside."""
    joint = weights[0]
    for x in weights[1:]:
        joint = np.multiply.outer(joint, x)
    values = system.table @ joint.ravel()
    gains = [-np.inf]
    for p in range(len(weights)):
        mine = system.owner == p
        outside = values[mine & ~system.played]
        if len(outside):
            gains.append(float(outside.max() - values[mine & system.played].min()))
    return max(gains)


def _exact_root(
    game: NormalFormGame, supports: Supports, profile: list[np.ndarray], radius: float
) -> ExactProfile | None:
    """The solution of the indifference equations near ``profile`` in Fractions, or None."""
    if sum(len(s) > 1 for s in supports) <= 2:
        return linear_root(game, supports)
    exact = rational(profile, radius)
    if exact is None or not _indifferent(game, supports, exact):
        return None
    return exact


def rational(profile: list[np.ndarray], radius: float) -> ExactProfile | None:
    """The profile in simple fractions, or None if these are not all within ``radius`` of it.

    The nearest simple fraction alone says nothing: a weight of 1e-7 would become 0, and the profile
    another equilibrium.
    """
    exact = []
    for x in profile:
        row = [Fraction(float(v)).limit_denominator(MAX_DENOMINATOR) for v in x]
        off = max(abs(w - Fraction(float(v))) for w, v in zip(row, x, strict=True))
        if sum(row) != 1 or off > radius:
            return None
        exact.append(row)
    return exact


def is_exact_equilibrium(game: NormalFormGame, profile: ExactProfile) -> bool:
    """In exact arithmetic, with exact payoffs."""
    for p, x in enumerate(profile):
        values = exact_action_values(game, profile, p)
        best = max(values)
        if min(x) < 0 or any(w and v < best for w, v in zip(x, values, strict=True)):
            return False
    return True


def _indifferent(game: NormalFormGame, supports: Supports, profile: ExactProfile) -> bool:
    """Whether the profile solves the equations exactly; then it is *the* root nearby."""
    for p, support in enumerate(supports):
        values = exact_action_values(game, profile, p)
        if len({values[a] for a in support}) > 1:
            return False
    return True


def negligible(game: NormalFormGame, profile: list[np.ndarray]) -> bool:
    """Whether what players gain is small against the payoffs that they meet."""
    inside = [np.maximum(x, 0.0) for x in profile]
    inside = [x / x.sum() for x in inside]
    return nash_conv_of(game, inside) <= NEGLIGIBLE * met_scale(game.payoffs, inside)


def met_scale(payoffs: np.ndarray, profile: list[np.ndarray]) -> float:
    """How much payoffs vary against the strategies played: most of sum_b y_b |u(a, b) - v| over
    players and actions. A payoff that nobody meets does not count, however large it is."""
    most = 0.0
    for p, table in enumerate(payoffs):
        values = mean_against(table, profile, p)
        spread = mean_against(np.abs(table - values @ profile[p]), profile, p)
        most = max(most, float(spread.max()))
    return most


def mean_against(table: np.ndarray, profile: list[np.ndarray], p: int) -> np.ndarray:
    """Mean of the table over the others' play, for every action of player p."""
    for q in reversed(range(len(profile))):
        if q != p:
            table = np.tensordot(table, profile[q], axes=(q, 0))
    return table
