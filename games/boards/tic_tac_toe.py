"""Tic-tac-toe: three in a row on a board of 3 x 3; action 3 * row + column."""

from __future__ import annotations

from numba import njit

from marl_kit.games.board import BoardGame
from marl_kit.games.symmetry import board_symmetry, turns_and_mirrors

FACTS = {
    "title": "Tic-tac-toe",
    "source": "traditional; noughts and crosses",
    "players": 2,
    "size": "3x3",
    "value": "0",
    "nodes": 549946,
    "positions": 5478,
    "terminal_histories": 255168,
}

# A position: the cells of player 0 and of player 1 as bits, the moves made, and how the game
# stands: RUNNING, 1 + winner, or DRAWN.
RUNNING, DRAWN = 0, 3
FULL = (1 << 9) - 1


@njit
def initial(params, state):
    for i in range(len(state)):
        state[i] = 0


@njit
def player(params, state):
    return state[2] & 1 if state[3] == RUNNING else -4


@njit
def legal(params, state, out):
    taken = state[0] | state[1]
    count = 0
    for cell in range(9):
        out[count] = cell  # overwritten by the next if this one is taken
        count += ~(taken >> cell) & 1
    return count


@njit
def _has_line(cells):
    rows = cells & (cells >> 1) & (cells >> 2) & 0b001001001
    columns = cells & (cells >> 3) & (cells >> 6)
    diagonals = (cells & 0b100010001) == 0b100010001 or (cells & 0b001010100) == 0b001010100
    return rows != 0 or columns != 0 or diagonals


@njit
def apply(params, state, action):
    mover = state[2] & 1
    state[mover] |= 1 << action
    state[2] += 1
    if _has_line(state[mover]):
        state[3] = 1 + mover
    elif state[2] == 9:
        state[3] = DRAWN


@njit
def returns(params, state, out):
    first = 1.0 * (state[3] == 1) - 1.0 * (state[3] == 2)
    out[0], out[1] = first, -first


@njit
def observe(params, state, player, out):
    """Three planes: empty cells, noughts, crosses; the same for both players."""
    for cell in range(9):
        crosses, noughts = (state[0] >> cell) & 1, (state[1] >> cell) & 1
        out[cell] = 1 - crosses - noughts
        out[9 + cell] = noughts
        out[18 + cell] = crosses


def _action_name(player: int, action: int) -> str:
    return f"{'xo'[player]}({action // 3},{action % 3})"


def _drawing(position: list[int]) -> str:
    cells = [".xo"[(position[0] >> i & 1) + 2 * (position[1] >> i & 1)] for i in range(9)]
    return "\n".join("".join(cells[i : i + 3]) for i in (0, 3, 6))


def load() -> BoardGame:
    shape = (3, 3, 3)
    swap = board_symmetry(shape, 9, lambda board: board, planes=[0, 2, 1], seats=(1, 0))
    return BoardGame(
        __name__,
        name="tic_tac_toe",
        num_actions=9,
        state_size=4,
        observation_shape=shape,
        action_name=_action_name,
        drawing=_drawing,
        enumerable=True,
        symmetries=[*(board_symmetry(shape, 9, move) for move in turns_and_mirrors()), swap],
    )
