"""The options of learners of policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marl_kit.core.checks import flag, number, whole
from marl_kit.core.errors import InvalidOptionError

CRITICS = "local", "central", "counterfactual"
LOSSES = "clipped", "plain"
ORDERS = "joint", "sequential"


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyOptions:
    """How policies are learned: a critic, a loss, an order.

    Attributes
    ----------
    critic : str
        ``local``, V(o) of each agent (IPPO); ``central``, V(s) (MAPPO); ``counterfactual``,
        Q(s, a) with the mean over the agent's own actions as its baseline (COMA).
    loss : str
        ``clipped`` (PPO), or ``plain``: the policy gradient, one epoch.
    order : str
        ``joint``: all agents at once. ``sequential``: one after another, in random order, each
        weighted by how the ones before it have changed (HAPPO); needs ``sharing="separate"``.
    discount, trace : float
        Gamma and lambda of advantages; of the counterfactual critic's targets as well.
    clip : float
        Of the ratio of probabilities.
    entropy : float
        Weight of the policies' entropy in nats.
    sharing : str or sequence of int
        ``ids``, ``shared``, ``separate``, or groups of agents that share a network.
    recurrent : bool
        Agents, and local critics, that remember.
    width : int
        Of the hidden layers.
    rate, critic_rate : float
        Of Adam.
    rollout : int, optional
        Steps between updates; whole episodes, but at most 128, unless given.
    epochs, minibatches : int
        How often a rollout is learned from, and in how many pieces.
    normalise_values : bool
        Whether critics learn values divided by their running deviation (PopArt's statistics).
    renew : int
        Updates after which the networks of a counterfactual critic's targets are renewed.
    largest_gradient : float
    """

    critic: str = "central"
    loss: str = "clipped"
    order: str = "joint"
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    entropy: float = 0.01
    sharing: str | Sequence[int] = "ids"
    recurrent: bool = False
    width: int = 64
    rate: float = 7e-4
    critic_rate: float = 7e-4
    rollout: int | None = None
    epochs: int = 8
    minibatches: int = 1
    normalise_values: bool = True
    renew: int = 10
    largest_gradient: float = 10.0

    def __post_init__(self) -> None:
        for name, known in (("critic", CRITICS), ("loss", LOSSES), ("order", ORDERS)):
            if getattr(self, name) not in known:
                raise InvalidOptionError(
                    f"{name} is {getattr(self, name)!r}; give one of {', '.join(known)}."
                )
        if self.order == "sequential" and self.sharing != "separate":
            raise InvalidOptionError(
                f"order='sequential' updates one agent after another, and with sharing="
                f"{self.sharing!r} they would change together; give sharing='separate'."
            )
        if self.critic == "counterfactual" and self.recurrent:
            raise InvalidOptionError(
                "the counterfactual critic has no memory; give recurrent=False."
            )
        for name in ("discount", "trace"):
            number(name, getattr(self, name), 0.0, 1.0)
        number("entropy", self.entropy, 0.0)
        for name in ("clip", "rate", "critic_rate", "largest_gradient"):
            number(name, getattr(self, name), 1e-12)
        for name in ("width", "epochs", "minibatches", "renew"):
            whole(name, getattr(self, name))
        if self.rollout is not None:
            whole("rollout", self.rollout)
        for name in ("recurrent", "normalise_values"):
            flag(name, getattr(self, name))
