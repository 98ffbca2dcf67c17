"""Random streams named by what they are for, never by the order of calls."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

GENERATOR_SEED = -1
"""What a result records as its seed when a Generator was given."""


def resolve_seed(seed: int | np.random.Generator | None) -> tuple[int, np.random.SeedSequence]:
    """The integer to record and the root sequence of a run.

    ``None`` draws fresh entropy from the operating system (and records it), an integer is used
    as it is, a ``Generator`` gives its next 63 bits and is recorded as ``-1``.
    """
    import numpy as np

    from marl_kit.core.errors import InvalidOptionError

    if isinstance(seed, np.random.Generator):
        return GENERATOR_SEED, np.random.SeedSequence(int(seed.integers(2**63)))
    if seed is None:
        number = int(np.random.default_rng().integers(2**63))
        return number, np.random.SeedSequence(number)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidOptionError(
            f"seed is {seed!r}; give a non-negative integer, a numpy Generator or None."
        )
    return int(seed), np.random.SeedSequence(int(seed))


def child(root: np.random.SeedSequence, *path: int | str) -> np.random.SeedSequence:
    """The stream of ``path`` below ``root``, for instance ``child(root, "game", 17, "ply", 3)``.

    The same path gives the same stream whatever else was drawn before, in any process.
    """
    import numpy as np

    key = tuple(zlib.crc32(p.encode()) if isinstance(p, str) else int(p) for p in path)
    return np.random.SeedSequence(entropy=root.entropy, spawn_key=(*root.spawn_key, *key))


def generator(root: np.random.SeedSequence, *path: int | str) -> np.random.Generator:
    """A numpy Generator on the stream of ``path`` below ``root``."""
    import numpy as np

    return np.random.default_rng(child(root, *path))
