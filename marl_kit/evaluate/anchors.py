"""Players whose rating is given: they set the zero of their group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate.counts import Name
from marl_kit.evaluate.numbers import finite
from marl_kit.evaluate.rating_result import number_of
from marl_kit.evaluate.separation import Group


def read_anchors(
    anchor: Mapping[Any, float] | Name | None, known: Sequence[Name], rated: Sequence[Name]
) -> dict[int, float]:
    """Ratings given, by the player's number among the rated; an idle anchor fixes nothing."""
    if anchor is None:
        return {}
    if not isinstance(anchor, Mapping | str | int | np.integer):
        raise InvalidOptionError(
            f"anchor is {anchor!r}; give the name of a player, or {{name: rating}}."
        )
    given = anchor if isinstance(anchor, Mapping) else {anchor: 0.0}
    for name in given:
        number_of(known, name, "anchor")
    values = {name: finite(f"the rating of {name!r}", x) for name, x in given.items()}
    return {rated.index(name): x for name, x in values.items() if name in rated}


def refuse_two_anchors(
    groups: Sequence[Group], anchors: Mapping[int, float], players: Sequence[Name]
) -> None:
    """At most one in a group: what games say about a difference is not for us to set."""
    for group in groups:
        found = [players[i] for i in group.members if i in anchors]
        if len(found) > 1:
            raise InvalidOptionError(
                f"{found[0]!r} and {found[1]!r} are both anchors, but games link them, so "
                f"their difference is not free; give one of them."
            )
