"""Checks of options, when they are made."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from marl_kit.core.errors import InvalidOptionError


def whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """Refuse what is no whole number from ``least`` to ``most``."""
    good = isinstance(value, Integral) and not isinstance(value, bool)
    if not good or value < least or (most is not None and value > most):
        wanted = f"of at least {least:,}" if most is None else f"from {least:,} to {most:,}"
        raise InvalidOptionError(f"{name} is {value!r}; give a whole number {wanted}.")
    return int(value)


def number(name: str, value: Any, least: float = 0.0, most: float = math.inf) -> float:
    """Refuse what is no finite number from ``least`` to ``most``."""
    good = isinstance(value, Real) and not isinstance(value, bool)
    if not good or not least <= value <= most or math.isinf(value):
        if math.isfinite(most):
            wanted = f"number from {least:g} to {most:g}"
        else:
            wanted = "finite number" if math.isinf(least) else f"finite number >= {least:g}"
        raise InvalidOptionError(f"{name} is {value!r}; give a {wanted}.")
    return float(value)


def flag(name: str, value: Any) -> bool:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool):
        raise InvalidOptionError(f"{name} is {value!r}; give true or false.")
    return value
