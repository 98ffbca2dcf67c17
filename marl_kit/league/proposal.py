"""Against whom a learner is to train: opponents and their weights, from the log."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from marl_kit.evaluate.ratings import elo
from marl_kit.league.matchmaking import opponents
from marl_kit.league.options import META
from marl_kit.league.pool import Pool
from marl_kit.league.pool_view import PoolView
from marl_kit.league.records import Member
from marl_kit.league.standing import two_axes

EXACT_GAMES = 1000.0
"""As many games a computed pay-off counts for matchmaking, which knows games only."""


def opponent_weights(pool: Pool, learner: Member | None) -> np.ndarray:
    """Probability of each member of the pool to be the opponent, float64 [n].

    A learner that has not answered yet is matched as somebody who has not played yet.
    """
    if pool.options.matchmaking == META:
        return pool.mixture()
    members = pool.members()
    order = _newest_last(members, learner)
    view = _view(pool, [members[i] for i in order], learner)
    weights = np.zeros(len(members))
    weights[order] = opponents(pool.options.matchmaking, view)[: len(members)]
    return weights


def _newest_last(members: list[Member], learner: Member | None) -> list[int]:
    """Learned members are newer than given ones, and its own last self is the learner's newest."""
    return sorted(
        range(len(members)),
        key=lambda i: (members[i].kind == "learned", members[i] == learner, i),
    )


def _view(pool: Pool, members: list[Member], learner: Member | None) -> PoolView:
    """Results as matchmaking knows them: everybody is a candidate, the learner itself too; one that
    is not there yet comes last, without games and of average strength."""
    names = [member.name for member in members]
    counts = pool.log.pair_counts().among(names)
    wins, games = _expected(pool, members) if pool.options.exact else counts.square(names)
    ratings = None
    if "elo" in pool.options.matchmaking:
        pairs = [(i, j) for i, j in combinations(range(len(names)), 2) if games[i, j]]
        found = elo([(i, j, wins[i, j], 0, wins[j, i]) for i, j in pairs]).elo if pairs else {}
        ratings = np.array([found.get(i, 0.0) for i in range(len(names))])
    candidates = np.ones(len(names), bool)
    if learner is not None:
        return PoolView(wins, games, members.index(learner), candidates, ratings)
    wins, games = np.pad(wins, (0, 1)), np.pad(games, (0, 1))
    average = None if ratings is None else np.append(ratings, ratings.mean())
    return PoolView(wins, games, len(names), np.append(candidates, False), average)


def _expected(pool: Pool, members: list[Member]) -> tuple[np.ndarray, np.ndarray]:
    """Computed pay-offs as win rates: 1/2 and half the difference in units of the range."""
    low, high = pool.bounds
    at = pool.standing()
    rows = [at.ids.index(member.id) for member in members]
    mean = two_axes(at).mean[np.ix_(rows, rows)]
    share = 0.5 + (mean - mean.T) / (2 * (high - low)) if high > low else np.full(mean.shape, 0.5)
    games = np.full(share.shape, EXACT_GAMES)
    return np.clip(share, 0.0, 1.0) * games, games
