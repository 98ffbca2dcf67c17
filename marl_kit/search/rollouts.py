"""Evaluators that play games to their end, or for some plies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import IllegalActionError, InvalidOptionError
from marl_kit.games.game import State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.dynamics import Leaves
from marl_kit.search.evaluator import Evaluator, Scores
from marl_kit.search.states import chance_outcome, held_leaves


@dataclass(frozen=True, slots=True)
class RandomRollouts:
    """The mean of ``rollouts`` games of random moves."""

    rollouts: int = 1

    def __post_init__(self) -> None:
        whole("rollouts", self.rollouts)

    def evaluate(self, leaves: Leaves) -> Scores:
        return None, leaves.random_returns(self.rollouts)


class Acting(Protocol):
    """What plays the games: any player. Its ``act_batch`` is used if it has one."""

    def act(self, state: Any, rng: np.random.Generator) -> int: ...


@dataclass(frozen=True, slots=True)
class PolicyRollouts:
    """The mean of ``rollouts`` games in which a player moves for everybody.

    Attributes
    ----------
    player : object with ``act(state, rng)``
        Chance is drawn by its probabilities.
    rollouts : int
    plies : int, optional
        So many moves (of players and of chance) are made; a game that is not over then is scored
        by ``bootstrap``. One that is over counts by its returns: an end is not a cut.
    bootstrap : Evaluator, optional
    """

    player: Acting
    rollouts: int = 1
    plies: int | None = None
    bootstrap: Evaluator | None = None

    def __post_init__(self) -> None:
        whole("rollouts", self.rollouts)
        if self.plies is not None:
            whole("plies", self.plies)
        if (self.plies is None) != (self.bootstrap is None):
            raise InvalidOptionError(
                "a game that is cut after some plies needs an evaluator for what comes then: give "
                "both plies and bootstrap, or neither."
            )

    def evaluate(self, leaves: Leaves) -> Scores:
        total: np.ndarray | float = 0.0
        for rollout in range(self.rollouts):
            total = total + self._returns(leaves, rollout)
        return None, np.asarray(total) / self.rollouts

    def _returns(self, leaves: Leaves, rollout: int) -> np.ndarray:
        """One game from each leaf, float64 [B, P]."""
        states = [state.clone() for state in leaves.states()]
        rngs = [
            np.random.default_rng([int(key), int(simulation), rollout])
            for key, simulation in zip(leaves.keys, leaves.simulations, strict=True)
        ]
        made = 0
        while made != self.plies and (open_ := [i for i, s in enumerate(states) if _runs(s)]):
            self._move([states[i] for i in open_], [rngs[i] for i in open_])
            made += 1
        # where nobody could be asked what the position is worth
        for state, rng in zip(states, rngs, strict=True):
            while state.current_player() == CHANCE:
                state.apply_action(chance_outcome(state.chance_outcomes(), rng.random()))
        return self._score(leaves, states)

    def _move(self, states: list[State], rngs: list[np.random.Generator]) -> None:
        """One ply in each."""
        asked = [i for i, state in enumerate(states) if state.current_player() != CHANCE]
        answers = self._ask([states[i] for i in asked], [rngs[i] for i in asked])
        chosen = dict(zip(asked, answers, strict=True))
        for i, (state, rng) in enumerate(zip(states, rngs, strict=True)):
            if i not in chosen:
                action = chance_outcome(state.chance_outcomes(), rng.random())
            elif chosen[i] not in state.legal_actions():
                raise IllegalActionError(
                    f"the player of the rollouts chose {chosen[i]!r} after the history "
                    f"{list(state.history())}; legal actions are {state.legal_actions()}."
                )
            else:
                action = int(chosen[i])
            state.apply_action(action)

    def _ask(self, states: list[State], rngs: list[np.random.Generator]) -> Sequence[int]:
        if (together := getattr(self.player, "act_batch", None)) is not None and states:
            answers: Sequence[int] = together(states, rngs)
            return answers
        return [self.player.act(state, rng) for state, rng in zip(states, rngs, strict=True)]

    def _score(self, leaves: Leaves, states: list[State]) -> np.ndarray:
        """Returns of the games that are over, the bootstrap's values of the others."""
        values = np.array([state.returns() for state in states], float)
        cut = [i for i, state in enumerate(states) if _runs(state)]
        if cut:
            assert self.bootstrap is not None
            rest = held_leaves([states[i] for i in cut], leaves.keys[cut], leaves.simulations[cut])
            values[cut] = self.bootstrap.evaluate(rest)[1]
        return values


def _runs(state: State) -> bool:
    return state.current_player() != TERMINAL
