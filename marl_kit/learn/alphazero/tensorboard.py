"""Progress for TensorBoard, for those who have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from marl_kit.core.errors import InvalidOptionError
from marl_kit.learn.alphazero.progress import ProgressRow


def tensorboard_writer(folder: str | Path) -> Callable[[ProgressRow], None]:
    """A ``progress`` for ``mk.train_alphazero`` that writes every number as a scalar, by games.

    Raises
    ------
    InvalidOptionError
        TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InvalidOptionError(
            "tensorboard is not installed; `pip install tensorboard`, or leave it away: the run's "
            "progress.csv has the same numbers."
        ) from error
    writer = SummaryWriter(str(folder))

    def write(row: ProgressRow) -> None:
        told = asdict(row)
        games = told.pop("games")
        for name, value in told.items():
            if value == value:  # not NaN: not measured in this round
                writer.add_scalar(name, value, games)
        writer.flush()

    return write
