"""What self-play by PPO returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.interquartile import bootstrap_interval, interquartile_mean
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.learn.ppo_options import SelfPlay

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class SelfPlayResult:
    """S runs of self-play, looked at K times.

    Attributes
    ----------
    game : Game
    options : SelfPlay
    games : int64 [K]
        Played until then, from 0.
    steps : int64 [S, K]
        The players' decisions in these games, all seats together, chance's moves not counted.
    exploitability : float64 [S, K]
        Exact, of the policies as they were: NashConv divided by the number of players, in payoff
        units. No average is taken over time.
    policies : tuple of S TabularPolicy
        At the end.
    seed : int
        -1 when a Generator was given.
    """

    game: Game
    options: SelfPlay
    games: np.ndarray
    steps: np.ndarray
    exploitability: np.ndarray
    policies: tuple[TabularPolicy, ...] = field(repr=False)
    seed: int

    @property
    def iqm(self) -> np.ndarray:
        """Interquartile mean of the exploitability over the runs, float64 [K]."""
        return interquartile_mean(self.exploitability)

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Bootstrap interval of ``iqm`` at 95 %, two float64 [K]; NaN with one run."""
        return bootstrap_interval(self.exploitability)

    def to_frame(self) -> pd.DataFrame:
        """games, steps (mean of the runs), exploitability (interquartile mean), low, high."""
        import pandas as pd

        low, high = self.interval
        return pd.DataFrame(
            {
                "games": self.games,
                "steps": self.steps.mean(axis=0),
                "exploitability": self.iqm,
                "low": low,
                "high": high,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, every run on its own."""
        return {
            "game": self.game.spec or self.game.name,
            "seed": self.seed,
            "options": asdict(self.options),
            "games": self.games.tolist(),
            "steps": self.steps.tolist(),
            "exploitability": self.exploitability.tolist(),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        runs = self.exploitability[:, -1]
        low, high = (side[-1] for side in self.interval)
        interval = f" ({low:.4g} to {high:.4g})" if len(runs) > 1 else ""
        return [
            ("game", self.game.spec or self.game.name),
            ("runs", f"{len(runs)} of {self.games[-1]:,} games"),
            ("steps", f"{self.steps[:, -1].mean():,.0f} decisions a run"),
            ("exploitability", f"{self.iqm[-1]:.4g}{interval}, NashConv / players"),
            ("NashConv", f"{self.iqm[-1] * self.game.num_players:.4g}"),
            ("of the runs", ", ".join(f"{x:.4g}" for x in runs)),
            ("at first", f"{self.iqm[0]:.4g}"),
            ("seed", str(self.seed)),
        ]

    def __repr__(self) -> str:
        return aligned("SelfPlayResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
