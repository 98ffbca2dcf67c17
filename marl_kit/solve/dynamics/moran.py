"""The Moran process: evolution in a finite population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import choice, number
from marl_kit.solve.dynamics.stepped import Stepped
from marl_kit.solve.dynamics.symmetric import symmetric_payoffs

SELECTIONS = ["linear", "exponential"]
MOST_INDIVIDUALS = 2**53
"""Up to here float64 counts one by one."""


@dataclass(eq=False, slots=True)
class MoranState:
    """How many individuals there are of every type."""

    t: int
    payoffs: np.ndarray  # float64 [n, n]
    key: np.uint64
    count: np.ndarray  # float64 [n]; whole numbers
    total: np.ndarray  # float64 [n]; shares, summed over the steps
    changed: int  # the last step in which the shares changed

    ARRAYS: ClassVar[tuple[str, ...]] = ("count", "total")


@dataclass(frozen=True, slots=True)
class Moran(Stepped):
    """The frequency-dependent Moran process (Nowak, Sasaki, Taylor and Fudenberg 2004).

    In every step one individual, chosen in proportion to its fitness, has a child, which takes
    the place of one chosen uniformly (it can be the parent). With pi the average payoff against
    the other individuals, fitness is 1 - w + w pi (``"linear"``; weak selection is a small w) or
    exp(w pi) (``"exponential"``).

    Attributes
    ----------
    population : int
        How many individuals; at least 2.
    selection : str
        ``"linear"`` or ``"exponential"``.
    intensity : float
        w; at most 1 for linear fitness, which must be positive.
    mutation : float
        Probability that a child has a type drawn uniformly.
    """

    population: int = 100
    selection: str = "exponential"
    intensity: float = 1.0
    mutation: float = 0.0

    interior: ClassVar[bool] = False
    log_spaced: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_population(self.population)
        choice("selection", self.selection, SELECTIONS)
        check_intensity(self.intensity, self.selection)
        number("mutation", self.mutation)
        if not 0 <= self.mutation <= 1:
            raise InvalidOptionError(f"mutation is {self.mutation}; give a probability.")

    @property
    def single(self) -> bool:
        return True

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> MoranState:
        """Whole numbers as near as possible to the shares in ``start``, or to equal ones."""
        A = np.ascontiguousarray(symmetric_payoffs(game, "moran"))
        if self.selection == "linear":
            check_fitness(A, self.intensity)
        check_range(A, self.population, self.intensity)
        shares = np.full(len(A), 1.0 / len(A)) if start is None else start[: len(A)]
        count = apportion(shares, self.population)
        key = np.uint64(rng.integers(2**64, dtype=np.uint64))
        return MoranState(0, A, key, count, np.zeros(len(A)), 0)

    def step(self, state: MoranState, n: int) -> None:
        """n births and deaths."""
        from marl_kit.solve.dynamics import _moran_kernels

        last = _moran_kernels.moran(
            n,
            state.t,
            state.key,
            state.payoffs,
            float(self.intensity),
            self.selection == "exponential",
            float(self.mutation),
            state.count,
            state.total,
        )
        state.t += n
        state.changed = last if last >= 0 else state.changed

    def current(self, state: MoranState) -> np.ndarray:
        """Shares of the types."""
        return state.count / state.count.sum()

    def average(self, state: MoranState) -> np.ndarray:
        """Their average over the steps so far."""
        return state.total / state.t if state.t else self.current(state)

    def note(self, state: MoranState, actions: tuple[str, ...]) -> str:
        """Who has taken over, and when."""
        if self.mutation or state.count.max() < self.population:
            return ""
        return f"{actions[int(state.count.argmax())]} has been fixed since step {state.changed:,}"


def apportion(shares: np.ndarray, size: int) -> np.ndarray:
    """Whole numbers that add up to ``size``, by largest remainders; ties to the first."""
    exact = shares * size
    count = np.floor(exact + 1e-9)  # 0.3 x 10 is below 3
    rest = size - int(count.sum())
    count[np.argsort(-(exact - count), kind="stable")[:rest]] += 1.0
    return count


def check_population(
    size: Any, most: int = MOST_INDIVIDUALS, why: str = "float64 counts one by one"
) -> None:
    """Refuse what is no number of individuals, or more than ``most``."""
    whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if not whole or size < 2:
        raise InvalidOptionError(f"population is {size!r}; give a whole number of at least 2.")
    if size > most:  # which may have thousands of digits
        raise InvalidOptionError(
            f"population is above {most:,}, up to which {why}; give a smaller whole number."
        )


def check_intensity(intensity: Any, selection: str) -> None:
    """Refuse what is no intensity of selection."""
    number("intensity", intensity)
    if not 0 <= intensity < np.inf or (selection == "linear" and intensity > 1):
        high = "in [0, 1]" if selection == "linear" else ">= 0"
        raise InvalidOptionError(f"intensity is {intensity}; give a finite number {high}.")


def check_range(A: np.ndarray, size: int, intensity: float) -> None:
    """Refuse payoffs whose sums, or whose fitness, leave the numbers of float64."""
    with np.errstate(over="ignore"):
        top = np.abs(A).max()
        most = max(top * float(size), 2 * top * float(intensity))  # 2: size / (size - 1)
    if not np.isfinite(most):
        raise UnsupportedGameError(
            f"payoffs of up to {top:g} with intensity {intensity:g} among {size:,} individuals "
            f"leave the numbers of float64; use a smaller intensity, or rescale the payoffs."
        )


def check_fitness(A: np.ndarray, intensity: float) -> None:
    """Refuse payoffs that make linear fitness 0 or negative."""
    fitness = 1.0 - intensity + intensity * A
    if fitness.min() <= 0:
        i, j = (int(k) for k in np.argwhere(fitness == fitness.min())[0])
        raise InvalidOptionError(
            f"linear fitness 1 - w + w x payoff is {fitness[i, j]:.6g} at ({i}, {j}) with "
            f"w = {intensity:g}; it must be above 0 (add a constant to the payoffs, use a smaller "
            f"intensity, or selection='exponential')."
        )
