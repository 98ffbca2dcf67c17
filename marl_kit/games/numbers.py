"""Numbers as users write them: integers, Fractions, strings and floats."""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational, Real
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError

MAX_EXPONENT = 1000
"""Python would build the integer 10**exponent, however large; float64 ends at 308."""
MAX_DIGITS = 2000
"""Digits of one integer: above what any float64 needs, below Python's limit for ``int``."""


def exact(x: Any) -> Fraction:
    """The rational number that ``x`` stands for; a float counts as ``Fraction(repr(x))``."""
    try:
        if isinstance(x, Rational):
            return Fraction(int(x.numerator), int(x.denominator))
        if isinstance(x, str):
            return _from_text(x)
        return Fraction(repr(float(x)))
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise InvalidGameError(
            f"{x!r} is not a finite number; give an integer, a Fraction, a float or a string such "
            f"as '1/3'."
        ) from error


def _from_text(text: str) -> Fraction:
    exponent = text.lower().partition("e")[2]
    if len(text) > MAX_DIGITS or abs(int(exponent or 0)) > MAX_EXPONENT:
        raise ValueError("too many digits")
    return Fraction(text)


def exact_array(values: Any) -> np.ndarray | None:
    """An object array of Fractions, or ``None`` where every entry is a float.

    A float array is not converted here: that is slow for large games and done on demand.
    """
    array = _as_array(values)
    if array.dtype.kind == "f":
        return None
    flat = [exact(x) for x in array.ravel().tolist()]
    out = np.empty(len(flat), object)
    out[:] = flat
    return out.reshape(array.shape)


def exact_or_float_array(values: Any) -> np.ndarray:
    """Fractions where ``exact_array`` gives them, else float64: both can be negated and stacked."""
    exact_values = exact_array(values)
    return float_array(values) if exact_values is None else exact_values


def float_array(values: Any) -> np.ndarray:
    """A fresh float64 array; strings and Fractions are rounded to the nearest float."""
    array = _as_array(values)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    try:
        flat = [
            float(x) if isinstance(x, Real) else float(exact(x)) for x in array.ravel().tolist()
        ]
    except OverflowError as error:
        raise InvalidGameError("a payoff is beyond the range of float64; rescale them.") from error
    return np.array(flat, np.float64).reshape(array.shape)


def _as_array(values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InvalidGameError(
            f"the table is ragged; rows must have equal length ({error})."
        ) from error
    if array.dtype.kind == "c":
        raise InvalidGameError("complex numbers cannot be payoffs; give real numbers.")
    if array.dtype.kind in "fiubOUS":
        # numpy turns [1, "1/3"] into strings and [1, Fraction] into objects: both are read exactly
        return array
    raise InvalidGameError(f"entries of type {array.dtype} cannot be payoffs; give numbers.")
