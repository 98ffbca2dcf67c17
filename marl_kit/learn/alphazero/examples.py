"""Positions to learn from, as they are kept: packed."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from marl_kit.core.errors import CheckpointError
from marl_kit.core.files import write_atomic

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, EOFError),
    *(NotImplementedError, RuntimeError),  # what a damaged zip archive may raise as well
)


@dataclass(frozen=True, eq=False, slots=True)
class Examples:
    """N positions at which a player moved, and what is to be learned about them.

    Attributes
    ----------
    observations : uint8 [N, ceil(C / 8)] or float32 [N, C]
        What the player to move saw: bits where everything seen is 0 or 1 (16 bytes for Connect
        Four), numbers elsewhere.
    cells : int64 []
        C.
    players : uint8 [N]
    legal : uint8 [N, ceil(A / 8)]
        Bits: which actions were legal.
    policies : float32 [N, A]
        To be learned; 0 where illegal.
    full : bool [N]
        Whether the policy is to be learned; the value always is.
    values : float32 [N, P]
        Payoffs to be expected.
    games : int64 [N]
        Number of the game.
    """

    observations: np.ndarray
    cells: np.ndarray
    players: np.ndarray
    legal: np.ndarray
    policies: np.ndarray
    full: np.ndarray
    values: np.ndarray
    games: np.ndarray

    def __len__(self) -> int:
        return len(self.players)

    def observations_at(self, rows: np.ndarray) -> np.ndarray:
        """What was seen, float32 [B, C]."""
        picked = self.observations[rows]
        if self.observations.dtype != np.uint8:
            return picked
        return np.unpackbits(picked, axis=1, count=int(self.cells)).astype(np.float32)

    def legal_at(self, rows: np.ndarray) -> np.ndarray:
        """Which actions were legal, bool [B, A]."""
        actions = self.policies.shape[1]
        return np.unpackbits(self.legal[rows], axis=1, count=actions).astype(bool)


def pack(
    observations: np.ndarray,
    players: np.ndarray,
    legal: np.ndarray,
    policies: np.ndarray,
    full: np.ndarray,
    values: np.ndarray,
    games: np.ndarray,
) -> Examples:
    """Examples from plain arrays."""
    seen = np.asarray(observations, np.float32)
    bits = bool(((seen == 0) | (seen == 1)).all())
    return Examples(
        observations=np.packbits(seen.astype(bool), axis=1) if bits else seen,
        cells=np.array(seen.shape[1]),
        players=np.asarray(players, np.uint8),
        legal=np.packbits(np.asarray(legal, bool), axis=1),
        policies=np.asarray(policies, np.float32),
        full=np.asarray(full, bool),
        values=np.asarray(values, np.float32),
        games=np.asarray(games, np.int64),
    )


def joined(parts: Sequence[Examples]) -> Examples:
    """Several as one, in their order; numbers where not all of them are bits."""
    if len({part.observations.dtype for part in parts}) > 1:
        every = [_as_numbers(part) for part in parts]
        return joined(every)
    arrays = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Examples)
        if field.name != "cells"
    }
    return Examples(cells=parts[0].cells, **arrays)


def _as_numbers(part: Examples) -> Examples:
    arrays = {field.name: getattr(part, field.name) for field in fields(Examples)}
    return Examples(**arrays | {"observations": part.observations_at(np.arange(len(part)))})


def write_examples(path: Path, examples: Examples) -> None:
    """As one ``.npz`` without pickle, atomically."""
    buffer = io.BytesIO()
    np.savez(buffer, **{f.name: getattr(examples, f.name) for f in fields(Examples)})
    write_atomic(path, buffer.getvalue())


def read_examples(path: Path) -> Examples:
    """What ``write_examples`` wrote.

    Raises
    ------
    CheckpointError
        No such file, or a damaged one.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Examples(**{f.name: kept[f.name] for f in fields(Examples)})
    except _BROKEN as error:
        raise CheckpointError(
            f"{str(path)!r} cannot be read ({error!r:.120}); it is missing or damaged. Without it "
            f"the run cannot go on as it would have."
        ) from error
