"""Rules of board games that numba kernels can call, and kernels that stay cached.

A rules file defines six ``numba.njit`` functions on flat arrays, ``RULES`` below. A kernel takes a
``Rules`` object as its first argument and calls ``rules_in_kernels`` with it; numba then compiles
one version of the kernel for each rules file. What makes this safe to cache on disk is the *type*
of the object, whose name carries a digest of the file: after an edit it is another type, so
neither the old code of this game nor that of another game can be run by mistake. The digest does
not see what a rules file imports: keep its helpers in the file.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import config, types
from numba.core.datamodel import models
from numba.core.errors import NumbaError, UnsupportedBytecodeError
from numba.extending import NativeValue, register_model, unbox

from marl_kit.core.errors import GameFileError

RULES = ("initial", "player", "legal", "apply", "returns", "observe")
"""What a rules file defines; ``params`` and ``state`` are int64 arrays, kept by the game.

``initial(params, state)`` fills the state before the first move; ``player(params, state)`` gives
who moves, or ``TERMINAL`` (-4); ``legal(params, state, out)`` writes the legal actions, ascending,
and gives their number; ``apply(params, state, action)`` makes a move in place;
``returns(params, state, out)`` writes every player's return at the end of the game;
``observe(params, state, player, out)`` writes a flat float32 picture of the position.
"""
_DIGEST_LENGTH = 16
_STEP = "Failed in nopython mode pipeline"
"""How numba announces what went wrong in one function; the last one is the innermost."""

FUNCTIONS: dict[tuple[str, str], dict[str, Any]] = {}
"""By module and digest: the functions of each file as they were when its digest was taken."""


class RulesType(types.Type):
    """The numba type of a ``Rules`` object: one for each content of each file."""

    def __init__(self, module: str, digest: str):
        self.module, self.digest = module, digest
        super().__init__(name=f"Rules({module},{digest})")


register_model(RulesType)(models.OpaqueModel)


@unbox(RulesType)
def _unbox(kind: Any, value: Any, context: Any) -> NativeValue:
    """Kernels see nothing of the object but its type."""
    return NativeValue(context.context.get_dummy_value())


class Rules:
    """The rules of one file.

    Objects of the same file are equal for numba. Another process receives the path and loads the
    file there: a compiled function must not be pickled, since its copy would miss the cache.
    """

    def __init__(self, module: ModuleType):
        path = Path(str(module.__file__))
        missing = [name for name in RULES if not hasattr(vars(module).get(name), "py_func")]
        if missing:
            raise GameFileError(
                f"rules need the numba.njit functions {', '.join(RULES)}; not there: "
                f"{', '.join(missing)}.",
                path=str(path),
            )
        content = path.read_bytes() + Path(__file__).read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:_DIGEST_LENGTH]
        self.path = path
        self._numba_type_ = RulesType(module.__name__, digest)
        self._called: set[Callable[..., Any]] = set()
        functions = {name: vars(module)[name] for name in RULES}
        FUNCTIONS.setdefault((module.__name__, digest), functions)

    def call(self, kernel: Callable[..., Any], *arguments: Any) -> Any:
        """``kernel(self, *arguments)``; the first time under a lock, since it may compile.

        numba reads, changes and writes a kernel's cache index without a lock: two processes that
        compile different games at once could leave an entry that points at the other's code.
        """
        if kernel in self._called:
            return kernel(self, *arguments)
        with _compilation_lock():
            try:
                result = kernel(self, *arguments)
            except (NumbaError, UnsupportedBytecodeError) as error:
                raise _compilation_error(error, self.path) from error
        self._called.add(kernel)
        return result

    def __reduce__(self) -> tuple[Callable[[str], Rules], tuple[str]]:
        return _load_rules, (str(self.path),)


def _compilation_error(error: Exception, path: Path) -> GameFileError:
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
                return names[0].lineno
    return 1


def _load_rules(path: str) -> Rules:
    from marl_kit.games.python_file import python_module

    return Rules(python_module(Path(path)))


@contextmanager
def _compilation_lock() -> Iterator[None]:
    """One process of this user and cache at a time."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        yield
        return
    cache = hashlib.sha256(str(getattr(config, "CACHE_DIR", "")).encode()).hexdigest()[
        :_DIGEST_LENGTH
    ]
    path = Path(tempfile.gettempdir()) / f"marl_kit-{os.getuid()}-{cache}.lock"
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # freed when the file is closed
        yield
