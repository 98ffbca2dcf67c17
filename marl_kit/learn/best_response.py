"""The oracle that computes: an exact best response in every seat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.evaluate.sequence import best_response_values
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.learn.mixture import gain_over, mixture, policy_answer
from marl_kit.learn.options import written
from marl_kit.learn.oracle import Answer, Task


@dataclass(frozen=True, kw_only=True, slots=True)
class BestResponseOracle:
    """Answers with a pure best response to the opponents' mixture, on the sequence form.

    Ties, and infosets that the opponents never let happen, go to the first action, as in
    ``mk.best_response``. The fact ``gain`` is the sum over players of what the response earns
    more than the mixture against the mixture: its NashConv.

    Source: Lanctot et al. 2017, "A unified game-theoretic approach to multiagent reinforcement
    learning", algorithm 1 with exact responses.
    """

    @property
    def spec(self) -> str:
        return written("best_response", self)

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
        """The best response, exactly.

        Raises
        ------
        UnsupportedGameError
            An opponent that does not tell its probabilities.
        """
        against = mixture(task)
        response = best_response_to(against)
        return policy_answer(response, {"gain": max(gain_over(against, response), 0.0)})


def best_response_to(against: TabularPolicy) -> TabularPolicy:
    """Every player's best response to the others in ``against``, in one profile."""
    game = against.game
    tree, form = game.tree(), game.sequence_form()
    probabilities = np.zeros(tree.num_slots)
    for player in range(game.num_players):
        _, choice = best_response_values(against, player)
        mine = np.flatnonzero(tree.infoset_player == player)
        probabilities[tree.infoset_offset[mine] + choice[mine] - form.first_sequence[mine]] = 1.0
    return TabularPolicy(game, probabilities)
