"""Many small networks at once: S runs with G networks each, in one batched product a layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

RELU_GAIN = 2.0**0.5
"""Keeps the size of what goes through a layer with ReLU."""


class StackedLinear(nn.Module):
    """A linear layer of S x G networks; agent n of a run uses that of its group.

    Looping over agents takes four times as long, and ``torch.func.vmap`` seven times.

    Parameters
    ----------
    generators : sequence of S torch.Generator
        A run's weights follow from its own generator, whatever the other runs are.
    groups : sequence of N int
        Which network each agent uses; G is the largest plus one.
    inputs, outputs : int
    gain : float
        Of the orthogonal matrices with which it begins.
    """

    def __init__(
        self,
        generators: Sequence[torch.Generator],
        groups: Sequence[int],
        inputs: int,
        outputs: int,
        gain: float = RELU_GAIN,
    ):
        super().__init__()
        self.groups = torch.tensor(groups)
        shape = len(generators), max(groups) + 1, inputs, outputs
        weight = torch.empty(shape)
        for run, generator in zip(weight, generators, strict=True):
            for network in run:
                nn.init.orthogonal_(network, gain, generator=generator)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(*shape[:2], 1, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[S, N, M, inputs] to [S, N, M, outputs]."""
        weight = self.weight.index_select(1, self.groups).flatten(0, 1)
        bias = self.bias.index_select(1, self.groups).flatten(0, 1)
        return torch.baddbmm(bias, x.flatten(0, 1), weight).unflatten(0, x.shape[:2])


class StackedMLP(nn.Module):
    """Layers of ``StackedLinear`` with ReLU between them, on rows of any shape.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden layers, outputs.
    gain : float
        Of the last layer.
    """

    def __init__(
        self,
        generators: Sequence[torch.Generator],
        groups: Sequence[int],
        widths: Sequence[int],
        gain: float = 1.0,
    ):
        super().__init__()
        last = len(widths) - 2
        self.layers = nn.ModuleList(
            StackedLinear(generators, groups, a, b, gain if k == last else RELU_GAIN)
            for k, (a, b) in enumerate(itertools.pairwise(widths))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[S, N, ..., inputs] to [S, N, ..., outputs]."""
        rows = x.flatten(2, -2)
        for layer in self.layers[:-1]:
            rows = layer(rows).relu()
        return self.layers[-1](rows).unflatten(2, x.shape[2:-1])


class StackedGRU(nn.Module):
    """A gated recurrent unit (Cho et al. 2014) of S x G networks."""

    def __init__(
        self, generators: Sequence[torch.Generator], groups: Sequence[int], inputs: int, width: int
    ):
        super().__init__()
        self.width = width
        self.seen = StackedLinear(generators, groups, inputs, 3 * width, 1.0)
        self.kept = StackedLinear(generators, groups, width, 3 * width, 1.0)

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """The next memory [S, N, M, width], after x [S, N, M, inputs]."""
        return self.next(self.seen(x), memory)

    def next(self, seen: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """The same, where the products with the inputs are known."""
        kept = self.kept(memory)
        (reset, update, new), (reset_, update_, new_) = seen.chunk(3, -1), kept.chunk(3, -1)
        update = torch.sigmoid(update + update_)
        candidate = torch.tanh(new + torch.sigmoid(reset + reset_) * new_)
        return candidate + update * (memory - candidate)
