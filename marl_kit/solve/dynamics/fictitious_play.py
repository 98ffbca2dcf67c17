"""Fictitious play on a normal form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.cfr_state import choice, later, number
from marl_kit.solve.dynamics.matrix_state import (
    TIE,
    MatrixState,
    no_joint,
    strategies,
    uniform_state,
)
from marl_kit.solve.dynamics.stepped import Learning

UPDATES = ["simultaneous", "alternating"]


@dataclass(eq=False, slots=True)
class PlaysState(MatrixState):
    """Beliefs (``mixed``) and what they are made of."""

    plays: np.ndarray  # float64 [sum A]; how often each action was played, the prior included
    replies: np.ndarray  # int64 [P]; scratch
    joint: np.ndarray  # float64 [cells], or [0] where it is not kept

    ARRAYS: ClassVar[tuple[str, ...]] = ("plays", "mixed", "values")


@dataclass(frozen=True, slots=True)
class FictitiousPlay(Learning):
    """Fictitious play (Brown 1951) for any number of players.

    Round 1 is a best reply to uniform play (in ``mk.dynamics``, to ``start``); round t + 1 to the
    average of the t plays so far. The answer is the averages. Ties go to the first action.

    Attributes
    ----------
    updates : str
        ``"simultaneous"``; or ``"alternating"``, Brown's own: in every round each player knows
        what those before it have just played.
    prior : float
        So many plays the start counts for in the averages; 0 forgets it after the first round.
    """

    updates: str = later("simultaneous")
    prior: float = later(0.0)

    def __post_init__(self) -> None:
        choice("updates", self.updates, UPDATES)
        check_prior(self.prior)

    def init(
        self, game: NormalFormGame, rng: np.random.Generator, start: np.ndarray | None = None
    ) -> PlaysState:
        """No plays yet, uniform beliefs or ``start``; ``rng`` is not used."""
        return plays_state(game, self.prior, start)

    def step(self, state: PlaysState, n: int) -> None:
        """Play n rounds."""
        from marl_kit.solve.dynamics import _matrix_kernels

        _matrix_kernels.fictitious_play(
            n,
            state.t,
            TIE,
            float(self.prior),
            self.updates == "alternating",
            state.payoffs,
            state.offset,
            state.plays,
            state.mixed,
            state.values,
            state.replies,
            state.joint,
        )
        state.t += n

    def profile(self, game: NormalFormGame, state: PlaysState) -> list[np.ndarray]:
        """Average plays."""
        return strategies(state)

    def average(self, state: PlaysState) -> np.ndarray:
        """The same, side by side."""
        return state.mixed


def plays_state(game: NormalFormGame, prior: float, start: np.ndarray | None) -> PlaysState:
    """Beliefs at the start. Without a prior they have weight 1 until the first play."""
    s = uniform_state(game)
    if start is not None:
        s.mixed[:] = start
    plays = s.mixed * (prior or 1.0)
    replies = np.zeros(game.num_players, np.int64)
    return PlaysState(s.t, s.payoffs, s.offset, s.mixed, s.values, plays, replies, no_joint())


def check_prior(prior: Any) -> None:
    """Refuse what is no weight."""
    number("prior", prior)
    if not 0 <= prior < np.inf:
        raise InvalidOptionError(f"prior is {prior}; give a finite number of plays >= 0.")
