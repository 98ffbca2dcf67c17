"""What is to be played by a population of which everybody may sit anywhere."""

from __future__ import annotations

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.threads import one_blas_thread
from marl_kit.league.meta_solvers import find_meta_solver
from marl_kit.league.standing import Standing

SAME = 1e-6
"""Two mixtures that differ by less anywhere are one."""
SYMMETRIC = "projected_replicator"
"""Takes the place of a solver that gives the players of a symmetric game different mixtures: from
the same start its players stay the same."""


def meta_mixture(at: Standing, solver: str) -> np.ndarray:
    """One mixture for every seat, float64 [n].

    The empirical game is symmetric. Where it has a constant sum, optimal mixtures are so for both
    players, and their mean is taken; elsewhere a solver that answers with an equilibrium in which
    the players differ would not be playable by one population, and ``projected_replicator``
    answers in its place. Of a joint distribution the marginals are taken.

    Raises
    ------
    InvalidOptionError
        Nobody is there, or some of them have not met.
    """
    if not at.ids:
        raise InvalidOptionError("nobody has joined this league yet; add players first.")
    if len(at.ids) == 1:
        return np.ones(1)
    if not at.known().all():
        raise InvalidOptionError(_unknown(at))
    payoffs = np.stack([np.moveaxis(at.mean, 0, p) for p in range(at.num_players)])
    with one_blas_thread():
        found = find_meta_solver(solver).solve(payoffs)
    marginals = np.array(found.marginals)
    differ = np.ptp(marginals, axis=0).max() > SAME
    if differ and at.constant_sum is None and found.joint is None:
        marginals = np.array(find_meta_solver(SYMMETRIC).solve(payoffs).marginals)
    mixture = np.maximum(marginals.mean(axis=0), 0.0)
    return np.asarray(mixture / mixture.sum())


def _unknown(at: Standing) -> str:
    """Which table nothing is known of."""
    first = [int(k) for k in np.argwhere(~at.known())[0]]
    who = " and ".join(f"number {at.ids[k]}" for k in dict.fromkeys(first))
    if len(set(first)) == 1:
        return (
            f"copies of a member ({who}) have not played each other, which a game whose payoffs do "
            f"not sum to a constant needs; leagues that learn play these games, a round robin does "
            f"not."
        )
    return f"members {who} have not met, and the meta-strategy needs every pay-off; train on."
