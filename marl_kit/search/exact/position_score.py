"""What is known of a position that was solved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, html_table


@dataclass(frozen=True, eq=False, slots=True)
class PositionScore:
    """What a position and each of its moves are worth under perfect play.

    Attributes
    ----------
    player : int
        Who moves; ``TERMINAL`` (-4) at the end of the game.
    values : float64 [P]
        Every player's return if all play perfectly.
    distance : int or None
        Plies to the end of the game if the winner hurries and the loser delays; None where it was
        not asked for.
    actions : int64 [A]
        The legal actions.
    action_values : float64 [A, P]
        Every player's return after each action.
    distances : int64 [A] or None
        Plies to the end by each action, the action itself included.
    best : tuple of int
        The actions that keep the value, and win soonest or lose latest where distances are known.
    nodes : int
        Positions that were searched.
    """

    player: int
    values: np.ndarray
    distance: int | None
    actions: np.ndarray
    action_values: np.ndarray
    distances: np.ndarray | None
    best: tuple[int, ...]
    nodes: int

    @property
    def value(self) -> float:
        """What the position is worth to the player to move; to player 0 at the end."""
        return float(self.values[max(self.player, 0)])

    @property
    def keeping(self) -> tuple[int, ...]:
        """The actions after which the player to move gets as much as before."""
        kept = self.action_values[:, max(self.player, 0)] == self.value
        return tuple(self.actions[kept].tolist())

    def to_dict(self) -> dict[str, Any]:
        """Everything, as numbers and lists."""
        return {
            "player": self.player,
            "values": self.values.tolist(),
            "distance": self.distance,
            "best": list(self.best),
            "nodes": self.nodes,
            "actions": self.actions.tolist(),
            "action_values": self.action_values.tolist(),
            "distances": None if self.distances is None else self.distances.tolist(),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            (
                "player",
                f"{self.player} to move" if self.player >= 0 else "nobody: the game is over",
            ),
            ("values", _returns(self.values)),
            ("best", ", ".join(map(str, self.best))),
            ("plies to the end", "" if self.distance is None else str(self.distance)),
            ("searched", f"{self.nodes:,} positions"),
        ]
        for i, action in enumerate(self.actions.tolist()):
            plies = "" if self.distances is None else f"  in {self.distances[i]} plies"
            lines.append((f"action {action}", _returns(self.action_values[i]) + plies))
        return [(label, text) for label, text in lines if text]

    def __repr__(self) -> str:
        return aligned("PositionScore", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _returns(values: np.ndarray) -> str:
    return "  ".join(f"{v:g}" for v in values)
