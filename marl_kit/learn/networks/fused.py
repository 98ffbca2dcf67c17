"""Networks as they play: convolutions and what follows them in one pass over memory.

On a CPU a ReLU, or the sum at the end of a residual block, costs a good part of the convolution
before it when it is a step of its own. oneDNN does both at once, and two small heads are one
product; where torch comes without oneDNN, or the network has no convolutions, the network itself
answers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from marl_kit.learn.networks.architecture import PolicyValueNetwork, ResidualBlock

Function = Callable[[Tensor], Tensor]
Heads = Callable[[Tensor], tuple[Tensor, Tensor]]
TYPICAL = 128
"""Rows for which the layout of the weights is chosen; any number is allowed."""
MERGED = 1 << 16
"""Weights of two heads that are one product, at most; with more, the zeros among them cost more
than the second product, and the sums of a row may depend on how many rows there are."""


@torch.no_grad()
def fused(
    network: PolicyValueNetwork, shape: tuple[int, ...]
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The same function of inputs [B, cells], up to rounding, with the weights as they are now."""
    convolves = any(isinstance(module, nn.Conv2d) for module in network.modules())
    if not (_available() and convolves):
        return copy.deepcopy(network)
    sizes = [TYPICAL, *shape]
    trunk = _chain(network.trunk, sizes)
    heads = _merged_heads(network) if _merged_size(network) <= MERGED else _heads(network, sizes)

    def answer(inputs: Tensor) -> tuple[Tensor, Tensor]:
        return heads(trunk(inputs))

    return answer


def _available() -> bool:
    names = ("_convolution_pointwise", "_reorder_convolution_weight")
    return bool(torch.backends.mkldnn.is_available()) and all(
        hasattr(torch.ops.mkldnn, name) for name in names
    )


def _chain(modules: nn.Module, sizes: list[int]) -> Function:
    """The modules of a ``Sequential`` one after the other, fused where two or more can be."""
    steps: list[Function] = []
    left = list(modules.children())
    while left:
        module = left.pop(0)
        if isinstance(module, nn.Conv2d) and left and isinstance(left[0], nn.ReLU):
            left.pop(0)
            steps.append(_convolution(module, sizes))
        elif isinstance(module, ResidualBlock):
            steps.append(_block(module, sizes))
        else:
            steps.append(module)

    def run(seen: Tensor) -> Tensor:
        for step in steps:
            seen = step(seen)
        return seen

    return run


def _convolution(layer: nn.Conv2d, sizes: list[int]) -> Function:
    """A convolution and a ReLU."""
    weight, bias = _packed(layer, sizes)
    pads = list(layer.padding)

    def run(seen: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            seen, weight, bias, pads, [1, 1], [1, 1], 1, "relu", [], ""
        )

    return run


def _block(block: ResidualBlock, sizes: list[int]) -> Function:
    """A residual block: the second convolution adds what went around it, and takes the ReLU."""
    first = _convolution(block.first, sizes)
    weight, bias = _packed(block.second, sizes)

    def run(seen: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            first(seen), seen, weight, bias, [1, 1], [1, 1], [1, 1], 1, "add", 1.0, "relu", [], ""
        )

    return run


def _heads(network: PolicyValueNetwork, sizes: list[int]) -> Heads:
    """One after the other."""
    policy, value = _chain(network.policy, sizes), _chain(network.value, sizes)

    def answer(seen: Tensor) -> tuple[Tensor, Tensor]:
        return policy(seen), torch.tanh(value(seen))

    return answer


def _merged_heads(network: PolicyValueNetwork) -> Heads:
    """Both heads at once: they begin alike, and products as small as theirs spend most of their
    time on the way to memory, though half of the second one here are products with 0."""
    squeezing = _layers(network, nn.Conv2d)
    policy, value, last = _layers(network, nn.Linear)
    squeeze = torch.cat([layer.weight.flatten(1) for layer in squeezing]).T.contiguous()
    offset, last = torch.cat([_bias(layer) for layer in squeezing]), copy.deepcopy(last)
    thin, actions = len(offset) // 2, policy.out_features
    parts = torch.zeros(policy.in_features // thin, 2 * thin, actions + value.out_features)
    parts[:, :thin, :actions] = _by_cell(policy, thin)
    parts[:, thin:, actions:] = _by_cell(value, thin)
    mix, mixed_offset = parts.flatten(0, 1), torch.cat([_bias(policy), _bias(value)])

    def answer(seen: Tensor) -> tuple[Tensor, Tensor]:
        squares = seen.permute(0, 2, 3, 1).reshape(-1, len(squeeze))
        squeezed = torch.addmm(offset, squares, squeeze).relu_()
        both = torch.addmm(mixed_offset, squeezed.view(len(seen), -1), mix)
        return both[:, :actions], torch.tanh(last(both[:, actions:].relu()))

    return answer


def _merged_size(network: PolicyValueNetwork) -> int:
    """Weights of the two heads' first products in one."""
    policy, value, _ = _layers(network, nn.Linear)
    return 2 * policy.in_features * (policy.out_features + value.out_features)


def _layers(network: PolicyValueNetwork, kind: type[nn.Module]) -> list[Any]:
    """Those of the policy head, then those of the value head."""
    heads = network.policy, network.value
    return [layer for head in heads for layer in head.modules() if isinstance(layer, kind)]


def _by_cell(layer: nn.Linear, planes: int) -> Tensor:
    """The weights for flat planes, as [cells, planes, units]."""
    return layer.weight.view(layer.out_features, planes, -1).permute(2, 1, 0)


def _bias(layer: nn.Conv2d | nn.Linear) -> Tensor:
    assert layer.bias is not None
    return layer.bias.clone()


def _packed(layer: nn.Conv2d, sizes: list[int]) -> tuple[Tensor, Tensor]:
    """A copy of the weights, laid out as the library wants to read them."""
    weight = layer.weight.clone()
    packed = torch.ops.mkldnn._reorder_convolution_weight(
        weight,
        list(layer.padding),
        [1, 1],
        [1, 1],
        1,
        [sizes[0], weight.shape[1], *sizes[2:]],
    )
    return packed, _bias(layer)
