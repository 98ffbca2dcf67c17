"""A league at a glance: everything that pictures and reports show, read off the log at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.evaluate.ratings import Ratings
from marl_kit.league.records import Member


@dataclass(frozen=True, eq=False, slots=True)
class LeagueSummary:
    """What a league has come to; n members in the order of joining, G generations.

    Attributes
    ----------
    game, preset : str
    players : int
        Of the game.
    facts : dict of str to str
        Lines of the run's description: games, waves, oracle, matchmaking, meta-solver, seed.
    members : tuple of n Member
        ``member.step`` is the wave in which it was made, 0 for those who were given.
    pool : bool [n]
        Whether it is accepted: candidates that failed at the gate are not.
    games : int64 [n, n]
        Evaluation games between the two; 0 where nothing was played.
    payoffs : float64 [n, n]
        Mean payoff of the row's member against the column's, all seats alike; NaN where nothing is
        known. For more than two players: against tables of which the column's member was one.
    low, high : float64 [n, n]
        95 % interval of ``payoffs``; equal to it where ``exact``.
    exact : bool [n, n]
        Computed instead of played.
    computed : bool
        Whether pay-offs are computed instead of played.
    scale : (float, float)
        The game's smallest and largest payoff.
    ratings : Ratings or None
        None while no games were played.
    beside : dict of str to float64 [n]
        Other opinions on the members, a probability each, by name (Nash averaging, alpha-rank);
        NaN for those who are not in the pool. Empty where some pay-off is not known, in large
        leagues and in games of more than two players.
    misfit : str
        Where the ratings mislead, in a sentence; empty where no pair contradicts them.
    generations : int64 [G]
        Waves that ended with a meta-strategy, ascending.
    meta : float64 [G, n]
        The meta-strategy of each; 0 for members that came later.
    exploitability : float64 [G]
        NashConv / players of that mixture of members, drawn before the game begins.
    exploitability_kind : str
        ``"exact"``, or what bound it is, in words.
    forgetting : float64 [n]
        The worst win rate (share of points, a draw is half) of each member against its own
        ancestors; NaN without ancestors that it played. Where pay-offs are computed there are no
        wins: 1/2 and half the difference of the two pay-offs, in units of the payoff range.
    forgot : int64 [n]
        That ancestor; -1 where there is none.
    cyclic_share : float
        Of the pay-offs (or win rates), in the Hodge decomposition; NaN where it is not defined.
    cycles : tuple of (int, int, int)
        Up to ten triples of members of which each beats the next for sure (the intervals do not
        meet), the strongest cycle first.
    """

    game: str
    preset: str
    players: int
    facts: dict[str, str]
    members: tuple[Member, ...]
    pool: np.ndarray
    games: np.ndarray
    payoffs: np.ndarray
    low: np.ndarray
    high: np.ndarray
    exact: np.ndarray
    computed: bool
    scale: tuple[float, float]
    ratings: Ratings | None
    beside: dict[str, np.ndarray]
    misfit: str
    generations: np.ndarray
    meta: np.ndarray
    exploitability: np.ndarray
    exploitability_kind: str
    forgetting: np.ndarray
    forgot: np.ndarray
    cyclic_share: float
    cycles: tuple[tuple[int, int, int], ...]

    @property
    def best_so_far(self) -> np.ndarray:
        """The least exploitability up to each generation, float64 [G]."""
        return np.fmin.accumulate(self.exploitability)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the members."""
        return tuple(member.name for member in self.members)
