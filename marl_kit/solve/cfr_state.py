"""What every member of the CFR family shares: the state of a run, and the average it returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.policy import TabularPolicy, normalised
from marl_kit.games.profile import Profile, as_profile
from marl_kit.games.realisation import plan_of
from marl_kit.games.sequence_form import SequenceForm

EXPONENTS = {"uniform": 0.0, "linear": 1.0, "quadratic": 2.0}
"""Iteration t counts t to this power in the average."""
LAST = "last"
NEVER = np.iinfo(np.int64).max
"""A delay that no run outlives."""


def later(default: Any) -> Any:
    """A field that the first release did not have: recorded where it is not the default."""
    return field(default=default, metadata={"omit_default": True})


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


@dataclass(frozen=True, slots=True)
class AveragingMethod(ABC):
    """Minimisers of counterfactual regret whose answer is an average of what they played.

    Attributes
    ----------
    averaging : str
        ``"uniform"``, ``"linear"`` or ``"quadratic"``: iteration t counts 1, t or t^2.
        ``"last"``: no average, but the strategies that the last iteration left.
    delay : int
        The first so many iterations do not count in the average, and iteration t counts as the
        (t - delay)-th (Tammelin 2014). Up to there the answer is uniform.
    """

    averaging: str = later("uniform")
    delay: int = later(0)

    def __post_init__(self) -> None:
        choice("averaging", self.averaging, [*EXPONENTS, LAST])
        check_delay(self.delay)

    def weights(self) -> tuple[float, int]:
        """(gamma, delay): iteration t counts (t - delay)^gamma."""
        if self.averaging == LAST:
            return 0.0, NEVER
        return EXPONENTS[self.averaging], int(self.delay)

    def init(self, game: Any, rng: np.random.Generator) -> CFRState:
        """Uniform strategies, no regrets; ``rng`` is not used."""
        form = game.sequence_form()
        strategy = np.ones(form.num_sequences)
        strategy[form.slot_sequences()] = np.repeat(1.0 / form.num_actions, form.num_actions)
        zeros = np.zeros(form.num_sequences)
        return CFRState(form, 0, zeros, strategy, plan_of(form, strategy), zeros.copy())

    @abstractmethod
    def step(self, state: Any, n: int) -> None:
        """Run n iterations in one kernel."""

    def profile(self, game: Any, state: CFRState) -> Profile:
        """The average strategies, uniform where a player never came; or the last ones."""
        slots = state.form.slot_sequences()
        if self.averaging == LAST:
            return as_profile(game, TabularPolicy(game, state.strategy[slots]))
        average = normalised(state.form.num_actions, state.average[slots])
        return as_profile(game, TabularPolicy(game, average))


def check_delay(delay: Any) -> None:
    """Refuse what is no number of iterations."""
    whole = isinstance(delay, int | np.integer) and not isinstance(delay, bool)
    if not whole or delay < 0:
        raise InvalidOptionError(f"delay is {delay!r}; give a whole number of at least 0.")


def choice(name: str, value: Any, known: list[str]) -> None:
    """Refuse an option that is none of the words it may be."""
    if not isinstance(value, str) or value not in known:
        raise InvalidOptionError(f"{name} is {value!r}; give one of {', '.join(known)}.")


def number(name: str, value: Any) -> None:
    """Refuse an option that is no number; infinities pass."""
    real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not real or value != value:
        raise InvalidOptionError(f"{name} is {value!r}; give a number.")
