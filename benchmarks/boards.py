"""Rows "boards": random games on the catalogue's rules against OpenSpiel's C++, one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyspiel
from numba import njit

import marl_kit as mk
from benchmarks.timing import Row, compare
from marl_kit.games import rules_in_kernels as board
from marl_kit.games.board import BoardGame
from marl_kit.games.tree import CHANCE, TERMINAL

GAMES = ("tic_tac_toe", "connect_four", "hex(board_size=7)", "othello", "pig")
THEIRS, OURS = 200, 2_000
EVALUATED = 2
MEMORY_MB = 100
FLOOR = 1.0


# SplitMix64 (Steele, Lea and Flood 2014)
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFT_1, SHIFT_2, SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
HALF = np.uint64(32)
UNIT = 2.0**-32


@njit
def draw(rng):
    """An integer in [0, 2**32)."""
    rng[0] += STEP
    x = rng[0]
    x = (x ^ (x >> SHIFT_1)) * MIX_1
    x = (x ^ (x >> SHIFT_2)) * MIX_2
    return np.int64((x ^ (x >> SHIFT_3)) >> HALF)


@njit(cache=True)
def random_games(rules, params, start, work, legal, probabilities, returns, games, rng):
    """The sum of player 0's returns in random games."""
    total = 0.0
    for _ in range(games):
        for i in range(len(start)):
            work[i] = start[i]
        player = board.player(rules, params, work)
        while player != TERMINAL:
            if player == CHANCE:
                count = board.chance(rules, params, work, legal, probabilities)
                chosen, left = 0, draw(rng) * UNIT - probabilities[0]
                while left >= 0.0 and chosen < count - 1:
                    chosen += 1
                    left -= probabilities[chosen]
            else:
                chosen = (draw(rng) * board.legal(rules, params, work, legal)) >> 32
            board.apply(rules, params, work, legal[chosen])
            player = board.player(rules, params, work)
        board.returns(rules, params, work, returns)
        total += returns[0]
    return total


def rows() -> Iterator[Row]:
    """Random games from the first position; the same number of OpenSpiel's rollouts."""
    for spec in GAMES:
        rules = pyspiel.load_game(spec)
        start = rules.new_initial_state()
        # the only way to its rollouts: a search that evaluates two positions, hundreds of times
        evaluator = pyspiel.RandomRolloutEvaluator(THEIRS, 1)
        bot = pyspiel.MCTSBot(rules, evaluator, 2.0, EVALUATED, MEMORY_MB, False, 1, False)
        yield compare(
            f"random games of {spec}",
            "OpenSpiel C++",
            lambda bot=bot, start=start: bot.step(start),
            playing(mk.load_game(spec), OURS),
            floor=FLOOR,
            per=(EVALUATED * THEIRS, OURS),
        )


def playing(game: BoardGame, games: int) -> Callable[[], float]:
    """Random games in one kernel."""
    start = game.new_initial_state().position
    room = 2 * game.max_branches + 1
    work, legal, probabilities = np.empty_like(start), np.zeros(room, np.int64), np.zeros(room)
    returns = np.zeros(game.num_players)
    rng = np.ones(1, np.uint64)
    arguments = (game.params, start, work, legal, probabilities, returns, games, rng)
    return lambda: game.rules.call(random_games, *arguments)
