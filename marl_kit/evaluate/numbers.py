"""Options that are numbers: read once, refused in one sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError


def positive(name: str, x: Any) -> float:
    """A number above 0."""
    value = finite(name, x)
    if value <= 0:
        raise InvalidOptionError(f"{name} is {x!r}; give a positive number.")
    return value


def finite(name: str, x: Any) -> float:
    """A number that is neither NaN nor infinite."""
    try:
        value = float(x)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value) or isinstance(x, bool | str):
        raise InvalidOptionError(f"{name} is {x!r}; give a finite number.")
    return value


def vector(name: str, x: Any) -> np.ndarray:
    """One finite number or several, float64 [k]."""
    try:
        found = np.atleast_1d(np.asarray(x, np.float64))
    except (TypeError, ValueError):
        found = np.array([math.nan])
    if found.ndim != 1 or not np.isfinite(found).all():
        raise InvalidOptionError(f"{name} are {x!r}; give finite numbers.")
    return found
