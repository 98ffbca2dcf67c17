"""How far a match is, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[int, float], None]
"""Takes the games that are played and the first player's mean score."""


NAME_WIDTH = 12
"""Letters of a player's name beside the bar, which is to fit into 80 columns."""


@contextmanager
def games_bar(title: str, total: int, player: str, shown: bool) -> Iterator[Show]:
    """A bar of games with the first player's mean score; silent unless ``shown``."""
    if not shown:
        yield lambda done, mean: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TextColumn("{task.completed:,}/{task.total:,}", markup=False),
        TextColumn("{task.fields[player]} {task.fields[mean]:+.3f}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    short = player if len(player) <= NAME_WIDTH else f"{player[: NAME_WIDTH - 1]}…"
    task = bar.add_task(title, total=total, mean=0.0, player=short)
    with bar:
        yield lambda done, mean: bar.update(task, completed=done, mean=mean)
