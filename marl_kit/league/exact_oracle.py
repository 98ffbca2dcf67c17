"""Exact best responses to a meta-strategy, on the sequence form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from marl_kit.games.sequence_form import SequenceForm
from marl_kit.league.meta_strategy import MetaStrategy

TIE = 1e-12
"""Relative to the payoff range: a tie falls to the first action however sums were rounded."""
NEGLIGIBLE = 1e-12
"""Probabilities of profiles below it are rounding of the meta-solver."""

Mixture = list[tuple[float, np.ndarray]]
"""Weights and plans, float64 [Q]: what the others play together."""


class Reply(NamedTuple):
    """A pure best response of a player.

    ``plan``: float64 [Q_p], 0 or 1; ``value``: the payoff times the probability of the
    recommendation that it answers (1 where there is none); ``own``: what was recommended earns.
    """

    plan: np.ndarray
    value: float
    own: float

    @property
    def gain(self) -> float:
        return max(self.value - self.own, 0.0)


def replies(
    form: SequenceForm,
    members: Sequence[np.ndarray],
    payoffs: np.ndarray,
    meta: MetaStrategy,
    player: int,
) -> list[Reply]:
    """Best responses of ``player`` in the whole game.

    One to what the others play; or, if the player deviates knowing its recommendation, one for
    each member that is ever recommended (Marris, Muller, Lanctot, Tuyls and Graepel 2021,
    "Multi-agent training beyond zero-sum with correlated equilibrium meta-solvers", ICML 38).

    Parameters
    ----------
    members : P float64 [n_p, Q_p]
        Realisation plans.
    payoffs : float64 [P, n_1, ..., n_P]
    """
    if not meta.by_recommendation:
        others = _others(members, meta, player)
        own = float(meta.values(payoffs)[player])
        return [_reply(form, others, player, own)]
    assert meta.joint is not None
    found = []
    for i in np.flatnonzero(meta.marginals[player] > NEGLIGIBLE):
        told = np.take(meta.joint, i, axis=player)
        own = float(np.sum(told * np.take(payoffs[player], i, axis=player)))
        found.append(_reply(form, _mixture(members, told, player), player, own))
    return found


def _reply(form: SequenceForm, others: Mixture, player: int, own: float) -> Reply:
    from marl_kit.league import _kernels

    first, last = (int(q) for q in form.player_sequences[player : player + 2])
    low, high = (int(i) for i in form.player_infosets[player : player + 2])
    value = np.zeros(form.num_sequences)
    for weight, plan in others:
        _kernels.add_values(
            first,
            last,
            weight,
            plan,
            form.entry_offset,
            form.entry_others,
            form.entry_value,
            value,
        )
    answer = np.ones(form.num_sequences)
    slack = TIE * float(np.ptp(form.payoffs[:, player]))
    _kernels.respond(
        low,
        high,
        slack,
        form.first_sequence,
        form.num_actions,
        form.parent_sequence,
        value,
        answer,
    )
    return Reply(answer[first:last], float(value[first]), own)


def _others(members: Sequence[np.ndarray], meta: MetaStrategy, player: int) -> Mixture:
    """What the others play together when ``player`` does not see a recommendation."""
    if meta.joint is None:
        return [(1.0, mixed_plan(members, meta.marginals))]
    return _mixture(members, meta.joint.sum(axis=player), player)


def _mixture(members: Sequence[np.ndarray], joint: np.ndarray, player: int) -> Mixture:
    """A joint distribution of the others' members, not necessarily of sum 1.

    The last of the others is mixed to one plan, so two players need a single plan.
    """
    others = [p for p in range(len(members)) if p != player]
    if not others:  # a game of one player: only how likely the recommendation was
        return [(float(joint), np.empty(0))]
    return [(1.0, plan) for plan in _plans(members, joint, others)]


def _plans(
    members: Sequence[np.ndarray], joint: np.ndarray, others: list[int]
) -> Iterator[np.ndarray]:
    last = others[-1]
    for index in np.ndindex(joint.shape[:-1]):
        row = joint[index]
        if row.sum() > NEGLIGIBLE:
            parts = [np.zeros(m.shape[1]) for m in members]
            for p, i in zip(others[:-1], index, strict=True):
                parts[p] = members[p][i]
            parts[last] = row @ members[last]
            yield np.concatenate(parts)


def mixed_plan(members: Sequence[np.ndarray], marginals: Sequence[np.ndarray]) -> np.ndarray:
    """The plans that play each member as often as its weight says, float64 [Q]."""
    return np.concatenate([x @ m for x, m in zip(marginals, members, strict=True)])
