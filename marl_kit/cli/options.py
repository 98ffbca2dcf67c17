"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import marl_kit as mk
from marl_kit.core.spec import format_spec, parse_spec, parse_value

GameSpec = Annotated[
    str,
    typer.Argument(metavar="GAME", help="A name, name(key=value,...) or a path; see `games`."),
]
Seed = Annotated[int, typer.Option(help="Same seed, same answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def writable(path: Path | None) -> Path | None:
    """Refuse a file that cannot be written before the work whose result goes there."""
    if path is not None and path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; name a file.")
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}.")
    return path


def method_spec(method: str, assignments: Sequence[str]) -> str:
    """One method spec of a method and its ``key=value`` options.

    >>> method_spec("dcfr(alpha=2)", ["beta=0"])
    'dcfr(alpha=2,beta=0)'
    """
    name, params = parse_spec(method)
    for text in assignments:
        key, equals, value = (piece.strip() for piece in text.partition("="))
        if not equals or not key.isidentifier():
            raise mk.InvalidOptionError(f"option {text!r} is not of the form key=value.")
        if key in params:
            raise mk.InvalidOptionError(f"option {key!r} is given twice.")
        params[key] = parse_value(value)
    return format_spec(name, params)
