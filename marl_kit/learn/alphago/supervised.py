"""Stage 1: a policy that imitates recorded games."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np

from marl_kit.games.game import Game
from marl_kit.learn.alphago.options import AlphaGo
from marl_kit.learn.alphago.positions import decisions_of, packed
from marl_kit.learn.alphago.records import Record
from marl_kit.learn.alphazero.examples import Examples
from marl_kit.learn.alphazero.updates import Trainer
from marl_kit.learn.networks.architecture import PolicyValueNetwork, new_network
from marl_kit.learn.networks.view import View

AVERAGING = 0.99
"""Share of the running mean of the weights that stays in each step."""


def supervised_policy(
    game: Game,
    view: View,
    records: Sequence[Record],
    options: AlphaGo,
    root: np.random.SeedSequence,
) -> PolicyValueNetwork:
    """A network whose policy makes the recorded moves likely.

    ``-log p(a | s)`` over positions drawn from all of the games (Silver et al. 2016, methods,
    "Policy network: classification"). Its value head learns the results beside it: the baseline of
    the next stage, no more, since positions of one game share one result.
    """
    told = (d for number, record in enumerate(records) for d in decisions_of(game, record, number))
    return fitted(view, packed(view, told), options, options.supervised_steps, root)


def fitted(
    view: View, examples: Examples, options: AlphaGo, steps: int, root: np.random.SeedSequence
) -> PolicyValueNetwork:
    """A new network after so many steps of AlphaZero's loss on examples, in mirror images where
    the game declares any; the mean of its weights."""
    first = int(root.generate_state(1)[0])
    network = new_network(
        options.architecture(view.shape), view.shape, view.num_actions, view.num_players, first
    )
    averaged = copy.deepcopy(network)
    trainer = Trainer(
        network, averaged, view, decay=options.decay, averaging=AVERAGING, symmetries=True
    )
    trainer.update([examples], steps, options.batch, options.rate, root)
    return averaged.eval()
