"""What a compiled function is made of, as a digest: its code, and all that the code refers to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

import numpy as np

LENGTH = 16


def digest_of(functions: dict[str, Any], also: bytes) -> str:
    """The digest of numba functions, of what they call and of the globals that they read.

    Not of the file: that may have changed since the functions were made, and does not hold what
    is imported from elsewhere or was set after it ran.
    """
    found = hashlib.sha256(also)
    seen: set[int] = set()
    for name in sorted(functions):
        for piece in _pieces(functions[name], seen):
            found.update(piece.encode() + b"\0")
    return found.hexdigest()[:LENGTH]


def _pieces(thing: Any, seen: set[int]) -> Iterator[str]:
    """The parts of a function or value, as texts that are the same in every process."""
    function = getattr(thing, "py_func", thing)
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType):
        if id(code) not in seen:
            seen.add(id(code))
            yield from _code_pieces(code)
            for name in sorted(_names(code) & function.__globals__.keys()):
                yield name
                yield from _pieces(function.__globals__[name], seen)
            for cell in function.__closure__ or ():
                yield from _pieces(cell.cell_contents, seen)
    elif isinstance(thing, ModuleType):
        yield f"module {thing.__name__}"
        # a kernel may write helpers.NAME: whatever stands there belongs to it
        if not _is_library(thing):
            for name, value in sorted(vars(thing).items()):
                if not name.startswith("__") and not isinstance(value, ModuleType):
                    yield name
                    yield from _pieces(value, seen)
    elif isinstance(thing, np.ndarray):
        yield f"array {thing.dtype} {thing.shape} {thing.tobytes().hex()}"
    elif isinstance(thing, tuple | list):
        yield f"{type(thing).__name__} of {len(thing)}"
        for item in thing:
            yield from _pieces(item, seen)
    elif isinstance(thing, int | float | complex | str | bytes | np.generic | None):
        yield f"{type(thing).__name__} {thing!r}"
    else:
        yield f"{type(thing).__module__}.{type(thing).__qualname__}"


def _code_pieces(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_argcount))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_pieces(constant)
        elif isinstance(constant, frozenset):  # its order differs between processes
            yield repr(sorted(map(repr, constant)))
        else:
            yield f"{type(constant).__name__} {constant!r}"


def _names(code: CodeType) -> set[str]:
    """Global names that the code, or code inside it, may read."""
    inner = [_names(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)


def _is_library(module: ModuleType) -> bool:
    """numpy, numba, math: their version is part of numba's own key, or they are compiled in."""
    return module.__name__.partition(".")[0] in ("numpy", "numba", "math", "builtins")
