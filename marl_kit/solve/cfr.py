"""The CFR family with regret matching: one regret update, many names.

Iteration t, for player 0, then player 1, ...: counterfactual values against the others' current
strategies; add own reach x the strategy used in t to the average, weighted by t^gamma; add the
instantaneous regrets; then scale positive regrets by t^alpha / (t^alpha + 1) and negative ones by
t^beta / (t^beta + 1) (Brown and Sandholm 2019, section 3). An infinite exponent makes the factor 1
and minus infinity makes it 0, so (inf, inf, 0) is CFR (Zinkevich et al. 2007), (inf, -inf, 1) is
CFR+ (Tammelin 2014), (1, 1, 1) is linear CFR and (1.5, 0, 2) is DCFR.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.profile import Profile, as_profile
from marl_kit.games.sequence_form import SequenceForm


@dataclass(eq=False, slots=True)
class CFRState:
    """Everything that a run changes; one entry for each sequence (Q), 1 at empty ones."""

    form: SequenceForm
    t: int
    regret: np.ndarray  # float64 [Q]; cumulative, discounted
    strategy: np.ndarray  # float64 [Q]; current action probabilities
    plan: np.ndarray  # float64 [Q]; realisation plan of the current strategy
    average: np.ndarray  # float64 [Q]; weighted sum of the plans used

    ARRAYS: ClassVar[tuple[str, ...]] = ("regret", "strategy", "plan", "average")


class RegretMinimiser(ABC):
    """What the members of the family share; they differ in ``exponents`` only."""

    __slots__ = ()

    @abstractmethod
    def exponents(self) -> tuple[float, float, float]:
        """(alpha, beta, gamma); see the module."""

    def init(self, game: Any, rng: np.random.Generator) -> CFRState:
        """Uniform strategies, no regrets; ``rng`` is not used."""
        form = game.sequence_form()
        strategy = np.ones(form.num_sequences)
        strategy[form.slot_sequences()] = np.repeat(1.0 / form.num_actions, form.num_actions)
        plan = np.ones(form.num_sequences)
        for i, parent in enumerate(form.parent_sequence):
            own = slice(form.first_sequence[i], form.first_sequence[i] + form.num_actions[i])
            plan[own] = plan[parent] * strategy[own]
        zeros = np.zeros(form.num_sequences)
        return CFRState(form, 0, zeros, strategy, plan, zeros.copy())

    def step(self, state: CFRState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve import _cfr_kernels

        form = state.form
        alpha, beta, gamma = self.exponents()
        _cfr_kernels.iterate(
            state.t,
            n,
            alpha,
            beta,
            gamma,
            form.player_infosets,
            form.player_sequences,
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

    def profile(self, game: Any, state: CFRState) -> Profile:
        """The average strategies; uniform where a player never came."""
        form = state.form
        weight = state.average[form.slot_sequences()]
        infoset = np.repeat(np.arange(form.num_infosets), form.num_actions)
        total = np.bincount(infoset, weights=weight, minlength=form.num_infosets)[infoset]
        uniform = np.repeat(1.0 / form.num_actions, form.num_actions)
        reached = total > 0
        behaviour = np.where(reached, weight / np.where(reached, total, 1.0), uniform)
        return as_profile(game, TabularPolicy(game, behaviour))


@dataclass(frozen=True, slots=True)
class CFR(RegretMinimiser):
    """Counterfactual regret minimisation (Zinkevich et al. 2007), alternating updates."""

    def exponents(self) -> tuple[float, float, float]:
        return np.inf, np.inf, 0.0


@dataclass(frozen=True, slots=True)
class CFRPlus(RegretMinimiser):
    """CFR+ (Tammelin 2014): regrets floored at 0, linear averaging."""

    def exponents(self) -> tuple[float, float, float]:
        return np.inf, -np.inf, 1.0


@dataclass(frozen=True, slots=True)
class LinearCFR(RegretMinimiser):
    """Linear CFR (Brown and Sandholm 2019)."""

    def exponents(self) -> tuple[float, float, float]:
        return 1.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class DiscountedCFR(RegretMinimiser):
    """Discounted CFR (Brown and Sandholm 2019).

    Attributes
    ----------
    alpha, beta : float
        Exponents of the discounts of positive and of negative regrets.
    gamma : float
        Iteration t counts t^gamma in the average.
    """

    alpha: float = 1.5
    beta: float = 0.0
    gamma: float = 2.0

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
                raise InvalidOptionError(f"{name} is {value!r}; give a number.")
        if not 0 <= self.gamma < np.inf:
            raise InvalidOptionError(f"gamma is {self.gamma}; give a finite number >= 0.")

    def exponents(self) -> tuple[float, float, float]:
        return float(self.alpha), float(self.beta), float(self.gamma)
