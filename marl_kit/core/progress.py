"""Progress on stderr, for those who asked for it."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class Progress:
    """Silent progress; the default."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def update(self, done: int, gap: float) -> None:
        """Show how many iterations are done and how good the profile is."""

    def say(self, text: str) -> None:
        """Show where the work stands."""


class StatusProgress(Progress):
    """A rich spinner with a line of text, for work of unknown length."""

    def __init__(self, title: str):
        from rich.console import Console

        self._title = title
        self._status: Any = Console(stderr=True).status(title)

    def __enter__(self) -> Progress:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def say(self, text: str) -> None:
        self._status.update(f"{self._title}: {text}")


class BarProgress(Progress):
    """A rich bar with iterations and NashConv.

    Parameters
    ----------
    title : str
    total : int, optional
        Iterations that will run, if that is known.
    """

    def __init__(self, title: str, total: int | None):
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bar: Any = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,} iterations, NashConv {task.fields[gap]:.3g}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(title, total=total, gap=float("nan"))

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, done: int, gap: float) -> None:
        self._bar.update(self._task, completed=done, gap=gap)
