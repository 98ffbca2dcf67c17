"""What ``mk.stackelberg`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.results import Status, aligned, format_vector, html_table


@dataclass(frozen=True, eq=False, slots=True)
class Stackelberg:
    """The best mixed strategy to commit to, and the follower's reply, certified.

    Attributes
    ----------
    leader : int
        The player that commits.
    commitment : float64 [A_leader]
    reply : int
        The follower's action. Of several best replies the one that the leader likes best (a
        strong Stackelberg equilibrium): a nudge of the commitment makes it the only one.
    values : float64 [2]
        Expected return of each player, by the code of ``evaluate/``.
    worst : float
        What the commitment brings the leader if the follower's ties go against it.
    gain : float
        What the follower could gain by another reply, by the code of ``evaluate/``; 0 up to
        rounding.
    status : Status
    note : str
    wall_time_s : float
    game : NormalFormGame
        The reduced normal form of a tree.
    """

    leader: int
    commitment: np.ndarray
    reply: int
    values: np.ndarray
    worst: float
    gain: float
    status: Status
    note: str
    wall_time_s: float
    game: Any = field(repr=False)

    @property
    def profile(self) -> list[np.ndarray]:
        """Both strategies in the order of the players; not a Nash equilibrium in general."""
        follower = np.eye(1, self.game.num_actions[1 - self.leader], self.reply)[0]
        pair = [self.commitment, follower]
        return pair if self.leader == 0 else pair[::-1]

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        follower = 1 - self.leader
        return [
            ("game", self.game.spec or self.game.name),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("commitment", f"player {self.leader}: {format_vector(self.commitment)}"),
            ("reply", f"player {follower}: {self.game.actions[follower][self.reply]}"),
            ("values", "  ".join(f"{v:.6g}" for v in self.values)),
            ("worst", f"{self.worst:.6g}  (to the leader, if ties go against it)"),
            ("gain", f"{self.gain:.3g}  (of the follower by another reply)"),
            ("note", self.note),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "leader": self.leader,
            "commitment": self.commitment.tolist(),
            "reply": self.reply,
            "reply_name": self.game.actions[1 - self.leader][self.reply],
            "values": self.values.tolist(),
            "worst": self.worst,
            "gain": self.gain,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "note": self.note,
            "wall_time_s": self.wall_time_s,
        }

    def __repr__(self) -> str:
        return aligned("Stackelberg", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
