"""Checks that several players share, before anything is built."""

from __future__ import annotations

import math
from typing import Any

from marl_kit.core import checks
from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.game import Game


def whole(player: str, option: str, value: Any) -> int:
    """A whole number of at least 1."""
    return checks.whole(f"{option} of {player}", value)


def not_negative(player: str, option: str, value: Any) -> float:
    """A finite number >= 0; an integer where it is one, so that it is written the same way."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not value >= 0 or math.isinf(value):
        raise InvalidOptionError(f"{option} of {player} is {value!r}; give a finite number >= 0.")
    return int(value) if value == int(value) else value


def require_perfect_information(player: str, game: Game) -> None:
    """Refuse a search that would look at what the player to move must not know."""
    if not game.perfect_information:
        raise UnsupportedGameError(
            f"{player} searches from the position as it is, so it needs perfect information, and "
            f"{game.name} has hidden information; there a policy plays, such as "
            f"'solver:cfr+(iterations=1000)'."
        )
