"""Magnetic mirror descent on the sequence form, with dilated entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.profile import Profile
from marl_kit.games.realisation import plan_of, profile_of, uniform_behaviour
from marl_kit.games.sequence_form import SequenceForm

COOLING = -0.5
"""Exponent of t in the annealed temperature: the fastest cooling whose steps, products of
temperature and step size, still sum to infinity."""


@dataclass(eq=False, slots=True)
class MMDState:
    """Everything that a run changes; one entry for each sequence (Q)."""

    form: SequenceForm
    t: int
    scale: float  # the largest payoff of a leaf, chance in
    logits: np.ndarray  # float64 [Q]; logarithms of the strategy, finite where it underflows
    strategy: np.ndarray  # float64 [Q]; current action probabilities, 1 at empty sequences
    plan: np.ndarray  # float64 [Q]; their realisation plan

    ARRAYS: ClassVar[tuple[str, ...]] = ("logits", "strategy", "plan")


@dataclass(frozen=True, slots=True)
class MMD:
    """Magnetic mirror descent (Sokota et al. 2023), dilated entropy, uniform magnet.

    Iteration t, all players at once: the realisation plan x of each player becomes the maximiser of
    ``eta <g, x> - eta alpha psi(x) - D(x; x_t)``, where g is the gradient against the others'
    current plans, psi the dilated negative entropy and D its Bregman divergence. The answer is
    the last iterate, not an average.

    With ``alpha > 0`` it converges linearly in two-player zero-sum games to the quantal response
    equilibrium of the reduced normal form with temperature alpha (lambda = 1/alpha);
    ``mk.qre_residual(game, solution, alpha)`` certifies it, NashConv does not vanish. With
    ``alpha = 0`` temperature and step size fall with the square root of t, from L and 1/L, and the
    iterates go to a Nash equilibrium.

    Attributes
    ----------
    alpha : float
        Temperature in payoff units; 0 anneals it.
    eta : float
        Step size in inverse payoff units (of iteration 1 where it is annealed). 0 chooses
        alpha / L^2, where L is the largest payoff of a leaf (weighted by chance, from the middle
        of the range): what the paper proves for a matrix.
    """

    alpha: float = 0.0
    eta: float = 0.0

    def __post_init__(self) -> None:
        for name in ("alpha", "eta"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value < np.inf:
                raise InvalidOptionError(f"{name} is {value!r}; give a finite number >= 0.")

    def schedule(self, scale: float) -> tuple[float, float, float]:
        """Step size and temperature of iteration 1, and the exponent of t that both follow."""
        alpha = float(self.alpha) or scale
        eta = float(self.eta) or alpha / scale**2
        return eta, alpha, 0.0 if self.alpha else COOLING

    def init(self, game: Any, rng: np.random.Generator) -> MMDState:
        """Uniform strategies; ``rng`` is not used."""
        form = game.sequence_form()
        strategy = uniform_behaviour(form)
        plan = plan_of(form, strategy)
        return MMDState(form, 0, largest_payoff(form), np.log(strategy), strategy, plan)

    def step(self, state: MMDState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve import _treeplex_kernels

        form = state.form
        eta, alpha, power = self.schedule(state.scale)
        _treeplex_kernels.mirror_descent(
            state.t,
            n,
            eta,
            alpha,
            power,
            form.player_sequences,
            form.first_sequence,
            form.num_actions,
            form.parent_sequence,
            form.entry_offset,
            form.entry_others,
            form.entry_value,
            state.logits,
            state.strategy,
            state.plan,
        )
        state.t += n

    def profile(self, game: Any, state: MMDState) -> Profile:
        """The current strategies."""
        return profile_of(game, state.strategy)


def largest_payoff(form: SequenceForm) -> float:
    """L: the largest payoff of a leaf, weighted by chance and seen from the middle of its player's
    range; 1 where all payoffs of a player are equal."""
    middle = (form.payoffs.max(axis=0) + form.payoffs.min(axis=0)) / 2
    return float(np.abs(form.chance[:, None] * (form.payoffs - middle)).max()) or 1.0
