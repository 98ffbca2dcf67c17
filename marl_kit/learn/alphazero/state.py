"""What training goes on from, as one file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from marl_kit.core.errors import CheckpointError
from marl_kit.core.files import write_atomic
from marl_kit.learn.alphazero.updates import Trainer
from marl_kit.learn.networks.file import fill, read_tensors, tensor_bytes

FORMAT = "marl_kit.alphazero.state"
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Counters:
    """How far a run has come.

    Attributes
    ----------
    round : int
        Rounds that are done.
    games, positions, simulations, updates : int
        Played, learned from, searched, made.
    seconds : float
        Of all processes together, evaluation included.
    """

    round: int = 0
    games: int = 0
    positions: int = 0
    simulations: int = 0
    updates: int = 0
    seconds: float = 0.0

    def after(self, **more: float) -> Counters:
        """One round later."""
        sums = {name: getattr(self, name) + value for name, value in more.items()}
        return replace(self, round=self.round + 1, **sums)

    def later(self, seconds: float) -> Counters:
        """In the same round."""
        return replace(self, seconds=self.seconds + seconds)


def write_state(path: Path, trainer: Trainer, counters: Counters) -> None:
    """All of it, atomically."""
    tensors = {
        **{f"network.{k}": v for k, v in trainer.network.state_dict().items()},
        **{f"averaged.{k}": v for k, v in trainer.averaged.state_dict().items()},
        **_moments(trainer.optimiser),
    }
    if trainer.playing is not trainer.averaged:
        tensors |= {f"playing.{k}": v for k, v in trainer.playing.state_dict().items()}
    write_atomic(path, tensor_bytes(tensors, FORMAT, VERSION, {"counters": asdict(counters)}))


def read_state(path: Path, trainer: Trainer) -> Counters:
    """Fill a trainer.

    Raises
    ------
    CheckpointError
        A file that is damaged, or of a network of another shape.
    """
    tensors, told = read_tensors(path, FORMAT, VERSION)
    try:
        counters = Counters(**told["counters"])
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"the header of {str(path)!r} is damaged ({error!r}).") from error
    fill(trainer.network, _part(tensors, "network"), path)
    fill(trainer.averaged, _part(tensors, "averaged"), path)
    if trainer.playing is not trainer.averaged:
        fill(trainer.playing, _part(tensors, "playing"), path)
    _set_moments(trainer.optimiser, tensors, path)
    trainer.steps = counters.updates
    return counters


def _part(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    start = f"{name}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def _moments(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The optimiser's own tensors, by number of the parameter."""
    state: dict[int, dict[str, Any]] = optimiser.state_dict()["state"]
    return {f"optimiser.{i}.{key}": value for i, own in state.items() for key, value in own.items()}


def _set_moments(
    optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], path: Path
) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in _part(tensors, "optimiser").items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = tensor
    told = optimiser.state_dict()
    shapes = [p.shape for group in optimiser.param_groups for p in group["params"]]
    fits = not state or all(
        i in state and state[i]["exp_avg"].shape == shape for i, shape in enumerate(shapes)
    )
    if not fits:
        raise CheckpointError(f"the optimiser in {str(path)!r} does not fit its network.")
    told["state"] = state
    optimiser.load_state_dict(told)
