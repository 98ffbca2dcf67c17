"""How much a population's mixture can lose, and how well that is known."""

from __future__ import annotations

import numpy as np

from marl_kit.league.standing import Standing

EXACT = "exact"
FROM_MEMBERS = (
    "a lower bound, estimated by what the best member gains against the mixture in the games played"
)


class Bound(float):
    """A number that is known from one side only; it counts as that number.

    Attributes
    ----------
    kind : str
        What bound or estimate it is, in words.
    """

    kind: str

    def __new__(cls, value: float, kind: str) -> Bound:
        bound = super().__new__(cls, value)
        bound.kind = kind
        return bound

    def __reduce__(self) -> tuple[type[Bound], tuple[float, str]]:
        return Bound, (float(self), self.kind)  # what ``copy`` and ``pickle`` make it from

    @property
    def value(self) -> float:
        """The number alone."""
        return float(self)

    def __repr__(self) -> str:
        return f"{float(self):.6g} ({self.kind})"


def kind_of(loss: float) -> str:
    """``"exact"``, or what bound it is."""
    return loss.kind if isinstance(loss, Bound) else EXACT


def best_members_gain(at: Standing, mixture: np.ndarray) -> Bound:
    """What a player gains by changing from the mixture to the best member.

    Nobody outside the population is asked, so the truth is at least that, but for the chance in the
    games: the best of many is taken, whose mean is likely to be too high where games are few.
    """
    value = at.mean
    for _ in range(at.num_players - 1):
        value = value @ mixture
    return Bound(max(float(value.max() - value @ mixture), 0.0), FROM_MEMBERS)
