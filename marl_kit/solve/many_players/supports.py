"""Support profiles of a normal form, and the multilinear system that each of them poses.

In an equilibrium with supports S_1, ..., S_P every player is indifferent among its actions in the
support: sum |S_p| - P equations for as many unknowns (McKelvey and McLennan 1996, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import prod

import numpy as np

from marl_kit.games.normal_form import NormalFormGame

Supports = tuple[tuple[int, ...], ...]


def count_supports(num_actions: tuple[int, ...]) -> int:
    """How many support profiles there are."""
    return prod(2**n - 1 for n in num_actions)


def support_profiles(num_actions: tuple[int, ...]) -> Iterator[Supports]:
    """All of them, small ones first (Porter, Nudelman and Shoham 2008), balanced before others."""
    for sizes in sorted(product(*(range(1, n + 1) for n in num_actions)), key=_simple_first):
        # by sizes, so that the millions of supports of a large game are never all in memory
        yield from product(
            *(list(combinations(range(n), k)) for n, k in zip(num_actions, sizes, strict=True))
        )


def _simple_first(sizes: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
    return sum(sizes), max(sizes) - min(sizes), sizes


def unit_payoffs(game: NormalFormGame) -> np.ndarray:
    """Each player's payoffs moved and scaled to [0, 1], float64 [P, A_1, ..., A_P].

    From the exact payoffs: an offset that is large against the range costs no digits.
    """
    unit = np.zeros(game.payoffs.shape)
    for p, table in enumerate(game.exact_payoffs):
        low, spread = min(table.flat), max(table.flat) - min(table.flat)
        if spread:
            unit[p] = np.vectorize(lambda x, a=low, b=spread: float((x - a) / b))(table)
    return unit


@dataclass(frozen=True, eq=False, slots=True)
class SupportSystem:
    """The indifference equations of one support profile.

    ``table[r, c]`` is the payoff of action r (all players' actions, one after another) at the
    pure profile c of the supports; equation i says that the actions ``upper[i]`` and ``lower[i]``
    do equally well. Unknown j is the probability of the action ``of_action[j]`` (a place in the
    support, not 0) of player ``of_player[j]``.
    """

    supports: Supports
    table: np.ndarray  # float64 [R, C]
    owner: np.ndarray  # int64 [R]; whose action
    played: np.ndarray  # bool [R]
    upper: np.ndarray  # int64 [n]
    lower: np.ndarray  # int64 [n]
    of_player: np.ndarray  # int64 [n]
    of_action: np.ndarray  # int64 [n]
    digit: np.ndarray  # int64 [P, C]; place in player q's support at the pure profile c
    size: np.ndarray  # int64 [P]
    stride: np.ndarray  # int64 [P]


def joint_table(payoffs: np.ndarray) -> np.ndarray:
    """Payoff of every action of every player (rows) at every pure profile, float64 [R, cells]; a
    player's own part of the profile is put aside for the action."""
    actions = payoffs.shape[1:]
    rows = []
    for p, table in enumerate(payoffs):
        for action in range(actions[p]):
            slab = np.take(table, [action], axis=p)
            rows.append(np.broadcast_to(slab, actions).ravel())
    return np.array(rows)


def support_system(
    joint: np.ndarray, actions: tuple[int, ...], supports: Supports
) -> SupportSystem:
    """The system of a support profile; ``joint`` from ``joint_table``."""
    players = len(actions)
    size = [len(s) for s in supports]
    stride = [prod(size[q + 1 :]) for q in range(players)]
    first = [sum(actions[:p]) for p in range(players)]
    cells = np.arange(prod(size))
    digit = np.array([cells // d % n for d, n in zip(stride, size, strict=True)])
    place = np.zeros(len(cells), np.int64)
    for n, support, own in zip(actions, supports, digit, strict=True):
        place = place * n + np.array(support)[own]
    played = np.zeros(len(joint), bool)
    played[[first[p] + a for p, s in enumerate(supports) for a in s]] = True
    mixed = [(p, k) for p, s in enumerate(supports) for k in range(1, len(s))]
    return SupportSystem(
        supports=supports,
        table=joint[:, place],
        owner=np.repeat(np.arange(players), actions),
        played=played,
        upper=np.array([first[p] + supports[p][k] for p, k in mixed], np.int64),
        lower=np.array([first[p] + supports[p][0] for p, k in mixed], np.int64),
        of_player=np.array([p for p, _ in mixed], np.int64),
        of_action=np.array([k for _, k in mixed], np.int64),
        digit=digit,
        size=np.array(size),
        stride=np.array(stride),
    )


def on_all_actions(
    actions: tuple[int, ...], supports: Supports, weights: list[np.ndarray]
) -> list[np.ndarray]:
    """Strategies on the supports as strategies of the game, zero elsewhere."""
    profile = [np.zeros(n) for n in actions]
    for x, support, own in zip(profile, supports, weights, strict=True):
        x[list(support)] = own
    return profile


def exact_action_values(game: NormalFormGame, profile: list[list[Fraction]], p: int) -> np.ndarray:
    """Payoff of every action of player p, in Fractions."""
    table = game.exact_payoffs[p]
    for q in reversed(range(game.num_players)):
        if q != p:
            table = np.tensordot(table, np.array(profile[q], object), axes=(q, 0))
    return table
