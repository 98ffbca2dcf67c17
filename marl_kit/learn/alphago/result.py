"""What the pipeline returns."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.intervals import wilson
from marl_kit.games.game import Game
from marl_kit.learn.alphago.measure import OPPONENT, Stage
from marl_kit.learn.alphago.options import AlphaGo
from marl_kit.learn.alphago.players import PriorPlayer, ValuePlayer
from marl_kit.play.mcts import SearchPlayer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class AlphaGoResult:
    """The players of the stages, and how strong each is.

    Attributes
    ----------
    game : Game
    options : AlphaGo
    supervised, reinforced : PriorPlayer
        The policies, which draw their moves; ``evaluator`` is their network's.
    value : ValuePlayer
        Moves to where the value network sees most.
    search : SearchPlayer
        PUCT with the supervised policy as prior and ``(1 - lambda) v + lambda z``.
    stages : tuple of Stage
        What was measured, the recorded games' experts first; empty if nothing was.
    records, positions : int
        Recorded games, and positions that the value network learned from.
    seed : int
        -1 when a Generator was given.
    """

    game: Game
    options: AlphaGo
    supervised: PriorPlayer = field(repr=False)
    reinforced: PriorPlayer = field(repr=False)
    value: ValuePlayer = field(repr=False)
    search: SearchPlayer = field(repr=False)
    stages: tuple[Stage, ...]
    records: int
    positions: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """stage, kept, exploitability, games, wins, draws, losses, score, low, high: a row for each
        stage; the interval of the score is Wilson's of 95 %."""
        import pandas as pd

        rows = []
        for stage in self.stages:
            low, high = wilson(stage.score, stage.games)
            told = {"stage": stage.name} | {k: v for k, v in asdict(stage).items() if k != "name"}
            rows.append(told | {"score": stage.score, "low": low, "high": high})
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings. NaN becomes None."""
        rows = [
            {k: None if v != v else v for k, v in row.items()}
            for row in self.to_frame().to_dict("records")
        ]
        return {
            "game": self.game.spec or self.game.name,
            "seed": self.seed,
            "options": self.options.to_dict(),
            "records": self.records,
            "positions": self.positions,
            "opponent": OPPONENT,
            "stages": rows,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("seed", str(self.seed)),
            ("learned from", f"{self.records:,} recorded games; {self.positions:,} values"),
        ]
        return lines + [(stage.name, _told(stage)) for stage in self.stages]

    def __repr__(self) -> str:
        return aligned("AlphaGoResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _told(stage: Stage) -> str:
    low, high = wilson(stage.score, stage.games)
    against = f"{stage.score:.1%} ({low:.1%} to {high:.1%}) against {OPPONENT}"
    if math.isnan(stage.kept):
        return against
    return f"keeps {stage.kept:6.2%}  exploitability {stage.exploitability:<6.4f}  {against}"
