"""How often UCT keeps what a position of tic-tac-toe is worth, by exact minimax.

The shares are those of OpenSpiel's ``MCTSBot`` (uct_c = 2, one random rollout, no solver), as
measured for this project; ours must lie within 1.5 points.
"""

import functools

import pytest

import marl_kit as mk
from marl_kit.search.uct import UCT, search_batch
from tests.reference.boards import TicTacToe
from tests.search.positions import state_after

SEEDS = 20
SLOTS = 400
TOLERANCE = 1.5


@functools.cache
def critical_positions():
    """Histories and value-keeping moves, where at least one move loses value."""
    twin = TicTacToe()
    positions = twin.positions()
    running = [position for position in positions if twin.legal(position)]
    assert (len(positions), len(running)) == (5478, 4520)
    kept = {position: twin.keeping(position) for position in running}
    critical = [p for p in running if len(kept[p]) < len(twin.legal(p))]
    assert len(critical) == 3191
    return [(positions[p], kept[p]) for p in critical]


@pytest.mark.parametrize(
    ("simulations", "share", "parts"),
    [(300, 97.2, 2), (100, 93.5, 1), (30, 90.2, 1), (10, 85.3, 1)],
)
def test_share_of_positions_in_which_the_value_is_kept(simulations, share, parts):
    """With two parts a seed searches every second position: a standard error of 0.1 points."""
    game, critical = mk.load_game("tic_tac_toe"), critical_positions()
    cases = [(state_after(game, history), kept) for history, kept in critical]
    good = searched = 0
    for seed in range(SEEDS):
        mine = cases[seed % parts :: parts]
        for first in range(0, len(mine), SLOTS):
            chunk = mine[first : first + SLOTS]
            keys = [seed << 32 | first + i for i in range(len(chunk))]
            results = search_batch(game, [s for s, _ in chunk], UCT(simulations, c=2.0), keys)
            good += sum(r.best in kept for r, (_, kept) in zip(results, chunk, strict=True))
            searched += len(chunk)
    measured = 100 * good / searched
    print(f"{simulations} simulations keep the value in {measured:.2f} % (OpenSpiel: {share} %)")
    assert abs(measured - share) < TOLERANCE
