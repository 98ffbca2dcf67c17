"""Slow and obvious: PFSP by the formula, the projected replicator by loops, pay-offs of pure and
mixed members by walking the tree."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

import marl_kit as mk


def empirical_payoffs(game: Any, members: list[list[Any]]) -> np.ndarray:
    """Every cell by ``mk.expected_values`` of a profile; members[p][i] is a whole profile of which
    player p's part is meant."""
    shape = [len(own) for own in members]
    table = np.zeros([len(shape), *shape])
    for cell in itertools.product(*map(range, shape)):
        seats = [members[p][i] for p, i in enumerate(cell)]
        if isinstance(game, mk.NormalFormGame):
            seats = [seat[p] for p, seat in enumerate(seats)]
        table[(slice(None), *cell)] = mk.expected_values(game, seats)
    return table


def table_mean(games: list[tuple[Any, Any]], table: tuple[int, ...]) -> tuple[float, int, float]:
    """What the first member of a table got among the rest of it, whatever the seats: mean, number
    and sum of squared deviations of its payoffs; ``games`` are ids and payoffs by seat."""
    got = [
        payoffs[s]
        for ids, payoffs in games
        for s in range(len(ids))
        if ids[s] == table[0] and sorted([*ids[:s], *ids[s + 1 :]]) == sorted(table[1:])
    ]
    if not got:
        return float("nan"), 0, 0.0
    mean = sum(got) / len(got)
    return mean, len(got), sum((x - mean) ** 2 for x in got)


def pfsp(wins: list[int], games: list[int], weighting: str) -> list[Fraction]:
    """Beta(1, 1) posterior means, then the weights of AlphaStar, in Fractions."""
    rates = [Fraction(w + 1, n + 2) for w, n in zip(wins, games, strict=True)]
    weight = {
        "squared": lambda x: (1 - x) ** 2,
        "variance": lambda x: x * (1 - x),
        "linear_capped": lambda x: min(Fraction(1, 2), 1 - x),
    }[weighting]
    weights = [weight(x) for x in rates]
    return [w / sum(weights) for w in weights]


def project(x: list[float], floor: float) -> np.ndarray:
    """The nearest distribution with entries of at least ``floor``, by bisection on the shift."""
    low, high = min(x) - 1.0, max(x) + 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if sum(max(v - middle, floor) for v in x) > 1:
            low = middle
        else:
            high = middle
    return np.array([max(v - high, floor) for v in x])


def projected_replicator(
    payoffs: np.ndarray, steps: int, rate: float, gamma: float
) -> list[np.ndarray]:
    """Mean strategies of two players; ``payoffs`` [2, m, n] in units of their range."""
    x, y = (np.full(n, 1 / n) for n in payoffs.shape[1:])
    sums = [np.zeros_like(x), np.zeros_like(y)]
    for _ in range(steps):
        rows, columns = payoffs[0] @ y, x @ payoffs[1]
        moved = x + rate * x * (rows - x @ rows), y + rate * y * (columns - y @ columns)
        x, y = (project(list(z), gamma / (len(z) + 1)) for z in moved)
        sums[0] += x
        sums[1] += y
    return [s / steps for s in sums]
