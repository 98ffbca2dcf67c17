"""AlphaGo Zero's evaluator: a new network plays only if it beats the old one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from marl_kit.core.seeds import child
from marl_kit.evaluate.sprt import sprt
from marl_kit.games.game import Game
from marl_kit.play.lockstep import play_blocks
from marl_kit.play.player import Player

ELO_0, ELO_1 = 0.0, 35.0
"""35 Elo are 55 % of the points, which AlphaGo Zero asked for (Silver et al. 2017)."""
BLOCKS = 16
"""Pairs of games between two looks at the test."""
MOST = 200
"""Pairs after which a candidate that nothing is decided about does not pass."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate passed, after so many games with so many points."""

    passed: bool
    games: int
    points: float


def judge(game: Game, candidate: Player, champion: Player, root: np.random.SeedSequence) -> Verdict:
    """Pairs of games, the seats changed, until the sequential test decides."""
    pairs = np.zeros(5)
    played = 0
    while played < MOST:
        seeds = [child(root, "pair", played + i) for i in range(BLOCKS)]
        found = Counter(
            sum(2 * _points(record.returns, record.seats.index(0)) for record in block)
            for block in play_blocks(game, [candidate, champion], seeds)
        )
        pairs += [found[half_points] for half_points in range(5)]
        played += BLOCKS
        decision = sprt(pairs=pairs.tolist(), elo0=ELO_0, elo1=ELO_1).decision
        if decision != "continue":
            return Verdict(decision == "accept", 2 * played, _total(pairs))
    return Verdict(False, 2 * played, _total(pairs))


def _points(returns: tuple[float, ...], seat: int) -> float:
    """1 for a higher payoff than the other's, 1/2 for the same."""
    own, other = returns[seat], returns[1 - seat]
    return float(own > other) + 0.5 * (own == other)


def _total(pairs: np.ndarray) -> float:
    return float(pairs @ np.arange(5) / 2)
