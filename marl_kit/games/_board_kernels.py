"""A move on a board, and what follows from it, in one call."""

from numba import njit

from marl_kit.games import rules_in_kernels as board
from marl_kit.games.tree import CHANCE

BEGIN = -1
"""As an action: set up the position before the first move."""


@njit(cache=True)
def advance(rules, params, state, action, legal, probabilities, returns):
    """Make a move in place; gives (player to move, number of actions or outcomes).

    ``legal`` int64 [A], ``probabilities`` float64 [A] (of chance) and ``returns`` float64 [P] are
    filled where they mean something.
    """
    if action == BEGIN:
        board.initial(rules, params, state)
    else:
        board.apply(rules, params, state, action)
    player = board.player(rules, params, state)
    if player == CHANCE:
        return player, board.chance(rules, params, state, legal, probabilities)
    if player < 0:
        board.returns(rules, params, state, returns)
        return player, 0
    return player, board.legal(rules, params, state, legal)


@njit(cache=True)
def observation(rules, params, state, player, out):
    """Fill ``out``, float32 [cells], with what ``player`` sees."""
    board.observe(rules, params, state, player, out)
