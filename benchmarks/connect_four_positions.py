"""Positions of Connect Four on the board of 6 x 7, each move labelled: how to read them.

`connect_four_drawing` made the file; `connect_four_strength` grades players by it.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

import marl_kit as mk
from marl_kit.core.files import write_atomic
from marl_kit.games.board import BoardState

FILE = Path(__file__).parent / "positions" / "connect_four.npz"
ROWS, COLUMNS = 6, 7
CELLS = ROWS * COLUMNS
PHASES = ("opening", "middle", "end")
FIRST_PLY = (8, 14, 28, CELLS)
"""Stones on the board when a phase begins."""
ILLEGAL, NO_MOVE = 2, -1


@dataclass(frozen=True, eq=False, slots=True)
class Positions:
    """N positions in each of which some legal move loses value.

    Attributes
    ----------
    moves : int8 [N, 42]
        The columns played so far, then -1.
    labels : int8 [N, 7]
        What a column is worth to the player to move if both play perfectly from there on: 1 he
        wins, 0 a draw, -1 he loses; 2 the column is full.
    easy : bool [N]
        Looking four plies ahead suffices: every move that is best by the wins and losses within
        four plies (where there are none, as good as a draw) keeps the value.
    game : int32 [N]
        The number, within the phase, of the game that it comes from; even ones were played at
        random, odd ones by UCT.
    """

    moves: np.ndarray
    labels: np.ndarray
    easy: np.ndarray
    game: np.ndarray

    def __len__(self) -> int:
        return len(self.moves)

    def __getitem__(self, chosen: np.ndarray | slice) -> Positions:
        """Some of them, by mask, indices or slice."""
        return Positions(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @property
    def plies(self) -> np.ndarray:
        """Stones on the board, int64 [N]."""
        return (self.moves != NO_MOVE).sum(axis=1)

    @property
    def phase(self) -> np.ndarray:
        """Places in ``PHASES``, int64 [N]."""
        return np.searchsorted(FIRST_PLY, self.plies, side="right") - 1

    @property
    def strong(self) -> np.ndarray:
        """Whether UCT played up to there, bool [N]."""
        return self.game % 2 == 1

    @property
    def keeping(self) -> np.ndarray:
        """Whether a column keeps the value, bool [N, 7]."""
        legal = self.labels != ILLEGAL
        value = np.where(legal, self.labels, -1).max(axis=1, keepdims=True)
        return legal & (self.labels == value)

    def states(self) -> list[BoardState]:
        """A state of ``connect_four()`` for each."""
        return [state_after(row[row != NO_MOVE].tolist()) for row in self.moves]


def load_positions(path: Path = FILE) -> Positions:
    """Read a file of ``save_positions``."""
    with np.load(path) as file:
        return Positions(*(file[field.name] for field in fields(Positions)))


def save_positions(positions: Positions, path: Path) -> None:
    """Write them so that a reader never meets half a file."""
    content = io.BytesIO()
    arrays = {field.name: getattr(positions, field.name) for field in fields(positions)}
    np.savez_compressed(content, **arrays)
    write_atomic(path, content.getvalue())


def join(parts: Sequence[Positions]) -> Positions:
    """One after the other."""
    columns = ([getattr(part, field.name) for part in parts] for field in fields(Positions))
    return Positions(*(np.concatenate(column) for column in columns))


@functools.cache
def connect_four() -> mk.Game:
    """The game, loaded once."""
    return mk.load_game("connect_four")


def state_after(moves: Sequence[int]) -> BoardState:
    """The state that a game comes to."""
    state = connect_four().new_initial_state()
    for action in moves:
        state.apply_action(action)
    return state


def canonical(state: BoardState) -> tuple[int, int]:
    """The stones of both players, the same for a position and its mirror image."""
    first, second = state.position[:2].tolist()
    return min((first, second), (_mirrored(first), _mirrored(second)))


def _mirrored(stones: int) -> int:
    """Columns in reverse; each has ROWS + 1 bits."""
    bits = ROWS + 1
    columns = [stones >> column * bits & (1 << bits) - 1 for column in range(COLUMNS)]
    return sum(column << i * bits for i, column in enumerate(reversed(columns)))
