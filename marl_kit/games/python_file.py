"""Games written as a Python file with a function ``load(**params) -> Game``."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from marl_kit.core.errors import GameFileError, InvalidOptionError, MarlKitError
from marl_kit.games.game import Game


def load_python_game(path: Path, params: dict[str, Any]) -> Game:
    """Run a game file and call its ``load`` with the parameters.

    Raises
    ------
    GameFileError
        The file raises, has no function ``load``, or that does not return a ``Game``.
    InvalidOptionError
        Parameters that ``load`` does not take.
    """
    load = getattr(python_module(path), "load", None)
    if not callable(load):
        raise GameFileError("the file defines no function load(**params).", path=str(path))
    try:
        inspect.signature(load).bind(**params)
    except TypeError as error:
        raise InvalidOptionError(
            f"{path.name} cannot be loaded with {params}: {error}; it takes "
            f"load{inspect.signature(load)}."
        ) from error
    try:
        game = load(**params)
    except (Exception, SystemExit) as error:
        raise _located(error, path) from error
    if not isinstance(game, Game):
        raise GameFileError(f"load() returned {game!r} and not a marl_kit Game.", path=str(path))
    return game


def python_module(path: Path) -> ModuleType:
    """The module of a file, run again only after the file has changed.

    Its name follows from its path and is registered before the file runs: without that, numba's
    cache cannot find the file's kernels again in the next process.
    """
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    name = f"marl_kit_game_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__digest__", None) == digest:
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # a path that ends in .py has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # the bytes that were read, and no cached bytecode: that is found by whole seconds, and
        # would run a file as it was before an edit
        exec(compile(content, str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _located(error, path) from error
    module.__dict__["__digest__"] = digest
    return module


def _located(error: BaseException, path: Path) -> MarlKitError:
    """Our own errors as they are; others with the line of the file at which they were raised."""
    if isinstance(error, MarlKitError):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else 1
    return GameFileError(f"{type(error).__name__}: {error}", path=str(path), line=line or 1)
