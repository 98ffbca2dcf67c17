"""What ``mk.mixer_projection`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, format_vector, html_table

JointAction = tuple[int, ...]
SHOWN = 6
"""Fits, and joint actions of one fit, in the printed form."""
WRITTEN = {"vdn": "VDN", "qmix": "QMIX", "wqmix": "WQMIX"}


@dataclass(frozen=True, eq=False, slots=True)
class MixerFit:
    """One way in which a mixer can represent the payoffs.

    Attributes
    ----------
    table : float64 [A_1, ..., A_N]
        The mixed value of each joint action.
    utilities : tuple of N float64 [A_i]
        Each agent's. VDN: weighted means 0, the table's mean is what they leave out. QMIX, WQMIX:
        ranks 0, 1, ..., as every increasing function of them does equally well.
    loss : float
        Weighted mean of the squared errors, in squared payoff units.
    greedy : tuple of joint actions
        What the agents play if each takes an action of greatest utility: several where actions tie.
    payoffs : float64 [number of greedy joint actions]
        What they are truly worth.
    maximal : tuple of joint actions
        Where the table is greatest. The greedy ones are among them; there are others where the
        mixer is flat at the top.
    best : bool
        Whether no fit has a smaller loss.
    reached : bool
        Whether descent that begins with equal utilities ends here.
    """

    table: np.ndarray
    utilities: tuple[np.ndarray, ...]
    loss: float
    greedy: tuple[JointAction, ...]
    payoffs: np.ndarray
    maximal: tuple[JointAction, ...]
    best: bool
    reached: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "table": self.table.tolist(),
            "utilities": [q.tolist() for q in self.utilities],
            "loss": self.loss,
            "greedy": [list(a) for a in self.greedy],
            "payoffs": self.payoffs.tolist(),
            "maximal": [list(a) for a in self.maximal],
            "best": self.best,
            "reached": self.reached,
        }


@dataclass(frozen=True, eq=False, slots=True)
class MixerProjection:
    """What a mixer can represent of a one-shot team game, and what the team then plays.

    Attributes
    ----------
    game : NormalFormGame
    mixer : "vdn", "qmix" or "wqmix"
    exploration : float64 [A_1, ..., A_N]
        How often each joint action is tried.
    alpha : float
        Weight of overestimated joint actions; 1 but for ``"wqmix"``.
    fits : tuple of MixerFit
        Those that no fit near them betters, the smallest loss first. VDN has one; the fits that
        QMIX can represent are no convex set, and descent can end at each of the list.
    optimum : float
        The greatest payoff.
    optimal_actions : tuple of joint actions
    """

    game: Any = field(repr=False)
    mixer: str
    exploration: np.ndarray
    alpha: float
    fits: tuple[MixerFit, ...]
    optimum: float
    optimal_actions: tuple[JointAction, ...]

    @property
    def table(self) -> np.ndarray:
        """The projection: of the best fit; of the first of them where several are equally good."""
        return self.fits[0].table

    @property
    def loss(self) -> float:
        """Of the best fit, in squared payoff units."""
        return self.fits[0].loss

    @property
    def greedy(self) -> tuple[JointAction, ...]:
        """What may be played after any of the best fits."""
        return tuple(sorted({a for fit in self.fits if fit.best for a in fit.greedy}))

    @property
    def values(self) -> tuple[float, ...]:
        """Payoffs of ``greedy``, without repetitions, ascending."""
        return _payoffs([fit for fit in self.fits if fit.best])

    @property
    def value(self) -> float:
        """The least of ``values``: what the best fit is sure to give."""
        return self.values[0]

    @property
    def reached_values(self) -> tuple[float, ...]:
        """Payoffs of what may be played where descent from equal utilities ends, ascending."""
        return _payoffs([fit for fit in self.fits if fit.reached])

    @property
    def prediction(self) -> str:
        """One sentence: what the team will play, and what it could get; "may" where the actions
        tie or descent is tied at its beginning, so that chance decides."""
        word = "will" if len(self.reached_values) == 1 else "may"
        plays = f"{WRITTEN[self.mixer]} {word} play {_either(self.reached_values)}"
        sentence = f"{plays}, the optimum is {self.optimum:.6g}"
        if self.values == self.reached_values:
            return sentence
        return f"{sentence} (the best fit of all would play {_either(self.values)})"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "mixer": self.mixer,
            "alpha": self.alpha,
            "exploration": self.exploration.tolist(),
            "prediction": self.prediction,
            "value": self.value,
            "values": list(self.values),
            "reached_values": list(self.reached_values),
            "optimum": self.optimum,
            "optimal_actions": [list(a) for a in self.optimal_actions],
            "fits": [fit.to_dict() for fit in self.fits],
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        mixer = WRITTEN[self.mixer] + (f", alpha {self.alpha:g}" if self.mixer == "wqmix" else "")
        lines = [
            ("game", self.game.spec or self.game.name),
            ("mixer", mixer),
            ("prediction", self.prediction),
            ("optimum", f"{self.optimum:.6g} at {_actions(self.optimal_actions)}"),
        ]
        for i, fit in enumerate(self.fits[:SHOWN]):
            lines.append((f"fit {i}", _fit_line(fit)))
        if len(self.fits) > SHOWN:
            lines.append(("...", f"{len(self.fits) - SHOWN} more: see fits"))
        first = next(fit for fit in self.fits if fit.reached)
        label = "utilities" if self.mixer == "vdn" else "ranks"
        lines += [
            (f"{label} {i}", format_vector(q.tolist())) for i, q in enumerate(first.utilities)
        ]
        return lines

    def __repr__(self) -> str:
        return aligned("MixerProjection", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _fit_line(fit: MixerFit) -> str:
    marks = [word for word, on in (("best", fit.best), ("reached", fit.reached)) if on]
    plays = f"plays {_actions(fit.greedy)}, pays {_either(_payoffs([fit]))}"
    return f"loss {fit.loss:.6g}, {plays}" + (f"  ({', '.join(marks)})" if marks else "")


def _payoffs(fits: list[MixerFit]) -> tuple[float, ...]:
    return tuple(sorted({float(v) for fit in fits for v in fit.payoffs}))


def _either(values: tuple[float, ...]) -> str:
    return " or ".join(f"{v:.6g}" for v in values)


def _actions(actions: tuple[JointAction, ...]) -> str:
    shown = " ".join(str(a) for a in actions[:SHOWN])
    return shown + (f" and {len(actions) - SHOWN} more" if len(actions) > SHOWN else "")
