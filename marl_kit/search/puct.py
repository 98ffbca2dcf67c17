"""PUCT, the search of AlphaZero (Silver et al. 2017, 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from marl_kit.core.checks import flag, number, whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.search.options import keyed_generator
from marl_kit.search.plan import PUCT_RULE, SAMPLED, SOLVE, Plan, rounding
from marl_kit.search.result import SearchResult, standard_result
from marl_kit.search.tree import Tree


@dataclass(frozen=True, slots=True)
class PUCT:
    """Options of the search.

    At a node that was visited N times, its own evaluation included, the action with the largest
    ``Q + c P sqrt(N) / (1 + n)`` is followed: n its visits, Q their mean return, P its prior; Q
    and c in units of half the payoff range (Silver et al. 2017, Mastering the game of Go without
    human knowledge, "Select"; without the node's own evaluation in N the first choice would
    ignore the prior). With ``c_base`` AlphaZero's slowly growing factor is added to c:
    ``ln((1 + N + c_base) / c_base)``, c being its c_init (Silver et al. 2018, pseudocode; there
    c_base = 19652 and c_init = 1.25). The final move is the most visited.

    Attributes
    ----------
    simulations : int
        Visits of the root; the first evaluates the root itself. Visits of a tree that was kept
        from the move before count.
    c : float
        Exploration.
    c_base : float, optional
        AlphaZero's log term; ``None`` leaves it away.
    fpu : float, optional
        First-play value: Q of an action that was never tried, in units of half the payoff range
        about its middle (-1: a loss, 0: a draw). ``None``: the node's own mean.
    noise : float
        Share of Dirichlet noise in the priors of the root. It never enters the stored priors.
    alpha : float
        Concentration of the noise over all actions together: each of L legal actions gets
        ``alpha / L`` (10 / L is about AlphaZero's .3, .15 and .03 for chess, shogi and Go).
    solve : bool
        Whether to prove values, see ``UCT``.
    """

    simulations: int = 400
    c: float = 1.25
    c_base: float | None = None
    fpu: float | None = None
    noise: float = 0.0
    alpha: float = 10.0
    solve: bool = False

    def __post_init__(self) -> None:
        whole("simulations", self.simulations)
        number("c", self.c)
        number("noise", self.noise, most=1.0)
        number("alpha", self.alpha)
        flag("solve", self.solve)
        if self.alpha == 0:
            raise InvalidOptionError("alpha is 0; give a number > 0.")
        if self.c_base is not None:
            number("c_base", self.c_base, least=1.0)
        if self.fpu is not None:
            number("fpu", self.fpu, least=-math.inf)

    @property
    def needs_raw(self) -> bool:
        return False

    def plan(self, low: float, high: float, total: float) -> Plan:
        visits, half = np.arange(self.simulations + 1), (high - low) / 2
        c = np.full(len(visits), float(self.c))
        if self.c_base is not None:
            c += np.log((1 + visits + self.c_base) / self.c_base)
        return Plan(
            rule=PUCT_RULE,
            proofs=SOLVE if self.solve else SAMPLED,
            bonus=c * half * np.sqrt(visits),
            shrink=1 / (1 + visits),
            untried=math.nan if self.fpu is None else (low + high) / 2 + self.fpu * half,
            noise_share=float(self.noise),
            low=float(low),
            high=float(high),
            total=float(total),
            slack=rounding(low, high),
        )

    def root_noise(self, key: int, count: int) -> np.ndarray | None:
        if self.noise == 0:
            return None
        return keyed_generator(key).dirichlet(np.full(count, self.alpha / count))

    def read(self, tree: Tree, row: int, plan: Plan, noise: np.ndarray) -> SearchResult:
        return standard_result(tree, row, plan)
