"""OpenSpiel's AlphaZero in Python: one game at a time, one position a call of the network.

The actor's own parts play, with the options of OpenSpiel's example but for the network's size and
the simulations. Its positions are remembered, as its evaluator does, and forgotten before each
game, which is the point where its actor does when there are new weights.
"""

from __future__ import annotations

import tempfile

import pyspiel
from open_spiel.python.algorithms.alpha_zero import alpha_zero
from open_spiel.python.algorithms.alpha_zero.evaluator import AlphaZeroEvaluator
from open_spiel.python.utils.file_logger import FileLogger

BATCH = 1
WIDTH, DEPTH = 32, 3
API = "nnx"
"""Of its two models the faster here, about twice, and the default of its ``Config``."""


def config(game: pyspiel.Game, simulations: int) -> alpha_zero.Config:
    """The defaults of ``open_spiel/python/examples/alpha_zero.py``."""
    return alpha_zero.Config(
        game="connect_four",
        path=None,
        learning_rate=1e-3,
        weight_decay=1e-4,
        decouple_weight_decay=False,
        train_batch_size=2**7,
        replay_buffer_size=2**13,
        replay_buffer_reuse=4,
        max_steps=1,
        checkpoint_freq=25,
        actors=1,
        evaluators=0,
        evaluation_window=50,
        eval_levels=7,
        uct_c=1.41,
        max_simulations=simulations,
        policy_alpha=1.0,
        policy_epsilon=0.25,
        temperature=1,
        temperature_drop=2,
        nn_model="resnet",
        nn_width=WIDTH,
        nn_depth=DEPTH,
        observation_shape=game.observation_tensor_shape(),
        output_size=game.num_distinct_actions(),
        verbose=False,
        quiet=True,
        nn_api_version=API,
    )


def self_play(batch: int, simulations: int):
    """A block of play: every call is one game."""
    if batch != BATCH:
        raise SystemExit("error: OpenSpiel's AlphaZero in Python has no batches: --batch 1")
    game = pyspiel.load_game("connect_four")
    options = config(game, simulations)
    evaluator = AlphaZeroEvaluator(game, alpha_zero._init_model_from_config(options))
    bots = [alpha_zero._init_bot(options, game, evaluator, False) for _ in range(2)]
    logger = FileLogger(tempfile.mkdtemp(), "actor", quiet=True)

    bots[0].mcts_search(game.new_initial_state())  # compiles

    def block() -> tuple[int, int]:
        evaluator._cache.clear()  # its ``clear_cache`` has JAX compile anew besides
        before = evaluator.cache_info().misses
        played = alpha_zero._play_game(
            logger, 1, game, bots, options.temperature, options.temperature_drop
        )
        return len(played.states) * simulations, evaluator.cache_info().misses - before

    return block
