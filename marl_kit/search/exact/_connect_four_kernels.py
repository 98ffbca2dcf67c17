"""Alpha-beta for Connect Four on bitboards, as one loop over an explicit stack.

Ideas: Pons (2015-2019), Solving Connect 4: how to build a perfect AI (null windows that close in
on the score, moves that do not lose at once, ordering by threats, bounds in a transposition
table); bitboards after Tromp. The layout of cells is that of ``games/boards/connect_four.py``.

A *score* is seen from the player to move: 0 a draw; s > 0 if he wins with s - 1 of his stones
left to put, -s if the other does. A node answers one question, "is the score at least ``target``?",
by a number v: if v >= target the score is at least v, else it is at most v.

Everything lives in arrays, so a call may stop after ``budget`` nodes and the next one goes on.
"""

import numpy as np
from numba import njit

# board: what does not change; then the cells of each column, the middle one first
ROWS, COLUMNS, LENGTH, BOTTOM, FULL, SHIFT, MIRRORED, ORDER = range(8)
# frames [depth]: a node, and its moves, best first; then how good each looks
OWN, MASK, TARGET, BEST, COUNT, NEXT, KEY, MOVES = range(8)
# work: the position that is asked about, and how far its answer has come
STONES, TAKEN, LEFT, MOVE, LOW, HIGH, DEPTH, VALUE, NODES = range(9)
WORK = 9
NOT_BEGUN, BETWEEN = -2, -1  # DEPTH of a move that was not looked at, and between two questions

NO_MOVE = -128
NO_ANSWER = -127
LOWEST = -100
FOUR = 4

# An entry of the table: a hash from which the key can be had back, without its top byte, which the
# index holds; and a byte with the bound. 0 is no entry.
_BYTE, _OFFSET, _IS_LOWER = np.uint64(8), 64, 128
_BOUND = np.uint64(255)
_SCORE = np.int64(127)
_ODD_1 = np.uint64(0x9E3779B97F4A7C15)
_ODD_2 = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


@njit
def _hash(key):
    """A bijection of 64-bit numbers."""
    x = np.uint64(key) * _ODD_1
    x = (x ^ (x >> _HALF)) * _ODD_2
    return x ^ (x >> _HALF)


@njit
def _holes_of_four(p, s):
    """Cells that would make four with three of ``p``, along steps of ``s`` bits."""
    two = (p << s) & (p << 2 * s)
    holes = two & ((p << 3 * s) | (p >> s))
    two = (p >> s) & (p >> 2 * s)
    return holes | (two & ((p << s) | (p >> 3 * s)))


@njit
def _holes(p, s, length):
    """The same for lines of any length, by the number of stones on either side of the hole."""
    holes = 0
    for below in range(length):
        here = -1
        for i in range(1, below + 1):
            here &= p << i * s
        for i in range(1, length - below):
            here &= p >> i * s
        holes |= here
    return holes


@njit
def _winning(p, rows, columns, length, full):
    """The cells, free or not, with which the stones ``p`` would make a line.

    The spare bit above each column is never a stone, so no line runs into the next column.
    """
    cells, h = 0, rows + 1
    if length == FOUR:
        cells = (p << 1) & (p << 2) & (p << 3)
        if columns >= FOUR:
            cells |= _holes_of_four(p, h) | _holes_of_four(p, h - 1) | _holes_of_four(p, h + 1)
        return cells & full
    for k in range(4):  # upwards, then the diagonals with the row between them
        if (length <= rows or k == 2) and (length <= columns or k == 0):  # shifts stay below 64
            cells |= _holes(p, h - 2 + k if k > 0 else 1, length)
    return cells & full


@njit
def _stones(x):
    """How many bits of x are set."""
    x = x - ((x >> 1) & 0x5555555555555555)
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F
    return ((x * 0x0101010101010101) >> 56) & 255


@njit
def _mirrored(key, rows, columns):
    """The key with its columns in reverse."""
    h = rows + 1
    column = (1 << h) - 1
    image = 0
    for _ in range(columns):
        image = (image << h) | (key & column)
        key >>= h
    return image


@njit
def _safe_moves(own, mask, rows, columns, length, bottom, full):
    """Moves after which the other does not win at once; none if there are none."""
    possible = (mask + bottom) & full
    threats = _winning(own ^ mask, rows, columns, length, full)
    forced = possible & threats
    if forced != 0:
        if forced & (forced - 1) != 0:
            return 0
        possible = forced
    return possible & ~(threats >> 1)


