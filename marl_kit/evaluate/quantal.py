"""Logit responses: how far a profile is from a quantal response equilibrium."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate import _kernels, sequence
from marl_kit.games.load import as_game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.realisation import as_policy


def qre_residual(game: Any, profile: Any, alpha: float) -> float:
    """Largest difference between a probability in ``profile`` and in the logit response to it.

    0 exactly at the quantal response equilibria with temperature ``alpha`` (lambda = 1/alpha) of
    the normal form, for trees of the reduced normal form (McKelvey and Palfrey 1995). There the
    logit response is the maximiser of expected return minus alpha times the dilated negative
    entropy (Ling, Fang and Kolter 2018). It is not the agent QRE, in which a player's later
    selves are taken as given.

    Raises
    ------
    InvalidOptionError
        alpha is not a finite number > 0.
    ImperfectRecallError, InvalidProfileError
        As for ``nash_conv``.

    Examples
    --------
    >>> import marl_kit as mk
    >>> qre_residual("matching_pennies", "uniform", 0.5)
    0.0
    """
    game = as_game(game)
    number = isinstance(alpha, int | float | np.number) and not isinstance(alpha, bool)
    if not number or not 0 < alpha < math.inf:
        raise InvalidOptionError(f"alpha is {alpha!r}; give a finite number > 0.")
    policy = as_policy(game, profile)
    difference = np.abs(policy.probabilities - logit_response(policy, float(alpha)))
    return float(difference.max(initial=0.0))


def logit_response(policy: TabularPolicy, alpha: float) -> np.ndarray:
    """Action probabilities of every player's logit response to ``policy``, float64 [S].

    Bottom up: an infoset is worth alpha log sum exp(value / alpha) of its actions.
    """
    form = policy.game.sequence_form()
    plan = sequence.realisation_plan(form, sequence.sequence_strategy(policy))
    value = np.empty(form.num_sequences)
    _kernels.sequence_values(
        0,
        form.num_sequences,
        plan,
        form.entry_offset,
        form.entry_others,
        form.entry_value,
        value,
    )
    response = np.ones(form.num_sequences)
    for i in range(form.num_infosets - 1, -1, -1):
        own = slice(form.first_sequence[i], form.first_sequence[i] + form.num_actions[i])
        most = value[own].max()
        weight = np.exp((value[own] - most) / alpha)
        response[own] = weight / weight.sum()
        value[form.parent_sequence[i]] += most + alpha * math.log(weight.sum())
    return response[form.slot_sequences()]
