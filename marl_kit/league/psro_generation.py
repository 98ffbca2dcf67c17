"""One generation of PSRO: a population, its exact game, its meta-strategy, the best responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.profile import Profile
from marl_kit.league.empirical import grown, leaf_reach, payoff_cells
from marl_kit.league.exact_oracle import Reply, replies
from marl_kit.league.meta_solvers import MetaSolver
from marl_kit.league.meta_strategy import MetaStrategy
from marl_kit.league.psro_result import mixture


@dataclass(frozen=True, eq=False, slots=True)
class Generation:
    """The population at some time, with its game and meta-strategy."""

    members: list[np.ndarray]  # float64 [n_p, Q_p] each
    reaches: list[Any]  # sparse [n_p, L] each
    payoffs: np.ndarray  # float64 [P, n_1, ..., n_P]
    meta: MetaStrategy
    replies: list[list[Reply]]

    @property
    def gains(self) -> np.ndarray:
        """What each player's best responses gain, float64 [P]."""
        return np.array([sum(reply.gain for reply in own) for own in self.replies])

    @property
    def gap(self) -> float:
        """What all best responses together gain."""
        return float(self.gains.sum())


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """What the history keeps of a generation."""

    marginals: tuple[np.ndarray, ...]
    profile: Profile
    values: np.ndarray
    nash_conv: float
    gap: float


def first(game: Game, solver: MetaSolver, plan: np.ndarray) -> Generation:
    """One member a player, given by the realisation plans of all, float64 [Q]."""
    form = game.sequence_form()
    members = [x[None] for x in np.split(plan, form.player_sequences[1:-1])]
    reaches = [leaf_reach(form, p, x) for p, x in enumerate(members)]
    return _solved(game, solver, members, reaches, payoff_cells(form, reaches))


def following(
    game: Game, solver: MetaSolver, now: Generation, added: Sequence[np.ndarray]
) -> Generation:
    """The generation with the plans ``added[p]``, float64 [k, Q_p], at the end."""
    payoffs, reaches = grown(game.sequence_form(), now.payoffs, now.reaches, added)
    members = [np.concatenate(pair) for pair in zip(now.members, added, strict=True)]
    return _solved(game, solver, members, reaches, payoffs)


def _solved(
    game: Game,
    solver: MetaSolver,
    members: list[np.ndarray],
    reaches: list[Any],
    payoffs: np.ndarray,
) -> Generation:
    form, meta = game.sequence_form(), solver.solve(payoffs)
    answers = [replies(form, members, payoffs, meta, p) for p in range(game.num_players)]
    return Generation(members, reaches, payoffs, meta, answers)


def joining(now: Generation, least: np.ndarray, copies: bool) -> list[np.ndarray]:
    """The best responses of each player that join, P float64 [k, Q_p].

    Where copies count every one joins; otherwise those that gain more than ``least`` [P] and are
    no members yet.
    """
    return [_joining(now, p, float(x), copies) for p, x in enumerate(least)]


def _joining(now: Generation, player: int, least: float, copies: bool) -> np.ndarray:
    known = now.members[player]
    found = known[:0]
    for reply in now.replies[player]:
        if not copies:
            there = np.concatenate([known, found])
            if reply.gain <= least or (there == reply.plan).all(axis=1).any():
                continue
        found = np.concatenate([found, reply.plan[None]])
    return found


def recorded(game: Game, now: Generation) -> Record:
    """Its mixture as strategies of the whole game, with the NashConv there."""
    profile = mixture(game, now.members, now.meta.marginals)
    values = now.meta.values(now.payoffs)
    return Record(now.meta.marginals, profile, values, nash_conv_of(game, profile), now.gap)
