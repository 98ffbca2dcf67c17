"""Frozen players on disk: files named by the SHA-256 of their content, never written twice."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.files import write_atomic
from marl_kit.games.policy import read_json

FOLDER = "snapshots"
FORMAT = "marl_kit.snapshot"
VERSION = 1
_POLICY = "policy:"
"""Specs that name a file: its content is frozen too."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a player is made from: ``make_player(spec, game, seed)`` is the same player always."""

    spec: str
    seed: int


def names_a_file(spec: str) -> bool:
    """Whether the player is read from a file, which somebody may change later."""
    return spec.startswith(_POLICY)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A player as files: ``(name, content)`` in the order of writing, the recipe last."""

    sha256: str
    file: str  # the recipe, relative to the run's folder
    contents: tuple[tuple[str, bytes], ...]


def freeze(recipe: Recipe) -> Frozen:
    """Put down a recipe, and before it the file that its spec names; nothing is written yet."""
    spec, contents = recipe.spec, []
    if names_a_file(spec):
        source = Path(spec.removeprefix(_POLICY))
        contents.append(_named(_content(source), source.suffix))
        spec = _POLICY + contents[0][0]
    content = {"format": FORMAT, "version": VERSION, "spec": spec, "seed": recipe.seed}
    contents.append(_named((json.dumps(content, indent=1) + "\n").encode(), ".json"))
    name = contents[-1][0]
    return Frozen(Path(name).stem, f"{FOLDER}/{name}", tuple(contents))


def write_snapshot(run: Path, frozen: Frozen) -> None:
    """Have the files on the disk, flushed."""
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    for name, content in frozen.contents:
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            write_atomic(path, content)
    _flush_names(folder)
    _flush_names(run)


def read_snapshot(run: Path, file: str, sha256: str) -> Recipe:
    """Read a recipe back; paths in its spec are absolute then.

    Raises
    ------
    CheckpointError
        A file is missing, or its content is not what it was (truncated, edited).
    """
    path = run / file
    _check(path, sha256)
    content = read_json(path, FORMAT, VERSION)
    spec, seed = content.get("spec"), content.get("seed")
    if not isinstance(spec, str) or not isinstance(seed, int):
        raise CheckpointError(f"{path}: a snapshot needs a spec and a seed.")
    if names_a_file(spec):
        attached = path.parent / spec.removeprefix(_POLICY)
        _check(attached, attached.stem)
        spec = f"{_POLICY}{attached.absolute()}"
    return Recipe(spec, seed)


def _named(content: bytes, suffix: str) -> tuple[str, bytes]:
    return hashlib.sha256(content).hexdigest() + suffix, content


def _flush_names(folder: Path) -> None:
    """A file's new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidOptionError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _check(path: Path, sha256: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"{path}: the snapshot cannot be read ({error.strerror or error})."
        ) from error
    if found != sha256:
        raise CheckpointError(
            f"{path}: the snapshot is damaged: the SHA-256 of its content is {found[:12]}... and "
            f"the log says {sha256[:12]}...; put the original file back."
        )
