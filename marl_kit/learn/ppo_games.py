"""Games of a PPO learner as what it learns from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from marl_kit.games.game import Game
from marl_kit.learn.episodes import payoff_scales
from marl_kit.learn.ppo_learner import Decisions
from marl_kit.learn.tree_episodes import NOTHING, TreeEpisodes, tree_table
from marl_kit.learn.tree_inputs import tree_inputs


class Table:
    """A game on which PPO learns: its tree, what networks see of it, and its payoffs' scale."""

    def __init__(self, game: Game):
        self.game = game
        self.inputs = tree_inputs(game)
        self.rules = tree_table(game.tree())
        scales = np.array(payoff_scales(game))
        self.middle, self.half = scales[:, 0], scales[:, 1]

    def decisions(self, runs: Sequence[TreeEpisodes], mine: np.ndarray) -> Decisions:
        """The learner's decisions in the games of S runs.

        Parameters
        ----------
        runs : sequence of S TreeEpisodes
            Of E games each.
        mine : bool [E, P]
            Where the learner sits.
        """
        longest = max(run.slot.shape[-1] for run in runs)
        slot = np.stack([_padded(run.slot, longest) for run in runs])
        infoset = np.stack([_padded(run.infoset, longest) for run in runs])
        rewards = np.stack([(run.payoffs - self.middle) / self.half for run in runs])
        counts = (slot != NOTHING) & mine[..., None]
        # where nothing counts stands what is legal: a probability of 0 would make NaN of a ratio
        column = self.inputs.slot_column[np.where(counts, slot, 0)]
        return Decisions(
            torch.from_numpy(np.where(counts, infoset, 0)),
            torch.from_numpy(column),
            torch.from_numpy(counts),
            torch.from_numpy(rewards.astype(np.float32)),
        )


def _padded(steps: np.ndarray, longest: int) -> np.ndarray:
    missing = longest - steps.shape[-1]
    return np.pad(steps, [(0, 0), (0, 0), (0, missing)], constant_values=NOTHING)
