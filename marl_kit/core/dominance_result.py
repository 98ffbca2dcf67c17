"""What ``mk.dominance`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table

SHOWN = 20
"""Steps in the printed form."""


@dataclass(frozen=True, eq=False, slots=True)
class Elimination:
    """One dominated action and what dominates it, in the numbers of the full game.

    Attributes
    ----------
    round : int
        From 1; whatever is dominated in a round goes at once.
    player, action : int
    dominator : float64 [A_player]
        The mixed strategy that dominates it; a pure one where there is one.
    margin : float
        The least that the dominator gains over the action, whatever is left of the others' play,
        in payoff units; 0 is possible for weak dominance only.
    exact : bool
        Whether the dominance was checked in exact arithmetic, not only up to 1e-9 of the payoff
        range.
    """

    round: int
    player: int
    action: int
    dominator: np.ndarray
    margin: float
    exact: bool


@dataclass(frozen=True, eq=False, slots=True)
class Dominance:
    """What is left after iterated elimination of dominated strategies, and how it came to that.

    Attributes
    ----------
    steps : tuple of Elimination
        In the order of elimination.
    surviving : tuple of P tuples of int
        The actions that are left, by their numbers in ``game``.
    reduced : NormalFormGame
        The game of these actions, with their names.
    strict : bool
    dominators : "mixed" or "pure"
    game : NormalFormGame
        The full game; the reduced normal form of a tree.
    """

    steps: tuple[Elimination, ...]
    surviving: tuple[tuple[int, ...], ...]
    reduced: Any = field(repr=False)
    strict: bool
    dominators: str
    game: Any = field(repr=False)

    @property
    def rounds(self) -> int:
        """Rounds in which something was eliminated."""
        return self.steps[-1].round if self.steps else 0

    @property
    def solvable(self) -> bool:
        """Whether a single outcome is left: the game is dominance-solvable."""
        return all(len(actions) == 1 for actions in self.surviving)

    def lift(self, profile: Any) -> list[np.ndarray]:
        """A profile of ``reduced`` as one of ``game``: what was eliminated is not played.

        Raises
        ------
        InvalidProfileError
            What ``reduced`` does not take as a profile.
        """
        vectors = resolve("marl_kit.games.profile:as_profile")(self.reduced, profile)
        full = [np.zeros(n) for n in self.game.num_actions]
        for x, small, actions in zip(full, vectors, self.surviving, strict=True):
            x[list(actions)] = small
        return full

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        kind = "strictly" if self.strict else "weakly"
        names = self.game.actions
        lines = [
            ("game", self.game.spec or self.game.name),
            ("eliminated", f"{len(self.steps)} {kind} dominated in {self.rounds} rounds"),
        ]
        for step in self.steps[:SHOWN]:
            by = [
                f"{names[step.player][b]}" + (f" ({w:.4g})" if w < 1 else "")
                for b, w in enumerate(step.dominator)
                if w > 0
            ]
            text = f"{names[step.player][step.action]}  by {' + '.join(by)}"
            lines.append(
                (f"{step.round}, player {step.player}", f"{text}, margin {step.margin:.6g}")
            )
        if len(self.steps) > SHOWN:
            lines.append(("...", f"{len(self.steps) - SHOWN} more"))
        for p, actions in enumerate(self.surviving):
            lines.append((f"left to {p}", ", ".join(names[p][a] for a in actions)))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "strict": self.strict,
            "dominators": self.dominators,
            "rounds": self.rounds,
            "steps": [
                {
                    "round": s.round,
                    "player": s.player,
                    "action": s.action,
                    "dominator": s.dominator.tolist(),
                    "margin": s.margin,
                    "exact": s.exact,
                }
                for s in self.steps
            ],
            "surviving": [list(actions) for actions in self.surviving],
        }

    def __repr__(self) -> str:
        return aligned("Dominance", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
