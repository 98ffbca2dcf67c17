"""One writer a run."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path

from marl_kit.core.errors import InvalidOptionError, RunInUseError

LOCK_FILE = "lock"


class WriterLock:
    """The right to write a run's folder, held until ``release`` or the end of the process.

    The lock is the operating system's (``flock``), so that of a killed process is free at once; the
    file that carries it stays, and holds the owner's process number.

    Raises
    ------
    RunInUseError
        Somebody else holds it; the message gives the owner's process number.
    InvalidOptionError
        The folder cannot be written to.
    """

    def __init__(self, folder: Path):
        try:
            # closed on exec, so that programs which the owner starts do not inherit the lock
            self._file = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise InvalidOptionError(
                f"{str(folder)!r} cannot be written to ({error.strerror}); give a folder of yours, "
                f"or open the run with read_only=True."
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise RunInUseError(_in_use(folder, owner)) from error
        except OSError as error:  # some network file systems have no locks
            os.close(self._file)
            raise InvalidOptionError(
                f"{str(folder)!r} cannot be locked ({error.strerror}); give a folder on a local "
                f"disk."
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        self._release = weakref.finalize(self, _release, self._file, os.getpid())

    def release(self) -> None:
        """Let others write."""
        self._release()


def _release(file: int, owner: int) -> None:
    if os.getpid() == owner:  # not a forked child, which has the same lock
        os.ftruncate(file, 0)  # before the lock goes: the next owner writes its own number
    os.close(file)


def _in_use(folder: Path, owner: str) -> str:
    if owner == str(os.getpid()):
        return (
            f"{str(folder)!r} is open for writing in this process (pid {owner}) already; close "
            f"that run first, with close() or a with block."
        )
    who = f"the process with pid {owner}" if owner else "another process"
    return (
        f"{str(folder)!r} is being written by {who}; wait for it or stop it, or open the run with "
        f"read_only=True."
    )
