"""Networks with two heads: an MLP, and a small residual convolutional one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from marl_kit.core.errors import InvalidOptionError

KINDS = ("mlp", "residual")
SMALL = 16
"""Cells of a board on which an MLP is enough, see benchmarks/results/alphazero_small.md."""
SQUEEZED = 8
"""Channels of the convolutions in front of the heads, at least; a quarter of the width if more."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a network is made of; with the sizes of the game it says all but the weights.

    Attributes
    ----------
    kind : str
        ``"mlp"`` or ``"residual"``.
    width : int
        Units of a layer, or channels.
    depth : int
        Hidden layers, or residual blocks of two convolutions.
    """

    kind: str
    width: int
    depth: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidOptionError(
                f"network is {self.kind!r}; give 'auto' or one of {', '.join(KINDS)}."
            )
        for name in ("width", "depth"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")


class PolicyValueNetwork(nn.Module):
    """A trunk with two heads: logits of all actions, and a value for each player.

    ``network(inputs [B, cells]) -> (logits [B, A], values [B, P])``, values from -1 to 1.
    """

    def __init__(self, trunk: nn.Module, policy: nn.Module, value: nn.Module):
        super().__init__()
        self.trunk, self.policy, self.value = trunk, policy, value

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.trunk(inputs)
        return self.policy(seen), torch.tanh(self.value(seen))


class ResidualBlock(nn.Module):
    """Two convolutions and a way around them; at first it changes nothing.

    There is no batch normalisation: the second convolution begins at zero instead (Zhang, Dauphin
    and Ma 2019, "Fixup initialization"), and a network is the same function in training and play.
    """

    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, seen: Tensor) -> Tensor:
        return torch.relu(seen + self.second(torch.relu(self.first(seen))))


class Planes(nn.Module):
    """Flat input as planes, laid out in memory as convolutions are fastest on a CPU."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self.shape = shape

    def forward(self, inputs: Tensor) -> Tensor:
        planes = inputs.view(-1, *self.shape)
        return planes.contiguous(memory_format=torch.channels_last)


def new_network(
    architecture: Architecture, shape: tuple[int, ...], actions: int, players: int, seed: int
) -> PolicyValueNetwork:
    """A network with weights drawn from a seed; nothing else's random numbers are touched.

    Raises
    ------
    InvalidOptionError
        A residual network for inputs that are no planes.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if architecture.kind == "mlp":
            network = _mlp(architecture, math.prod(shape), actions, players)
        elif len(shape) == 3:
            network = _residual(architecture, shape, actions, players)
        else:
            raise InvalidOptionError(
                f"a residual network needs planes of cells, and an observation of this game has "
                f"the shape {shape}; give network='mlp'."
            )
        _quiet(network)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _quiet(network: PolicyValueNetwork) -> None:
    """Let the first policy be near uniform and the first values near 0: a search that begins with
    strong opinions needs long to lose them."""
    for head in (network.policy, network.value):
        last = [module for module in head.modules() if isinstance(module, nn.Linear)][-1]
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.zero_()


def _mlp(how: Architecture, cells: int, actions: int, players: int) -> PolicyValueNetwork:
    layers: list[nn.Module] = []
    for i in range(how.depth):
        layers += [nn.Linear(how.width if i else cells, how.width), nn.ReLU()]
    heads = nn.Linear(how.width, actions), nn.Linear(how.width, players)
    return PolicyValueNetwork(nn.Sequential(*layers), *heads)


def _residual(
    how: Architecture, shape: tuple[int, ...], actions: int, players: int
) -> PolicyValueNetwork:
    planes, rows, columns = shape
    trunk = nn.Sequential(
        Planes(shape),
        nn.Conv2d(planes, how.width, 3, padding=1),
        nn.ReLU(),
        *(ResidualBlock(how.width) for _ in range(how.depth)),
    )
    thin = max(SQUEEZED, how.width // 4)
    flat = thin * rows * columns

    def squeezed() -> list[nn.Module]:
        return [nn.Conv2d(how.width, thin, 1), nn.ReLU(), nn.Flatten()]

    policy = nn.Sequential(*squeezed(), nn.Linear(flat, actions))
    hidden = 2 * how.width
    value = nn.Sequential(
        *squeezed(), nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, players)
    )
    return PolicyValueNetwork(trunk, policy, value)


def architecture_for(
    shape: tuple[int, ...], kind: str = "auto", width: int | None = None, depth: int | None = None
) -> Architecture:
    """The architecture that a user asks for: residual (3 blocks of 32 channels) on boards of more
    than 16 cells, an MLP (2 layers of 128) on the rest, unless said otherwise."""
    if kind == "auto":
        board = len(shape) == 3 and math.prod(shape[1:]) > SMALL
        kind = "residual" if board else "mlp"
    usual = (128, 2) if kind == "mlp" else (32, 3)
    return Architecture(
        kind, usual[0] if width is None else width, usual[1] if depth is None else depth
    )
