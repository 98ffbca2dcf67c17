"""``marl-kit tour``."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

from marl_kit.cli.options import Seed


def tour(
    folder: Annotated[Path, typer.Option("--out", help="Where report.html goes.")] = Path(
        "runs/tour"
    ),
    seed: Seed = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the report in a browser.")
    ] = False,
) -> None:
    """Solve, exploit and report: what the kit does, in a minute."""
    from marl_kit.tour import take_tour

    report = take_tour(folder, seed=seed)
    if not no_open and _has_screen():
        import webbrowser

        webbrowser.open(report.resolve().as_uri())


def _has_screen() -> bool:
    """Whether a browser could show itself; without a display a text browser would take over."""
    if not sys.stdout.isatty():
        return False
    if platform.system() == "Linux":
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
