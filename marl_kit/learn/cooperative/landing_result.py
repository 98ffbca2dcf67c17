"""What ``mk.landing`` returns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.results import EquilibriumSet, aligned, html_table
from marl_kit.evaluate.intervals import wilson

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 12
"""Outcomes in the printed form, frequent ones first."""


@dataclass(frozen=True, eq=False, slots=True)
class Landing:
    """Where the joint policies of S seeds stand among the solutions of their game.

    A *value* without a player is the mean over the players: in a team game, what each of them
    gets. Numbers are in payoff units.

    Attributes
    ----------
    game : Game
    values : float64 [S, P]
        Expected return of each player.
    regrets : float64 [S, P]
        What each player would gain by its best response, the others' policies given.
    optimum : float
        The greatest value that any joint policy can have.
    correlated_optimum : float
        The greatest value of a correlated equilibrium; NaN where it was not computed.
    outcomes : tuple of S str
        The joint action that is played almost surely, or "mixed". In a tree: "optimum",
        "equilibrium", which is none that reaches the optimum, or "no equilibrium".
    equilibria : EquilibriumSet or None
        The Nash equilibria that the policies were compared with; None in a tree.
    nearest : tuple of S profiles
        The nearest equilibrium, mixtures of maximal Nash subsets included; None where none is
        known.
    distances : float64 [S]
        To it: the largest total variation between two strategies of a player, from 0 to 1; NaN.
    nearest_values : float64 [S]
    nearest_nash_conv : float64 [S]
        Its certificate: 0 up to rounding.
    note : str
        What is not complete.
    """

    game: Any = field(repr=False)
    values: np.ndarray
    regrets: np.ndarray
    optimum: float
    correlated_optimum: float
    outcomes: tuple[str, ...]
    equilibria: EquilibriumSet | None
    nearest: tuple[Any, ...]
    distances: np.ndarray
    nearest_values: np.ndarray
    nearest_nash_conv: np.ndarray
    note: str = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def value(self) -> np.ndarray:
        """Mean over the players, [S]."""
        return np.asarray(self.values.mean(axis=1))

    @property
    def shortfall(self) -> np.ndarray:
        """How far the value is below the optimum, [S]."""
        return np.maximum(self.optimum - self.value, 0.0)

    @property
    def nash_conv(self) -> np.ndarray:
        """Sum of the regrets, [S]."""
        return np.asarray(self.regrets.sum(axis=1))

    @property
    def exploitability(self) -> np.ndarray:
        """NashConv divided by the number of players, [S]."""
        return self.nash_conv / self.values.shape[1]

    def to_frame(self) -> pd.DataFrame:
        """One row a seed."""
        import pandas as pd

        players = range(self.values.shape[1])
        columns: dict[str, Any] = {"outcome": self.outcomes, "value": self.value}
        columns |= {f"value_{p}": self.values[:, p] for p in players}
        columns |= {f"regret_{p}": self.regrets[:, p] for p in players}
        columns |= {"nash_conv": self.nash_conv, "exploitability": self.exploitability}
        columns |= {"shortfall": self.shortfall}
        if self.equilibria is not None:
            columns |= {"distance": self.distances, "nearest_value": self.nearest_values}
            columns |= {"nearest_nash_conv": self.nearest_nash_conv}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self), name="seed"))

    def counts(self) -> pd.DataFrame:
        """How often each outcome was reached, frequent ones first.

        Columns: outcome, value (mean of its seeds), seeds, share, and ``low`` and ``high`` of the
        share's interval of 95 % (Wilson), each outcome for itself.
        """
        import pandas as pd

        rows = []
        for outcome, seeds in Counter(self.outcomes).most_common():
            mine = np.array([o == outcome for o in self.outcomes])
            low, high = wilson(seeds / len(self), len(self))
            share = seeds / len(self)
            rows.append((outcome, float(self.value[mine].mean()), seeds, share, low, high))
        return pd.DataFrame(rows, columns=["outcome", "value", "seeds", "share", "low", "high"])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings. NaN becomes None."""
        frame = self.to_frame()
        return {
            "game": self.game.spec or self.game.name,
            "optimum": self.optimum,
            "correlated_optimum": _known(self.correlated_optimum),
            "seeds": [{k: _known(v) for k, v in row.items()} for row in frame.to_dict("records")],
            "counts": self.counts().to_dict("records"),
            "note": self.note,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("optimum", f"{self.optimum:.6g}  (mean over the players)"),
        ]
        if not np.isnan(self.correlated_optimum):
            lines.append(("correlated", f"{self.correlated_optimum:.6g}  (best equilibrium)"))
        if self.equilibria is not None:
            lines.append(("equilibria", f"{len(self.equilibria)} known"))
        lines += [
            ("seeds", str(len(self))),
            ("value", _spread(self.value)),
            ("NashConv", _spread(self.nash_conv)),
        ]
        if self.note:
            lines.append(("note", self.note))
        return lines + _count_lines(self.counts())

    def __repr__(self) -> str:
        return aligned("Landing", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _count_lines(counts: pd.DataFrame) -> list[tuple[str, str]]:
    """The outcome stands where other lines have their label."""
    shown = counts.head(SHOWN)
    lines = [
        (
            row.outcome,
            f"{row.seeds:>4} x {row.share:>6.1%} ({row.low:.1%} to {row.high:.1%})  "
            f"value {row.value:.6g}",
        )
        for row in shown.itertuples()
    ]
    left = len(counts) - len(shown)
    return lines + ([("...", f"{left} more: see counts()")] if left else [])


def _spread(x: np.ndarray) -> str:
    if len(x) == 1:
        return f"{x[0]:.6g}"
    return f"mean {x.mean():.6g}, from {x.min():.6g} to {x.max():.6g}"


def _known(x: Any) -> Any:
    return None if isinstance(x, float) and np.isnan(x) else x
