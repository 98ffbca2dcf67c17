"""Trained for minutes, a network with a search of 50 simulations cannot be beaten on small boards.

Each seed trains in a folder of its own in runs/alphazero_small, and a run that was stopped goes on
there; `make clean` removes them. What the seeds reached: benchmarks/results/alphazero_small.md.
"""

import pytest

import marl_kit as mk
from benchmarks.alphazero_small import BOARDS, CONNECT_THREE, TIC_TAC_TOE, result

SEEDS = 5
FAILURES = 1
"""Seeds that may miss it."""


@pytest.mark.parametrize(("game", "value"), [(TIC_TAC_TOE, 0.0), (CONNECT_THREE, 1.0)])
def test_what_perfect_play_gives_the_first_player(game, value):
    """So unlosable means another thing on each: the first player of the second one has to win."""
    assert mk.oracle(game).values(mk.load_game(game).new_initial_state())[0] == value
    assert game in BOARDS


@pytest.mark.slow
@pytest.mark.parametrize("game", BOARDS)
def test_nobody_gets_more_than_perfect_play_leaves(game):
    """Exact best responses in both seats; beside the untrained network at the same search."""
    found = [result(game, seed) for seed in range(SEEDS)]
    print(*found, sep="\n")
    perfect = [one.trained for one in found if one.trained.unlosable]
    assert len(perfect) >= SEEDS - FAILURES
    assert all(one.nash_conv == 0 for one in perfect)
    assert all(one.trained.kept > one.untrained.kept for one in found)