@njit
def _question(low, high):
    """The next target: halfway, or rather near 0, where most answers are."""
    middle = low + (high - low) // 2
    if middle <= 0 and -(-low // 2) < middle:
        middle = -(-low // 2)
    elif middle >= 0 and high // 2 > middle:
        middle = high // 2
    return middle + 1


@njit
def _at_once(own, mask, left, target, rows, columns, length, bottom, full):
    """An answer that needs no search, or NO_ANSWER; and the moves that do not lose at once.

    Who moves cannot win at once: the node above plays no move that would let him.
    """
    safe = _safe_moves(own, mask, rows, columns, length, bottom, full)
    if safe == 0:
        return -(left // 2), safe
    if left <= 2:
        return 0, safe
    lowest, highest = -((left - 2) // 2), (left - 1) // 2  # lost in four plies, won in three
    if lowest >= target:
        return lowest, safe
    if highest < target:
        return highest, safe
    return NO_ANSWER, safe


@njit(forceinline=True)
def _look_up(table, hashed, shift, target):
    """What the table knows, if that answers the question."""
    entry = table[hashed >> shift]
    if entry >> _BYTE == (hashed << _BYTE) >> _BYTE:
        told = np.int64(entry & _BOUND)
        bound = (told & _SCORE) - _OFFSET
        if (told >= _IS_LOWER) == (bound >= target):
            return bound
    return NO_ANSWER


@njit(forceinline=True)
def _store(table, key, shift, bound, is_lower):
    hashed = _hash(key)
    told = bound + _OFFSET + (_IS_LOWER if is_lower else 0)
    table[hashed >> shift] = (hashed << _BYTE) | np.uint64(told)


@njit(forceinline=True)
def _list_moves(board, frames, d, own, mask, safe, rows, columns, length, full):
    """Write the moves of a node: those that make more threats first, then the middle."""
    ranks, count = MOVES + columns, 0
    for i in range(columns):
        move = safe & board[ORDER + i]
        if move != 0:
            rank = _stones(_winning(own | move, rows, columns, length, full) & ~mask)
            at = count
            while at > 0 and frames[d, ranks + at - 1] < rank:
                frames[d, ranks + at] = frames[d, ranks + at - 1]
                frames[d, MOVES + at] = frames[d, MOVES + at - 1]
                at -= 1
            frames[d, ranks + at], frames[d, MOVES + at] = rank, move
            count += 1
    frames[d, BEST], frames[d, COUNT], frames[d, NEXT] = LOWEST, count, 0


@njit
def _prove(board, table, frames, work, first_left, budget):
    """Answer the question of frame 0; gives False if the budget ends first."""
    rows, columns, length = board[ROWS], board[COLUMNS], board[LENGTH]
    bottom, full, shift = board[BOTTOM], board[FULL], np.uint64(board[SHIFT])
    d, nodes = work[DEPTH], work[NODES]
    while nodes < budget:
        nodes += 1
        own, mask, target, left = frames[d, OWN], frames[d, MASK], frames[d, TARGET], first_left - d
        value, safe = _at_once(own, mask, left, target, rows, columns, length, bottom, full)
        if value == NO_ANSWER:
            key = own + mask
            if left > board[MIRRORED]:
                key = min(key, _mirrored(key, rows, columns))
            frames[d, KEY] = key
            value = _look_up(table, _hash(key), shift, target)
        if value == NO_ANSWER:
            _list_moves(board, frames, d, own, mask, safe, rows, columns, length, full)
        else:
            while True:  # hand the answer up, until a node has a move left to try
                d -= 1
                if d < 0:
                    work[DEPTH], work[VALUE], work[NODES] = BETWEEN, value, nodes
                    return True
                value = max(frames[d, BEST], -value)
                frames[d, BEST] = value
                enough = value >= frames[d, TARGET]
                if not enough and frames[d, NEXT] < frames[d, COUNT]:
                    break
                _store(table, frames[d, KEY], shift, value, enough)
        move = frames[d, MOVES + frames[d, NEXT]]
        frames[d, NEXT] += 1
        frames[d + 1, OWN] = frames[d, OWN] ^ frames[d, MASK]
        frames[d + 1, MASK] = frames[d, MASK] | move
        frames[d + 1, TARGET] = 1 - frames[d, TARGET]
        d += 1
    work[DEPTH], work[NODES] = d, nodes
    return False


@njit
def _begin_move(board, frames, work, column):
    """Score a move that needs no search, else NO_ANSWER, and put what comes after it in frame 0."""
    rows, columns, length = board[ROWS], board[COLUMNS], board[LENGTH]
    bottom, full, left = board[BOTTOM], board[FULL], work[LEFT]
    h = rows + 1
    cells = ((1 << rows) - 1) << column * h
    move = (work[TAKEN] + (1 << column * h)) & cells
    if move == 0:
        return NO_MOVE
    if move & _winning(work[STONES], rows, columns, length, full):
        return (left + 1) // 2
    own, mask = work[STONES] ^ work[TAKEN], work[TAKEN] | move
    if (mask + bottom) & full & _winning(own, rows, columns, length, full):
        return -(left // 2)
    if left <= 2:
        return 0
    frames[0, OWN], frames[0, MASK] = own, mask
    return NO_ANSWER


@njit(cache=True)
def score_moves(board, table, frames, work, scores, weak, budget):
    """Fill ``scores`` int64 [columns] of the player to move; gives False if the budget ends first.

    ``weak``: only who wins, so scores are -1, 0 or 1. ``table`` uint64 [2**k]; ``frames`` int64
    [left + 1, MOVES + 2 * columns].
    """
    while work[MOVE] < board[COLUMNS]:
        left = work[LEFT] - 1  # after the move
        if work[DEPTH] == NOT_BEGUN:
            known = _begin_move(board, frames, work, work[MOVE])
            if known != NO_ANSWER:
                scores[work[MOVE]] = known
                if weak and known != NO_MOVE:
                    scores[work[MOVE]] = (known > 0) - (known < 0)
                work[MOVE] += 1
                continue
            work[DEPTH], work[LOW], work[HIGH] = BETWEEN, -(left // 2), (left - 1) // 2
            if weak:
                work[LOW], work[HIGH] = max(work[LOW], -1), min(work[HIGH], 1)
        while work[LOW] < work[HIGH]:
            if work[DEPTH] == BETWEEN:
                frames[0, TARGET] = _question(work[LOW], work[HIGH])
                work[DEPTH] = 0
            if not _prove(board, table, frames, work, left, budget):
                return False
            if work[VALUE] >= frames[0, TARGET]:
                work[LOW] = work[VALUE]
            else:
                work[HIGH] = work[VALUE]
        score = -work[LOW]
        scores[work[MOVE]] = (score > 0) - (score < 0) if weak else score
        work[MOVE] += 1
        work[DEPTH] = NOT_BEGUN
    return True
