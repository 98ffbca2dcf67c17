"""Extensive-form fictitious play on realisation plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.games.profile import Profile
from marl_kit.games.realisation import behaviour_of, plan_of, profile_of, uniform_behaviour
from marl_kit.games.sequence_form import SequenceForm

TIE = 1e-12
"""Relative to the payoff range: a tie must fall to the first action however sums were rounded."""


@dataclass(eq=False, slots=True)
class XFPState:
    """Everything that a run changes: the sum of the uniform plan and of t best responses."""

    form: SequenceForm
    t: int
    slack: np.ndarray  # float64 [P]; what counts as a tie
    plan: np.ndarray  # float64 [Q]

    ARRAYS: ClassVar[tuple[str, ...]] = ("plan",)


@dataclass(frozen=True, slots=True)
class ExtensiveFictitiousPlay:
    """XFP, extensive-form fictitious play (Heinrich, Lanctot and Silver 2015, algorithm 1).

    Every player's average strategy starts as the uniform one. In iteration t all players answer
    the others' averages with a best response at once (ties to the first action), and the average
    moves towards it by 1/(t+1) as a realisation plan, which is the paper's update of behaviour
    strategies: so the answer is the plain mean of the uniform plan and of t best responses.
    """

    def init(self, game: Any, rng: np.random.Generator) -> XFPState:
        """Uniform strategies; ``rng`` is not used."""
        form = game.sequence_form()
        slack = TIE * np.ptp(form.payoffs, axis=0)
        return XFPState(form, 0, slack, plan_of(form, uniform_behaviour(form)))

    def step(self, state: XFPState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve import _treeplex_kernels

        form = state.form
        _treeplex_kernels.fictitious_play(
            state.t,
            n,
            state.slack,
            form.player_infosets,
            form.player_sequences,
            form.first_sequence,
            form.num_actions,
            form.parent_sequence,
            form.entry_offset,
            form.entry_others,
            form.entry_value,
            state.plan,
        )
        state.t += n

    def profile(self, game: Any, state: XFPState) -> Profile:
        """The average strategies."""
        return profile_of(game, behaviour_of(state.form, state.plan))
