"""Whether a table that is being compiled still has a chance to fit."""

from __future__ import annotations

import math
import os
import sys
from functools import cached_property
from pathlib import Path

from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.game import Game
from marl_kit.games.preorder import _free_memory
from marl_kit.games.table_guess import log_guess, longest_play

BYTES_PER_POSITION = 2_000
"""Measured peak of compiling games of OpenSpiel with ten moves a position, rounded up."""
BYTES_PER_MOVE = 100
"""Columns that are put in order when all positions are known, several at a time."""
RESERVE = 100_000_000
"""Bytes that are left to others."""
HOPELESS = 100.0
"""A game whose size is guessed to be so many times the limit is given up early."""
GUESS_FROM = 5_000
"""Positions of the latest layer from which on a guess is made."""


class Guard:
    """Limit and memory of one walk.

    Attributes
    ----------
    sizes : list of int
        Positions of each layer that is complete.
    """

    def __init__(self, game: Game, limit: int):
        self.game, self.limit, self.sizes = game, limit, [1]
        self._before = resident_memory()

    @cached_property
    def _longest(self) -> int:
        return longest_play(self.game)

    def check(self, met: int, moves: int, fresh: int) -> None:
        """Refuse to go on, if that is vain.

        Parameters
        ----------
        met, moves : int
            Positions and moves so far.
        fresh : int
            Positions of the layer that is being filled. More may come, and a larger layer only
            makes the guess larger.
        """
        hopeless = fresh >= GUESS_FROM and self._log_guess(fresh) > self._log_hopeless
        if met > self.limit or hopeless:
            raise GameTooLargeError(self._too_large(met, fresh))
        if moves * BYTES_PER_MOVE + RESERVE > available_memory():
            raise GameTooLargeError(
                f"{met:,} positions of {self.game.name} so far in {self._megabytes(met)}, and "
                f"going on needs more than the memory that is free; use a smaller game or search "
                f"(mcts)."
            )

    @property
    def _log_hopeless(self) -> float:
        return math.log(HOPELESS) + math.log(self.limit)

    def _log_guess(self, fresh: int) -> float:
        sizes = [*self.sizes, fresh] if fresh else self.sizes
        return log_guess(sizes, self._longest) if len(sizes) > 2 else 0.0

    def _too_large(self, met: int, fresh: int) -> str:
        guess = self._log_guess(fresh)
        fits = guess + math.log(BYTES_PER_POSITION) <= math.log(max(available_memory(), 1.0))
        told, advice = "", ", or raise the limit"
        if guess > self._log_hopeless or not fits:
            told = f" (10^{guess / math.log(10):.0f} by a guess from the first plies)"
            advice = ""
        ways = f"use search (mcts){' or' if not advice else ','} a smaller game{advice}"
        return (
            f"{self.game.name} has more than {self.limit:,} positions{told}, {met:,} so far in "
            f"{self._megabytes(met)}, so it is not tabled; {ways}."
        )

    def _megabytes(self, met: int) -> str:
        grown = resident_memory() - self._before
        size = grown if grown > 0 else met * BYTES_PER_POSITION
        return f"about {max(math.ceil(size / 1e6), 1):,} MB"


def resident_memory() -> float:
    """Bytes that this process holds, nan where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return float(pages * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:
        return math.nan
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else 1024 * peak)


def available_memory() -> float:
    """Bytes that could be had: what is free, and caches of files, which the system gives up."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return _free_memory()
