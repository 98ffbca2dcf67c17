"""Saying what is being waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from marl_kit.cli.console import err

COMPILING = "compiling kernels; this happens once in an installation and takes some seconds ..."


@contextmanager
def announce_compilation(say: Callable[[str], Any] | None = None) -> Iterator[None]:
    """Say it, once, if numba compiles inside; kernels that it finds in its cache are silent.

    Imports numba: for work that will need it anyway.
    """
    from numba.core import event

    tell = say or err().print

    class Announcement(event.Listener):
        """numba reports every pass of its compiler, and none when it loads from the cache."""

        said = False

        def on_start(self, event: Any) -> None:
            if not self.said:
                self.said = True
                tell(COMPILING)

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:run_pass", Announcement()):
        yield
