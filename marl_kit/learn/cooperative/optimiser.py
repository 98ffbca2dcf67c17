"""Steps of Adam for several runs at once, none of which knows of the others."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


class Optimiser:
    """Adam (Kingma and Ba 2015) on parameters whose first axis is the run.

    Parameters
    ----------
    modules : iterable of nn.Module
    rate : float
    largest : float
        The gradient's norm in each run; a longer one is shortened to it.
    """

    def __init__(self, modules: Iterable[nn.Module], rate: float, largest: float):
        self.parameters = [p for module in modules for p in module.parameters()]
        self.largest = largest
        self.adam = torch.optim.Adam(self.parameters, lr=rate, eps=1e-5, fused=True)

    def step(self, loss: torch.Tensor) -> None:
        """One step down the losses [S] of the runs."""
        self.adam.zero_grad(set_to_none=True)
        loss.sum().backward()
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        squares = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0)
        factors = (self.largest / (squares.sqrt() + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factors.view(-1, *[1] * (gradient.dim() - 1)))
        self.adam.step()

    def tensors(self) -> dict[str, torch.Tensor]:
        """What has to be kept for going on."""
        state = self.adam.state_dict()["state"]
        return {f"{k}.{name}": x for k, held in state.items() for name, x in held.items()}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from ``tensors``."""
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, x in tensors.items():
            number, name = key.split(".")
            state.setdefault(int(number), {})[name] = x
        self.adam.load_state_dict({**self.adam.state_dict(), "state": state})
