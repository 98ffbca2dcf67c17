"""Options that several league commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import marl_kit as mk
from marl_kit.core.spec import parse_value

PRESETS = "pfsp, self_play, fictitious, psro, double_oracle, round_robin"
ELO_MODELS = "elo, davidson, rao_kupper, first_move, online_elo"
MODELS = f"{ELO_MODELS}, glicko2, openskill, nash_average, alpha_rank"
KINDS = "pgn, csv, jsonl"
"""Told here, so that the help of every command need not load the league."""

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")]
Most = Annotated[int, typer.Option(min=1, help="How many lines are shown.")]
Hours = Annotated[float | None, typer.Option(help="Of the whole run; interruptions do not count.")]
Waves = Annotated[int | None, typer.Option(help="Waves in all.")]
Games = Annotated[int | None, typer.Option(help="At least so many games in all.")]
Executor = Annotated[
    str | None,
    typer.Option(help="inline, processes(workers=2) or ray(address=auto).", show_default=False),
]


def assigned(texts: Sequence[str], what: str) -> dict[str, str]:
    """``{key: text}`` of ``key=text`` options.

    >>> assigned(["gate=sprt(elo1=50)"], "option")
    {'gate': 'sprt(elo1=50)'}
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = (piece.strip() for piece in text.partition("="))
        if not equals or not key or not value:
            raise mk.InvalidOptionError(f"{what} {text!r} is not of the form key=value.")
        if key in found:
            raise mk.InvalidOptionError(f"{what} {key!r} is given twice.")
        found[key] = value
    return found


def values(texts: Sequence[str]) -> dict[str, Any]:
    """League options, with numbers and truth values read."""
    return {key: parse_value(value) for key, value in assigned(texts, "option").items()}


def players(specs: Sequence[str]) -> dict[str, str]:
    """``{name: spec}`` of ``SPEC`` or ``NAME=SPEC``; a spec without a name is its own.

    >>> players(["random", "weak=mcts(simulations=10)", "mcts(simulations=50)"])
    {'random': 'random', 'weak': 'mcts(simulations=10)', 'mcts(simulations=50)': \
'mcts(simulations=50)'}
    """
    found: dict[str, str] = {}
    for text in specs:
        head, equals, spec = text.partition("=")
        name, spec = (head, spec) if equals and "(" not in head else (text, text)
        if name.strip() in found:
            raise mk.InvalidOptionError(f"the player {name!r} is given twice; write NAME=SPEC.")
        found[name.strip()] = spec.strip()
    return found
