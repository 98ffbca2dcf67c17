"""Regret matching on a normal form, and regret matching+."""

from __future__ import annotations

from dataclasses import dataclass

from marl_kit.core.errors import InvalidOptionError
from marl_kit.solve.cfr_state import later
from marl_kit.solve.dynamics.regret_state import RegretLearner


@dataclass(frozen=True, slots=True)
class RegretMatching(RegretLearner):
    """Regret matching (Hart and Mas-Colell 2000): actions in proportion to positive regrets.

    Regrets are those of not having played an action all along, so the joint play approaches the
    coarse correlated equilibria of any game (their section 4(a)), and the average strategies the
    Nash equilibria of a two-player zero-sum one. What is observed is the expected payoff against
    the others' strategies, not against drawn actions. Without positive regrets play is uniform.

    Attributes
    ----------
    averaging, delay, updates
        See :class:`~marl_kit.solve.dynamics.regret_state.RegretLearner`.
    optimistic : bool
        Count the last iteration's regrets twice when responding (predictive regret matching of
        Farina, Kroer and Sandholm 2021).
    """

    optimistic: bool = later(False)

    def __post_init__(self) -> None:
        RegretLearner.__post_init__(self)
        if not isinstance(self.optimistic, bool):
            raise InvalidOptionError(f"optimistic is {self.optimistic!r}; give True or False.")

    def respond(self) -> tuple[bool, bool, float, bool, float]:
        return False, False, 0.0, False, float(self.optimistic)


@dataclass(frozen=True, slots=True)
class RegretMatchingPlus(RegretMatching):
    """Regret matching+ (Tammelin 2014): cumulative regrets never fall below 0.

    As in CFR+, of which it is the case of a single infoset a player, players take turns and
    iteration t counts t in the average. The claim about joint play needs
    ``updates="simultaneous"``.

    Attributes
    ----------
    averaging, delay, updates, optimistic
        See :class:`RegretMatching`.
    """

    averaging: str = later("linear")
    updates: str = later("alternating")

    def respond(self) -> tuple[bool, bool, float, bool, float]:
        return False, False, 0.0, True, float(self.optimistic)
