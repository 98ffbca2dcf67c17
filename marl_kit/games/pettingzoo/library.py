"""The library itself, imported where it is needed."""

from __future__ import annotations

from typing import Any

from marl_kit.core.errors import UnsupportedGameError


def library() -> Any:
    """The module ``pettingzoo``.

    Raises
    ------
    UnsupportedGameError
        It is not installed.
    """
    try:
        import pettingzoo
    except ModuleNotFoundError as error:
        raise UnsupportedGameError(
            "PettingZoo is not installed; `pip install 'marl-kit[pettingzoo]'` brings it."
        ) from error
    return pettingzoo
