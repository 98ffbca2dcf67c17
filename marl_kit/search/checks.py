"""Checks of options, when they are made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError


def whole(name: str, value: Any) -> None:
    """Refuse what is no whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")


def number(name: str, value: Any, least: float = 0.0, most: float = math.inf) -> None:
    """Refuse what is no finite number from ``least`` to ``most``."""
    good = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not good or not least <= value <= most or math.isinf(value):
        if math.isfinite(most):
            wanted = f"number from {least:g} to {most:g}"
        else:
            wanted = "finite number" if math.isinf(least) else f"finite number >= {least:g}"
        raise InvalidOptionError(f"{name} is {value!r}; give a {wanted}.")


def flag(name: str, value: Any) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool):
        raise InvalidOptionError(f"{name} is {value!r}; give true or false.")
