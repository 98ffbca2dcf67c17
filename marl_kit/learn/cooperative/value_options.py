"""The options of learners of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marl_kit.core.checks import flag, number, whole
from marl_kit.core.errors import InvalidOptionError

MIXERS = "separate", "additive", "monotone", "duplex"


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueOptions:
    """How values are learned.

    Rewards are learned as they are: scale them to about 1 if they are thousands, or thousandths.

    Attributes
    ----------
    mixer : str
        ``separate`` (IQL), ``additive`` (VDN), ``monotone`` (QMIX) or ``duplex`` (QPLEX).
    underrated : float
        Weight of joint actions whose value is at or above its target; less than 1 makes QMIX
        optimistic (weighted QMIX), whose targets are of an unrestricted central value.
    discount : float
    trace : float
        Lambda of the targets (Peng's Q(lambda)); 0 looks one step ahead.
    double : bool
        Actions of targets are chosen by the network that learns (van Hasselt et al. 2016).
    sharing : str or sequence of int
        ``ids``, ``shared``, ``separate``, or groups of agents that share a network.
    recurrent : bool
    width : int
        Of the hidden layers.
    rate : float
        Of Adam.
    explore_from, explore_to : float
    explore_steps : int
        Share of random actions, falling in a straight line over so many steps of a run.
    rollout : int, optional
        Steps of a sequence; whole episodes, but at most 64, unless given.
    slots : int
        Sequences in the memory of each run.
    batch : int
        Sequences in a step.
    updates : int
        Steps after each rollout.
    renew : int
        Steps after which the networks of the targets are renewed.
    largest_gradient : float
    """

    mixer: str = "monotone"
    underrated: float = 1.0
    discount: float = 0.99
    trace: float = 0.6
    double: bool = True
    sharing: str | Sequence[int] = "ids"
    recurrent: bool = False
    width: int = 64
    rate: float = 5e-4
    explore_from: float = 1.0
    explore_to: float = 0.05
    explore_steps: int = 50_000
    rollout: int | None = None
    slots: int = 1024
    batch: int = 32
    updates: int = 8
    renew: int = 200
    largest_gradient: float = 10.0

    def __post_init__(self) -> None:
        if self.mixer not in MIXERS:
            raise InvalidOptionError(f"mixer is {self.mixer!r}; give one of {', '.join(MIXERS)}.")
        for name in ("discount", "trace", "explore_from", "explore_to"):
            number(name, getattr(self, name), 0.0, 1.0)
        number("underrated", self.underrated, 1e-6, 1.0)
        if self.underrated < 1 and self.mixer != "monotone":
            raise InvalidOptionError(
                f"underrated={self.underrated:g} is for the monotone mixer; leave it away for "
                f"{self.mixer!r}."
            )
        for name in ("double", "recurrent"):
            flag(name, getattr(self, name))
        for name in ("width", "slots", "batch", "updates", "renew"):
            whole(name, getattr(self, name))
        whole("explore_steps", self.explore_steps, least=0)
        if self.rollout is not None:
            whole("rollout", self.rollout)
        number("rate", self.rate, 1e-12)
        number("largest_gradient", self.largest_gradient, 1e-12)
