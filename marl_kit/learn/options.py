"""Options of oracles: how they are written in a spec, and checks that several share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.spec import format_spec

T = TypeVar("T")


def written(name: str, oracle: Any) -> str:
    """The spec of an oracle, with every field of its dataclass as an option."""
    options = {field.name: getattr(oracle, field.name) for field in fields(oracle)}
    return format_spec(name, _plain(options))


def within(oracle: str, option: str, value: Any, low: float, high: float) -> None:
    """Refuse what is no number from ``low`` to ``high``; an infinite bound is not allowed itself.

    Raises
    ------
    InvalidOptionError
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and low <= value <= high and math.isfinite(value):
        return
    upper = f" to {high:g}" if math.isfinite(high) else " up"
    allowed = f"a number from {low:g}{upper}" if math.isfinite(low) else "a finite number"
    raise InvalidOptionError(f"{option} of {oracle} is {value!r}; give {allowed}.")


def positive(oracle: str, option: str, value: Any, high: float = math.inf) -> None:
    """Refuse what is no number above 0 and at most ``high``.

    Raises
    ------
    InvalidOptionError
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 < value <= high and math.isfinite(value):
        return
    limit = f", at most {high:g}" if math.isfinite(high) else ""
    raise InvalidOptionError(f"{option} of {oracle} is {value!r}; give a number above 0{limit}.")


def options_of(kind: type[T], name: str, config: Mapping[str, Any]) -> T:
    """A dataclass of options from keyword arguments of the learner ``name``.

    Raises
    ------
    UnknownNameError
        No such field, with near misses.
    InvalidOptionError
        A value that is not allowed.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for option in config:
        if option not in known:
            raise UnknownNameError(f"option of {name}", option, known)
    return kind(**config)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers without a decimal point, so that equal options are written in one way."""
    return {
        name: int(value) if isinstance(value, float) and value == int(value) else value
        for name, value in options.items()
    }
