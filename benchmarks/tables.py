"""Rows "tables": search through a compiled table against the states that it was compiled from."""

from __future__ import annotations

from collections.abc import Iterator

import pyspiel

import marl_kit as mk
from benchmarks.timing import Row, compare
from benchmarks.uct import MEMORY_MB, C, searching

GAME = "tic_tac_toe"
SIMULATIONS, GENERIC_SIMULATIONS = 20_000, 1_000


def rows() -> Iterator[Row]:
    """One tree from the first position."""
    game = mk.load_game(f"openspiel:{GAME}")
    compiled = mk.compile_table(game)
    yield compare(
        "UCT tic-tac-toe through a table (a simulation)",
        "our search through pyspiel.State",
        searching(game, GENERIC_SIMULATIONS),
        searching(compiled, SIMULATIONS),
        floor=20.0,
        per=(GENERIC_SIMULATIONS, SIMULATIONS),
    )
    rules = pyspiel.load_game(GAME)
    start = rules.new_initial_state()
    evaluator = pyspiel.RandomRolloutEvaluator(1, 1)
    bot = pyspiel.MCTSBot(rules, evaluator, C, SIMULATIONS, MEMORY_MB, False, 1, False)
    yield compare(
        "the same",
        "OpenSpiel C++",
        lambda: bot.step(start),
        searching(compiled, SIMULATIONS),
        floor=1.0,
        per=(SIMULATIONS, SIMULATIONS),
    )
    yield compare(
        "the same",
        "our search by the catalogue's rules",
        searching(mk.load_game(GAME), SIMULATIONS),
        searching(compiled, SIMULATIONS),
        floor=0.4,
        per=(SIMULATIONS, SIMULATIONS),
    )
