"""How many positions a game has, guessed from its first layers."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from marl_kit.games.enumerate import MAX_DEPTH
from marl_kit.games.game import Game
from marl_kit.games.tree import TERMINAL

PLAYS = 20
PLIES = 2_000
"""After so many plies no other play is begun: where plays are long, one tells enough."""
LONGER = 1.5
"""The longest play of a game against the longest of some random ones."""


def log_guess(sizes: Sequence[int], longest: int) -> float:
    """Natural logarithm of the number of positions.

    The logarithm of a layer's size is taken for a parabola, as it nearly is where stones are put
    on a board: its slope falls to 0 as fast as it fell until now, and it ends with the longest
    play.

    Parameters
    ----------
    sizes : sequence of at least 3 int
        Positions of each layer so far.
    longest : int
        Plies of the longest play.

    Examples
    --------
    >>> round(log_guess([1, 100, 5000], longest=6) / math.log(10))  # a parabola
    8
    >>> round(log_guess([1, 10, 100], longest=6) / math.log(10))  # a tree
    6
    """
    step = 2 if len(sizes) > 4 else 1  # two plies smooth what alternates with the players
    last, middle, first = (math.log(sizes[-1 - k * step]) for k in range(3))
    slope, before = (last - middle) / step, (middle - first) / step
    left = longest - (len(sizes) - 1)
    if slope <= 0 or left <= 0:
        return last
    fall = max((before - slope) / step, 0.0)
    grows = min(left, slope / fall) if fall > 0 else left
    return last + slope * grows - fall * grows**2 / 2


def longest_play(game: Game) -> int:
    """Plies of the longest play, by some random ones."""
    rng, longest, walked = random.Random(0), 0, 0
    for _ in range(PLAYS):
        if walked >= PLIES:
            break
        state, plies = game.begin(0), 0
        while state.current_player() != TERMINAL and plies < MAX_DEPTH:
            state.apply_action(rng.choice(state.legal_actions()))
            plies += 1
        longest, walked = max(longest, plies), walked + plies
    return math.ceil(LONGER * longest)
