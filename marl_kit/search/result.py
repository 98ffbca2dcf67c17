"""What a search has to say about its root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.checks import number
from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.results import aligned, html_table
from marl_kit.search._kernels import sorted_root
from marl_kit.search.plan import SAMPLED, Plan
from marl_kit.search.tree import ROOT, Tree


@dataclass(frozen=True, eq=False, slots=True)
class SearchResult:
    """The statistics at the root, by action in ascending order.

    Attributes
    ----------
    best : int
        The move to play: the most visited action; among equals the one with the larger sum of
        returns to the player to move, then the one that the search happened to try first. A move
        that is proven to be worth the most that the player can get goes before all others, and
        one that is proven to lose, or to be worth less than another, behind them. (``Gumbel`` has
        a rule of its own.)
    player : int
        Who moves.
    actions : int64 [A]
        The legal actions.
    visits : int64 [A]
        Simulations that went through each. They sum to one less than the simulations: the first
        evaluates the root itself.
    values : float64 [A, P]
        Mean return of each player; NaN where nothing was tried.
    priors : float64 [A]
        What the evaluator said, without noise.
    policy : float64 [A]
        What a network should learn: the shares of the visits (``Gumbel``: the improved policy).
        Moves that are proven to lose or to be worth less than another have none, and if some are
        proven to be best these have all. It does not depend on the temperature of the moves.
    low, high : float64 [A]
        Between these two lies what best play after the action is worth to the player to move, as
        far as the search has proven it.
    value : float64 [P]
        Mean return of all simulations.
    """

    best: int
    player: int
    actions: np.ndarray
    visits: np.ndarray
    values: np.ndarray
    priors: np.ndarray
    policy: np.ndarray
    low: np.ndarray
    high: np.ndarray
    value: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Visits as shares of their sum, float64 [A]; equal while there are none."""
        return visit_shares(self.visits)

    @property
    def proven(self) -> bool:
        """Whether it is proven what the best move is worth to the player to move."""
        return bool(self.low.max() == self.high.max())

    def draw(self, temperature: float, u: float) -> int:
        """An action with probability proportional to ``policy ** (1 / temperature)``.

        Parameters
        ----------
        temperature : float
            0: ``best``. 1: by the policy itself.
        u : float
            In [0, 1): what decides.
        """
        number("temperature", temperature)
        if not (isinstance(u, float | int) and 0 <= u < 1):
            raise InvalidOptionError(f"u is {u!r}; give a number >= 0 and < 1.")
        if temperature == 0:
            return self.best
        weights = self.policy
        if temperature != 1:  # of the largest, which is 1 then, no power is too small or too large
            weights = (weights / weights.max()) ** (1 / temperature)
        sums = weights.cumsum()
        place = int(sums.searchsorted(u * sums[-1], side="right"))
        if place == len(sums):  # the product was rounded up
            place = int(weights.nonzero()[0][-1])
        return int(self.actions[place])

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("player", f"{self.player} to move"),
            ("best", str(self.best) + (f"  (proven: {self.low.max():g})" if self.proven else "")),
            ("simulations", f"{int(self.visits.sum()) + 1:,}"),
            ("values", "  ".join(f"{v:.4f}" for v in self.value)),
        ]
        for i in np.argsort(-self.visits, kind="stable").tolist():
            mean = self.values[i, self.player]
            text = f"{self.visits[i]:,} visits  {100 * self.shares[i]:.1f} %  value {mean:.4f}"
            if self.low[i] == self.high[i]:
                text += f"  proven {self.low[i]:g}"
            lines.append((f"action {self.actions[i]}", text))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists; ``None`` for the value of what was never tried."""
        values = np.where(np.isnan(self.values), None, self.values)  # type: ignore[call-overload]
        plain: dict[str, Any] = {
            "best": self.best,
            "player": self.player,
            "values": values.tolist(),
        }
        for name in ("actions", "visits", "priors", "policy", "low", "high", "value"):
            plain[name] = getattr(self, name).tolist()
        return plain

    def __repr__(self) -> str:
        return aligned("SearchResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def visit_shares(visits: np.ndarray) -> np.ndarray:
    """Visits as shares of their sum; equal while there are none."""
    total = visits.sum()
    return visits / total if total else np.full(len(visits), 1 / len(visits))


@dataclass(frozen=True, eq=False, slots=True)
class Root:
    """The edges of a root, by action in ascending order."""

    player: int
    places: np.ndarray  # int64 [A]; where they lie in the tree: in random order
    actions: np.ndarray  # int64 [A]
    visits: np.ndarray  # int64 [A]
    sums: np.ndarray  # float64 [A, P]
    priors: np.ndarray  # float64 [A]
    low: np.ndarray  # float64 [A]; proven bounds for the player to move
    high: np.ndarray
    total: np.ndarray  # float64 [P]; of all simulations
    count: int  # of simulations

    def standing(self, lowest: float) -> np.ndarray:
        """1 for moves that are proven to be best, -1 for those proven to lose or to be worth less
        than another, 0 for the rest, int [A]; ``lowest`` is the smallest payoff."""
        floor, ceiling = self.low.max(), self.high.max()
        best = self.low >= ceiling
        bad = (self.low < floor) & (self.high <= floor) | (self.high <= lowest)
        return best.astype(int) - (bad & ~best)

    def most_visited(self, standing: np.ndarray) -> int:
        """The number of the move to play."""
        # what is equal in all stays in the order of the tree, which is random
        keys = self.places, -self.sums[:, self.player], -self.visits, -standing
        return int(np.lexsort(keys)[0])

    def policy(self, standing: np.ndarray) -> np.ndarray:
        """The shares of the visits among the moves that nothing is proven against, or among those
        that are proven to be best, float64 [A]."""
        among = standing == standing.max()
        visits = np.where(among, self.visits, 0)
        return visits / visits.sum() if visits.any() else among / among.sum()

    def result(self, best: int, policy: np.ndarray) -> SearchResult:
        """``best`` is the number of the move to play."""
        visits = self.visits[:, None]
        return SearchResult(
            best=int(self.actions[best]),
            player=self.player,
            actions=self.actions,
            visits=self.visits,
            values=np.where(visits > 0, self.sums / np.maximum(visits, 1), np.nan),
            priors=self.priors,
            policy=policy,
            low=self.low + 0.0,  # a draw is 0, not -0
            high=self.high + 0.0,
            value=self.total / self.count,
        )


def read_root(tree: Tree, row: int, plan: Plan) -> Root:
    """Copy the root of a row."""
    assert tree.used[row, 0] > 0
    node, players = tree.node[row, ROOT], tree.value.shape[2]
    many = int(node["count"])
    edges = (
        np.empty(many, np.int64),
        np.empty(many, np.int64),
        np.empty(many, np.int64),
        np.empty((many, players)),
        np.empty(many),
        np.empty(many),
        np.empty(many),
    )
    sorted_root(plan, tree, row, edges)
    visits = int(tree.edge[row, 0]["visits"])
    return Root(int(node["player"]), *edges, total=tree.value[row, 0].copy(), count=visits)


def standard_result(tree: Tree, row: int, plan: Plan) -> SearchResult:
    """The most visited move, and visits as the policy."""
    root = read_root(tree, row, plan)
    lowest = plan.low if plan.proofs != SAMPLED else -np.inf
    standing = root.standing(lowest)
    return root.result(root.most_visited(standing), root.policy(standing))
