"""Rows "UCT": tree search with random rollouts from the first position, one tree, one core."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyspiel
from open_spiel.python.algorithms import mcts

import marl_kit as mk
from benchmarks.timing import Row, compare
from marl_kit.search.search import search
from marl_kit.search.uct import UCT

GAME = "connect_four"
C = 2.0
SIMULATIONS = 20_000
GENERIC_SIMULATIONS = 1_000
MEMORY_MB = 1_000


def rows() -> Iterator[Row]:
    """Board rules in numba against OpenSpiel's C++, and any ``State`` against its Python."""
    rules = pyspiel.load_game(GAME)
    start = rules.new_initial_state()
    bot = pyspiel.MCTSBot(
        rules,
        pyspiel.RandomRolloutEvaluator(1, 1),
        C,
        SIMULATIONS,
        MEMORY_MB,
        False,  # no solver: neither has one
        1,
        False,
    )
    yield compare(
        "UCT Connect Four, one tree (a simulation)",
        "OpenSpiel C++",
        lambda: bot.step(start),
        searching(mk.load_game(GAME), SIMULATIONS),
        floor=8.0,
        per=(SIMULATIONS, SIMULATIONS),
    )
    rng = np.random.RandomState(1)
    python_bot = mcts.MCTSBot(
        rules,
        C,
        GENERIC_SIMULATIONS,
        mcts.RandomRolloutEvaluator(1, rng),
        solve=False,
        random_state=rng,
    )
    yield compare(
        "the same through pyspiel.State",
        "OpenSpiel Python",
        lambda: python_bot.step(start),
        searching(mk.load_game(f"openspiel:{GAME}"), GENERIC_SIMULATIONS),
        floor=3.0,
        per=(GENERIC_SIMULATIONS, GENERIC_SIMULATIONS),
    )


def searching(game: mk.Game, simulations: int):
    """A search of the first position, with another key each time."""
    state, options, keys = game.new_initial_state(), UCT(simulations, C), iter(range(1 << 30))
    return lambda: search(game, state, options, next(keys))
