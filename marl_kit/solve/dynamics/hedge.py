"""Hedge on a normal form, and optimistic Hedge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.solve.cfr_state import choice, later, number
from marl_kit.solve.dynamics.regret_state import RegretLearner

SCHEDULES = ["adaptive", "constant"]


@dataclass(frozen=True, slots=True)
class Hedge(RegretLearner):
    """Hedge, exponential weights (Freund and Schapire 1997; 1999 for games).

    An action is played in proportion to its share at the start x exp(eta x its cumulative
    regret), payoffs in units of the player's payoff range.

    Attributes
    ----------
    averaging, delay, updates
        See :class:`~marl_kit.solve.dynamics.regret_state.RegretLearner`.
    schedule : str
        ``"adaptive"``: eta is ``rate`` x sqrt(ln A / (r_1^2 + ... + r_t^2)), where r_k is how far
        the A action values lay apart in iteration k. ``"constant"``: eta is ``rate``.
    rate : float
        Above 0. With the adaptive schedule 2 makes the regret bound least.
    """

    schedule: str = later("adaptive")
    rate: float = 2.0

    def __post_init__(self) -> None:
        RegretLearner.__post_init__(self)
        choice("schedule", self.schedule, SCHEDULES)
        number("rate", self.rate)
        if not 0 < self.rate < np.inf:
            raise InvalidOptionError(f"rate is {self.rate}; give a finite number above 0.")

    def respond(self) -> tuple[bool, bool, float, bool, float]:
        return True, self.schedule == "adaptive", float(self.rate), False, 0.0


@dataclass(frozen=True, slots=True)
class OptimisticHedge(Hedge):
    """Optimistic Hedge (Rakhlin and Sridharan 2013): the last regrets count twice.

    With a small constant rate the strategies themselves, not only their average, converge in
    two-player zero-sum games with a unique equilibrium (Daskalakis and Panageas 2019; Wei, Lee,
    Zhang and Luo 2021), where those of Hedge spiral outwards.

    Attributes
    ----------
    averaging, delay, updates, schedule, rate
        See :class:`Hedge`.
    """

    schedule: str = later("constant")
    rate: float = 0.25

    def respond(self) -> tuple[bool, bool, float, bool, float]:
        return True, self.schedule == "adaptive", float(self.rate), False, 1.0
