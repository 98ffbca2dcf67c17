"""Nash averaging: ratings against the most even equilibrium."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from marl_kit.core.errors import MarlKitError, UnsupportedGameError
from marl_kit.core.meta_results import NashAverage
from marl_kit.evaluate.exploitability import nash_conv
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.meta_games.dust import DUST, find_dust
from marl_kit.solve.meta_games.exact_face import exact_value
from marl_kit.solve.meta_games.meta_payoffs import (
    MetaGame,
    read_meta_game,
    square_names,
    unequal,
)
from marl_kit.solve.meta_games.most_even import game_value, most_even, most_even_exactly

Pair = tuple[np.ndarray, np.ndarray]
SMALL = 144
"""Cells of tables of exact numbers that are never left to rounding: milliseconds."""
LARGE = 900
"""Cells up to which exact arithmetic is tried where rounding fails: about a second."""
WIDE = 1e6
"""Largest payoff over the smallest beyond which rounding is not even tried if LARGE allows."""
ROUNDING = 1e-11
"""What a reply may gain, relative to the payoffs that it meets."""


def nash_average(payoffs: Any, *, tasks: bool | None = None) -> NashAverage:
    """Rate agents by what they score against the maximum-entropy Nash equilibrium.

    That equilibrium is unique, and easy opponents or hopeless tasks have no weight in it. Copies of
    an agent share the weight that it had and change no rating, as long as the equilibrium without
    them was the only one (among several, the most even one leans towards what has many copies).

    Parameters
    ----------
    payoffs : array_like, DataFrame, Game, spec string or pyspiel.Game
        ``[n, n]``: what the row's agent scores against the column's; antisymmetric, or with a
        constant sum of both scores (win rates: 1). ``[n, k]``: what agents score on tasks. A game
        must be zero-sum, for two players.
    tasks : bool, optional
        Whether the columns are tasks, or other opponents than the rows. Without: if the table is
        not square, or a game's two sides differ.

    Returns
    -------
    NashAverage

    Raises
    ------
    UnsupportedGameError
        A square table that is not antisymmetric, with the offending pair; a game that is not
        zero-sum.
    InvalidGameError
        Wrong shapes, NaN or infinity.
    MarlKitError
        A table so large and of payoffs of sizes so different that rounding hides its equilibrium.

    Notes
    -----
    In a table that is not all whole numbers, Fractions or strings, 1e-14 of the largest payoff
    counts as rounding: zeros and copies may be off by it.

    Balduzzi, Tuyls, Perolat and Graepel (2018), "Re-evaluating evaluation", NeurIPS 31.

    Examples
    --------
    >>> import marl_kit as mk
    >>> rps_and_a_copy = [[0, -1, 1, 1], [1, 0, -1, -1], [-1, 1, 0, 0], [-1, 1, 0, 0]]
    >>> mk.nash_average(rps_and_a_copy).weights.round(6).tolist()
    [0.333333, 0.333333, 0.166667, 0.166667]
    """
    given = read_meta_game(payoffs)
    meta, from_game = _one_side(given), not given.one_table
    off = _asymmetry(meta)
    if tasks is None:
        rows, columns = meta.payoffs.shape
        tasks = rows != columns or (from_game and off is not None)
    if tasks:
        return _with_tasks(meta)
    names, table = square_names(meta), meta.payoffs
    if off is not None:
        i, j = off
        raise UnsupportedGameError(
            f"the table is not antisymmetric: the scores of {names[i]} and {names[j]} against "
            f"each other, {table[i, j]:g} at ({i}, {j}) and {table[j, i]:g} at ({j}, {i}), sum to "
            f"{table[i, j] + table[j, i]:g}, and those of {names[0]} against itself to "
            f"{2 * table[0, 0]:g}; for agents against tasks say tasks=True."
        )
    return _among_agents(meta, names)


def _among_agents(meta: MetaGame, names: tuple[str, ...]) -> NashAverage:
    table = meta.payoffs
    first = float(table[0, 0])
    even = first + float(np.mean((table - first) + (table - first).T)) / 2  # huge scores cancel
    skew = (table - table.T) / 2
    dust = find_dust(meta, skew)

    def exactly(known: np.ndarray) -> Pair:
        return (most_even_exactly(dust.swept(known - known.T) / Fraction(2)),) * 2

    swept = dust.swept(skew)
    weights = _checked(meta, swept, lambda: (most_even(swept),) * 2, exactly)[0]
    return NashAverage(
        weights=weights,
        ratings=_clean(skew, weights) + even,
        agents=names,
        value=even,
        nash_conv=_certificate(skew, weights, weights),
    )


def _with_tasks(meta: MetaGame) -> NashAverage:
    table, names = meta.payoffs, meta.names
    dust = find_dust(meta, table)
    swept = dust.swept(table)

    def rounded() -> Pair:
        unit = float(np.ptp(swept)) or 1.0
        shifted = (swept - swept.mean()) / unit
        gain = shifted - game_value(shifted)
        gain[np.abs(gain) <= DUST] = 0  # a cell that is the value, but for rounding
        return most_even(-gain.T), most_even(gain)

    def exactly(known: np.ndarray) -> Pair:
        known = dust.swept(known)
        value = exact_value(known)
        return most_even_exactly(value - known.T), most_even_exactly(known - value)

    agents, tasks = _checked(meta, swept, rounded, exactly)
    return NashAverage(
        weights=agents,
        ratings=_clean(table, tasks),
        agents=names[0],
        value=float(agents @ table @ tasks),
        nash_conv=_certificate(table - table.mean(), agents, tasks),
        task_weights=tasks,
        task_ratings=_clean(-table.T, agents),
        tasks=names[1],
    )


def _checked(
    meta: MetaGame,
    table: np.ndarray,
    rounded: Callable[[], Pair],
    exactly: Callable[[np.ndarray], Pair],
) -> Pair:
    """Both sides' mixtures: exactly where that is cheap or rounding failed, and always checked.

    Raises
    ------
    MarlKitError
        The mixtures are no equilibrium.
    """
    cells = table.size
    found: Pair | None = None
    if not (meta.given_exactly and cells <= SMALL) and not (_is_wide(table) and cells <= LARGE):
        with contextlib.suppress(MarlKitError):
            found = rounded()
    if (found is None or not _is_equilibrium(table, *found)) and cells <= LARGE:
        found = exactly(meta.fractions())
    if found is None or not _is_equilibrium(table, *found):
        raise MarlKitError(
            f"the equilibrium of this {table.shape[0]} x {table.shape[1]} table was lost to "
            f"rounding: its payoffs are of sizes from {_least(table):.3g} to "
            f"{np.abs(table).max():.3g}; leave out what nobody would choose, or rank fewer."
        )
    return found


def _least(table: np.ndarray) -> float:
    size = np.abs(table)
    return float(size[size > 0].min(initial=np.inf))


def _is_wide(table: np.ndarray) -> bool:
    return bool(np.abs(table).max() > WIDE * _least(table))


def _is_equilibrium(table: np.ndarray, agents: np.ndarray, tasks: np.ndarray) -> bool:
    """No reply gains more than rounding of the payoffs that it meets; each has its own scale.

    A reply that meets only zeros gains what rounding left of the value, a sum of other payoffs.
    """
    alive = agents > 0
    value = float(agents[alive] @ table[alive] @ tasks)
    left = DUST * float(agents[alive] @ np.abs(table[alive]) @ tasks)
    return all(
        bool(np.all(gain @ y <= ROUNDING * (np.abs(gain) @ y) + DUST * (np.abs(met) @ y) + left))
        for gain, met, y in ((table - value, table, tasks), (value - table.T, table.T, agents))
    )


def _clean(table: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """``table @ mixture``, 0 where what is left of the sum is rounding (and not -0.0)."""
    rating = table @ mixture
    rounding = DUST * (np.abs(table) @ mixture)
    return np.where(np.abs(rating) <= rounding, 0.0, rating) + 0.0


def _one_side(meta: MetaGame) -> MetaGame:
    """The first player's table of a zero-sum game of two."""
    if meta.one_table:
        return meta
    count = len(meta.payoffs)
    game = NormalFormGame(meta.payoffs)
    if count != 2 or not game.info.constant_sum:
        what = "general-sum" if count == 2 else f"for {count} player{'s' * (count > 1)}"
        raise UnsupportedGameError(
            f"Nash averaging needs a zero-sum game of two players, and this is {what}."
        )
    return MetaGame(meta.payoffs[0], meta.names, np.asarray(meta.given)[0], one_table=True)


def _asymmetry(meta: MetaGame) -> tuple[int, int] | None:
    """Where a table is furthest from a constant sum of both scores, if beyond rounding."""
    if meta.payoffs.shape[0] != meta.payoffs.shape[1]:
        return 0, 0
    table = meta.fractions() if meta.given_exactly else meta.payoffs
    return unequal(meta, table, 2 * table[0, 0] - table.T)


def _certificate(table: np.ndarray, agents: np.ndarray, tasks: np.ndarray) -> float:
    return nash_conv(NormalFormGame(np.stack([table, -table])), [agents, tasks])
