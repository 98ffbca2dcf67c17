"""What is to be played in an empirical game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FOUND = {
    "CE": "a correlated equilibrium",
    "CCE": "a coarse correlated equilibrium",
    "alpha-rank": "an alpha-rank distribution against which no best response gains",
}
"""Joint distributions by concept."""


@dataclass(frozen=True, eq=False, slots=True)
class MetaStrategy:
    """What is to be played in an empirical game.

    Attributes
    ----------
    marginals : tuple of P float64 vectors
        Probability of each player's members.
    joint : float64 [n_1, ..., n_P] or None
        Probability of every profile of members, from a meta-solver that correlates them; None
        where the players mix independently.
    by_recommendation : bool
        Whether a player who deviates knows which member was recommended to it (CE); then there is
        a best response for each recommendation.
    concept : str
        What is in equilibrium where no best response gains: ``"Nash"``, ``"CE"``, ``"CCE"``, or
        ``"alpha-rank"``, whose distribution is none by design.
    """

    marginals: tuple[np.ndarray, ...]
    joint: np.ndarray | None = None
    by_recommendation: bool = False
    concept: str = "Nash"

    def probabilities(self) -> np.ndarray:
        """Of every profile, float64 [n_1, ..., n_P]."""
        if self.joint is not None:
            return self.joint
        table = np.ones(())
        for x in self.marginals:
            table = np.multiply.outer(table, x)
        return table

    def found(self) -> str:
        """What has been found where no best response gains, if it is not a profile."""
        if self.joint is None:
            return ""
        return f"{FOUND[self.concept]}: the gap is below the tolerance, not the marginals' NashConv"

    def values(self, payoffs: np.ndarray) -> np.ndarray:
        """Expected payoff of each player in the empirical game, [P]."""
        if self.joint is not None:
            return np.array([np.sum(table * self.joint) for table in payoffs])
        for x in reversed(self.marginals):
            payoffs = payoffs @ x
        return payoffs
