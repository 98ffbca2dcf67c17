"""Smooth fictitious play: logit replies in place of best ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import number
from marl_kit.solve.dynamics.fictitious_play import PlaysState, check_prior, plays_state
from marl_kit.solve.dynamics.matrix_state import strategies
from marl_kit.solve.dynamics.stepped import Learning


@dataclass(eq=False, slots=True)
class SmoothState(PlaysState):
    """Beliefs, and the stream that actions are drawn from."""

    key: np.uint64
    base: np.ndarray  # float64 [sum A]; ones
    reply: np.ndarray  # float64 [sum A]; scratch

    ARRAYS: ClassVar[tuple[str, ...]] = PlaysState.ARRAYS


@dataclass(frozen=True, slots=True)
class SmoothFictitiousPlay(Learning):
    """Smooth fictitious play (Fudenberg and Kreps 1993; Hofbauer and Sandholm 2002).

    Every round each player plays the logit reply to the average of the others' plays. Where
    beliefs settle they are a logit quantal response equilibrium.

    Attributes
    ----------
    temperature : float
        Of the replies, as a share of the player's payoff range; above 0. An action is played in
        proportion to exp(value / (temperature x range)).
    sampled : bool
        Players see actions drawn from the replies (by ``seed``), as in stochastic fictitious
        play, in place of the replies themselves.
    prior : float
        So many plays the start counts for in the averages.
    """

    temperature: float = 0.1
    sampled: bool = False
    prior: float = 0.0

    def __post_init__(self) -> None:
        number("temperature", self.temperature)
        coldest = 1 / np.finfo(float).max  # below it 1 / temperature is infinite
        if not coldest < self.temperature < np.inf:
            raise InvalidOptionError(
                f"temperature is {self.temperature}; give a finite number above {coldest:.1e}."
            )
        if not isinstance(self.sampled, bool):
            raise InvalidOptionError(f"sampled is {self.sampled!r}; give True or False.")
        check_prior(self.prior)

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> SmoothState:
        """Beliefs at the start; ``rng`` gives the key of the draws."""
        s = plays_state(game, self.prior, start)
        key = np.uint64(rng.integers(2**64, dtype=np.uint64))
        ones, reply = np.ones_like(s.mixed), np.zeros_like(s.mixed)
        return SmoothState(
            s.t,
            s.payoffs,
            s.offset,
            s.mixed,
            s.values,
            s.plays,
            s.replies,
            s.joint,
            key,
            ones,
            reply,
        )

    def step(self, state: SmoothState, n: int) -> None:
        """Play n rounds."""
        from marl_kit.solve.dynamics import _matrix_kernels

        _matrix_kernels.smooth_fictitious_play(
            n,
            state.t,
            1.0 / self.temperature,
            float(self.prior),
            self.sampled,
            state.key,
            state.payoffs,
            state.offset,
            state.base,
            state.plays,
            state.mixed,
            state.values,
            state.reply,
            state.joint,
        )
        state.t += n

    def profile(self, game: NormalFormGame, state: SmoothState) -> list[np.ndarray]:
        """Average plays."""
        return strategies(state)

    def average(self, state: SmoothState) -> np.ndarray:
        """The same, side by side."""
        return state.mixed
