"""Whatever describes an empirical game, brought to payoff tables with names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError, InvalidOptionError, UnsupportedGameError
from marl_kit.games.numbers import exact, float_array

SYMMETRY_TOLERANCE = 1e-9
"""Relative to the payoffs compared: what rounding in a table of decimals can leave."""


@dataclass(frozen=True, eq=False, slots=True)
class MetaGame:
    """Payoffs of one population or of several.

    ``payoffs``: float64 [A, B] (one population if square: of the row's against the column's
    strategy) or [P, A_1, ..., A_P]. ``names``: one tuple an axis of strategies.
    """

    payoffs: np.ndarray
    names: tuple[tuple[str, ...], ...]
    given: Any
    one_table: bool

    def fractions(self) -> np.ndarray:
        """The payoffs as Fractions; a float counts as the decimal that it prints as."""
        # an array is not made of lists: it would cut a long decimal or turn 10**20 into a float
        flat = [exact(x) for x in _leaves(self.given)]
        return np.array(flat, object).reshape(self.payoffs.shape)

    @property
    def given_exactly(self) -> bool:
        """Integers, Fractions or strings throughout, so that nothing was rounded before."""
        return all(isinstance(x, Rational | str | np.integer) for x in _leaves(self.given))

    def integers(self) -> np.ndarray:
        """Python integers in the same proportions, from 0, without a common factor."""
        known = self.fractions()
        flat = known.ravel().tolist()
        common = math.lcm(*(x.denominator for x in flat))
        whole = [int(x * common) for x in flat]
        least = min(whole)
        unit = math.gcd(*(x - least for x in whole)) or 1
        return np.array([(x - least) // unit for x in whole], object).reshape(known.shape)


def _leaves(x: Any) -> list[Any]:
    """Numbers and strings of nested sequences, in order."""
    if isinstance(x, str | Fraction) or np.ndim(x) == 0:
        return [x]
    if isinstance(x, list | tuple):
        return [leaf for part in x for leaf in _leaves(part)]
    return list(np.asarray(x).ravel().tolist())


def read_meta_game(payoffs: Any, *, symmetric: bool = False) -> MetaGame:
    """Read a table, a tensor, a data frame or a game.

    Raises
    ------
    InvalidGameError
        Wrong shapes, NaN or infinity, with the offending index.
    UnsupportedGameError
        ``symmetric`` was asked for and the game is not.
    """
    meta = _read(payoffs)
    return _one_population(meta) if symmetric and not meta.one_table else meta


def _read(payoffs: Any) -> MetaGame:
    if hasattr(payoffs, "to_numpy") and hasattr(payoffs, "columns"):
        table, rows, columns = payoffs.to_numpy(), payoffs.index, payoffs.columns
        return _checked(table, (tuple(map(str, rows)), tuple(map(str, columns))))
    if _is_game(payoffs):
        from marl_kit.games.load import as_game

        game = as_game(payoffs).to_normal_form()
        given = game.payoffs if game._exact_payoffs is None else game._exact_payoffs
        return MetaGame(game.payoffs, game.actions, given, one_table=False)
    return _checked(payoffs, None)


def _is_game(x: Any) -> bool:
    return isinstance(x, str) or hasattr(x, "new_initial_state")


def _checked(payoffs: Any, names: tuple[tuple[str, ...], ...] | None) -> MetaGame:
    table = float_array(payoffs)
    tensor = table.ndim > 2 and table.ndim == len(table) + 1
    if not (table.ndim == 2 or tensor) or 0 in table.shape:
        raise InvalidGameError(
            f"the payoffs have shape {table.shape}; give one table [strategies, strategies] for "
            f"one population, or [P, A_1, ..., A_P] for P populations."
        )
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        place = tuple(bad[0].tolist())
        raise InvalidGameError(
            f"the payoff at {place} is {table[place]}; payoffs must be finite numbers."
        )
    sizes = table.shape if table.ndim == 2 else table.shape[1:]
    if names is None:
        names = tuple(tuple(map(str, range(n))) for n in sizes)
    return MetaGame(table, names, payoffs, one_table=table.ndim == 2)


def _one_population(meta: MetaGame) -> MetaGame:
    """The table of a symmetric game of two players."""
    if len(meta.payoffs) != 2:
        raise UnsupportedGameError(
            f"one population needs a game of two players, and this has {len(meta.payoffs)}."
        )
    first, second = meta.payoffs
    if first.shape != second.T.shape:
        raise UnsupportedGameError(f"a game of shape {first.shape} is not symmetric.")
    off = unequal(meta, first, second.T)
    if off is not None:
        i, j = off
        raise UnsupportedGameError(
            f"the game is not symmetric: player 0 gets {first[i, j]:g} at ({i}, {j}) and player 1 "
            f"{second[j, i]:g} at ({j}, {i}); leave symmetric=False for two populations."
        )
    return MetaGame(first, meta.names[:1] * 2, meta.fractions()[0], one_table=True)


def unequal(meta: MetaGame, a: np.ndarray, b: np.ndarray) -> tuple[int, int] | None:
    """Where two tables of one game differ most; None where they differ by no more than rounding.

    Each cell is judged by its own size, so that one huge payoff does not excuse the others. Tables
    of Fractions are compared exactly if the game was given exactly.
    """
    off = np.abs(a - b)
    if meta.given_exactly and off.dtype == object:
        slack = np.zeros(off.shape)
    else:
        top = np.maximum(np.abs(a), np.abs(b)).astype(float)
        slack = SYMMETRY_TOLERANCE * top + 64 * np.finfo(float).eps * top.max()
    excess = (off - slack).astype(float)
    i, j = np.unravel_index(int(excess.argmax()), off.shape)
    return (int(i), int(j)) if excess[i, j] > 0 else None


def square_names(meta: MetaGame) -> tuple[str, ...]:
    """The strategies of one population, which rows and columns must name alike.

    Raises
    ------
    InvalidGameError
    """
    rows, columns = meta.names
    if len(rows) != len(columns):
        raise InvalidGameError(
            f"the table has {len(rows)} rows and {len(columns)} columns; one population meets "
            f"itself, so it must be square."
        )
    for i, (a, b) in enumerate(zip(rows, columns, strict=True)):
        if a != b:
            raise InvalidGameError(
                f"row {i} is {a!r} and column {i} is {b!r}; name and order both alike."
            )
    return rows


def whole_number(value: Any, name: str, least: int) -> int:
    """An option that counts something."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least {least}.")
    return int(value)
