"""What the iterative methods on normal forms share: flat tables and one strategy vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from marl_kit.games.normal_form import NormalFormGame

TIE = 1e-12
"""Relative to the payoff range: averages of t plays carry rounding errors of about this size, and
a tie must fall to the first action however the numbers were rounded."""


@dataclass(eq=False, slots=True)
class MatrixState:
    """All strategies in one vector, player p's at ``offset[p]:offset[p+1]``.

    ``payoffs`` [P, cells] are moved and scaled so that each player's lie in [0, 1]: step sizes
    and ties then mean the same in every game.
    """

    t: int
    payoffs: np.ndarray
    offset: np.ndarray  # int64 [P+1]
    mixed: np.ndarray  # float64 [sum A]
    values: np.ndarray  # float64 [sum A]; scratch

    ARRAYS: ClassVar[tuple[str, ...]] = ("mixed",)


def uniform_state(game: NormalFormGame) -> MatrixState:
    """Every player mixes uniformly."""
    flat = game.payoffs.reshape(game.num_players, -1)
    spread = np.ptp(flat, axis=1, keepdims=True)
    scaled = (flat - flat.min(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    offset = np.concatenate([[0], np.cumsum(game.num_actions)])
    sizes = np.array(game.num_actions)
    mixed = np.repeat(1.0 / sizes, sizes)
    return MatrixState(0, np.ascontiguousarray(scaled), offset, mixed, np.zeros_like(mixed))


def no_joint() -> np.ndarray:
    """In place of a table of joint play, where none is kept."""
    return np.zeros(0)


def split(flat: np.ndarray, offset: np.ndarray) -> list[np.ndarray]:
    """One vector a player, copied out."""
    return [np.array(x) for x in np.split(flat, offset[1:-1])]


def strategies(state: MatrixState) -> list[np.ndarray]:
    """The strategy vectors, copied out."""
    return split(state.mixed, state.offset)
