"""Expected values on a game tree, which need no recall."""

from __future__ import annotations

import numpy as np

from marl_kit.games.policy import TabularPolicy
from marl_kit.games.tree import TERMINAL


def values_of_tree(policy: TabularPolicy) -> np.ndarray:
    """Sum over leaves of the probability of reaching them times the payoffs, float64 [P]."""
    tree = policy.game.tree()
    slot = tree.incoming_slot()
    edge = np.where(slot >= 0, policy.probabilities[slot], tree.chance_prob)
    reach = np.ones(tree.num_nodes)
    for start, end in zip(tree.depth_offset[1:-1], tree.depth_offset[2:], strict=True):
        reach[start:end] = reach[tree.parent[start:end]] * edge[start:end]
    return reach[tree.player == TERMINAL] @ tree.payoffs
