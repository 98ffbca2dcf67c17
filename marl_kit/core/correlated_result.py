"""What ``mk.correlated`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.results import Status, aligned, html_table

CONCEPTS = {
    "ce": "correlated equilibrium",
    "cce": "coarse correlated equilibrium",
    "efce": "extensive-form correlated equilibrium",
    "efcce": "extensive-form coarse correlated equilibrium",
}
SHOWN = 12
"""Profiles in the printed form, the most probable first."""


@dataclass(frozen=True, eq=False, slots=True)
class CorrelatedSolution:
    """A correlated equilibrium with its certificate.

    Attributes
    ----------
    distribution : float64 [A_1, ..., A_P], or CorrelationPlan
        Probability of every pure profile (of reduced strategies, numbered as in
        ``game.to_normal_form()``, where the game is a tree). ``efce`` and ``efcce`` of two
        players without chance moves: the weights of pairs of sequences.
    values : float64 [P]
        Expected return of each player.
    gap : float
        The largest gain of any one deviation that the concept allows, by code that the solver
        does not share; 0 up to rounding at an equilibrium.
    concept, objective : str
        What was asked for; weights of the players as ``"weights:1,2"``.
    status : Status
    note : str
        Which program was solved.
    wall_time_s : float
    """

    distribution: Any
    values: np.ndarray
    gap: float
    concept: str
    objective: str
    status: Status
    note: str
    wall_time_s: float
    game: Any = field(repr=False)

    @property
    def method(self) -> str:
        """Under which ``mk.cite`` finds the source: the concept."""
        return self.concept

    def support(self, tol: float = 1e-9) -> list[tuple[tuple[str, ...], float]]:
        """Pure profiles, or pairs of sequences, of probability above ``tol``, likely ones first.

        Returns
        -------
        list of (names, one a player; probability)
        """
        if not isinstance(self.distribution, np.ndarray):
            rows = self.distribution.rows(tol)
        else:
            names = self.game.to_normal_form().actions
            rows = [
                (tuple(names[p][a] for p, a in enumerate(cell)), float(self.distribution[cell]))
                for cell in map(tuple, np.argwhere(self.distribution > tol).tolist())
            ]
        return sorted(rows, key=lambda row: -row[1])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "concept": self.concept,
            "objective": self.objective,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "note": self.note,
            "values": [float(v) for v in self.values],
            "gap": self.gap,
            "wall_time_s": self.wall_time_s,
            "distribution": [
                {"profile": list(names), "probability": p} for names, p in self.support()
            ],
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("concept", f"{CONCEPTS[self.concept]}, {self.objective}"),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("values", "  ".join(f"{v:.6g}" for v in self.values)),
            ("gap", f"{self.gap:.3g}  (largest gain of a deviation)"),
            ("note", self.note),
        ]
        support = self.support()
        lines += [(f"{p:.6f}", "  |  ".join(names)) for names, p in support[:SHOWN]]
        if len(support) > SHOWN:
            lines.append(("...", f"{len(support) - SHOWN} more"))
        return lines

    def __repr__(self) -> str:
        return aligned("CorrelatedSolution", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
