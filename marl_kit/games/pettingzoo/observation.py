"""What an agent sees: as bytes to compare, as a mask of actions, as a tensor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError, UnsupportedGameError

DIGEST_BYTES = 16


def digest(*parts: Any) -> bytes:
    """The same 16 bytes for equal values, in any process.

    Arrays count by type, shape and bytes, mappings and sets sorted, other objects by type
    and ``repr``.
    """
    hasher = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        _feed(hasher, part)
    return hasher.digest()


def _feed(hasher: Any, value: Any) -> None:
    if isinstance(value, str | int | float | None):
        text = repr(value)
        hasher.update(f"{type(value).__name__} {len(text)} {text} ".encode())
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        hasher.update(f"array {value.dtype.str} {value.shape} ".encode())
        hasher.update(value.tobytes())
    elif isinstance(value, dict | Mapping):
        hasher.update(f"mapping {len(value)} ".encode())
        for key in sorted(value, key=repr):
            _feed(hasher, key)
            _feed(hasher, value[key])
    elif isinstance(value, list | tuple | np.ndarray):
        hasher.update(f"sequence {len(value)} ".encode())
        for item in value:
            _feed(hasher, item)
    elif isinstance(value, set | frozenset):
        _feed(hasher, ["set", *sorted(value, key=repr)])
    elif isinstance(value, np.generic):
        _feed(hasher, np.asarray(value))
    else:
        _feed(hasher, [type(value).__name__, repr(value)])


def legal_actions(space: Any, observation: Any, info: Any, agent: str) -> tuple[int, ...]:
    """What the agent to move may do, ascending.

    By the mask in its observation, else by the one in its info, else every action of its
    ``Discrete`` space.
    """
    first, size = int(space.start), int(space.n)
    mask = None
    for source in (observation, info):
        if mask is None and isinstance(source, Mapping):
            mask = source.get("action_mask")
    if mask is None:
        return tuple(range(first, first + size))
    allowed = np.flatnonzero(mask)
    if np.shape(mask) != (size,) or not len(allowed):
        raise InvalidGameError(
            f"the action mask of {agent} is {np.asarray(mask).tolist()}; it must have one entry "
            f"for each of the {size} actions and allow at least one."
        )
    return tuple(first + int(i) for i in allowed)


def check_action_space(space: Any, agent: str) -> None:
    """Refuse what is not a finite list of actions."""
    from gymnasium.spaces import Discrete

    if not isinstance(space, Discrete):
        raise UnsupportedGameError(
            f"{agent} chooses from {space}; a game needs a finite list of actions, Discrete(n)."
        )


def tensor(space: Any, observation: Any) -> list[float]:
    """The observation as numbers, without the mask of actions; zeros before the first one."""
    from gymnasium.spaces import Dict
    from gymnasium.spaces.utils import flatdim, flatten

    if isinstance(space, Dict) and "observation" in space.spaces:
        space = space["observation"]
        observation = None if observation is None else observation["observation"]
    if not space.is_np_flattenable:
        raise UnsupportedGameError(f"observations of the kind {space} cannot be made numbers.")
    if observation is None:
        return [0.0] * flatdim(space)
    return [float(x) for x in flatten(space, observation)]
