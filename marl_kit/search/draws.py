"""Random numbers by counter, for searches that run in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.game import State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search._kernels import fill_draws
from marl_kit.search.states import chance_outcome

SIDE_BY_SIDE = 64
"""Simulations whose numbers are made at once: a call costs as much as a hundred numbers."""
AT_ONCE = 32
"""Numbers of each; a simulation that needs more makes them."""

MOST = 10_000_000
"""Simulations of one search: each may add a node of Python objects, a kilobyte or more."""


def budget(simulations: Any) -> None:
    """Refuse what is no number of simulations, or surely a slip."""
    whole("simulations", simulations)
    if simulations > MOST:
        raise InvalidOptionError(
            f"{simulations:,} simulations could need {simulations / 1e6:,.0f} GB; give at most "
            f"{MOST:,}."
        )


def streams(key: int, simulations: int) -> Iterator[Callable[[], float]]:
    """For each simulation a function that gives its random numbers in [0, 1), one after another.

    They follow from (key, simulation, place) alone: a longer search begins as a shorter one.

    Raises
    ------
    InvalidOptionError
        A key that is no whole number of 64 bits.
    """
    is_whole = isinstance(key, int | np.integer) and not isinstance(key, bool)
    if not is_whole or not 0 <= key < 1 << 64:
        raise InvalidOptionError(
            f"the key of a search is {key!r}; give a whole number, 0 to 2**64 - 1."
        )
    for first in range(0, simulations, SIDE_BY_SIDE):
        many = min(SIDE_BY_SIDE, simulations - first)
        numbers = _numbers(key, np.arange(first, first + many), 0).tolist()
        for i in range(many):
            yield _stream(key, first + i, numbers[i]).__next__


def words(key: int, first: int, many: int, count: int) -> list[list[int]]:
    """``count`` random numbers of 32 bits for each of the places ``first``, ``first + 1``, ...;
    they follow from the key and the place alone."""
    numbers = np.empty((many, count), np.int64)
    fill_draws(np.full(many, key, np.uint64), np.arange(first, first + many), 0, numbers)
    return numbers.tolist()


def _stream(key: int, simulation: int, numbers: list[float]) -> Iterator[float]:
    start = 0
    while True:
        yield from numbers
        start += AT_ONCE
        numbers = _numbers(key, np.array([simulation]), start)[0].tolist()


def _numbers(key: int, simulations: np.ndarray, start: int) -> np.ndarray:
    whole = np.empty((len(simulations), AT_ONCE), np.int64)
    keys = np.full(len(simulations), key, np.uint64)
    fill_draws(keys, simulations.astype(np.int64), start, whole)
    return whole / 2**32


def play_at_random(state: State, draw: Callable[[], float]) -> list[float]:
    """Random moves to the end of the game, in place, and the returns.

    Also where players choose at the same time, in the order of the players.
    """
    current_player, legal_actions, apply_action = (
        state.current_player,
        state.legal_actions,
        state.apply_action,
    )
    while (player := current_player()) != TERMINAL:
        if player >= 0:
            legal = legal_actions()
            apply_action(legal[int(draw() * len(legal))])
        elif player == CHANCE:
            apply_action(chance_outcome(state.chance_outcomes(), draw()))
        else:
            together = [legal_actions(p) for p in range(state.num_players())]
            state.apply_actions(  # type: ignore[attr-defined]
                [own[int(draw() * len(own))] if own else 0 for own in together]
            )
    return state.returns()
