"""The options of the pipeline."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from marl_kit.learn.networks.architecture import Architecture, architecture_for
from marl_kit.learn.options import positive, within
from marl_kit.play.options import whole

NAME = "alphago"
_COUNTS = (
    "batch",
    "supervised_steps",
    "reinforce_steps",
    "reinforce_games",
    "pool_every",
    "value_games",
    "value_steps",
    "simulations",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaGo:
    """How much of each stage there is.

    Attributes
    ----------
    network : str
        Of the policy and of the value: ``"mlp"``, ``"residual"``, or ``"auto"``.
    width, depth : int, optional
        Units and hidden layers, or channels and blocks; as in ``AlphaZero`` unless given.
    batch : int
        Positions of a step, where positions are drawn.
    rate : float
        Learning rate of Adam, in the stages that imitate or regress.
    decay : float
        c of ``c |theta|^2`` in these stages.
    supervised_steps : int
    reinforce_steps : int
        Of policy gradient, each on ``reinforce_games`` games (rounded up to whole rotations of the
        seats).
    reinforce_games : int
    reinforce_rate : float
    pool_every : int
        Steps of policy gradient after which the policy joins the pool of its opponents.
    value_games : int
        One position of each is learned.
    value_steps : int
    share : float
        lambda: leaves count ``(1 - lambda) v + lambda z``, z from a random game.
    simulations : int
        Of a move of the search.
    """

    network: str = "auto"
    width: int | None = None
    depth: int | None = None
    batch: int = 256
    rate: float = 1e-3
    decay: float = 1e-4
    supervised_steps: int = 1000
    reinforce_steps: int = 200
    reinforce_games: int = 64
    reinforce_rate: float = 3e-3
    pool_every: int = 20
    value_games: int = 4000
    value_steps: int = 600
    share: float = 0.5
    simulations: int = 50

    def __post_init__(self) -> None:
        for name in _COUNTS:
            whole(NAME, name, getattr(self, name))
        for name in ("rate", "reinforce_rate"):
            positive(NAME, name, getattr(self, name))
        within(NAME, "decay", self.decay, 0, float("inf"))
        within(NAME, "share", self.share, 0, 1)
        self.architecture((1,))

    def architecture(self, shape: tuple[int, ...]) -> Architecture:
        """Of the networks for inputs of this shape."""
        return architecture_for(shape, self.network, self.width, self.depth)

    def to_dict(self) -> dict[str, Any]:
        """Every option by name."""
        return asdict(self)
