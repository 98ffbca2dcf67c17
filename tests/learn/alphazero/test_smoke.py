"""A training of seconds beats the untrained network at the same search, and UCT with 50
simulations, on a small board."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.seeds import child, resolve_seed
from marl_kit.learn.alphazero.player import player_of, search_options
from marl_kit.play.lockstep import play_blocks
from tests.learn.alphazero.tiny import training

SMALL = "connect_four(rows=3,columns=4,x_in_row=3)"
ROUNDS, BLOCKS = 10, 100
CONFIG = {
    "network": "mlp",
    "width": 64,
    "depth": 2,
    "games": 128,
    "slots": 128,
    "simulations": 16,
    "considered": 16,
    "temperature_plies": 6,
    "window": 20,
    "updates": 150,
    "batch": 128,
}


@pytest.fixture(scope="module")
def players():
    """The untrained network and the trained one, 16 simulations each, with Gumbel's noise: what
    they play is drawn, and games differ."""
    run = training(SMALL, **CONFIG)
    search = search_options(simulations=16, noise=1)
    untrained = player_of(run.run.game, training(SMALL, **CONFIG)._evaluator(), search, "untrained")
    for _ in range(ROUNDS):
        run.round()
    return {
        "untrained": untrained,
        "trained": player_of(run.run.game, run._evaluator(), search, "trained"),
        "uct": mk.make_player("mcts(simulations=50)", SMALL),
    }


@pytest.mark.parametrize(("opponent", "least"), [("untrained", 0.2), ("uct", 0.05)])
def test_it_beats(players, opponent, least):
    """The low end of a 95 % interval of the mean payoff, both seats in equal shares."""
    seeds = [child(resolve_seed(1)[1], block) for block in range(BLOCKS)]
    blocks = list(play_blocks(mk.load_game(SMALL), [players["trained"], players[opponent]], seeds))
    games = [record for block in blocks for record in block]
    assert len({tuple(record.actions) for record in games}) > BLOCKS / 2
    means = [np.mean([r.returns[r.seats.index(0)] for r in block]) for block in blocks]
    error = np.std(means, ddof=1) / len(means) ** 0.5
    print(f"{opponent}: {np.mean(means):.3f} +- {1.96 * error:.3f}")
    assert np.mean(means) - 1.96 * error > least
