"""The folder that holds a compiled tree: ``.npy`` files, opened without copying, and a header.

A folder is written under a temporary name and renamed into place, so a reader meets all of it or
nothing. It holds numbers and text only: nothing in it is executed.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import CheckpointError
from marl_kit.games.tree import ExactNumbers, GameTree, read_only

FORMAT = "marl_kit.tree"
VERSION = 1
"""To be raised with every change of what a compiled tree holds or how it is numbered."""
HEADER = "header.json"
ARRAYS = (
    "parent",
    "action",
    "player",
    "first_child",
    "num_children",
    "chance_prob",
    "infoset",
    "terminal_index",
    "depth_offset",
    "payoffs",
    "infoset_player",
    "infoset_offset",
    "action_number",
)


def tree_files(tree: GameTree, about: dict[str, Any], names: Any) -> dict[str, Any]:
    """File names and contents: arrays, or what JSON can hold.

    Parameters
    ----------
    tree : GameTree
    about : dict
        What the header says of the game.
    names : what JSON can hold
        Kept as it is, for whoever reads the folder.
    """
    texts = {
        "infoset_keys": [list(k) if isinstance(k, tuple) else k for k in tree.infoset_keys],
        "exact": _exact_texts(tree.exact),
        "names": names,
    }
    arrays = {name: getattr(tree, name) for name in ARRAYS}
    header = {"format": FORMAT, "version": VERSION, "players": tree.num_players} | about
    header["arrays"] = {
        name: {"dtype": a.dtype.str, "shape": list(a.shape), "crc32": zlib.crc32(a)}
        for name, a in arrays.items()
    }
    header["texts"] = {name: zlib.crc32(_json(value)) for name, value in texts.items()}
    files: dict[str, Any] = {f"{name}.npy": a for name, a in arrays.items()}
    files |= {f"{name}.json": value for name, value in texts.items()}
    return files | {HEADER: header}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _exact_texts(exact: ExactNumbers | None) -> dict[str, Any] | None:
    if exact is None:
        return None
    return {
        "payoffs": [list(map(str, row)) for row in exact.payoffs],
        "chance": {str(node): str(p) for node, p in exact.chance.items()},
    }


def write_folder(path: Path, files: dict[str, Any]) -> None:
    """Write beside the place, then rename; what stood there moves out of the way first."""
    stem = f".{path.name}.{uuid.uuid4().hex}"
    fresh, old = path.with_name(f"{stem}.tmp"), path.with_name(f"{stem}.old")
    fresh.mkdir()
    try:
        for name, content in files.items():
            with (fresh / name).open("wb") as file:
                if isinstance(content, np.ndarray):
                    np.save(file, content, allow_pickle=False)
                else:
                    file.write(_json(content))
                file.flush()
                os.fsync(file.fileno())
        if path.exists():
            path.rename(old)
        try:
            fresh.rename(path)
        except OSError:
            if not is_tree_folder(path):  # else another process has just put the same there
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def is_tree_folder(path: Path) -> bool:
    """Whether a saved tree stands there, whole or not."""
    try:
        header = json.loads((path / HEADER).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(header, dict) and header.get("format") == FORMAT


def read_header(path: Path) -> dict[str, Any]:
    """What the folder says of itself.

    Raises
    ------
    CheckpointError
    """
    try:
        header = json.loads((path / HEADER).read_bytes())
    except OSError as error:
        raise CheckpointError(
            f"{path}: not a saved tree, there is no {HEADER} to read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path}: its {HEADER} is damaged ({error}).") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise CheckpointError(f"{path}: not a saved tree.")
    if header.get("version") != VERSION:
        raise CheckpointError(
            f"{path}: format version {header.get('version')}; this release reads {VERSION}."
        )
    return header


def read_tree(path: Path, header: dict[str, Any]) -> GameTree:
    """The tree in a folder; ValueError, OSError, KeyError or TypeError where it is damaged."""
    arrays = {name: _array(path, name, header["arrays"][name]) for name in ARRAYS}
    keys = [tuple(k) if isinstance(k, list) else k for k in read_text(path, header, "infoset_keys")]
    nodes, infosets = len(arrays["parent"]), len(arrays["infoset_player"])
    if len(keys) != infosets or arrays["infoset"].shape != (nodes,) or header["players"] < 1:
        raise ValueError("its parts do not fit each other")
    exact = read_text(path, header, "exact")
    return GameTree(
        num_players=int(header["players"]),
        infoset_keys=tuple(keys),
        exact=None if exact is None else _exact_numbers(exact),
        **arrays,
    )


def _array(path: Path, name: str, told: dict[str, Any]) -> np.ndarray:
    file = path / f"{name}.npy"
    # an empty file cannot be mapped
    mapped = None if 0 in told["shape"] else "r"
    array = np.load(file, mmap_mode=mapped, allow_pickle=False)  # type: ignore[arg-type]
    if array.dtype.str != told["dtype"] or list(array.shape) != told["shape"]:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, which is not what was saved")
    if zlib.crc32(array) != told["crc32"]:
        raise ValueError(f"{name} is not what was saved")
    return read_only(array)


def read_text(path: Path, header: dict[str, Any], name: str) -> Any:
    """What one of the JSON files holds; errors as for ``read_tree``."""
    content = (path / f"{name}.json").read_bytes()
    if zlib.crc32(content) != header["texts"][name]:
        raise ValueError(f"{name} is not what was saved")
    return json.loads(content)


def _exact_numbers(texts: dict[str, Any]) -> ExactNumbers:
    payoffs = tuple(tuple(map(Fraction, row)) for row in texts["payoffs"])
    return ExactNumbers(payoffs, {int(n): Fraction(p) for n, p in texts["chance"].items()})
