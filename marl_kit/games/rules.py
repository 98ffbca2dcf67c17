"""Rules of board games that numba kernels can call, and kernels that stay cached.

A rules file defines six ``numba.njit`` functions on flat arrays, ``RULES`` below, and a seventh,
``chance``, if the game has dice or cards. A kernel takes a ``Rules`` object as its first argument
and calls ``rules_in_kernels`` with it; numba then compiles one version of the kernel for each rules
file. What makes this safe to cache on disk is the *type* of the object, whose name carries a digest
of the functions and of all that they refer to: after an edit it is another type, so neither the old
code of this game nor that of another game can be run by mistake.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import config, typeof, types
from numba.core.datamodel import models
from numba.core.errors import NumbaError, UnsupportedBytecodeError
from numba.extending import NativeValue, register_model, unbox

from marl_kit.core.errors import GameFileError
from marl_kit.games.rules_digest import digest_of
from marl_kit.games.rules_errors import compilation_error

RULES = ("initial", "player", "legal", "apply", "returns", "observe")
"""What a rules file defines; ``params`` and ``state`` are int64 arrays, kept by the game.

``initial(params, state)`` fills the state before the first move; ``player(params, state)`` gives
who moves, or ``TERMINAL`` (-4), or ``CHANCE`` (-1) in rules that have it; ``legal(params, state,
out)`` writes the legal actions, ascending, and gives their number; ``apply(params, state, action)``
makes a move in place, chance's too;
``returns(params, state, out)`` writes every player's return at the end of the game;
``observe(params, state, player, out)`` writes a flat float32 picture of the position.
"""

CHANCE_RULE = "chance"
"""What a rules file with chance nodes defines too.

``chance(params, state, actions, probabilities)`` is called where ``player`` gives ``CHANCE``; it
writes the outcomes' actions, ascending, and their probabilities (float64), which sum to 1, and
gives their number, at most the game's ``max_chance_outcomes``. ``legal`` is not called there.
"""

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
        functions = {name: vars(module)[name] for name in RULES}
        if hasattr(vars(module).get(CHANCE_RULE), "py_func"):
            functions[CHANCE_RULE] = vars(module)[CHANCE_RULE]
        calls = Path(__file__).with_name("rules_in_kernels.py")
        digest = digest_of(functions, also=calls.read_bytes() + Path(__file__).read_bytes())
        FUNCTIONS.setdefault((module.__name__, digest), functions)
        self.path, self.has_chance = path, CHANCE_RULE in functions
        self._numba_type_ = RulesType(module.__name__, digest)
        self._called: set[Callable[..., Any]] = set()

    def same(self, other: Rules) -> bool:
        """Whether both are the same functions."""
        return bool(self._numba_type_ == other._numba_type_)

    def call(self, kernel: Callable[..., Any], *arguments: Any) -> Any:
        """``kernel(self, *arguments)``.

        Raises
        ------
        GameFileError
            The rules cannot be compiled, or raise.
        """
        if kernel not in self._called:
            self._compile(kernel, arguments)
        try:
            return kernel(self, *arguments)
        except (ArithmeticError, LookupError, ValueError) as error:
            raise GameFileError(
                f"the rules raise {type(error).__name__}: {error}", path=str(self.path)
            ) from error

    def _compile(self, kernel: Any, arguments: tuple[Any, ...]) -> None:
        """Compile a kernel, or find it in the cache, under a lock.

        numba reads, changes and writes a kernel's cache index without one: two processes that
        compile different games at once could leave an entry that points at the other's code.
        """
        with _compilation_lock():
            try:
                kernel.compile(tuple(typeof(x) for x in (self, *arguments)))
            except (NumbaError, UnsupportedBytecodeError) as error:
                raise compilation_error(error, self.path) from error
        self._called.add(kernel)

    def __reduce__(self) -> tuple[Callable[[str], Rules], tuple[str]]:
        return _load_rules, (str(self.path),)


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
    told = getattr(config, "CACHE_DIR", "")
    folder = Path(told or tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"marl_kit-{os.getuid()}.lock"
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # freed when the file is closed
        yield
