"""Information states as people read them."""

from __future__ import annotations

import re
from collections.abc import Hashable

_FIELD = re.compile(r"\[([^\[\]]*)\]")
_WHOSE = ("Observer", "Player")


def infoset_label(key: Hashable) -> str:
    """An infoset key without brackets, empty fields and the player, which tables show beside it.

    Keys that are not of the form ``[name: value][name: value]...`` stay as they are.

    >>> infoset_label("[Observer: 1][Private: 4][Round 1][Player: 1][Pot: 4][Round2: ]")
    'Private: 4, Round 1, Pot: 4'
    >>> infoset_label("0pb")
    '0pb'
    """
    text = str(key[1] if isinstance(key, tuple) else key)
    if _FIELD.sub("", text).strip() or not text.strip():
        return text
    parts = []
    for field in _FIELD.findall(text):
        name, colon, value = (piece.strip() for piece in field.partition(":"))
        if name not in _WHOSE and (value or not colon):
            parts.append(field.strip())
    return ", ".join(parts) or text
