"""The oracle that stays mixed where it hardly matters: regret matching+ in every seat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.realisation import behaviour_of
from marl_kit.learn.mixture import gain_over, mixture, policy_answer, values_against
from marl_kit.learn.options import written
from marl_kit.learn.oracle import Answer, Task
from marl_kit.play.options import whole

TIE = 1e-13
"""Relative to the player's payoff range: regret matching knows no scale, so that what
rounding leaves of a tie would decide it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CfrOracle:
    """Answers with the average of counterfactual regret minimisation against the mixture.

    The opponents do not move, so what each sequence earns is computed once and an iteration is
    one pass over the learner's own treeplex, in every seat. Regrets are floored at 0 and iteration
    ``t`` weighs ``t`` in the average, as in CFR+. What the answer misses of the best response's
    gain falls with the iterations.

    Source: Zinkevich et al. 2007, "Regret minimization in games with incomplete information";
    Tammelin 2014, "Solving large imperfect information games using CFR+".
    """

    iterations: int = 1000

    def __post_init__(self) -> None:
        whole("cfr", "iterations", self.iterations)

    @property
    def spec(self) -> str:
        return written("cfr", self)

    @property
    def resumes(self) -> bool:
        return False

    def check(self, game: Game) -> None:
        """Refuse what has no sequence form.

        Raises
        ------
        GameTooLargeError, ImperfectRecallError
        """
        game.sequence_form()

    def answer(self, task: Task) -> Answer:
        """The average strategies; the fact ``gain`` is that of ``best_response``.

        Raises
        ------
        UnsupportedGameError
            An opponent that does not tell its probabilities.
        """
        against = mixture(task)
        response = soft_response_to(against, self.iterations)
        return policy_answer(response, {"gain": gain_over(against, response)})


def soft_response_to(against: TabularPolicy, iterations: int) -> TabularPolicy:
    """Every player's average of regret matching+ against the others in ``against``."""
    from marl_kit.learn import _kernels

    form = against.game.sequence_form()
    total = np.zeros(form.num_sequences)
    _kernels.regret_matching_plus(
        iterations,
        form.first_sequence,
        form.num_actions,
        form.parent_sequence,
        form.player_sequences[:-1],
        values_against(against),
        TIE * np.ptp(form.payoffs, axis=0)[form.infoset_player],
        total,
    )
    return TabularPolicy(against.game, behaviour_of(form, total)[form.slot_sequences()])
