"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from marl_kit.core.errors import InvalidOptionError


def write_atomic(path: str | Path, content: str | bytes) -> None:
    """Write a file by way of a temporary name in the same folder.

    Whoever reads ``path``, also after a crash, finds the old content or the new one. Text is
    written as UTF-8 with ``\\n`` as it stands.

    Raises
    ------
    InvalidOptionError
        The folder does not exist or cannot be written to.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        _replace(path, data)
    except OSError as error:
        raise InvalidOptionError(
            f"{str(path)!r} cannot be written ({error.strerror or error}); give a file in a folder "
            f"that exists and that you may write to."
        ) from error


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))  # mkstemp lets only the owner read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """Permissions of the file that is replaced, else those that the user gives new files."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)  # reading the mask means setting it
        os.umask(mask)
        return 0o666 & ~mask
