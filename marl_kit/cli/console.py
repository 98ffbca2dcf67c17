"""What commands print with: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

INTERRUPTED = 130
"""Exit code after Ctrl-C; what was reached is printed all the same."""
MIN_WIDTH = 6
"""Columns that a cell of text keeps, however many numbers stand beside it."""
PIPE_WIDTH = 400
"""Columns where there is no terminal: the lines of a pipe are not folded."""


def out() -> Console:
    """The console of results. Nothing is read as markup: infoset keys have brackets."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(width=width, markup=False, highlight=False, emoji=False)


def err() -> Console:
    """The console of progress and remarks."""
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_json(content: Mapping[str, Any]) -> None:
    """One object on stdout, strictly JSON: infinities become strings."""
    print(json.dumps(_finite(content), indent=2, allow_nan=False))


def grid(rows: Iterable[tuple[str, str]]) -> Table:
    """``label  text`` lines; a text that is too long goes on below itself."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def ruled_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]] = (), right: Sequence[bool] = ()
) -> Table:
    """A table with a rule below its head.

    ``right`` says which columns are aligned there (numbers, which are never folded).
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for i, name in enumerate(columns):
        if i < len(right) and right[i]:
            table.add_column(name, justify="right", no_wrap=True)
        else:
            table.add_column(name, overflow="fold", min_width=MIN_WIDTH)
    for row in rows:
        table.add_row(*row)
    return table


def duration(seconds: float) -> str:
    """``1 h 05 min``, ``5 min 10 s`` or ``9 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"


def _finite(x: Any) -> Any:
    if isinstance(x, Mapping):
        return {str(key): _finite(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [_finite(value) for value in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x
