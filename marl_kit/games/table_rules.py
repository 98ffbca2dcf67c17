"""Rules that read a table of positions: any compiled game is a board game for kernels.

``params`` holds the table: a head, then a record for each position and one for each move, then the
floats by their bits. What a move needs stands side by side: a random walk over a table is a walk
over memory. A state is the number of a position. These are the functions that a rules file defines,
see ``games/rules.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from marl_kit.games.table import PositionTable

PLAYERS, BITS, EDGES, PROBABILITIES, PAYOFFS, HEAD = range(6)
"""The head: the number of players, how many bits a position's number has, where the moves, their
probabilities and the payoffs begin; its length."""
NODE = 4
"""Numbers of a position: who moves, row of the payoffs, first move, number of moves."""
EDGE = 2
"""Numbers of a move: the action, the position after it."""


@njit
def initial(params, state):
    state[0] = 0


@njit
def player(params, state):
    return params[HEAD + NODE * state[0]]


@njit
def _copy_actions(params, node, out):
    record = HEAD + NODE * node
    count = params[record + 3]
    place = params[EDGES] + EDGE * params[record + 2]
    for i in range(count):
        out[i] = params[place + EDGE * i]
    return count


@njit
def legal(params, state, out):
    return _copy_actions(params, state[0], out)


@njit
def chance(params, state, actions, probabilities):
    first = params[PROBABILITIES] + params[HEAD + NODE * state[0] + 2]
    count = _copy_actions(params, state[0], actions)
    numbers = params.view(np.float64)
    for i in range(count):
        probabilities[i] = numbers[first + i]
    return count


@njit
def apply(params, state, action):
    record = HEAD + NODE * state[0]
    place = params[EDGES] + EDGE * params[record + 2]
    for i in range(params[record + 3]):
        if params[place + EDGE * i] == action:
            state[0] = params[place + EDGE * i + 1]
            return


@njit
def returns(params, state, out):
    players = params[PLAYERS]
    row = params[PAYOFFS] + params[HEAD + NODE * state[0] + 1] * players
    numbers = params.view(np.float64)
    for p in range(players):
        out[p] = numbers[row + p]


@njit
def observe(params, state, player, out):
    """The position's number in binary digits: it tells positions apart, and no more."""
    for i in range(params[BITS]):
        out[i] = (state[0] >> i) & 1


def pack(table: PositionTable) -> np.ndarray:
    """The table as ``params``, int64."""
    degree = np.diff(table.first_edge)
    nodes = np.stack([table.player, table.payoff_row, table.first_edge[:-1], degree], axis=1)
    parts = [
        nodes.ravel(),
        np.stack([table.action, table.child], axis=1).ravel(),
        table.probability.view(np.int64),
        table.payoffs.ravel().view(np.int64),
    ]
    starts = (HEAD + np.cumsum([len(part) for part in parts])).tolist()
    head = np.zeros(HEAD, np.int64)
    head[PLAYERS], head[BITS] = table.num_players, bits_of(table)
    head[EDGES], head[PROBABILITIES], head[PAYOFFS] = starts[:3]
    return np.concatenate([head, *parts])


def bits_of(table: PositionTable) -> int:
    """Binary digits of the largest number of a position."""
    return max(1, (table.num_positions - 1).bit_length())
