"""From numba's account of a mistake in a rules file to one sentence and a line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from marl_kit.core.errors import GameFileError

_STEP = "Failed in nopython mode pipeline"
"""How numba announces what went wrong in one function; the last one is the innermost."""


def compilation_error(error: Exception, path: Path) -> GameFileError:
    """numba tells the whole way to a mistake; the last complaint and line are where it is."""
    lines = [line.strip(" -") for line in str(error).splitlines()]
    steps = [i for i, line in enumerate(lines[:-1]) if _STEP in line]
    complaint = lines[steps[-1] + 1] if steps else lines[0]
    if complaint.endswith(":"):  # which types, is said in the line after the next
        complaint += " " + next((line for line in lines[steps[-1] :] if line[:3] == ">>>"), "")[4:]
    return GameFileError(
        f"numba cannot compile the rules: {complaint}",
        path=str(path),
        line=_place(str(error), complaint, path),
    )


def _place(text: str, complaint: str, path: Path) -> int:
    """The last line of the file that is spoken of; numba tells none for an unknown name."""
    unknown = re.search(r"name '(\w+)' is not defined", complaint)
    if unknown:
        return _unknown_name(ast.parse(path.read_bytes()), unknown[1])
    name = re.escape(path.name)
    places = re.findall(rf'{name}", line (\d+)|{name} \((\d+)\)', text)
    return int("".join(places[-1])) if places else 1


def _unknown_name(module: ast.Module, name: str) -> int:
    """The first line on which a function reads the name without binding it."""
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef):
            inside = list(ast.walk(function))
            names = [node for node in inside if isinstance(node, ast.Name) and node.id == name]
            bound = any(isinstance(node, ast.arg) and node.arg == name for node in inside)
            if names and not bound:
                return min(node.lineno for node in names)
    return 1
