"""CFR-BR: counterfactual regret minimisation against best responses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.solve.cfr_state import AveragingMethod, CFRState

TIE = 1e-12
"""Relative to the payoff range: values that differ by their rounding only are a tie, and a tie
must fall to the first action however the numbers were rounded."""


@dataclass(frozen=True, slots=True)
class CFRBR(AveragingMethod):
    """CFR against exact best responses (Johanson, Bard, Burch and Bowling 2012).

    Iteration t, everything from the strategies that t began with: every player's best response to
    the others' current strategies, ties to the first action; counterfactual values of each player
    against the others' best responses; add own reach x the current strategy to the average; add
    the instantaneous regrets; regret matching. That is OpenSpiel's convention too. With three or
    more players each of the others responds to the current strategies of all.

    Attributes
    ----------
    averaging, delay
        See :class:`~marl_kit.solve.cfr_state.AveragingMethod`. The paper's own answer is the last
        strategy, which is good with high probability: ``averaging="last"``.
    """

    def step(self, state: CFRState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve import _cfr_kernels

        form = state.form
        gamma, delay = self.weights()
        _cfr_kernels.iterate_against_best_replies(
            state.t,
            n,
            TIE * float(np.ptp(form.payoffs, axis=0).max()),
            gamma,
            delay,
            form.first_sequence,
            form.num_actions,
            form.parent_sequence,
            form.entry_offset,
            form.entry_others,
            form.entry_value,
            state.regret,
            state.strategy,
            state.plan,
            state.average,
        )
        state.t += n
