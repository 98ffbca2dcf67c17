"""How often UCT keeps what a position of tic-tac-toe is worth, by exact minimax.

The shares are those of OpenSpiel's ``MCTSBot`` (uct_c = 2, one random rollout, without and with
its solver), as measured for this project; ours must lie within 1.5 points.
"""

import functools

import pytest

import marl_kit as mk
from marl_kit.search.search import search_batch
from marl_kit.search.uct import UCT
from tests.reference.boards import TicTacToe
from tests.search.positions import state_after

SEEDS = 6
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


def measured_share(options, parts):
    """In per cent; with two parts a seed searches every second position."""
    game, critical = mk.load_game("tic_tac_toe"), critical_positions()
    cases = [(state_after(game, history), kept) for history, kept in critical]
    good = searched = 0
    for seed in range(SEEDS):
        mine = cases[seed % parts :: parts]
        for first in range(0, len(mine), SLOTS):
            chunk = mine[first : first + SLOTS]
            keys = [seed << 32 | first + i for i in range(len(chunk))]
            results = search_batch(game, [s for s, _ in chunk], options, keys)
            good += sum(r.best in kept for r, (_, kept) in zip(results, chunk, strict=True))
            searched += len(chunk)
    share = 100 * good / searched
    print(f"{options} keeps the value in {share:.2f} %")
    return share


@pytest.mark.parametrize(
    ("simulations", "share", "parts"),
    [(300, 97.2, 2), (100, 93.5, 1), (30, 90.2, 1), (10, 85.3, 1)],
)
def test_share_of_positions_in_which_the_value_is_kept(simulations, share, parts):
    """The standard error is 0.2 points."""
    assert abs(measured_share(UCT(simulations, c=2.0), parts) - share) < TOLERANCE


@pytest.mark.parametrize(
    ("simulations", "share", "parts"),
    [(300, 99.91, 2), (100, 98.3, 1), (30, 95.7, 1), (10, 89.4, 1)],
)
def test_share_with_proofs(simulations, share, parts):
    options = UCT(simulations, c=2.0, solve=True)
    assert abs(measured_share(options, parts) - share) < TOLERANCE
