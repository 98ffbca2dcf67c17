"""Hex: Black (player 0) joins the top with the bottom, White the left with the right.

Action ``row * num_cols + column``; with ``swap``, one more: player 1 may take over the first stone,
mirrored, in place of a move.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.board import BoardGame
from marl_kit.games.symmetry import Symmetry, board_symmetry

FACTS = {
    "title": "Hex",
    "source": "Hein (1942), Nash (1948); the first player wins on every square board: Nash (1952), "
    "Some games and machines for playing them, RAND D-1164",
    "players": 2,
    "size": "11x11",
    "small": "hex(num_rows=2,num_cols=3)",
    "small_value": "1",
}

# A position: the player to move, how the game stands (RUNNING or 1 + winner), the stones put; from
# FREE on the actions of the free cells, ascending; then a board with a frame, rows of num_cols + 2.
# A cell holds three flags of its owner: a stone, one joined to his first border, one joined to his
# second. The frame is made of stones: top and bottom are Black's, the outer columns White's (whose
# the corners are does not matter: what touches them touches that side's other stones too).
# params: rows, columns, whether swap, whether tensors are plain; then the place of each action.
MOVER, STANDS, STONES, FREE = 0, 1, 2, 3
TABLE = 4
RUNNING = 0
STONE, FIRST, SECOND = 1, 2, 4
ALL = STONE | FIRST | SECOND
FLAGS = 3  # bits of a player
OWNER_BITS = 2 * FLAGS
LARGEST = 26  # columns have letters
# Helpers are forced inline where a move calls them several times: numba counts references to the
# arrays of a call that stays one, and that took a fifth of a random game.

# Planes after half a turn, which exchanges borders, and after an exchange of sides (see _plane).
TURNED, EXCHANGED = [0, 2, 1, 3, 4, 5, 7, 6, 8], [8, 7, 6, 5, 4, 3, 2, 1, 0]

DRAWN = {0: ".", 1: "x", 3: "y", 5: "z", 7: "X", 8: "o", 24: "p", 40: "q", 56: "O"}


@njit
def initial(params, state):
    rows, columns = params[0], params[1]
    top = FREE + rows * columns
    bottom = top + (rows + 1) * (columns + 2)
    for i in range(len(state)):
        state[i] = 0
    for action in range(rows * columns):
        state[FREE + action] = action
    for column in range(columns + 2):
        state[top + column] = STONE | FIRST
        state[bottom + column] = STONE | SECOND
    for row in range(1, rows + 1):
        left = top + row * (columns + 2)
        state[left] = (STONE | FIRST) << FLAGS
        state[left + columns + 1] = (STONE | SECOND) << FLAGS


@njit
def player(params, state):
    return state[MOVER] if state[STANDS] == RUNNING else -4


@njit
def legal(params, state, out):
    count = params[0] * params[1] - state[STONES]
    for i in range(count):
        out[i] = state[FREE + i]
    # without a branch, of which numba makes counted references: out[0] is written to itself
    swap = params[2] * (state[STONES] == 1) * (state[MOVER] == 1)
    out[swap * count] = params[0] * params[1] if swap else out[0]
    return count + swap


@njit(forceinline=True)
def _occupy(params, state, action):
    """Strike an action off the list, which is short of one for every stone."""
    last = params[0] * params[1] - state[STONES] - 1
    place = min(action, last)
    while state[FREE + place] > action:
        place -= 1
    # the list has no negative places; told so, the compiler moves several numbers at once
    for i in range(max(place, 0), last):
        state[FREE + i] = state[FREE + i + 1]


@njit(forceinline=True)
def _claim(state, near, stone, flags, link):
    """Give a stone the flags, and put it before the others who wait."""
    if state[near] == stone:
        state[near] = flags | link << OWNER_BITS
        return near
    return link


@njit
def _spread(state, start, width, stone):
    """Stones that hang together with ``start`` take its flags.

    Who waits to be looked at is linked through the upper bits of the cells themselves.
    """
    flags, place, link = state[start], start, 0
    while True:
        link = _claim(state, place - width, stone, flags, link)
        link = _claim(state, place - width + 1, stone, flags, link)
        link = _claim(state, place - 1, stone, flags, link)
        link = _claim(state, place + 1, stone, flags, link)
        link = _claim(state, place + width - 1, stone, flags, link)
        link = _claim(state, place + width, stone, flags, link)
        if link == 0:
            return
        place = link
        link = state[place] >> OWNER_BITS
        state[place] = flags


@njit(forceinline=True)
def _put(params, state, place, mover):
    width = params[1] + 2
    shift = mover * FLAGS
    stone, mine = STONE << shift, ALL << shift
    near = state[place - width] | state[place - width + 1] | state[place - 1]
    near |= state[place + 1] | state[place + width - 1] | state[place + width]
    flags = stone | near & mine
    state[place] = flags
    if flags == mine:
        state[STANDS] = 1 + mover
    elif flags != stone:
        _spread(state, place, width, stone)


@njit
def _take_over(params, state):
    """Lift the only stone, of a square board; the action of its mirror image."""
    columns = params[1]
    mirrored = 0
    for action in range(params[0] * columns):
        state[FREE + action] = action
        if state[params[TABLE + action]] != 0:
            state[params[TABLE + action]] = 0
            mirrored = action % columns * columns + action // columns
    return mirrored


@njit
def apply(params, state, action):
    mover = state[MOVER]
    if action == params[0] * params[1]:
        action = _take_over(params, state)
        state[STONES] = 0
    _occupy(params, state, action)
    _put(params, state, params[TABLE + action], mover)
    state[MOVER] = 1 - mover
    state[STONES] += 1


@njit
def returns(params, state, out):
    first = 1.0 * (state[STANDS] == 1) - 1.0 * (state[STANDS] == 2)
    out[0], out[1] = first, -first


@njit
def _plane(cell):
    """OpenSpiel's order: White's winning stone, left, right, any; empty; Black's any, bottom,
    top, winning."""
    if cell == 0:
        return 4
    white = cell >= 1 << FLAGS
    flags = cell >> FLAGS if white else cell
    rank = 1
    if flags == ALL:
        rank = 4
    elif flags & FIRST:
        rank = 3
    elif flags & SECOND:
        rank = 2
    return 4 - rank if white else 4 + rank


@njit
def observe(params, state, player, out):
    """Nine planes of cells by what their stones are joined to; plain: Black, White, empty."""
    cells = params[0] * params[1]
    for i in range((3 if params[3] else 9) * cells):
        out[i] = 0.0
    for action in range(cells):
        plane = _plane(state[params[TABLE + action]])
        if params[3]:
            plane = 2 if plane == 4 else 1 if plane < 4 else 0
        out[plane * cells + action] = 1.0


def _sizes(board_size: int, num_cols: int | None, num_rows: int | None) -> tuple[int, int]:
    """Rows and columns."""
    sizes = {"board_size": board_size, "num_rows": num_rows, "num_cols": num_cols}
    for name, value in sizes.items():
        if value is not None and (type(value) is not int or not 2 <= value <= LARGEST):
            raise InvalidOptionError(
                f"{name} is {value!r}; give a whole number from 2 to {LARGEST}."
            )
    return (board_size if num_rows is None else num_rows), (
        board_size if num_cols is None else num_cols
    )


def _check(rows: int, columns: int, string_rep: str, flags: dict[str, bool]) -> None:
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidOptionError(f"{name} is {value!r}; give true or false.")
    if string_rep not in ("standard", "explicit"):
        raise InvalidOptionError(f"string_rep is {string_rep!r}; give 'standard' or 'explicit'.")
    if flags["swap"] and rows != columns:
        raise InvalidOptionError(
            f"swap on a board of {rows} x {columns}: the mirrored stone may lie outside; give as "
            f"many rows as columns."
        )


def _symmetries(rows: int, columns: int, plain: bool, swap: bool) -> list[Symmetry]:
    """Half a turn; on square boards the main diagonal as a mirror, across which players exchange
    sides. Not with ``swap``, to which player 1 alone has a right."""
    shape, actions = (3 if plain else 9, rows, columns), rows * columns + swap
    turned, exchanged = ([0, 1, 2], [1, 0, 2]) if plain else (TURNED, EXCHANGED)
    half = board_symmetry(shape, actions, lambda board: np.rot90(board, 2), planes=turned)
    if swap or rows != columns:
        return [half]
    mirror = board_symmetry(shape, actions, np.transpose, planes=exchanged, seats=(1, 0))
    return [half, mirror]


def load(
    board_size: int = 11,
    num_cols: int | None = None,
    num_rows: int | None = None,
    plain_obs_tensor: bool = False,
    string_rep: str = "standard",
    swap: bool = False,
) -> BoardGame:
    rows, columns = _sizes(board_size, num_cols, num_rows)
    _check(rows, columns, string_rep, {"plain_obs_tensor": plain_obs_tensor, "swap": swap})
    width, cells = columns + 2, rows * columns
    places = [FREE + cells + (r + 1) * width + c + 1 for r in range(rows) for c in range(columns)]

    def action_name(player: int, action: int) -> str:
        return "swap" if action == cells else f"{chr(97 + action % columns)}{action // columns + 1}"

    def drawing(position: list[int]) -> str:
        drawn = [DRAWN[position[place]] for place in places]
        if string_rep == "standard":
            drawn = [".xo"[(cell in "xyzX") + 2 * (cell in "opqO")] for cell in drawn]
        lines = [drawn[row * columns : (row + 1) * columns] for row in range(rows)]
        return "\n".join(" " * i + "".join(f"{c} " for c in line) for i, line in enumerate(lines))

    return BoardGame(
        __name__,
        name="hex",
        params=(rows, columns, swap, plain_obs_tensor, *places),
        num_actions=cells + swap,
        state_size=FREE + cells + (rows + 2) * width,
        observation_shape=(3 if plain_obs_tensor else 9, columns, rows),
        action_name=action_name,
        drawing=drawing,
        symmetries=_symmetries(rows, columns, plain_obs_tensor, swap),
        enumerable=cells <= 9,
    )
