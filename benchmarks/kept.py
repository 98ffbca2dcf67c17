"""Results of long runs, each written as soon as it is there, so that a run can be stopped."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from marl_kit.core.files import write_atomic

CHECKOUT = Path(__file__).parents[1]


class Kept:
    """A file of JSON lines, one for each result, found again by its key of plain values.

    Parameters
    ----------
    file : Path
        Written anew, atomically, with each result; for one process at a time.
    """

    def __init__(self, file: Path):
        self.file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self.rows = {_name(row["key"]): row for row in map(json.loads, lines)}

    def __contains__(self, key: Any) -> bool:
        return _name(key) in self.rows

    def __getitem__(self, key: Any) -> dict[str, Any]:
        return self.rows[_name(key)]

    def add(self, key: Any, result: dict[str, Any]) -> None:
        """Write a result, and the commit that it is of."""
        self.rows[_name(key)] = {"key": key, "commit": commit(), **result}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self.file, "".join(f"{json.dumps(row)}\n" for row in self.rows.values()))


def commit() -> str:
    """Of this checkout; with ``-dirty`` if it was changed since, ``unknown`` without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else "unknown"


def _name(key: Any) -> str:
    return json.dumps(key, sort_keys=True)
