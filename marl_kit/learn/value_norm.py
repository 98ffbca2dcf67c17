"""The running scale of value targets, so that a critic learns numbers of size 1."""

from __future__ import annotations

import torch
from torch import Tensor

FLAT = 1e-9
"""Of the mean: a standard deviation below it is what rounding leaves of equal targets."""


class ValueNorm:
    """Running mean and standard deviation of value targets, for S independent runs.

    The critic predicts ``normalise(targets)``; its answers are read through ``denormalise``. These
    are PopArt's statistics without the rescaling of the last layer, as MAPPO uses them. Every
    update counts as one batch, of weight ``decay`` to the power of its age, and the spread about
    the mean is kept instead of the mean of squares, which cancels where payoffs are large and
    alike.

    Parameters
    ----------
    runs : int
        S, the size of the first axis of whatever is given.
    decay : float from 0 to 1
        0.99 remembers about the last 100 updates; 1 is the plain mean over batches.

    Attributes
    ----------
    mean, variance : float64 [S]
    weight : float64 [S]
        Effective number of batches so far; 0 before the first.

    Source: van Hasselt et al. 2016, "Learning values across many orders of magnitude"; Yu et al.
    2022, "The surprising effectiveness of PPO in cooperative multi-agent games", section 5.1.
    """

    def __init__(self, runs: int = 1, decay: float = 0.99):
        self.decay = decay
        self.mean = torch.zeros(runs, dtype=torch.float64)
        self.variance = torch.zeros(runs, dtype=torch.float64)
        self.weight = torch.zeros(runs, dtype=torch.float64)

    @property
    def deviation(self) -> Tensor:
        """Standard deviation, float64 [S]; 1 as long as all targets were equal."""
        found = self.variance.sqrt()
        return torch.where(found > FLAT * self.mean.abs(), found, 1.0)

    @torch.no_grad()
    def update(self, targets: Tensor, counts: Tensor | None = None) -> None:
        """Take in a batch.

        Parameters
        ----------
        targets : float [S, ...]
        counts : bool or float [S, ...], optional
            Weights of the entries; what has weight 0 is left out, whatever number (or NaN) it
            is. A run in which nothing counts stays as it is.
        """
        flat = targets.detach().to(torch.float64).flatten(1)
        weights = torch.ones_like(flat) if counts is None else counts.to(torch.float64).flatten(1)
        flat = torch.where(weights > 0, flat, 0.0)
        total = weights.sum(1)
        present = total > 0
        share = weights / torch.where(present, total, 1.0)[:, None]
        mean = (share * flat).sum(1)
        variance = (share * (flat - mean[:, None]).square()).sum(1)
        self._take_in(mean, variance, present)

    def _take_in(self, mean: Tensor, variance: Tensor, present: Tensor) -> None:
        """Put two weighted samples together (Chan, Golub and LeVeque 1983, equation 2.1)."""
        weight = torch.where(present, self.decay * self.weight + 1.0, self.weight)
        share = torch.where(present, 1.0 / torch.where(present, weight, 1.0), 0.0)
        gap = mean - self.mean
        spread = share * (1.0 - share) * gap.square()
        self.variance = (1.0 - share) * self.variance + share * variance + spread
        self.mean = self.mean + share * gap
        self.weight = weight

    def normalise(self, values: Tensor) -> Tensor:
        """``(values - mean) / deviation``, float [S, ...] in the given precision."""
        mean, deviation = (self._wide(x, values) for x in (self.mean, self.deviation))
        return ((values.to(torch.float64) - mean) / deviation).to(values.dtype)

    def denormalise(self, values: Tensor) -> Tensor:
        """``values * deviation + mean``, the way back."""
        mean, deviation = (self._wide(x, values) for x in (self.mean, self.deviation))
        return (values.to(torch.float64) * deviation + mean).to(values.dtype)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that updates change."""
        return {name: getattr(self, name).clone() for name in ("mean", "variance", "weight")}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a ``state_dict``."""
        for name in ("mean", "variance", "weight"):
            setattr(self, name, state[name].clone())

    @staticmethod
    def _wide(numbers: Tensor, like: Tensor) -> Tensor:
        """[S] as [S, 1, ..., 1]."""
        return numbers.reshape(-1, *[1] * (like.dim() - 1))
