"""Trials of teams for TensorBoard, for those who have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from marl_kit.evaluate.interquartile import interquartile_mean
from marl_kit.learn.cooperative.training import Trial
from marl_kit.learn.tensorboard import scalar_writer


def team_writer(folder: str | Path) -> Callable[[Trial, int], None]:
    """A ``progress`` for ``mk.train_team`` that writes returns and losses as scalars, by steps.

    ``return`` is the interquartile mean over the runs, ``return/2`` that of run 2.

    Raises
    ------
    InvalidOptionError
        TensorBoard is not installed.
    """
    scalars = scalar_writer(folder)

    def write(trial: Trial, steps: int) -> None:
        told = {"return": float(interquartile_mean(trial.returns))}
        for name, values in {"return": trial.returns, **trial.losses}.items():
            told |= {f"{name}/{run}": value for run, value in enumerate(values.tolist())}
        scalars(told, trial.steps)

    return write
