"""Double oracle on the sequence form: a restricted game that grows by best responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.games.profile import Profile
from marl_kit.games.realisation import behaviour_of, plan_of, profile_of, uniform_behaviour
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.lp import NEGLIGIBLE

TIE = 1e-9
"""Relative to the payoff range: an action that gains less than this is not worth adding. The
equilibria of the restricted games are exact to about so much."""


@dataclass(eq=False, slots=True)
class OracleState:
    """Everything that a run changes; one entry for each sequence (Q)."""

    form: SequenceForm
    t: int
    slack: np.ndarray  # float64 [2]; what counts as a tie
    allowed: np.ndarray  # bool [Q]; the actions in the restricted game
    strategy: np.ndarray  # float64 [Q]; equilibrium of the restricted game, 1 at empty sequences
    settled: np.ndarray  # bool [1]; the last best responses brought nothing new

    ARRAYS: ClassVar[tuple[str, ...]] = ("allowed", "strategy", "settled")


@dataclass(frozen=True, slots=True)
class DoubleOracle:
    """Double oracle on the sequence form (Bosansky, Kiekintveld, Lisy and Pechoucek 2014).

    Iteration t solves the restricted game exactly (a linear program), takes each player's best
    response in the whole game to that equilibrium, and adds the actions that the best response
    comes to play. It begins with nothing to choose. Where the restricted game leaves a player
    without an action, the player goes on with a default strategy, its first action; so restricted
    strategies are strategies of the whole game, and the temporary leaves of the paper have the
    value of these continuations. When best responses add nothing the equilibrium is one of the
    whole game, and further iterations change nothing.
    """

    def init(self, game: Any, rng: np.random.Generator) -> OracleState:
        """Nothing is allowed yet; ``rng`` is not used."""
        form = game.sequence_form()
        count = form.num_sequences
        slack = TIE * np.ptp(form.payoffs, axis=0)
        settled = np.zeros(1, bool)
        return OracleState(form, 0, slack, np.zeros(count, bool), uniform_behaviour(form), settled)

    def step(self, state: OracleState, n: int) -> None:
        """Run n iterations: solve, respond, grow."""
        if n == 0:
            best_response_sequences(state)  # compiles
        end = state.t + n
        while state.t < end and not state.settled[0]:
            self._iterate(state)
            state.t += 1
        state.t = end

    def _iterate(self, state: OracleState) -> None:
        from marl_kit.solve.restricted_game import restrict, solve_restricted

        form = state.form
        usable = with_defaults(form, state.allowed)
        plan = solve_restricted(form, restrict(form, usable))
        plan[plan < NEGLIGIBLE] = 0.0
        state.strategy[:] = behaviour_of(form, plan, even(form, usable))
        state.settled[0] = not self.grow(state)

    def grow(self, state: OracleState) -> bool:
        """Add the actions of best responses; whether there was a new one."""
        added = self.additions(state.form, best_response_sequences(state))
        new = bool(np.any(~state.allowed[added]))
        state.allowed[added] = True
        return new

    def additions(self, form: SequenceForm, choice: np.ndarray) -> np.ndarray:
        """The sequences that join: those that the best response reaches by its own moves."""
        pure = np.zeros(form.num_sequences)
        pure[form.player_sequences[:-1]] = 1.0
        pure[choice] = 1.0
        return choice[plan_of(form, pure)[choice] > 0]

    def profile(self, game: Any, state: OracleState) -> Profile:
        """The equilibrium of the restricted game that was solved last."""
        return profile_of(game, state.strategy)


def best_response_sequences(state: OracleState) -> np.ndarray:
    """The sequence chosen at each infoset by best responses in the whole game, int64 [I].

    Ties go to actions that are in the restricted game already, then to the first.
    """
    from marl_kit.solve import _treeplex_kernels

    form = state.form
    choice = np.empty(form.num_infosets, np.int64)
    _treeplex_kernels.best_responses(
        state.slack,
        with_defaults(form, state.allowed),
        form.player_infosets,
        form.player_sequences,
        form.first_sequence,
        form.num_actions,
        form.parent_sequence,
        form.entry_offset,
        form.entry_others,
        form.entry_value,
        plan_of(form, state.strategy),
        choice,
    )
    return choice


def with_defaults(form: SequenceForm, allowed: np.ndarray) -> np.ndarray:
    """``allowed`` and, where an infoset has no such action, its first one."""
    infosets = form.slot_infosets()[allowed[form.slot_sequences()]]
    count = np.bincount(infosets, minlength=form.num_infosets)
    usable = np.array(allowed)
    usable[form.first_sequence[count == 0]] = True
    return usable


def even(form: SequenceForm, allowed: np.ndarray) -> np.ndarray:
    """Allowed actions with equal probability; 1 at empty sequences."""
    return behaviour_of(form, allowed.astype(float))
