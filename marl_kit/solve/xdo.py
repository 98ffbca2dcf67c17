"""Extensive-form double oracle: best responses are mixed at every infoset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.double_oracle import DoubleOracle, OracleState


@dataclass(frozen=True, slots=True)
class ExtensiveDoubleOracle(DoubleOracle):
    """XDO (McAleer, Lanier, Wang, Baldi and Fox 2021, algorithm 1), exact.

    As ``double_oracle``, but the population's actions join at every infoset, also where the best
    response's own moves do not lead: there it plays best against the others all the same. It
    begins with the best responses to uniform play. The paper solves the restricted game by CFR to
    an accuracy that it halves again and again; here the linear program solves it at once.
    """

    def init(self, game: Any, rng: np.random.Generator) -> OracleState:
        """The restricted game of the best responses to uniform play; ``rng`` is not used."""
        state = DoubleOracle.init(self, game, rng)
        self.grow(state)
        return state

    def additions(self, form: SequenceForm, choice: np.ndarray) -> np.ndarray:
        """All of them."""
        return choice
