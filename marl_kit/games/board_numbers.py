"""Whether what a board game is made of can be: each complaint says what was given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import GameFileError, InvalidOptionError
from marl_kit.games.rules import Rules
from marl_kit.games.symmetry import Symmetry


def checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidOptionError(f"the name of a board game is {name!r}; give a string.")
    return name


def checked_count(name: str, what: str, number: Any) -> int:
    if type(number) is not int or number < 1:
        raise InvalidOptionError(
            f"{what} of {name} is {number!r}; give a whole number of at least 1."
        )
    return number


def checked_shape(name: str, shape: Any) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else None
    if not sizes or not all(_whole(size) and size >= 1 for size in sizes):
        raise InvalidOptionError(
            f"observation_shape of {name} is {shape!r}; give a tuple of whole numbers of at least "
            f"1, such as (3, 6, 7)."
        )
    return tuple(int(size) for size in sizes)


def checked_symmetries(
    name: str, given: Sequence[Symmetry], shape: tuple[int, ...], actions: int, players: int
) -> tuple[Symmetry, ...]:
    """Those whose sizes are the game's."""
    sizes = math.prod(shape), actions, players
    for symmetry in given:
        told = len(symmetry.cells), len(symmetry.actions), len(symmetry.seats)
        if told != sizes:
            raise InvalidOptionError(
                f"a symmetry of {name} relabels {told[0]} cells, {told[1]} actions and {told[2]} "
                f"players; the game has {sizes[0]}, {sizes[1]} and {sizes[2]}."
            )
    return tuple(given)


def checked_params(name: str, params: Any) -> np.ndarray:
    """int64, one axis; kernels read them. Truth values are 0 and 1."""
    if isinstance(params, np.ndarray) and params.dtype == np.int64 and params.ndim == 1:
        return params.copy()
    numbers = tuple(params) if isinstance(params, Sequence | np.ndarray) else None
    if (
        numbers is None
        or isinstance(params, str)
        or not all(isinstance(x, int | np.integer) and -(2**63) <= x < 2**63 for x in numbers)
    ):
        raise InvalidOptionError(
            f"params of {name} is {params!r}; give whole numbers that fit into 64 bits, such as "
            f"(6, 7)."
        )
    return np.array(numbers, np.int64)


def checked_utilities(name: str, utilities: Any) -> tuple[float, float]:
    try:
        low, high = (float(x) for x in utilities)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InvalidOptionError(
            f"utilities of {name} is {utilities!r}; give the smallest and the largest return, two "
            f"finite numbers in this order."
        )
    return low, high


def checked_outcomes(name: str, number: Any, rules: Rules) -> int:
    """``max_chance_outcomes``, if it fits the rules."""
    if type(number) is not int or number < 0:
        raise InvalidOptionError(
            f"max_chance_outcomes of {name} is {number!r}; give a whole number, 0 without chance."
        )
    if number and not rules.has_chance:
        raise GameFileError(
            f"max_chance_outcomes is {number}, and the rules define no njit function chance.",
            path=str(rules.path),
        )
    return number


def _whole(number: Any) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)
