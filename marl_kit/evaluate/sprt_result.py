"""Where a sequential test stands, as it is handed to people."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.likelihood_ratio import log_likelihood_ratio

SCALES = {
    "logistic": "Elo",
    "normalized": "normalised Elo",
}
OUTCOMES = {3: "trinomial (single games)", 5: "pentanomial (pairs of games)"}


@dataclass(frozen=True, eq=False, slots=True)
class SPRT:
    """Where a sequential test stands.

    Attributes
    ----------
    llr : float
        Generalised log likelihood ratio of ``elo1`` against ``elo0``; positive speaks for ``elo1``.
    lower, upper : float
        The test ends when ``llr`` leaves them: log(beta / (1 - alpha)), log((1 - beta) / alpha).
    decision : {"accept", "reject", "continue"}
        ``accept``: the first player is better by ``elo1``; ``reject``: it is not better than by
        ``elo0``.
    elo0, elo1 : float
        The two hypotheses, in Elo or normalised Elo.
    alpha, beta : float
        Greatest probability to accept at ``elo0``, and to reject at ``elo1``.
    scale : {"logistic", "normalized"}
        What Elo is meant.
    counts : tuple of 3 or 5 float
        Outcomes from the fewest points to the most: losses, draws, wins; or pairs of games that
        brought 0, 1/2, 1, 3/2, 2 points.
    sequence : int64 [k] or None
        What each pair of games brought, in half points and in the order of play; None where only
        the counts are known.
    """

    llr: float
    lower: float
    upper: float
    decision: str
    elo0: float
    elo1: float
    alpha: float
    beta: float
    scale: str
    counts: tuple[float, ...]
    sequence: np.ndarray | None = field(default=None, repr=False)
    method: str = "sprt"

    @property
    def games(self) -> float:
        """Games played."""
        return sum(self.counts) * (2 if len(self.counts) == 5 else 1)

    @property
    def score(self) -> float:
        """Points a game; NaN without games. (After a test that stopped it is biased outwards.)"""
        total = sum(self.counts)
        share = np.linspace(0, 1, len(self.counts)) @ self.counts
        return float(share / total) if total else math.nan

    def path(self, points: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """Games played and the ratio then, float64 [k] each, at so many equal steps at most.

        The last entry is where the test stands; it is the only one where the order of the games is
        not known.
        """
        if self.sequence is None or not len(self.sequence):
            return np.array([self.games]), np.array([self.llr])
        steps = np.unique(np.linspace(1, len(self.sequence), points).astype(np.int64))
        prefixes = (np.bincount(self.sequence[:k], minlength=5) * 1.0 for k in steps)
        ratios = [log_likelihood_ratio(x, self.elo0, self.elo1, self.scale) for x in prefixes]
        return np.r_[0.0, 2.0 * steps], np.r_[0.0, ratios]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        names = ("llr", "lower", "upper", "decision", "elo0", "elo1", "alpha", "beta", "scale")
        plain = {name: getattr(self, name) for name in names}
        return {**plain, "counts": list(self.counts), "games": self.games}

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        unit, shown = SCALES[self.scale], ", ".join(f"{x:g}" for x in self.counts)
        return [
            ("decision", self.decision),
            ("LLR", f"{self.llr:.4f}, stops at {self.lower:.4f} and {self.upper:.4f}"),
            ("test", f"{self.elo0:g} against {self.elo1:g} {unit}"),
            ("errors", f"alpha {self.alpha:g}, beta {self.beta:g}"),
            ("counts", f"{shown}: {OUTCOMES[len(self.counts)]}"),
            ("games", f"{self.games:g}"),
        ]

    def __repr__(self) -> str:
        return aligned("SPRT", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None) -> Any:
        """The log-likelihood ratio between its bounds; returns the matplotlib axes."""
        return resolve("marl_kit.plot.sprt:plot_sprt")(self, ax=ax)
