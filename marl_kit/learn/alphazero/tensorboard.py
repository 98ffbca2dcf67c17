"""Progress for TensorBoard, for those who have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from marl_kit.learn.alphazero.progress import ProgressRow
from marl_kit.learn.tensorboard import scalar_writer


def tensorboard_writer(folder: str | Path) -> Callable[[ProgressRow], None]:
    """A ``progress`` for ``mk.train_alphazero`` that writes every number as a scalar, by games.

    Raises
    ------
    InvalidOptionError
        TensorBoard is not installed.
    """
    scalars = scalar_writer(folder)

    def write(row: ProgressRow) -> None:
        told = asdict(row)
        games = told.pop("games")
        scalars(told, games)

    return write
