"""Specs: one string for a thing and its parameters, ``name(key=value,...)``, as in OpenSpiel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from marl_kit.core.errors import InvalidOptionError

_INTEGER = re.compile(r"[+-]?[0-9]{1,1000}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf|nan")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TRUTH = {"true": True, "True": True, "false": False, "False": False}


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    """Split ``name(key=value,...)`` into the name and its parameters.

    The parameters are what stands in the last pair of parentheses, if the text ends with one; so a
    path may hold parentheses of its own. Values are integers, floats, ``true`` or ``false``, and
    otherwise strings; a string may be a spec itself, whose commas do not separate.

    Raises
    ------
    InvalidOptionError
        Parentheses that do not match, a part without ``=``, a key that is no name or occurs twice.

    Examples
    --------
    >>> parse_spec("dcfr(alpha=1.5,beta=0)")
    ('dcfr', {'alpha': 1.5, 'beta': 0})
    >>> parse_spec("turn_based_simultaneous_game(game=goofspiel(num_cards=3,imp_info=true))")
    ('turn_based_simultaneous_game', {'game': 'goofspiel(num_cards=3,imp_info=true)'})
    """
    spec = spec.strip()
    if not spec.endswith(")"):
        if spec.count("(") > spec.count(")"):
            raise InvalidOptionError(f"{spec!r} has a '(' without its ')'.")
        return spec, {}
    opening = _matching(spec)
    params: dict[str, Any] = {}
    for part in _split(spec[opening + 1 : -1]):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not _KEY.fullmatch(key):
            raise InvalidOptionError(f"{part!r} in {spec!r} is not of the form key=value.")
        if key in params:
            raise InvalidOptionError(f"{key!r} is given twice in {spec!r}.")
        params[key] = parse_value(value)
    return spec[:opening].strip(), params


def parse_value(text: str) -> Any:
    """Read an integer, a float or a truth value; anything else is a string.

    >>> parse_value("3"), parse_value("1e-3"), parse_value("true"), parse_value("win_loss")
    (3, 0.001, True, 'win_loss')
    """
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def format_spec(name: str, params: Mapping[str, Any]) -> str:
    """Write a name and its parameters so that ``parse_spec`` reads the same.

    >>> format_spec("kuhn_poker", {"players": 3})
    'kuhn_poker(players=3)'
    """
    if not params:
        # a name that ends in parentheses of its own needs empty ones after it
        return f"{name}()" if name.endswith(")") else name
    return f"{name}({','.join(f'{key}={_format(key, value)}' for key, value in params.items())})"


def _format(key: str, value: Any) -> str:
    text = _written(value)
    if isinstance(value, str):
        whole = _balanced(text) and list(_split(text)) in ([text], [])
        if not whole or text != text.strip() or parse_value(text) != text:
            raise InvalidOptionError(f"{key}={value!r} cannot be written in a spec.")
    return text


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if isinstance(value, float) and "e-" in text:
        return format(Decimal(text), "f")  # OpenSpiel does not read 1e-05
    return text


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _matching(spec: str) -> int:
    """Where the parenthesis that closes at the end of ``spec`` opens."""
    depth = 0
    for i in range(len(spec) - 1, -1, -1):
        depth += (spec[i] == ")") - (spec[i] == "(")
        if depth == 0:
            return i
    raise InvalidOptionError(f"{spec!r} has a ')' without its '('.")


def _split(text: str) -> Iterator[str]:
    """Split at the commas that stand in no parentheses; an empty text has no parts."""
    depth = start = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield text[start:i]
            start = i + 1
    if text.strip():
        yield text[start:]
