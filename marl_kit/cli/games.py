"""``marl-kit games``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import out, print_json, ruled_table

COLUMNS = ("name", "form", "players", "size", "source")


def games(
    form: Annotated[
        str | None, typer.Option(help="Only this form: normal, extensive, board or team.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the catalogue. OpenSpiel's games load by name as well, and files by path."""
    listed = [{name: getattr(info, name) for name in COLUMNS} for info in mk.list_games(form)]
    if as_json:
        print_json({"games": listed})
    else:
        out().print(_table(listed))


def _table(listed: list[dict[str, Any]]) -> Any:
    """One line a game: a terminal that is too narrow cuts the source, and nothing else."""
    from rich.text import Text

    table = ruled_table(COLUMNS, right=(False, False, True, False, False))
    for column in table.columns[:-1]:
        column.no_wrap = True
    for game in listed:
        *facts, source = (str(cell) for cell in game.values())
        table.add_row(*facts, Text(source, no_wrap=True, overflow="ellipsis"))
    return table
