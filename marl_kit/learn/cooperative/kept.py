"""Tensors of several parts under one roof, to be written to a file and read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import nn

Tensors = dict[str, torch.Tensor]


class Part(Protocol):
    """Something that goes on from tensors."""

    def tensors(self) -> Tensors: ...

    def restore(self, tensors: Tensors) -> None: ...


class Weights:
    """The weights of a module as a part."""

    def __init__(self, module: nn.Module):
        self.module = module

    def tensors(self) -> Tensors:
        return dict(self.module.state_dict())

    def restore(self, tensors: Tensors) -> None:
        self.module.load_state_dict(tensors)


def gathered(parts: Mapping[str, Part]) -> Tensors:
    """The tensors of all parts, under the parts' names."""
    return {f"{name}/{key}": x for name, part in parts.items() for key, x in part.tensors().items()}


def handed_out(parts: Mapping[str, Part], tensors: Tensors) -> None:
    """Let every part go on from its own tensors."""
    for name, part in parts.items():
        start = f"{name}/"
        part.restore({k[len(start) :]: x for k, x in tensors.items() if k.startswith(start)})
