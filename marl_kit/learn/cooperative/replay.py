"""What happened of late, to learn from again."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import torch

from marl_kit.games.team_draws import uniforms
from marl_kit.learn.cooperative.rollout import OF_TEAM, Rollout


class Replay:
    """A ring of sequences: each is what one copy did in one rollout.

    Parameters
    ----------
    slots : int
        Sequences that are kept in each run; the oldest go first.
    """

    def __init__(self, slots: int):
        self.slots = slots
        self.added = 0
        self.kept: dict[str, torch.Tensor] = {}

    def __len__(self) -> int:
        return min(self.added, self.slots)

    def add(self, rollout: Rollout) -> None:
        """Put in all copies of a rollout, or the first where there are more than slots."""
        copies = min(rollout.over.shape[1], self.slots)
        if copies < rollout.over.shape[1]:  # no room for more
            rollout = rollout.copies(torch.arange(copies))
        arrays = {f.name: getattr(rollout, f.name) for f in fields(rollout)}
        places = (torch.arange(copies) + self.added) % self.slots
        for name, array in arrays.items():
            axis = 1 if name in OF_TEAM else 2
            if name not in self.kept:
                shape = (*array.shape[:axis], self.slots, *array.shape[axis + 1 :])
                self.kept[name] = torch.zeros(shape, dtype=array.dtype)
            self.kept[name].index_copy_(axis, places, array)
        self.added += copies

    def tensors(self) -> dict[str, torch.Tensor]:
        """What has to be kept for going on."""
        return {**self.kept, "added": torch.tensor(self.added)}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from ``tensors``."""
        self.added = int(tensors["added"])
        self.kept = {name: x.clone() for name, x in tensors.items() if name != "added"}

    def sample(self, count: int, key: int, number: int) -> Rollout:
        """Sequences drawn with replacement, others in each run; the same for the same number."""
        runs = self.kept["over"].shape[0]
        drawn = uniforms(key, np.arange(runs), np.full(runs, number), count)
        chosen = torch.from_numpy((drawn * len(self)).astype(np.int64))
        return Rollout(**{name: _picked(name, x, chosen) for name, x in self.kept.items()})


def _picked(name: str, array: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Of an array with slots, those that are chosen [S, M]: rows of memory, copied one by one."""
    runs, slots = array.shape[0], array.shape[1 if name in OF_TEAM else 2]
    agents = 1 if name in OF_TEAM else array.shape[1]
    first = slots * torch.arange(runs * agents).reshape(runs, agents, 1)
    rows = (first + chosen[:, None]).flatten()
    axis = 1 if name in OF_TEAM else 2
    found = array.flatten(0, axis).index_select(0, rows)
    return found.reshape(*array.shape[:axis], chosen.shape[1], *array.shape[axis + 1 :])
