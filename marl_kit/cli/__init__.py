"""The shell: parse, make one public call, print a table or JSON.

stdout carries the result and nothing else; progress and errors go to stderr. Exit codes: 0 done,
2 bad input (one line ``error: ...``), 130 interrupted (after printing what was reached).
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence
from typing import Any

from marl_kit.cli.console import INTERRUPTED
from marl_kit.core.errors import MarlKitError

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``marl-kit``; returns the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process if left out.
    """
    if arguments is None:
        _spare_the_collector()
    import typer

    from marl_kit.cli.app import app

    # click's own base of usage errors, which newer releases of typer carry inside
    usage_error: Any = typer.BadParameter.__mro__[1]
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(list(arguments), prog_name="marl-kit", standalone_mode=False)
    except (MarlKitError, usage_error) as error:
        return _refuse(error.format_message() if isinstance(error, usage_error) else str(error))
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _spare_the_collector() -> None:
    """Save a third of the wait for a short command in a process of its own.

    Imports make many objects and no garbage, and what lives at the end goes with the process.
    """
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)


def _refuse(message: str) -> int:
    print("error:", " ".join(message.split()), file=sys.stderr)
    return BAD_INPUT
