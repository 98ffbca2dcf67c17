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
from marl_kit.play.registry import PLAYERS

FOLDER = "snapshots"
FORMAT = "marl_kit.snapshot"
VERSION = 1
PLACE = "{file}"
"""In a learned player's spec: the path of its content."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a player is made from: ``make_player(spec, game, seed)`` is the same player always."""

    spec: str
    seed: int

    def path(self) -> Path | None:
        """The file that the spec names, if it names one."""
        kind, text = file_kind(self.spec)
        return Path(_path_in(text)) if kind else None


def file_kind(spec: str) -> tuple[str, str]:
    """``("policy:", "PATH(options)")`` of a player that is read from a file, which somebody may
    change later; ``("", spec)`` of any other."""
    for kind in PLAYERS.values():
        if kind.reads_file and spec.lower().startswith(kind.name):
            return kind.name, spec[len(kind.name) :].strip()
    return "", spec


def names_a_file(spec: str) -> bool:
    """Whether the player is read from a file."""
    return bool(file_kind(spec)[0])


def _path_in(text: str) -> str:
    """The path before the options."""
    return text.partition("(")[0] if text.endswith(")") and not Path(text).exists() else text


@dataclass(frozen=True, slots=True)
class Frozen:
    """A player as files: ``(name, content)`` in the order of writing, the recipe last."""

    sha256: str
    file: str  # the recipe, relative to the run's folder
    contents: tuple[tuple[str, bytes], ...]


def freeze(recipe: Recipe) -> Frozen:
    """Put down a recipe, and before it the file that its spec names; nothing is written yet."""
    kind, text = file_kind(recipe.spec)
    if not kind:
        return _frozen(recipe.spec, recipe.seed, [])
    source = _path_in(text)
    content = _named(_content(Path(source)), Path(source).suffix)
    return _frozen(kind + content[0] + text[len(source) :], recipe.seed, [content])


def freeze_answer(spec: str, content: bytes | None, suffix: str, seed: int) -> Frozen:
    """Put down what an oracle has answered: ``"{file}"`` in its spec is its content."""
    if content is None:
        return _frozen(spec, seed, [])
    named = _named(content, suffix)
    return _frozen(spec.replace(PLACE, named[0]), seed, [named])


def _frozen(spec: str, seed: int, contents: list[tuple[str, bytes]]) -> Frozen:
    recipe = {"format": FORMAT, "version": VERSION, "spec": spec, "seed": seed}
    name, content = _named((json.dumps(recipe, indent=1) + "\n").encode(), ".json")
    return Frozen(Path(name).stem, f"{FOLDER}/{name}", (*contents, (name, content)))


def write_snapshot(run: Path, frozen: Frozen) -> None:
    """Have the files on the disk, flushed.

    Raises
    ------
    CheckpointError
        They cannot be written: a full disk, a folder of somebody else.
    """
    folder = run / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        for name, content in frozen.contents:
            path = folder / name
            if not path.is_file() or path.read_bytes() != content:
                write_atomic(path, content)
        _flush_names(folder)
        _flush_names(run)
    except (OSError, InvalidOptionError) as error:
        cause = error.__cause__ or error
        raise CheckpointError(
            f"{folder}: a snapshot cannot be written ({getattr(cause, 'strerror', '') or cause}); "
            f"what is in the log stays, so make room or give the folder free and go on."
        ) from error


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
    kind, text = file_kind(spec)
    if kind:
        name = _path_in(text)
        attached = (path.parent / name).absolute()
        _check(attached, attached.stem)
        spec = f"{kind}{attached}{text[len(name) :]}"
    return Recipe(spec, seed)


def snapshot_files(run: Path, file: str, sha256: str) -> list[str]:
    """A recipe and the file that belongs to it, if one does, relative to the run's folder.

    Raises
    ------
    CheckpointError
        As for ``read_snapshot``.
    """
    attached = read_snapshot(run, file, sha256).path()
    return [file, f"{FOLDER}/{attached.name}"] if attached else [file]


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
