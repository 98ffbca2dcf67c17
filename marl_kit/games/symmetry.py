"""Relabellings under which a game stays the same, as a board game's file declares them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError


@dataclass(frozen=True, eq=False, slots=True)
class Symmetry:
    """A relabelling of what is seen, of the actions and of the players.

    Best play does not change under it. A position that looks like ``seen`` looks like
    ``seen[cells]`` after it, the action ``a`` is called ``actions[a]``, and the player ``p``
    ``seats[p]``.

    Attributes
    ----------
    cells : int64 [C]
        Of a flat observation.
    actions : int64 [A]
    seats : tuple of P int
        ``(0, 1, ...)`` where everybody stays who he is: a mirror image of the board. With others
        it shows the position as if the players had exchanged their stones.
    """

    cells: np.ndarray
    actions: np.ndarray
    seats: tuple[int, ...]

    def __post_init__(self) -> None:
        for name in ("cells", "actions", "seats"):
            numbers = np.asarray(getattr(self, name))
            if numbers.ndim != 1 or not np.array_equal(np.sort(numbers), np.arange(len(numbers))):
                raise InvalidOptionError(
                    f"{name} of a symmetry must be 0 .. n - 1 in some order, not {numbers!s:.80}."
                )

    @property
    def same_seats(self) -> bool:
        """Whether everybody stays who he is."""
        return self.seats == tuple(range(len(self.seats)))


def board_symmetry(
    shape: Sequence[int],
    num_actions: int,
    move: Callable[[np.ndarray], np.ndarray],
    *,
    planes: Sequence[int] | None = None,
    seats: Sequence[int] = (0, 1),
    columns: bool = False,
) -> Symmetry:
    """The symmetry that moves the cells of a board.

    Parameters
    ----------
    shape : (planes, rows, columns)
        Of an observation.
    num_actions : int
        Action ``r * columns + c`` is the cell in row r and column c, and further ones stay as they
        are; or an action is a column.
    move : callable
        Turns an array [rows, columns] into another of the same shape, such as ``np.fliplr``.
    planes : sequence of int, optional
        Plane ``i`` after it was plane ``planes[i]`` before; the same unless given.
    seats : sequence of int
    columns : bool
        Whether actions are columns.
    """
    planes_, rows, width = shape
    board = np.arange(rows * width).reshape(rows, width)
    moved = move(board).reshape(-1)  # at each place, the cell that came there
    order = np.arange(planes_) if planes is None else np.asarray(planes)
    cells = (order[:, None] * rows * width + moved).reshape(-1)
    came = moved[:width] % width if columns else moved
    actions = np.arange(num_actions)
    actions[came] = np.arange(len(came))
    return Symmetry(cells, actions, tuple(seats))


def turns_and_mirrors() -> list[Callable[[np.ndarray], np.ndarray]]:
    """The seven ways to turn or mirror a square board, but for leaving it as it is."""
    turns: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda board, k=k: np.rot90(board, k)  # type: ignore[misc]
        for k in range(4)
    ]
    mirrors: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda board, turn=turn: np.fliplr(turn(board))  # type: ignore[misc]
        for turn in turns
    ]
    return turns[1:] + mirrors
