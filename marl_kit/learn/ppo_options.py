"""Options of PPO on a game tree."""

from __future__ import annotations

import math
from dataclasses import dataclass

from marl_kit.core.checks import flag
from marl_kit.learn.options import positive, within
from marl_kit.play.options import whole

NAME = "ppo"


@dataclass(frozen=True, kw_only=True, slots=True)
class PPO:
    """How policies are learned from whole games.

    Payoffs count in units of half their range about its middle, for each player, so that the
    weights below mean the same in every game.

    Attributes
    ----------
    episodes : int
        Games between two updates of the policy that plays them.
    epochs, parts : int
        An update goes so many times over these games, each time in so many steps of Adam.
    rate : float above 0
        Of Adam.
    clip : float above 0
        PPO's bound on a step: ratios of probabilities count from ``1 - clip`` to ``1 + clip``.
    trace : float from 0 to 1
        lambda of the advantages; nothing is discounted.
    entropy : float not below 0
        Weight of the entropy, which is the temperature of a uniform magnet.
    magnet : float not below 0
        Weight of the divergence from a magnet that follows the policy slowly.
    speed : float from 0 to 1
        How far the magnet goes towards the policy at every update, on logarithms.
    value : float above 0
        Weight of the critic's loss.
    largest : float above 0
        Longer gradients are shortened to this norm.
    width, depth : int
        Units of a hidden layer, and how many; the critic has a network of its own.
    """

    episodes: int = 1024
    epochs: int = 4
    parts: int = 4
    rate: float = 2.5e-3
    clip: float = 0.2
    trace: float = 0.95
    entropy: float = 0.01
    magnet: float = 0.0
    speed: float = 0.05
    value: float = 0.5
    largest: float = 0.5
    width: int = 64
    depth: int = 2

    def __post_init__(self) -> None:
        for name in ("episodes", "epochs", "parts", "width", "depth"):
            whole(NAME, name, getattr(self, name))
        for name in ("rate", "clip", "value", "largest"):
            positive(NAME, name, getattr(self, name))
        for name in ("trace", "speed"):
            within(NAME, name, getattr(self, name), 0, 1)
        for name in ("entropy", "magnet"):
            within(NAME, name, getattr(self, name), 0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfPlay(PPO):
    """The same for a run against itself, which needs more regularisation and smaller steps.

    Attributes
    ----------
    rate, entropy : float
        As of ``PPO``, with other defaults.
    anneal : bool
        Let ``rate`` and ``entropy`` fall linearly to 0 at the last update. A magnet that moves does
        not keep the policy from an equilibrium, and stays.
    """

    rate: float = 1e-3
    entropy: float = 0.1
    anneal: bool = True

    def __post_init__(self) -> None:
        super(SelfPlay, self).__post_init__()  # named, as slots make another class
        flag("anneal of ppo", self.anneal)
