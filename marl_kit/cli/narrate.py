"""A report's sections on a terminal, and a bar on stderr while they are being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from marl_kit.cli.console import err, grid, out, ruled_table
from marl_kit.cli.waiting import announce_compilation
from marl_kit.plot.report import (
    Block,
    Code,
    Facts,
    Heading,
    Picture,
    Section,
    Table,
    Text,
    format_cell,
)

TEXT_WIDTH = 88
"""Longer lines of prose are hard to read."""


class Narrator:
    """Prints sections on stdout; what is being waited for goes to stderr."""

    def __init__(self) -> None:
        self._out, self._err = out(), err()

    @contextmanager
    def working(self, title: str, pieces: int) -> Iterator[Callable[[str], None]]:
        """A bar of ``pieces`` parts; the function that is handed out begins the next of them.

        Where stderr is no terminal each part is a line.
        """
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            console=self._err,
            transient=True,
            disable=not self._err.is_terminal,
        )
        task = bar.add_task(title, total=pieces)
        begun = 0

        def begin(what: str) -> None:
            nonlocal begun
            bar.update(task, completed=begun, description=f"{title}: {what}", refresh=True)
            begun += 1
            if bar.disable:
                self._err.print(f"{title}: {what} ...")

        with bar, announce_compilation(self._err.print):
            yield begin

    def show(self, section: Section) -> None:
        """Print a section."""
        from rich.rule import Rule

        rule = Rule(section.title, align="left", style="dim")
        self._out.print(rule, width=min(self._out.width, TEXT_WIDTH))
        for block in section.blocks:
            self._out.print()
            self._show(block)
        self._out.print()

    def say(self, text: str) -> None:
        """Print a paragraph."""
        self._out.print(text.replace("`", ""), width=min(self._out.width, TEXT_WIDTH))

    def _show(self, block: Block) -> None:
        match block:
            case Heading(title):
                self._out.print(title.replace("`", ""), style="bold")
            case Text(text):
                self.say(text)
            case Facts(facts):
                self._out.print(grid((name, format_cell(x)) for name, x in facts.items()))
            case Table():
                self._show_table(block)
            case Picture():
                self._out.print(f"(in the report: {block.alternative})", style="dim")
            case Code(code):
                self._out.print("\n".join(f"  {line}" for line in code.splitlines()))

    def _show_table(self, table: Table) -> None:
        if table.caption:
            self.say(table.caption)
            self._out.print()
        columns = [str(name) for name in table.frame.columns]
        self._out.print(ruled_table(columns, table.cells(), table.numeric()))
