"""Othello (Reversi) on bitboards, 8 x 8; action 8 * row + column, or 64 to pass."""

from __future__ import annotations

import numpy as np
from numba import njit

from marl_kit.games.board import BoardGame
from marl_kit.games.symmetry import board_symmetry

FACTS = {
    "title": "Othello",
    "source": "Hasegawa (1971) after Mollett and Waterman (1883), Reversi; a draw by perfect play: "
    "Takizawa (2023), Othello is solved, arXiv:2310.19387",
    "players": 2,
    "size": "8x8",
    "histories": [4, 12, 56, 244, 1396, 8200],
}

# A position: the stones of Black (player 0) and of White, bit 8 * row + column; the player to move,
# or OVER; the cells where he may play, none if he must pass.
# Signed integers: a shift to the right brings copies of bit 63 with it, and the masks that keep
# rows from running into each other are chosen to clear those too.
BLACK, WHITE, MOVER, MOVES = 0, 1, 2, 3
OVER = -4
PASS = 64
ONE = np.int64(1)  # in plain Python too, where check_game plays the rules
NOT_A_FILE = ~0x0101010101010101  # after a step to the right
NOT_H_FILE = 0x7F7F7F7F7F7F7F7F  # after a step to the left
NOT_TOP = ~(-1 << 56)  # what a shift by 8 to the right leaves of bit 63's copies
# Four pairs of opposite directions: along rows, along columns and along both diagonals. numba
# compiles a loop over them in half the time of eight lines.
PAIRS = 4
BY = np.array([1, 8, 9, 7])
LEFT = np.array([NOT_A_FILE, -1, NOT_A_FILE, NOT_H_FILE])
RIGHT = np.array([NOT_H_FILE, NOT_TOP, NOT_TOP & NOT_H_FILE, NOT_TOP & NOT_A_FILE])
START_BLACK = 1 << 28 | 1 << 35
START_WHITE = 1 << 27 | 1 << 36
START_MOVES = 1 << 19 | 1 << 26 | 1 << 37 | 1 << 44

# The number of a lone bit by a product whose top six bits are all different (Leiserson, Prokop and
# Randall 1998).
DE_BRUIJN = 0x03F79D71B4CB0A89
NUMBER = np.zeros(64, np.int64)
for _i in range(64):
    NUMBER[(DE_BRUIJN << _i) >> 58 & 63] = _i


@njit
def initial(params, state):
    state[BLACK], state[WHITE] = START_BLACK, START_WHITE
    state[MOVER], state[MOVES] = 0, START_MOVES


@njit
def player(params, state):
    return state[MOVER]


@njit
def legal(params, state, out):
    left = state[MOVES]
    if left == 0:
        out[0] = PASS
        return 1
    count = 0
    while left != 0:
        lone = left & -left
        out[count] = NUMBER[(lone * DE_BRUIJN) >> 58 & 63]
        count += 1
        left ^= lone
    return count


@njit
def _mobility(own, other):
    """Where one may play: behind rows of the other's stones that begin beside one's own."""
    ends = 0
    for k in range(PAIRS):
        by, left, right = BY[k], LEFT[k], RIGHT[k]
        up, down = (own << by) & left & other, (own >> by) & right & other
        for _ in range(5):
            up |= (up << by) & left & other
            down |= (down >> by) & right & other
        ends |= (up << by) & left | (down >> by) & right
    return ends & ~(own | other)


@njit
def _turned(stone, own, other):
    """The other's stones between a new stone and one's own."""
    turned = 0
    for k in range(PAIRS):
        by, left, right = BY[k], LEFT[k], RIGHT[k]
        up, down = (stone << by) & left & other, (stone >> by) & right & other
        for _ in range(5):
            up |= (up << by) & left & other
            down |= (down >> by) & right & other
        if (up << by) & left & own != 0:
            turned |= up
        if (down >> by) & right & own != 0:
            turned |= down
    return turned


@njit
def apply(params, state, action):
    mover = state[MOVER]
    own, other = state[mover], state[1 - mover]
    if action != PASS:
        stone = ONE << action
        turned = _turned(stone, own, other)
        own |= stone | turned
        other ^= turned
        state[mover], state[1 - mover] = own, other
    state[MOVER], state[MOVES] = 1 - mover, _mobility(other, own)
    if state[MOVES] == 0 and _mobility(own, other) == 0:
        state[MOVER] = OVER


@njit
def _stones(cells):
    count = 0
    while cells != 0:
        cells &= cells - 1
        count += 1
    return count


@njit
def returns(params, state, out):
    lead = _stones(state[BLACK]) - _stones(state[WHITE])
    out[0] = 1.0 * (lead > 0) - 1.0 * (lead < 0)
    out[1] = -out[0]


@njit
def observe(params, state, player, out):
    """Three planes: empty cells, the stones of ``player``, the other's."""
    for cell in range(64):
        own, other = (state[player] >> cell) & 1, (state[1 - player] >> cell) & 1
        out[cell] = 1 - own - other
        out[64 + cell] = own
        out[128 + cell] = other


def _action_name(player: int, action: int) -> str:
    return "pass" if action == PASS else "abcdefgh"[action % 8] + str(action // 8 + 1)


def _drawing(position: list[int]) -> str:
    heading = {0: "Black (x) to play:", 1: "White (o) to play:", OVER: "Terminal State:"}
    cells = ["-xo"[(position[0] >> i & 1) + 2 * (position[1] >> i & 1)] for i in range(64)]
    rows = [f"{r + 1} {' '.join(cells[8 * r : 8 * r + 8])} {r + 1}" for r in range(8)]
    return "\n".join(
        [heading[position[MOVER]], "  a b c d e f g h  ", *rows, "  a b c d e f g h  "]
    )


def load() -> BoardGame:
    shape = (3, 8, 8)
    # half a turn and both diagonals, under which the first position stays as it is; and what a
    # player sees is his own stones and the other's, whoever he is
    moves = [lambda b: np.rot90(b, 2), lambda b: b.T, lambda b: np.rot90(b, 2).T]
    swap = board_symmetry(shape, 65, lambda board: board, seats=(1, 0))
    return BoardGame(
        __name__,
        name="othello",
        num_actions=65,
        state_size=4,
        observation_shape=shape,
        action_name=_action_name,
        drawing=_drawing,
        symmetries=[*(board_symmetry(shape, 65, move) for move in moves), swap],
    )
