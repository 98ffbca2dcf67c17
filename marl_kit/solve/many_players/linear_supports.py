"""Support profiles in which at most two players mix: their equations are linear, and are solved or
refuted in Fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.many_players.supports import Supports

Row = list[Fraction]


def linear_root(game: NormalFormGame, supports: Supports) -> list[Row] | None:
    """The only solution of the indifference equations, on all actions; None where there is none or
    where there are several. Weights can be negative."""
    mixing = [p for p, s in enumerate(supports) if len(s) > 1]
    profile = [[Fraction(a == s[0]) for a in range(n)] for n, s in _sized(game, supports)]
    if len(mixing) == 1:
        return None  # its equations do not hold its own weights
    for p, q in (mixing, mixing[::-1]) if mixing else ():
        weights = _equaliser(_pair(game, supports, p, q))
        if weights is None:
            return None
        for a, w in zip(supports[q], weights, strict=True):
            profile[q][a] = w
    return profile


def tied_alone(game: NormalFormGame, supports: Supports, p: int) -> bool:
    """Whether player p, the only one who mixes, is indifferent among its support."""
    place = tuple(slice(None) if q == p else s[0] for q, s in enumerate(supports))
    values = game.exact_payoffs[p][place]
    return all(values[a] == values[supports[p][0]] for a in supports[p][1:])


def _sized(game: NormalFormGame, supports: Supports) -> list[tuple[int, tuple[int, ...]]]:
    return list(zip(game.num_actions, supports, strict=True))


def _pair(game: NormalFormGame, supports: Supports, p: int, q: int) -> list[Row]:
    """Player p's payoffs in the supports, rows its actions, columns those of player q."""
    place = tuple(slice(None) if r in (p, q) else s[0] for r, s in enumerate(supports))
    table = game.exact_payoffs[p][place]
    table = table if p < q else np.transpose(table)
    return [[Fraction(table[a, b]) for b in supports[q]] for a in supports[p]]


def _equaliser(rows: list[Row]) -> Row | None:
    """The only weights of the columns, sum 1, that give all rows the same."""
    n = len(rows[0])
    system = [
        [x - y for x, y in zip(row, rows[0], strict=True)] + [Fraction(0)] for row in rows[1:]
    ]
    system.append([Fraction(1)] * (n + 1))
    for column in range(n):
        pivot = next((r for r in range(column, len(system)) if system[r][column]), None)
        if pivot is None:
            return None
        system[column], system[pivot] = system[pivot], system[column]
        _clear(system, column)
    return None if any(row[n] for row in system[n:]) else [row[n] for row in system[:n]]


def _clear(system: list[Row], column: int) -> None:
    """One step of Gauss and Jordan; the pivot stands on the diagonal."""
    pivot = system[column][column]
    system[column] = [x / pivot for x in system[column]]
    for r, row in enumerate(system):
        if r != column and row[column]:
            factor = row[column]
            system[r] = [x - factor * y for x, y in zip(row, system[column], strict=True)]
