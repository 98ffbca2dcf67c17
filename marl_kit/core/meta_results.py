"""What ``mk.alpha_rank`` and ``mk.nash_average`` return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.results import aligned, html_table

if TYPE_CHECKING:
    import pandas as pd
    import scipy.sparse

SHOWN = 12
"""Rows of a ranking in the printed form."""
TIE = 1e-9
"""Scores that differ by less, relative to the larger, share a rank: rounding is far below it."""
LARGEST = 1e300
"""Of scores that are compared; the first one is compared with infinity."""


@dataclass(frozen=True, eq=False, slots=True)
class AlphaRank:
    """Share of time that evolving populations spend at each pure profile.

    Attributes
    ----------
    pi : float64 [N]
        Stationary probability of each profile; sums to 1. The score by which they are ranked.
    profiles : int64 [N, P]
        Strategy of each of the P populations (one column for a single population).
    transition : scipy.sparse.csr_array, float64 [N, N]
        Probability of going from the row's to the column's profile when one mutant appears.
    strategies : tuple of P tuples of str
        Names of the strategies.
    alpha : float
        Intensity of selection; ``inf`` for a limit, which ``note`` names.
    m : int
        Individuals in each population.
    note : str
        What was computed.
    """

    pi: np.ndarray
    profiles: np.ndarray
    transition: scipy.sparse.csr_array
    strategies: tuple[tuple[str, ...], ...]
    alpha: float
    m: int
    note: str
    method: str = "alpha_rank"

    def marginals(self) -> list[np.ndarray]:
        """Share of time of each strategy, one float64 vector a population."""
        return [
            np.bincount(column, weights=self.pi, minlength=len(names))
            for column, names in zip(self.profiles.T, self.strategies, strict=True)
        ]

    def ranking(self) -> list[tuple[int, tuple[str, ...], float]]:
        """Rank (equal scores share one), names of the profile's strategies, score; best first."""
        names = [
            tuple(s[i] for s, i in zip(self.strategies, row, strict=True))
            for row in self.profiles.tolist()
        ]
        return _ranked(names, self.pi)

    def to_frame(self) -> pd.DataFrame:
        """The ranking: ``rank``, ``profile`` (one name, or a tuple of P), ``score``."""
        import pandas as pd

        rows = [(r, names[0] if len(names) == 1 else names, s) for r, names, s in self.ranking()]
        return pd.DataFrame(rows, columns=["rank", "profile", "score"])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "alpha": self.alpha if np.isfinite(self.alpha) else "inf",
            "m": self.m,
            "note": self.note,
            "strategies": [list(names) for names in self.strategies],
            "profiles": self.profiles.tolist(),
            "pi": self.pi.tolist(),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        head = [("alpha", f"{self.alpha:g}"), ("m", str(self.m)), ("note", self.note)]
        return head + _table_rows(self.ranking())

    def __repr__(self) -> str:
        return aligned("AlphaRank", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


@dataclass(frozen=True, eq=False, slots=True)
class NashAverage:
    """How agents do against the one equilibrium mixture that is spread most evenly.

    Attributes
    ----------
    weights : float64 [n]
        The maximum-entropy Nash equilibrium over the agents.
    ratings : float64 [n]
        Expected payoff against that mixture (of agents, or of tasks); in the units of the payoffs.
        Agents that may be in an equilibrium all get the best rating.
    agents : tuple of n str
    task_weights, task_ratings : float64 [k], or None without tasks
        The same for tasks; a task's rating is what it takes from the weighted agents.
    tasks : tuple of k str, or None
    value : float
        What the mixture scores against itself, or against the tasks' mixture.
    nash_conv : float
        Sum of the best responses' gains, by ``mk.nash_conv``.
    """

    weights: np.ndarray
    ratings: np.ndarray
    agents: tuple[str, ...]
    value: float
    nash_conv: float
    task_weights: np.ndarray | None = None
    task_ratings: np.ndarray | None = None
    tasks: tuple[str, ...] | None = None
    method: str = "nash_average"

    def to_frame(self) -> pd.DataFrame:
        """The agents by rating: ``rank``, ``agent``, ``rating``, ``weight``."""
        import pandas as pd

        weight = dict(zip(self.agents, self.weights.tolist(), strict=True))
        rows = [(r, a, rating, weight[a]) for r, (a,), rating in self.ranking()]
        return pd.DataFrame(rows, columns=["rank", "agent", "rating", "weight"])

    def ranking(self) -> list[tuple[int, tuple[str, ...], float]]:
        """Rank (equal ratings share one), name of the agent, rating; best first."""
        return _ranked([(a,) for a in self.agents], self.ratings)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        plain: dict[str, Any] = {
            "agents": list(self.agents),
            "weights": self.weights.tolist(),
            "ratings": self.ratings.tolist(),
            "value": self.value,
            "nash_conv": self.nash_conv,
        }
        if self.tasks is not None:
            assert self.task_weights is not None
            assert self.task_ratings is not None
            plain["tasks"] = list(self.tasks)
            plain["task_weights"] = self.task_weights.tolist()
            plain["task_ratings"] = self.task_ratings.tolist()
        return plain

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [("value", f"{self.value:.6g}"), ("NashConv", f"{self.nash_conv:.3g}")]
        lines += _rating_rows(self.agents, self.ratings, self.weights, "agent")
        if self.tasks is not None:
            assert self.task_ratings is not None
            assert self.task_weights is not None
            lines += _rating_rows(self.tasks, self.task_ratings, self.task_weights, "task")
        return lines

    def __repr__(self) -> str:
        return aligned("NashAverage", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _ranked(
    names: list[tuple[str, ...]], scores: np.ndarray
) -> list[tuple[int, tuple[str, ...], float]]:
    """Best first; a score within ``TIE`` of the best of its rank shares it."""
    ranked: list[tuple[int, tuple[str, ...], float]] = []
    rank, head = 0, np.inf
    told = [float(f"{x:.12g}") for x in scores.tolist()]  # what differs by rounding keeps its order
    for place, i in enumerate(sorted(range(len(told)), key=lambda i: -told[i]), start=1):
        score = float(scores[i])
        if not head - score <= TIE * min(max(abs(head), abs(score)), LARGEST):
            rank, head = place, score
        ranked.append((rank, names[i], score))
    return ranked


def _table_rows(ranking: list[tuple[int, tuple[str, ...], float]]) -> list[tuple[str, str]]:
    lines = [(f"{rank}", f"{score:.6f}  {', '.join(names)}") for rank, names, score in ranking]
    more = [("...", f"{len(lines) - SHOWN} more")] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more


def _rating_rows(
    names: tuple[str, ...], ratings: np.ndarray, weights: np.ndarray, kind: str
) -> list[tuple[str, str]]:
    weight = dict(enumerate(weights.tolist()))
    keyed: list[tuple[str, ...]] = [(str(i),) for i in range(len(names))]
    rows = [
        (
            f"{kind} {rank}",
            f"rating {rating + 0.0:+.6g}  weight {weight[int(i)]:.6f}  {names[int(i)]}",
        )
        for rank, (i,), rating in _ranked(keyed, ratings)
    ]
    more = [("...", f"{len(rows) - SHOWN} more {kind}s")] if len(rows) > SHOWN else []
    return rows[:SHOWN] + more
