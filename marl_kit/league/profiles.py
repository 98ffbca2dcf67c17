"""Which tables there are.

A table is who sits there; a profile is in which order, up to a rotation, since a block of games
rotates the seats. Two players have one order, three different ones have two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, combinations_with_replacement, permutations
from typing import TypeVar

from marl_kit.league.records import Member

T = TypeVar("T")
Played = Mapping[tuple[int, ...], int]
"""Blocks that a profile of ids has played; a missing one has played none."""


def round_robin_profiles(members: Sequence[Member], players: int) -> list[tuple[Member, ...]]:
    """Every table of different members; where there are fewer than seats, copies fill them."""
    tables = list(combinations(members, players))
    if not tables:
        filled = combinations_with_replacement(members, players)
        tables = [table for table in filled if len({m.id for m in table}) > 1]
    return [order for table in tables for order in orders(table)]


def empirical_profiles(
    members: Sequence[Member], players: int, *, alone: bool
) -> list[tuple[Member, ...]]:
    """Every table that the empirical game needs; with ``alone``, also those of copies of one."""
    tables = combinations_with_replacement(members, players)
    return [t for t in tables if alone or len({m.id for m in t}) > 1]


def orders(table: Sequence[T]) -> list[tuple[T, ...]]:
    """Every order of those at a table that is not a rotation of another one.

    >>> orders([1, 2])
    [(1, 2)]
    >>> orders([1, 2, 3])
    [(1, 2, 3), (1, 3, 2)]
    >>> orders([1, 1, 2])
    [(1, 1, 2)]
    """
    found: list[tuple[T, ...]] = []
    for rest in permutations(table[1:]):
        order = (table[0], *rest)
        turned = [order[k:] + order[:k] for k in range(len(order))]
        if not any(known in turned for known in found):
            found.append(order)
    return found


def ids_of(profile: Sequence[Member]) -> tuple[int, ...]:
    """The key of a profile."""
    return tuple(member.id for member in profile)
