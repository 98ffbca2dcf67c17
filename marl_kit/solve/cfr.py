"""The CFR family with regret matching: one regret update, many names.

Iteration t, for player 0, then player 1, ...: counterfactual values against the others' current
strategies; add own reach x the strategy used in t to the average, weighted by t^gamma; add the
instantaneous regrets; then scale positive regrets by t^alpha / (t^alpha + 1) and negative ones by
t^beta / (t^beta + 1) (Brown and Sandholm 2019, section 3); play in proportion to the positive part
of the regrets plus ``predict`` times the instantaneous ones. An infinite exponent makes the factor
1 and minus infinity makes it 0, so (inf, inf, 0; 0) is CFR (Zinkevich et al. 2007),
(inf, -inf, 1; 0) is CFR+ (Tammelin 2014), (1, 1, 1; 0) is linear CFR, (1.5, 0, 2; 0) is DCFR and
(inf, -inf, 2; 1) is predictive CFR+ (Farina, Kroer and Sandholm 2021).

With simultaneous updates all players' values are taken before anybody's strategy changes. Nothing
else differs: the players' treeplexes stand side by side and are swept as if they were one.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.cfr_state import (
    EXPONENTS,
    LAST,
    AveragingMethod,
    CFRState,
    check_delay,
    choice,
    later,
    number,
)

UPDATES = ["alternating", "simultaneous"]
POWER = "power"


@dataclass(frozen=True, slots=True)
class RegretMinimiser(AveragingMethod):
    """What the members of the family share; they differ in ``exponents`` only.

    Attributes
    ----------
    averaging, delay
        See :class:`~marl_kit.solve.cfr_state.AveragingMethod`.
    updates : str
        ``"alternating"``: each player meets the others' newest strategies.
        ``"simultaneous"``: all meet those that the iteration began with.
    """

    updates: str = later("alternating")

    def __post_init__(self) -> None:
        AveragingMethod.__post_init__(self)
        choice("updates", self.updates, UPDATES)

    @abstractmethod
    def exponents(self) -> tuple[float, float, float]:
        """(alpha, beta, predict); see the module."""

    def step(self, state: CFRState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve import _cfr_kernels

        form = state.form
        infosets, sequences = turns(form, self.updates)
        alpha, beta, predict = self.exponents()
        gamma, delay = self.weights()
        _cfr_kernels.iterate(
            state.t,
            n,
            alpha,
            beta,
            predict,
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
        )
        state.t += n


def turns(form: SequenceForm, updates: str) -> tuple[np.ndarray, np.ndarray]:
    """Ranges of the infosets and of the sequences that move together; int32, read-only."""
    if updates == "alternating":
        return form.player_infosets, form.player_sequences
    ends = np.array([[0, form.num_infosets], [0, form.num_sequences]], np.int32)
    ends.setflags(write=False)  # the same type for numba: nothing is compiled twice
    return ends[0], ends[1]


@dataclass(frozen=True, slots=True)
class CFR(RegretMinimiser):
    """Counterfactual regret minimisation (Zinkevich et al. 2007).

    Attributes
    ----------
    averaging, delay, updates
        See :class:`RegretMinimiser`; uniform and alternating where nothing is said.
    """

    def exponents(self) -> tuple[float, float, float]:
        return np.inf, np.inf, 0.0


@dataclass(frozen=True, slots=True)
class CFRPlus(RegretMinimiser):
    """CFR+ (Tammelin 2014): regrets floored at 0, linear averaging.

    Attributes
    ----------
    averaging, delay, updates
        See :class:`RegretMinimiser`.
    """

    averaging: str = later("linear")

    def exponents(self) -> tuple[float, float, float]:
        return np.inf, -np.inf, 0.0


@dataclass(frozen=True, slots=True)
class LinearCFR(RegretMinimiser):
    """Linear CFR (Brown and Sandholm 2019): regrets and average weighted by the iteration.

    Attributes
    ----------
    averaging, delay, updates
        See :class:`RegretMinimiser`.
    """

    averaging: str = later("linear")

    def exponents(self) -> tuple[float, float, float]:
        return 1.0, 1.0, 0.0


@dataclass(frozen=True, slots=True)
class PredictiveCFRPlus(RegretMinimiser):
    """Predictive CFR+ (Farina, Kroer and Sandholm 2021): regret matching+ that expects the
    instantaneous regrets of this iteration once more, and quadratic averaging.

    Attributes
    ----------
    averaging, delay, updates
        See :class:`RegretMinimiser`.

    Notes
    -----
    The local minimiser is the paper's predictive RM+ with the last observation as its prediction.
    What an infoset observes are the values of its actions under the strategies that were used
    below it, as in the kit LiteEFG.
    """

    averaging: str = later("quadratic")

    def exponents(self) -> tuple[float, float, float]:
        return np.inf, -np.inf, 1.0


@dataclass(frozen=True, slots=True)
class DiscountedCFR(RegretMinimiser):
    """Discounted CFR (Brown and Sandholm 2019).

    Attributes
    ----------
    alpha, beta : float
        Exponents of the discounts of positive and of negative regrets.
    gamma : float
        Iteration t counts t^gamma in the average, where ``averaging`` is ``"power"``.
    averaging, delay, updates
        See :class:`RegretMinimiser`.
    """

    averaging: str = later(POWER)
    alpha: float = 1.5
    beta: float = 0.0
    gamma: float = 2.0

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma"):
            number(name, getattr(self, name))
        if not 0 <= self.gamma < np.inf:
            raise InvalidOptionError(f"gamma is {self.gamma}; give a finite number >= 0.")
        choice("averaging", self.averaging, [POWER, *EXPONENTS, LAST])
        choice("updates", self.updates, UPDATES)
        check_delay(self.delay)

    def exponents(self) -> tuple[float, float, float]:
        return float(self.alpha), float(self.beta), 0.0

    def weights(self) -> tuple[float, int]:
        if self.averaging == POWER:
            return float(self.gamma), int(self.delay)
        return AveragingMethod.weights(self)
