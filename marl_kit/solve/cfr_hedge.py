"""CFR with Hedge, exponential weights, as the minimiser at every infoset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.solve.cfr import UPDATES, turns
from marl_kit.solve.cfr_state import AveragingMethod, CFRState, choice, later, number


@dataclass(eq=False, slots=True)
class HedgeState(CFRState):
    """The family's state, and what the rates are made from."""

    spread: np.ndarray  # float64 [I]; sum of the squared ranges of the counterfactual values

    ARRAYS: ClassVar[tuple[str, ...]] = (*CFRState.ARRAYS, "spread")


@dataclass(frozen=True, slots=True)
class HedgeCFR(AveragingMethod):
    """Counterfactual regret minimisation with Hedge (Freund and Schapire 1997) at every infoset.

    An action is played in proportion to exp(eta x its cumulative regret). With A actions and
    counterfactual values that lay r_1, ..., r_t apart, best to worst, eta is
    ``rate`` x sqrt(ln A / (r_1^2 + ... + r_t^2)): it needs no horizon and no bound on the values,
    and the strategies do not change if all payoffs are multiplied by a positive number (Auer,
    Cesa-Bianchi and Gentile 2002, section 3, tune by what was observed in the same way).

    Attributes
    ----------
    averaging, delay
        See :class:`~marl_kit.solve.cfr_state.AveragingMethod`.
    updates : str
        ``"alternating"`` or ``"simultaneous"``.
    rate : float
        Above 0. 2 makes the regret bound least.
    """

    updates: str = later("alternating")
    rate: float = 2.0

    def __post_init__(self) -> None:
        AveragingMethod.__post_init__(self)
        choice("updates", self.updates, UPDATES)
        number("rate", self.rate)
        if not 0 < self.rate < np.inf:
            raise InvalidOptionError(f"rate is {self.rate}; give a finite number above 0.")

    def init(self, game: Any, rng: np.random.Generator) -> HedgeState:
        """Uniform strategies, no regrets; ``rng`` is not used."""
        s = AveragingMethod.init(self, game, rng)
        spread = np.zeros(s.form.num_infosets)
        return HedgeState(s.form, s.t, s.regret, s.strategy, s.plan, s.average, spread)

    def step(self, state: HedgeState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve import _cfr_kernels

        form = state.form
        infosets, sequences = turns(form, self.updates)
        gamma, delay = self.weights()
        _cfr_kernels.iterate_hedge(
            state.t,
            n,
            float(self.rate),
            gamma,
            delay,
            infosets,
            sequences,
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
            state.spread,
        )
        state.t += n
