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


class _LiveProgress(Progress):
    """Something of rich's that is started, kept up to date on stderr, and stopped."""

    _live: Any

    def __enter__(self) -> Progress:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()


class StatusProgress(_LiveProgress):
    """A spinner with a line of text, for work of unknown length."""

    def __init__(self, title: str):
        from rich.console import Console

        self._title = title
        self._live = Console(stderr=True).status(title)

    def say(self, text: str) -> None:
        self._live.update(f"{self._title}: {text}")


class BarProgress(_LiveProgress):
    """A bar with iterations and NashConv.

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

        self._live = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,} iterations, NashConv {task.fields[gap]:.3g}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._live.add_task(title, total=total, gap=float("nan"))

    def update(self, done: int, gap: float) -> None:
        self._live.update(self._task, completed=done, gap=gap)
