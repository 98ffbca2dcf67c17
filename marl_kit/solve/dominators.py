"""A strategy that dominates a given action: a pure one by comparison, a mixed one by an LP."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from marl_kit.solve.correlated_lp import TIGHT

TOLERANCE = 1e-9
"""Ten times the feasibility tolerance of the LP, in which the gains against each profile of the
others are scaled by the largest of them: one forbidding payoff elsewhere hides nothing."""
PLAYED = 1e-9
"""Below it a weight of the LP's answer is rounding."""
DENOMINATORS = (100, 10_000, 100_000_000)
"""Weights are read as fractions with denominators up to these, in turn, until the proof works: a
vertex of a program of small integers has small ones."""
PROOF_ENTRIES = 50_000
"""Products of fractions that a proof may take: a tenth of a second."""


@dataclass(frozen=True, eq=False, slots=True)
class Dominator:
    """Weights over the actions of a table, the least gain by them, and whether it is proved."""

    weights: np.ndarray
    margin: float | Fraction
    exact: bool


def pure_dominator(
    table: np.ndarray, exact: np.ndarray | None, action: int, strict: bool
) -> Dominator | None:
    """The action that dominates ``action`` by the greatest margin, if there is one.

    Parameters
    ----------
    table : float64 [n, K]
        Payoffs of n actions against K profiles of the others.
    exact : object [n, K] of Fractions, or None where the floats are the payoffs
        Rounding to floats keeps order and can only make payoffs equal: so only ties are looked up.
    """
    gains = table - table[action]
    candidates = np.flatnonzero((table >= table[action]).all(axis=1))
    best = None
    for b in candidates[np.argsort(-gains[candidates].min(axis=1), kind="stable")]:
        if b != action and _dominates(table, exact, int(b), action, strict):
            best = int(b)
            break
    if best is None:
        return None
    least: float | Fraction = float(gains[best].min())
    if least == 0 and exact is not None:  # floats lost the difference
        least = min(exact[best] - exact[action])
    return Dominator(np.eye(1, len(table), best)[0], least, True)


def _dominates(table: np.ndarray, exact: np.ndarray | None, b: int, a: int, strict: bool) -> bool:
    better = table[b] > table[a]
    if np.all(better):
        return True
    if exact is None:
        return bool(np.any(better)) and not strict
    ties = [exact[b, k] - exact[a, k] for k in np.flatnonzero(~better)]
    if strict:
        return min(ties) > 0
    return min(ties) >= 0 and (bool(np.any(better)) or max(ties) > 0)


def mixed_dominator(
    table: np.ndarray, exact: np.ndarray | None, action: int, strict: bool
) -> Dominator | None:
    """A mixed strategy that dominates ``action``, by linear programming, proved afterwards.

    Weak dominance is a matter of ties, so it needs the proof; strict dominance that rounding
    cannot undo does without, where a proof would take too long or fractions are not found.
    """
    if _is_sometimes_best(table, action, strict):
        return None
    gains = np.delete(table, action, axis=0) - table[action]
    scale = np.abs(gains).max(axis=0)
    scale[scale == 0] = 1.0
    weights = np.insert(_program(gains / scale, strict), action, 0.0)
    weights[weights < PLAYED] = 0.0
    weights /= weights.sum()
    proof = _proved(table, exact, action, weights, strict)
    if proof is not None:
        return proof
    gained = weights @ (table - table[action])
    if not strict or float((gained / scale).min()) <= TOLERANCE:
        return None
    return Dominator(weights, float(gained.min()), False)


def _is_sometimes_best(table: np.ndarray, action: int, strict: bool) -> bool:
    """A best reply to a profile is not strictly dominated; an only one not weakly either."""
    others = np.delete(table, action, axis=0).max(axis=0)
    beaten = others >= table[action] if not strict else others > table[action]
    return not bool(np.all(beaten))


def _program(gains: np.ndarray, strict: bool) -> np.ndarray:
    """Weights of the best mixture of ``gains`` [n, K]: the greatest least gain (strict), or the
    greatest sum of gains of which none is negative (weak)."""
    import scipy.optimize

    n, profiles = gains.shape
    slack = np.ones((profiles, 1)) if strict else np.zeros((profiles, 1))
    cost = np.r_[np.zeros(n), -1.0] if strict else np.r_[-gains.mean(axis=1), 0.0]
    result = scipy.optimize.linprog(
        cost,
        A_ub=np.c_[-gains.T, slack],
        b_ub=np.zeros(profiles),
        A_eq=np.r_[np.ones(n), 0.0][None],
        b_eq=[1.0],
        bounds=[(0, None)] * n + [(-2.0, 2.0)],  # gains are at most 1
        method="highs",
        options=TIGHT,
    )
    if result.status != 0:  # weak dominance: no mixture is never worse
        return np.eye(1, n)[0]
    return np.maximum(result.x[:n], 0.0)


def _proved(
    table: np.ndarray, exact: np.ndarray | None, action: int, weights: np.ndarray, strict: bool
) -> Dominator | None:
    """The same mixture in fractions, if they dominate in exact arithmetic."""
    support = np.flatnonzero(weights)
    if len(support) * table.shape[1] > PROOF_ENTRIES:
        return None
    rows = [_fractions(table, exact, int(b)) for b in [*support, action]]
    for limit in DENOMINATORS:
        parts = [Fraction(float(w)).limit_denominator(limit) for w in weights[support]]
        total = sum(parts)
        if min(parts) <= 0:
            continue
        mixed = [
            sum(w * x for w, x in zip(parts, c, strict=True)) for c in zip(*rows[:-1], strict=True)
        ]
        gains = [g / total - x for g, x in zip(mixed, rows[-1], strict=True)]
        if min(gains) > 0 or (not strict and min(gains) == 0 and max(gains) > 0):
            clean = np.zeros(len(weights))
            clean[support] = [float(w / total) for w in parts]
            return Dominator(clean, min(gains), True)
    return None


def _fractions(table: np.ndarray, exact: np.ndarray | None, row: int) -> list[Fraction]:
    if exact is not None:
        return list(exact[row])
    return [Fraction(repr(float(x))) for x in table[row]]
