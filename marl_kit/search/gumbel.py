"""Policy improvement by planning with Gumbel (Danihelka, Guez, Schrittwieser and Silver 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.core.checks import number, whole
from marl_kit.search._kernels import fill_gumbels, improve_policy
from marl_kit.search.plan import GUMBEL_RULE, SAMPLED, Plan, rounding
from marl_kit.search.result import SearchResult, read_root
from marl_kit.search.tree import Tree


@dataclass(frozen=True, slots=True)
class Gumbel:
    """Options of the search.

    At the root Gumbel numbers g are drawn, one for each action, and sequential halving (Karnin,
    Koren and Somekh 2013) shares the simulations out: the ``considered`` actions with the largest
    ``g + logit`` are visited equally often, then the better half of them by
    ``g + logit + sigma(Q)``, and so on. The final move is the best of the most visited by the same
    sum. Below the root nothing is random: the action is followed whose share of the visits is
    furthest behind the improved policy, the largest ``pi'(a) - n(a) / (1 + sum n)`` (equation 14).

    ``sigma(q) = (c_visit + max n) c_scale q`` (equation 8), q in units of the payoff range above
    its low end. Actions that were never tried get the mixed value of equation 33 (*completed* Q),
    and ``pi' = softmax(logits + sigma(completed Q))`` (equation 11) is the policy of the result.

    Attributes
    ----------
    simulations : int
        The first evaluates the root itself; the others are shared out.
    considered : int
        Actions that are considered at the root, if there are so many.
    c_visit, c_scale : float
        Of sigma.
    noise : float
        Factor of the Gumbel numbers: 1 draws moves in training, 0 plays what is best so far.
    """

    simulations: int = 64
    considered: int = 16
    c_visit: float = 50.0
    c_scale: float = 1.0
    noise: float = 1.0

    def __post_init__(self) -> None:
        whole("simulations", self.simulations)
        whole("considered", self.considered)
        number("c_visit", self.c_visit)
        number("c_scale", self.c_scale)
        number("noise", self.noise)

    @property
    def needs_raw(self) -> bool:
        return True

    def plan(self, low: float, high: float, total: float) -> Plan:
        return Plan(
            rule=GUMBEL_RULE,
            proofs=SAMPLED,
            bonus=np.zeros(1),
            shrink=np.zeros(self.simulations + 1),
            untried=0.0,
            low=float(low),
            high=float(high),
            total=float(total),
            slack=rounding(low, high),
            visit_scale=float(self.c_visit),
            value_scale=float(self.c_scale),
            considered=self.considered,
        )

    def root_noise(self, key: int, count: int) -> np.ndarray | None:
        numbers = np.empty(count)
        fill_gumbels(np.uint64(key), numbers)
        return self.noise * numbers

    def read(self, tree: Tree, row: int, plan: Plan, noise: np.ndarray) -> SearchResult:
        root = read_root(tree, row, plan)
        policy = np.empty(len(root.actions))
        place = improve_policy(plan, tree, row, noise, root.places, policy)
        return root.result(root.places.tolist().index(place), policy)
