"""Exact values on a sequence form."""

from __future__ import annotations

import numpy as np

from marl_kit.evaluate import _kernels
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.sequence_form import SequenceForm


def sequence_strategy(policy: TabularPolicy) -> np.ndarray:
    """Action probabilities by sequence, float64 [Q]; 1 at the empty sequences."""
    form = policy.game.sequence_form()
    strategy = np.ones(form.num_sequences)
    strategy[form.slot_sequences()] = policy.probabilities
    return strategy


def realisation_plan(form: SequenceForm, strategy: np.ndarray) -> np.ndarray:
    """Each player's own contribution to the probability of its sequences, float64 [Q]."""
    plan = np.ones(form.num_sequences)
    _kernels.realisation_plan(
        strategy, form.first_sequence, form.num_actions, form.parent_sequence, plan
    )
    return plan


def own_and_best(policy: TabularPolicy) -> tuple[np.ndarray, np.ndarray]:
    """Expected and best-response value of every player, [P] and [P]."""
    form = policy.game.sequence_form()
    return _kernels.evaluate_all(
        sequence_strategy(policy),
        form.player_infosets,
        form.player_sequences,
        form.first_sequence,
        form.num_actions,
        form.parent_sequence,
        form.entry_offset,
        form.entry_others,
        form.entry_value,
    )


def best_response_values(policy: TabularPolicy, player: int) -> tuple[np.ndarray, np.ndarray]:
    """Counterfactual value of each sequence if ``player`` goes on with a best response, and the
    sequence chosen at each infoset.

    Returns
    -------
    value : float64 [Q]
        Weighted by chance and by the others' strategies; only ``player``'s entries are filled.
    choice : int64 [I]
        Only ``player``'s entries are filled.
    """
    form = policy.game.sequence_form()
    plan = realisation_plan(form, sequence_strategy(policy))
    first, last = form.player_sequences[player : player + 2]
    low, high = form.player_infosets[player : player + 2]
    value = np.zeros(form.num_sequences)
    choice = np.zeros(form.num_infosets, np.int64)
    _kernels.sequence_values(
        first, last, plan, form.entry_offset, form.entry_others, form.entry_value, value
    )
    _kernels.best_value(
        low, high, form.first_sequence, form.num_actions, form.parent_sequence, value, choice
    )
    return value, choice
