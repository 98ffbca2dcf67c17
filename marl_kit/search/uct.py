"""UCT (Kocsis and Szepesvari 2006, Bandit based Monte-Carlo planning)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from marl_kit.core.checks import flag, number, whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.search.plan import ENDS, SAMPLED, SOLVE, UCT_RULE, Plan, rounding
from marl_kit.search.result import SearchResult, standard_result
from marl_kit.search.tree import Tree

END_RULES = ("known", "sampled")


@dataclass(frozen=True, slots=True)
class UCT:
    """Options of the search.

    At a node that was visited N times, an action that was tried n times with mean return Q goes
    first if it is untried, and else by ``Q + c sqrt(ln N / n)``, Q and c in units of half the
    payoff range (UCB1 of Auer, Cesa-Bianchi and Fischer 2002; on returns in [-1, 1] it is
    OpenSpiel's ``uct_c``). A new leaf is evaluated by random play, unless the search is given
    another evaluator. The final move is the most visited.

    A move that ends the game has a known value. As in OpenSpiel's bot, it is then neither
    explored (no second term) nor, at the root, judged by its visits if it gives the largest payoff
    (it is played) or the smallest (it is avoided). With ``ends="sampled"`` such a move is one like
    any other, as in the paper. With ``solve=True`` what follows from the ends of the game is
    proven too (MCTS-solver, Winands, Bjornsson and Saito 2008; here with bounds for each player,
    as Cazenave and Saffidine 2011 have them for two): proven moves are not explored, moves
    that are proven to be no better than another are left alone, and the search stops when it is
    proven what the best move is worth.

    Attributes
    ----------
    simulations : int
        The first evaluates the root itself.
    c : float
        Exploration.
    rollouts : int
        Random games from each new leaf.
    ends : "known" or "sampled"
        How moves that end the game are treated, see above.
    solve : bool
        Whether to prove values.
    """

    simulations: int = 400
    c: float = 1.4
    rollouts: int = 1
    ends: Literal["known", "sampled"] = "known"
    solve: bool = False

    def __post_init__(self) -> None:
        whole("simulations", self.simulations)
        whole("rollouts", self.rollouts)
        number("c", self.c)
        flag("solve", self.solve)
        if self.ends not in END_RULES:
            raise InvalidOptionError(f"ends is {self.ends!r}; give one of {', '.join(END_RULES)}.")
        if self.solve and self.ends != "known":
            raise InvalidOptionError("solve proves what ends of the game are worth: ends=known.")

    @property
    def needs_raw(self) -> bool:
        return False

    def plan(self, low: float, high: float, total: float) -> Plan:
        visits = np.maximum(np.arange(self.simulations + 1), 1)
        ends = ENDS if self.ends == "known" else SAMPLED
        return Plan(
            rule=UCT_RULE,
            proofs=SOLVE if self.solve else ends,
            bonus=self.c * (high - low) / 2 * np.sqrt(np.log(visits)),
            shrink=1 / np.sqrt(visits),
            untried=np.inf,
            low=float(low),
            high=float(high),
            total=float(total),
            slack=rounding(low, high),
        )

    def root_noise(self, key: int, count: int) -> np.ndarray | None:
        return None

    def read(self, tree: Tree, row: int, plan: Plan, noise: np.ndarray) -> SearchResult:
        return standard_result(tree, row, plan)
