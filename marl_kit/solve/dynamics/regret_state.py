"""What regret matching and Hedge on normal forms share: one loop, two ways to respond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import AveragingMethod, choice, later
from marl_kit.solve.dynamics.fictitious_play import UPDATES
from marl_kit.solve.dynamics.matrix_state import TIE, MatrixState, no_joint, split, uniform_state
from marl_kit.solve.dynamics.stepped import Learning


@dataclass(eq=False, slots=True)
class RegretState(MatrixState):
    """Current strategies (``mixed``) and everything that they follow from."""

    base: np.ndarray  # float64 [sum A]; the strategies at the start
    regret: np.ndarray  # float64 [sum A]; cumulative
    spread: np.ndarray  # float64 [P]; sum of the squared ranges of the action values
    average: np.ndarray  # float64 [sum A]; weighted sum of the strategies used
    instant: np.ndarray  # float64 [sum A]; scratch
    joint: np.ndarray  # float64 [cells], or [0] where it is not kept

    ARRAYS: ClassVar[tuple[str, ...]] = ("mixed", "regret", "spread", "average")


@dataclass(frozen=True, slots=True)
class RegretLearner(AveragingMethod, Learning):
    """No-regret learning from the expected payoff of every action against the others' strategies.

    Attributes
    ----------
    averaging, delay
        See :class:`~marl_kit.solve.cfr_state.AveragingMethod`.
    updates : str
        ``"simultaneous"``: all meet the strategies that the iteration began with.
        ``"alternating"``: each player meets the newest ones of those before it.
    """

    updates: str = later("simultaneous")

    def __post_init__(self) -> None:
        AveragingMethod.__post_init__(self)
        choice("updates", self.updates, UPDATES)

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> Any:
        """Uniform strategies or ``start``, no regrets; ``rng`` is not used."""
        s = uniform_state(game)
        if start is not None:
            s.mixed[:] = start
        zeros = np.zeros_like(s.mixed)
        return RegretState(
            s.t,
            s.payoffs,
            s.offset,
            s.mixed,
            s.values,
            s.mixed.copy(),
            zeros,
            np.zeros(game.num_players),
            zeros.copy(),
            zeros.copy(),
            no_joint(),
        )

    def respond(self) -> tuple[bool, bool, float, bool, float]:
        """(Hedge?, rate adapted?, rate, regrets floored at 0?, weight of the prediction)."""
        raise NotImplementedError

    def step(self, state: RegretState, n: int) -> None:
        """Run n iterations in one kernel."""
        from marl_kit.solve.dynamics import _matrix_kernels

        hedge, adaptive, rate, floor, predict = self.respond()
        gamma, delay = self.weights()
        _matrix_kernels.minimise_regret(
            n,
            state.t,
            hedge,
            adaptive,
            rate,
            floor,
            TIE,
            predict,
            gamma,
            delay,
            self.updates == "alternating",
            state.payoffs,
            state.offset,
            state.base,
            state.regret,
            state.spread,
            state.mixed,
            state.average,
            state.values,
            state.instant,
            state.joint,
        )
        state.t += n

    def average(self, state: RegretState) -> np.ndarray:
        """Average strategies side by side; the start while nothing counts, or the last ones."""
        if self.averaging == "last":
            return state.mixed
        if not state.average[: state.offset[1]].sum() > 0:
            return state.base
        sums = np.add.reduceat(state.average, state.offset[:-1])
        return state.average / np.repeat(sums, np.diff(state.offset))

    def profile(self, game: NormalFormGame, state: Any) -> list[np.ndarray]:
        """Average strategies, a vector a player."""
        return split(self.average(state), state.offset)
