"""What ``mk.select`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, format_vector, html_table


@dataclass(frozen=True, eq=False, slots=True)
class SelectedEquilibrium:
    """One equilibrium out of a set, best by an objective, certified.

    Attributes
    ----------
    profile : list of P float64 vectors
    by : str
        The objective.
    score : float
        Its value: the sum of the values, the least value, the entropy of both strategies in
        nats, or the product of the deviation losses.
    values : float64 [P]
        Expected return of each player.
    nash_conv : float
    index : int, or None
        Its place in the set; None for a mixture within a maximal Nash subset.
    subset : int, or None
        Which of ``nash_subsets`` it was found in, for ``"entropy"``.
    note : str
    """

    profile: list[np.ndarray]
    by: str
    score: float
    values: np.ndarray
    nash_conv: float
    index: int | None
    subset: int | None
    note: str
    game: Any = field(repr=False)

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        place = f"number {self.index} of the set" if self.index is not None else "a mixture"
        lines = [
            ("game", self.game.spec or self.game.name),
            ("selected by", f"{self.by}, {self.score:.6g}"),
            (
                "where",
                place + (f" in Nash subset {self.subset}" if self.subset is not None else ""),
            ),
            ("values", "  ".join(f"{v:.6g}" for v in self.values)),
            ("NashConv", f"{self.nash_conv:.6g}  (sum of gains)"),
        ]
        if self.note:
            lines.append(("note", self.note))
        return lines + [(f"player {p}", format_vector(x)) for p, x in enumerate(self.profile)]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "by": self.by,
            "score": self.score,
            "values": self.values.tolist(),
            "nash_conv": self.nash_conv,
            "index": self.index,
            "subset": self.subset,
            "note": self.note,
            "profile": [x.tolist() for x in self.profile],
        }

    def __repr__(self) -> str:
        return aligned("SelectedEquilibrium", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
