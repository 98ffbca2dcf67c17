"""What ``mk.train_team`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.interquartile import bootstrap_interval, interquartile_mean
from marl_kit.learn.cooperative.trained import TrainedTeam

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class TeamResult:
    """How S runs of an algorithm went, and the teams that came out.

    Attributes
    ----------
    environment, algorithm : str
    returns : float64 [S, K]
        Mean undiscounted return of an episode at K trials, every agent taking its likeliest or
        best action; ``profiles`` are the policies themselves, chances included.
    steps : int64 [K]
        Of the environment in each run before the trial.
    scale : str
        What a return is, in words.
    players : tuple of S TrainedTeam
        ``players[s][n]`` is agent n of run s.
    seconds : float64 [K]
        Spent before the trial, for all runs together.
    losses : {str: float64 [S, K]}
        Of the last rollout before each trial; NaN before the first.
    note : str
        What is not exact.
    """

    environment: str
    algorithm: str
    returns: np.ndarray
    steps: np.ndarray
    scale: str
    players: tuple[TrainedTeam, ...] = field(repr=False)
    seconds: np.ndarray
    losses: dict[str, np.ndarray]
    note: str = ""

    @property
    def iqm(self) -> np.ndarray:
        """Interquartile mean of the runs at each trial, [K]."""
        return interquartile_mean(self.returns)

    @property
    def low(self) -> np.ndarray:
        """Lower end of the interval of 95 % of ``iqm``, by bootstrap, [K]; NaN with one run."""
        return bootstrap_interval(self.returns)[0]

    @property
    def high(self) -> np.ndarray:
        """Upper end of it, [K]."""
        return bootstrap_interval(self.returns)[1]

    def profiles(self) -> list[Any]:
        """The joint policy of every run, as ``mk.landing`` takes them.

        Raises
        ------
        InvalidOptionError
            The environment has no exact form.
        """
        return [player.profile() for player in self.players]

    def to_frame(self) -> pd.DataFrame:
        """A row for each trial: steps, seconds, iqm, low, high, and a return for each run."""
        import pandas as pd

        columns = {"steps": self.steps, "seconds": self.seconds}
        columns |= {"iqm": self.iqm, "low": self.low, "high": self.high}
        columns |= {f"return_{s}": row for s, row in enumerate(self.returns)}
        return pd.DataFrame(columns)

    def plot(self, ax: Any = None) -> Any:
        """The interquartile mean with its interval, and a thin line for each run; see
        ``mk.plot_team_returns``."""
        return resolve("marl_kit.plot.teams:plot_team_returns")({self.algorithm: self}, ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings. NaN becomes None."""
        return {
            "environment": self.environment,
            "algorithm": self.algorithm,
            "scale": self.scale,
            "steps": self.steps.tolist(),
            "seconds": self.seconds.tolist(),
            "returns": self.returns.tolist(),
            **{name: _known(getattr(self, name)) for name in ("iqm", "low", "high")},
            "losses": {name: [_known(row) for row in x] for name, x in self.losses.items()},
            "note": self.note,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        last = self.returns[:, -1]
        lines = [
            ("environment", self.environment),
            ("algorithm", self.algorithm),
            ("runs", f"{len(self.returns)}, each of {self.steps[-1]:,} steps"),
            ("return", f"{self.iqm[-1]:.4g}{self._interval()}"),
            ("", self.scale),
            ("runs' returns", f"from {last.min():.4g} to {last.max():.4g}"),
            ("before", f"{self.iqm[0]:.4g}"),
            ("time", f"{self.seconds[-1]:,.1f} s"),
        ]
        return lines + ([("note", self.note)] if self.note else [])

    def _interval(self) -> str:
        if np.isnan(self.low[-1]):
            return "  (one run: no interval)"
        return f"  (interquartile mean; 95 %: {self.low[-1]:.4g} to {self.high[-1]:.4g})"

    def __repr__(self) -> str:
        return aligned("TeamResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _known(numbers: np.ndarray) -> list[float | None]:
    return [None if np.isnan(x) else float(x) for x in numbers]
