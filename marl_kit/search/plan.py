"""What a kernel must know of how to search, and of the searches that run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

UCT_RULE, PUCT_RULE, GUMBEL_RULE = 0, 1, 2
"""How edges are chosen: see ``UCT``, ``PUCT`` and ``Gumbel``."""

SAMPLED, ENDS, SOLVE = 0, 1, 2
"""What counts as proven: nothing; moves that end the game; whatever follows from them."""


RELATIVE, ABSOLUTE = 1e-11, 1e-15
"""Of the payoff range, and of the largest payoff, whose last digits a sum loses."""


class Plan(NamedTuple):
    """The options of a search, as numbers and tables; ``Options.plan`` makes it."""

    rule: int
    proofs: int
    bonus: np.ndarray  # float64 [simulations + 1]; exploration by visits N of the node
    shrink: np.ndarray  # float64 [simulations + 1]; by visits n of the edge
    untried: float  # value of an edge that was never tried; NaN: the node's own mean
    low: float  # the smallest and
    high: float  # the largest payoff
    total: float  # what all players' payoffs sum to; NaN if that differs
    slack: float  # bounds that differ by no more differ by rounding
    noise_share: float = 0.0  # how much of the root's priors is noise
    visit_scale: float = 0.0  # Gumbel's c_visit
    value_scale: float = 0.0  # and c_scale
    considered: int = 0  # actions that it halves


def rounding(low: float, high: float) -> float:
    """What sums of payoffs may be off by: expectations, and what one player is left by others."""
    return RELATIVE * (high - low) + ABSOLUTE * max(abs(low), abs(high))


class Slots(NamedTuple):
    """The state of each of R running searches, beside its tree; leaves are met and told here."""

    key: np.ndarray  # uint64 [R]; all random numbers follow from it
    simulation: np.ndarray  # int64 [R]; simulations with this key so far
    budget: np.ndarray  # int64 [R]; visits of the root at which the search ends
    noise: np.ndarray  # float64 [R, W]; of the root's edges
    path: np.ndarray  # int32 [R, N + 2]; edges from the root to the leaf, edge 0 first
    moves: np.ndarray  # int32 [R, N + 2]; the same as actions; the first means nothing
    depth: np.ndarray  # int64 [R]; their number; 0 where nothing waits for an answer
    player: np.ndarray  # int64 [R]; at the leaf: who moves, CHANCE or TERMINAL
    branches: np.ndarray  # int64 [R]; how many actions or outcomes it has
    actions: np.ndarray  # int64 [R, W]
    prior: np.ndarray  # float64 [R, W]; the evaluator's, or probabilities of outcomes
    value: np.ndarray  # float64 [R, P]; the evaluator's, or returns at the end
    reward: np.ndarray  # float64 [R, P]; paid on the way to it, where the dynamics pays
    finished: np.ndarray  # bool [R]


def new_slots(rows: int, nodes: int, width: int, players: int) -> Slots:
    """Searches that have not begun."""
    return Slots(
        key=np.zeros(rows, np.uint64),
        simulation=np.zeros(rows, np.int64),
        budget=np.zeros(rows, np.int64),
        noise=np.zeros((rows, width)),
        path=np.zeros((rows, nodes + 2), np.int32),
        moves=np.zeros((rows, nodes + 2), np.int32),
        depth=np.zeros(rows, np.int64),
        player=np.zeros(rows, np.int64),
        branches=np.zeros(rows, np.int64),
        actions=np.zeros((rows, width), np.int64),
        prior=np.zeros((rows, width)),
        value=np.zeros((rows, players)),
        reward=np.zeros((rows, players)),
        finished=np.ones(rows, np.bool_),
    )
