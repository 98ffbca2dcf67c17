"""Stage 2: policy gradient, in games against a pool of earlier selves."""

from __future__ import annotations

import copy

import numpy as np
import torch

from marl_kit.core.seeds import child, generator
from marl_kit.games.game import Game
from marl_kit.learn.alphago.options import AlphaGo
from marl_kit.learn.alphago.players import PriorPlayer
from marl_kit.learn.alphago.positions import decisions_of, packed, whole_batch
from marl_kit.learn.alphazero.examples import Examples
from marl_kit.learn.alphazero.loss import masked_log_softmax
from marl_kit.learn.networks.architecture import PolicyValueNetwork
from marl_kit.learn.networks.evaluator import network_evaluator
from marl_kit.learn.networks.view import View
from marl_kit.play.lockstep import play_blocks


def reinforced_policy(
    game: Game,
    view: View,
    supervised: PolicyValueNetwork,
    options: AlphaGo,
    root: np.random.SeedSequence,
) -> PolicyValueNetwork:
    """A network whose policy wins more often; ``supervised`` is left as it is.

    In each step it plays games, in every seat, against policies drawn from a pool that begins with
    the supervised one and takes a copy of the learner every ``pool_every`` steps: who plays the
    last version of itself only can go round in circles. Then the log probabilities of its own
    moves go up by ``z - v``, the result less the baseline (Williams 1992, REINFORCE; Silver et al.
    2016, methods, "Policy network: reinforcement learning"), and the baseline towards z.
    """
    learner = copy.deepcopy(supervised)
    pool = [_player(supervised, view, 0)]
    optimiser = torch.optim.Adam(learner.parameters(), lr=options.reinforce_rate)
    for step in range(options.reinforce_steps):
        played = _games(game, view, learner, pool, options, child(root, "step", step))
        _climb(learner, optimiser, view, played)
        if (step + 1) % options.pool_every == 0:
            pool.append(_player(copy.deepcopy(learner), view, step + 1))
    return learner.eval()


def _player(network: PolicyValueNetwork, view: View, step: int) -> PriorPlayer:
    return PriorPlayer(network_evaluator(network, view), f"policy after {step} steps")


def _games(
    game: Game,
    view: View,
    learner: PolicyValueNetwork,
    pool: list[PriorPlayer],
    options: AlphaGo,
    root: np.random.SeedSequence,
) -> Examples:
    """What the learner did in the games of a step, and how they ended."""
    others = generator(root, "opponents").integers(len(pool), size=game.num_players - 1)
    players = [_player(learner, view, -1), *(pool[i] for i in others.tolist())]
    blocks = -(-options.reinforce_games // game.num_players)
    found = play_blocks(game, players, [child(root, "block", b) for b in range(blocks)])
    return packed(
        view,
        (
            decision
            for number, record in enumerate(record for block in found for record in block)
            for decision in decisions_of(game, record.actions, number, record.seats.index(0))
        ),
    )


def _climb(
    learner: PolicyValueNetwork, optimiser: torch.optim.Optimizer, view: View, played: Examples
) -> None:
    """One step uphill."""
    batch, rows = whole_batch(view, played), torch.arange(len(played))
    own = torch.from_numpy(played.players.astype(np.int64))
    if not view.tells_mover:  # then the network sees whoever moves as player 0
        own = torch.zeros_like(own)
    learner.train()
    logits, values = learner(batch.inputs)
    taken = (masked_log_softmax(logits, batch.legal) * batch.policies).sum(dim=1)
    gains = (batch.outcomes - values.detach())[rows, own]
    loss = ((batch.outcomes - values) ** 2).mean() - (gains * taken).mean()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    learner.eval()
