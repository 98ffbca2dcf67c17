"""Connect Four on bitboards, any size that fits into 64 bits; an action is a column."""

from __future__ import annotations

import numpy as np
from numba import njit

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.board import BoardGame
from marl_kit.games.symmetry import Symmetry, board_symmetry

FACTS = {
    "title": "Connect Four",
    "source": "Wexler and Strongin (1974), Milton Bradley; solved by Allis (1988), A knowledge-"
    "based approach of Connect-Four, and Allen (1988): the first player wins from the middle",
    "players": 2,
    "size": "6x7",
    "small": "connect_four(rows=3,columns=3,x_in_row=3)",
    "small_value": "0",
}

# Cell (row, column), row 0 at the bottom, is bit column * (rows + 1) + row: the spare bit on top
# of each column keeps lines from running into the next column (Tromp's layout).
# A position: the cells of player 0 and of player 1, the moves made, and how the game stands:
# RUNNING, 1 + winner, or DRAWN.
# params: rows, columns, x_in_row, whether tensors are egocentric; then the shifts of _has_line.
RUNNING, DRAWN = 0, 3
MAX_BITS = 64
LONGEST = 8  # line that the three steps of _has_line find


@njit
def initial(params, state):
    for i in range(len(state)):
        state[i] = 0


@njit
def player(params, state):
    return state[2] & 1 if state[3] == RUNNING else -4


@njit
def legal(params, state, out):
    rows, columns = params[0], params[1]
    free = ~(state[0] | state[1]) >> (rows - 1)
    count = 0
    for column in range(columns):
        out[count] = column  # overwritten by the next if this one is full
        count += free & 1
        free >>= rows + 1
    return count


@njit
def _has_line(params, cells):
    """Whether x_in_row of the cells stand in a line.

    In each of the four directions, bit i of ``a`` to ``d`` says after the k-th step that a certain
    number of cells stand in a row from i on; a step at most doubles that number. No branches and
    no loops: they would cost more than the steps that they save.
    """
    a = cells & (cells >> params[4])
    b = cells & (cells >> params[5])
    c = cells & (cells >> params[6])
    d = cells & (cells >> params[7])
    a &= a >> params[8]
    b &= b >> params[9]
    c &= c >> params[10]
    d &= d >> params[11]
    a &= a >> params[12]
    b &= b >> params[13]
    c &= c >> params[14]
    d &= d >> params[15]
    return (a | b | c | d) != 0


@njit
def apply(params, state, action):
    rows, length = params[0], params[2]
    moves = state[2]
    mover = moves & 1
    bottom = action * (rows + 1)
    column = ((1 << rows) - 1) << bottom
    # the carry of this sum stops at the lowest free cell of the column
    cells = state[mover] | (((state[0] | state[1]) + (1 << bottom)) & column)
    state[mover] = cells
    state[2] = moves + 1
    if moves + 2 >= 2 * length and _has_line(params, cells):  # fewer stones make no line
        state[3] = 1 + mover
    elif moves + 1 == rows * params[1]:
        state[3] = DRAWN


@njit
def returns(params, state, out):
    first = 1.0 * (state[3] == 1) - 1.0 * (state[3] == 2)
    out[0], out[1] = first, -first


@njit
def observe(params, state, player, out):
    """Three planes of cells, the bottom row first: of player 0, of player 1, empty.

    Egocentric: of the opponent, of ``player``, empty (OpenSpiel's order).
    """
    rows, columns = params[0], params[1]
    first = 1 - player if params[3] else 0
    cell = 0
    for row in range(rows):
        for column in range(columns):
            bit = column * (rows + 1) + row
            one, other = (state[first] >> bit) & 1, (state[1 - first] >> bit) & 1
            out[cell] = one
            out[rows * columns + cell] = other
            out[2 * rows * columns + cell] = 1 - one - other
            cell += 1


def _action_name(player: int, action: int) -> str:
    return f"{'xo'[player]}{action}"


def _symmetries(shape: tuple[int, int, int], egocentric: bool) -> list[Symmetry]:
    """The mirror image, and the board with the stones exchanged, which is what the other player
    sees of it."""
    mirror = board_symmetry(shape, shape[2], np.fliplr, columns=True)
    exchanged = [0, 1, 2] if egocentric else [1, 0, 2]
    swap = board_symmetry(
        shape, shape[2], lambda board: board, planes=exchanged, seats=(1, 0), columns=True
    )
    return [mirror, swap]


def _shifts(rows: int, x_in_row: int) -> list[int]:
    """By how many bits each step of ``_has_line`` looks ahead, for its four directions."""
    nowhere = MAX_BITS - 1
    shifts, found = [], 1
    for _ in range(3):
        more = min(found, x_in_row - found)
        found += more
        # upwards, to the right, and the two diagonals
        shifts += [min(more * step, nowhere) for step in (1, rows + 1, rows, rows + 2)]
    return shifts if x_in_row <= LONGEST else [nowhere] * len(shifts)


def load(
    rows: int = 6, columns: int = 7, x_in_row: int = 4, egocentric_obs_tensor: bool = False
) -> BoardGame:
    for name, value in (("rows", rows), ("columns", columns), ("x_in_row", x_in_row)):
        if type(value) is not int or value < 1:
            raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")
    if not isinstance(egocentric_obs_tensor, bool):
        raise InvalidOptionError(
            f"egocentric_obs_tensor is {egocentric_obs_tensor!r}; give true or false."
        )
    if (rows + 1) * columns > MAX_BITS:
        raise InvalidOptionError(
            f"a board of {rows} x {columns} does not fit into {MAX_BITS} bits, since "
            f"(rows + 1) * columns is more; 'openspiel:connect_four(...)' plays any size."
        )
    if LONGEST < x_in_row <= max(rows, columns):
        raise InvalidOptionError(
            f"x_in_row is {x_in_row}; these rules see lines of up to {LONGEST}, and "
            f"'openspiel:connect_four(...)' any."
        )

    def drawing(position: list[int]) -> str:
        def cell(row: int, column: int) -> str:
            bit = column * (rows + 1) + row
            return ".xo"[(position[0] >> bit & 1) + 2 * (position[1] >> bit & 1)]

        return "".join(
            "".join(cell(row, column) for column in range(columns)) + "\n"
            for row in reversed(range(rows))
        )

    return BoardGame(
        __name__,
        name="connect_four",
        params=(rows, columns, x_in_row, egocentric_obs_tensor, *_shifts(rows, x_in_row)),
        num_actions=columns,
        state_size=4,
        observation_shape=(3, rows, columns),
        action_name=_action_name,
        drawing=drawing,
        enumerable=rows * columns <= 12,
        symmetries=_symmetries((3, rows, columns), egocentric_obs_tensor),
    )
