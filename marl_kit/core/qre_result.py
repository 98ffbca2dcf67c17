"""What ``mk.qre`` and ``mk.qre_fit`` return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, format_vector, html_table

SHOWN = 10
"""Points in the printed form."""
CAUTION = (
    "a good fit alone is no evidence for the model: with other distributions of the errors a QRE "
    "can rationalise any play of one game (Haile, Hortacsu and Kosenok 2008)"
)
INTERRUPTED = "interrupted with Ctrl-C: what was reached of the branch until then"


@dataclass(frozen=True, eq=False, slots=True)
class QREBranch:
    """Logit quantal response equilibria, K points of the principal branch.

    Iterating, ``len`` and ``[i]`` give profiles (lists of P float64 vectors).

    Attributes
    ----------
    lam : float64 [K]
        Precision of the players, in 1/payoff; 0 is uniform play. Along a traced branch it can
        turn back.
    profiles : tuple of K profiles
    residuals : float64 [K]
        Largest difference between a probability and its logit response, by code that the solver
        does not share.
    nash_convs : float64 [K]
        Sum of best-response gains at each point.
    game : NormalFormGame
        For a tree its reduced normal form.
    note : str
        Why the branch is not whole; else empty.
    """

    game: Any = field(repr=False)
    lam: np.ndarray
    profiles: tuple[Any, ...]
    residuals: np.ndarray
    nash_convs: np.ndarray
    note: str = ""

    def __len__(self) -> int:
        return len(self.profiles)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.profiles)

    def __getitem__(self, i: int) -> Any:
        return self.profiles[i]

    def probabilities(self, player: int) -> np.ndarray:
        """One player's strategies along the branch, float64 [K, A_player]."""
        return np.array([profile[player] for profile in self.profiles])

    def fit(self, counts: Any) -> QREFit:
        """The point of the whole branch that explains observed play best: ``mk.qre_fit``."""
        from marl_kit.core.registry import resolve

        fitted: QREFit = resolve("marl_kit.solve.many_players.qre_fit:qre_fit")(self.game, counts)
        return fitted

    def plot(self, ax: Any = None, player: int | None = None) -> Any:
        """Probabilities against lambda; returns the matplotlib axes."""
        from marl_kit.core.registry import resolve

        return resolve("marl_kit.plot.qre:plot_qre")(self, ax=ax, player=player)

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [("game", self.game.spec or self.game.name)]
        if self.note:
            lines.append(("note", self.note))
        if not len(self):
            return [*lines, ("points", "0")]
        lines += [
            ("points", f"{len(self)}, lambda {self.lam.min():.6g} to {self.lam.max():.6g}"),
            ("residual", f"{self.residuals.max():.1e}  (largest miss of the logit response)"),
        ]
        chosen = np.unique(np.linspace(0, len(self) - 1, min(len(self), SHOWN)).round().astype(int))
        for i in chosen:
            strategies = "  |  ".join(format_vector(x) for x in self.profiles[i])
            lines.append(
                (f"{self.lam[i]:.6g}", f"{strategies}   NashConv {self.nash_convs[i]:.1e}")
            )
        if len(chosen) < len(self):
            lines.append(("...", f"{len(self) - len(chosen)} more in between"))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "lam": self.lam.tolist(),
            "profiles": [[x.tolist() for x in profile] for profile in self.profiles],
            "residuals": self.residuals.tolist(),
            "nash_convs": self.nash_convs.tolist(),
            "note": self.note,
        }

    def __repr__(self) -> str:
        return aligned("QREBranch", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


@dataclass(frozen=True, eq=False, slots=True)
class QREFit:
    """The logit quantal response equilibrium that makes observed play most likely.

    A good fit alone is no evidence for the model: with other distributions of the errors a QRE
    can rationalise any play of one game (Haile, Hortacsu and Kosenok 2008).

    Attributes
    ----------
    lam : float
        Maximum-likelihood estimate of lambda on the principal branch, in 1/payoff; nan where every
        lambda fits equally well.
    profile : list of P float64 vectors
    log_likelihood : float
        Sum of counts times log probabilities (without multinomial coefficients).
    uniform, saturated : float
        The same of uniform play (lambda 0), and of the observed frequencies themselves: what any
        model of the play can reach at most.
    observed : list of P float64 vectors
        The counts.
    note : str
        Where the maximum is at an end of the branch, and a caution.
    """

    game: Any = field(repr=False)
    lam: float
    profile: Any
    log_likelihood: float
    uniform: float
    saturated: float
    observed: Any
    note: str

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("lambda", "not identified" if np.isnan(self.lam) else f"{self.lam:.6g}"),
            ("log-likelihood", f"{self.log_likelihood:.6g}"),
            ("", f"uniform play {self.uniform:.6g}, observed frequencies {self.saturated:.6g}"),
        ]
        for p, (x, counts) in enumerate(zip(self.profile, self.observed, strict=True)):
            seen = (
                f"observed {format_vector(counts / counts.sum())}" if counts.sum() else "not seen"
            )
            lines.append((f"player {p}", f"{format_vector(x)}   {seen}"))
        lines.append(("note", self.note))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "lam": None if np.isnan(self.lam) else self.lam,  # JSON has no nan
            "profile": [x.tolist() for x in self.profile],
            "log_likelihood": self.log_likelihood,
            "uniform": self.uniform,
            "saturated": self.saturated,
            "observed": [x.tolist() for x in self.observed],
            "note": self.note,
        }

    def __repr__(self) -> str:
        return aligned("QREFit", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())
