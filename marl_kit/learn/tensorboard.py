"""Numbers for TensorBoard, for those who have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from marl_kit.core.errors import InvalidOptionError


def scalar_writer(folder: str | Path) -> Callable[[Mapping[str, float], int], None]:
    """What writes numbers as TensorBoard's scalars, all at one place on its axis.

    NaN, which was not measured, is left out.

    Raises
    ------
    InvalidOptionError
        TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InvalidOptionError(
            "tensorboard is not installed; `pip install tensorboard`, or leave it away: the "
            "progress.csv of a run has the same numbers."
        ) from error
    writer = SummaryWriter(str(folder))

    def write(scalars: Mapping[str, float], place: int) -> None:
        for name, value in scalars.items():
            if value == value:
                writer.add_scalar(name, value, place)
        writer.flush()

    return write
