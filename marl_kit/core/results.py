"""What solvers return."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np


class Status(Enum):
    """Why a solver stopped; each member carries a sentence."""

    SOLVED = "The method is direct: the answer is exact up to rounding."
    INEXACT = (
        "The method is direct, but rounding left a NashConv that is not negligible: rescale the "
        "payoffs, or use an iterative method."
    )
    CONVERGED = "NashConv fell below the tolerance."
    ITERATION_LIMIT = "The iterations that were asked for have run."
    TIME_LIMIT = "The time limit was reached."
    INTERRUPTED = "Interrupted by the user; this is what was reached."
    NO_GUARANTEE = (
        "The iterations have run, but in this game convergence to a Nash equilibrium is not "
        "promised: look at the NashConv."
    )
    COMPLETE = "Every extreme equilibrium was enumerated, in exact arithmetic."
    COMPLETE_BY_BOUNDS = (
        "Every extreme equilibrium was enumerated, in floating point with a proof: bounds on the "
        "rounding errors settle every comparison."
    )
    COMPLETE_PURE = (
        "Every equilibrium in pure strategies was enumerated; there may be others in mixed ones."
    )
    COMPLETE_ISOLATED = (
        "Every equilibrium was found: each support was searched to the end, and all solutions are "
        "proved to be isolated."
    )
    COMPLETE_SUBGAME_PERFECT = (
        "Every subgame-perfect equilibrium in pure strategies was enumerated, ties included."
    )
    EQUILIBRIUM_LIMIT = "The limit was reached: there are more equilibria than are listed."
    NOT_PROVEN_COMPLETE = "not proven complete: there may be equilibria that are not in the list."
    PLAYED = "What was asked for has been played."
    FOLLOWED = "The path was followed to the end that was asked for."

    @property
    def sentence(self) -> str:
        """The status in words."""
        return str(self.value)


@dataclass(frozen=True, eq=False, slots=True)
class History:
    """NashConv of the profile that would be returned, along a run of K checkpoints."""

    iteration: np.ndarray  # int64 [K]
    wall_time_s: np.ndarray  # float64 [K]; solver loop only, without evaluation
    nash_conv: np.ndarray  # float64 [K]

    def __len__(self) -> int:
        return len(self.iteration)

    def to_dict(self) -> dict[str, list[float]]:
        """Columns as lists."""
        return {name: getattr(self, name).tolist() for name in self.__slots__}


@dataclass(frozen=True, eq=False, slots=True)
class Solution:
    """A profile with its certificate.

    Attributes
    ----------
    profile : list of P float64 vectors, or TabularPolicy
    values : float64 [P]
        Expected return of each player.
    nash_conv : float
        Sum of best-response gains, by code that the solver does not share.
    exploitability : float
        ``nash_conv / P``.
    method, options
        What ran.
    status : Status
    reason : str
        Why ``method="auto"`` chose this method; empty when the user chose.
    note : str
        What the method has to add, for instance how many equilibria there are, and what the game
        has (``game.note``).
    iterations : int
        0 for direct methods.
    wall_time_s, setup_time_s : float
        Solver loop only, all runs together after ``start=``; compile and build.
    seed : int
        -1 when a Generator was given.
    history : History
    state : object
        What ``start=solution`` continues from; ``None`` for direct methods.
    """

    profile: Any
    values: np.ndarray
    nash_conv: float
    exploitability: float
    method: str
    options: Mapping[str, Any]
    status: Status
    reason: str
    note: str
    iterations: int
    wall_time_s: float
    setup_time_s: float
    seed: int
    history: History
    state: Any
    game: Any = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings; what ``--json`` prints."""
        return {
            "game": self.game.spec or self.game.name,
            "method": self.method,
            "options": {k: _json_number(v) for k, v in self.options.items()},
            "status": self.status.name,
            "status_text": self.status.sentence,
            "reason": self.reason,
            "note": self.note,
            "values": [float(v) for v in self.values],
            "nash_conv": self.nash_conv,
            "exploitability": self.exploitability,
            "iterations": self.iterations,
            "wall_time_s": self.wall_time_s,
            "setup_time_s": self.setup_time_s,
            "seed": self.seed,
            "history": self.history.to_dict(),
            "profile": _plain_profile(self.profile),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("method", self.method + (f"  ({self.reason})" if self.reason else "")),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("values", "  ".join(_number(v) for v in self.values)),
            ("NashConv", f"{self.nash_conv:.6g}  (sum of gains)"),
            ("exploitability", f"{self.exploitability:.6g}  (NashConv / {len(self.values)})"),
        ]
        if self.iterations:
            lines.append(("iterations", f"{self.iterations:,}"))
        lines.append(
            ("time", f"{_seconds(self.wall_time_s)} solving, {_seconds(self.setup_time_s)} setup")
        )
        if self.note:
            lines.append(("note", self.note))
        if isinstance(self.profile, list):
            lines += [(f"player {p}", format_vector(x)) for p, x in enumerate(self.profile)]
        return lines

    def plot(self, ax: Any = None) -> Any:
        """NashConv against solver time; returns the matplotlib axes."""
        from marl_kit.core.registry import resolve

        return resolve("marl_kit.plot.convergence:plot_convergence")([self], ax=ax)

    def save(self, path: str | Path) -> None:
        """Write the solution with its state; ``mk.load_solution`` reads it."""
        from marl_kit.core.registry import resolve

        resolve("marl_kit.solve.storage:save_solution")(self, path)

    def __repr__(self) -> str:
        return aligned("Solution", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


@dataclass(frozen=True, eq=False, slots=True)
class Degeneracy:
    """A witness that a two-player game is degenerate: more pure best replies than actions played.

    Attributes
    ----------
    player : int
        Whose mixed strategy it is.
    strategy : float64 [A_player]
    exact_strategy : tuple of A_player Fractions
    best_replies : tuple of int
        The other player's pure best replies to it.
    """

    player: int
    strategy: np.ndarray
    exact_strategy: tuple[Any, ...]
    best_replies: tuple[int, ...]

    def __str__(self) -> str:
        replies = ", ".join(map(str, self.best_replies))
        return (
            f"player {self.player}'s strategy {format_vector(self.exact_strategy)} has "
            f"{len(self.best_replies)} pure best replies: {replies}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "player": self.player,
            "strategy": self.strategy.tolist(),
            "exact_strategy": [str(v) for v in self.exact_strategy],
            "best_replies": list(self.best_replies),
        }


@dataclass(frozen=True, eq=False, slots=True)
class EquilibriumSet:
    """The extreme Nash equilibria of a two-player game, or the pure ones of any, K of them.

    Iterating, ``len`` and ``[i]`` give profiles (lists of P float64 vectors).

    Attributes
    ----------
    profiles : tuple of K profiles
    exact_profiles : tuple of K profiles of Fractions, or None unless ``exact=True`` was asked
    certificates : float64 [K]
        NashConv of each.
    complete : bool
        Whether every extreme (or pure) equilibrium is in the list; ``status`` says why.
    degenerate : bool, or None where it is not known (not asked for, or interrupted before)
        Whether some mixed strategy has more pure best replies than actions in its support.
    nash_subsets : tuple of tuples of int
        Maximal Nash subsets (bicliques of the graph whose edges are the extreme equilibria), each
        as the indices of its equilibria: any two mixtures of their strategies are in equilibrium.
    components : tuple of tuples of int
        Connected components of the set of all equilibria, unions of such subsets, as indices.
    witness : Degeneracy or None
        Why a degenerate two-player game is degenerate.
    """

    game: Any = field(repr=False)
    profiles: tuple[Any, ...]
    exact_profiles: tuple[Any, ...] | None
    certificates: np.ndarray
    status: Status
    degenerate: bool | None
    nash_subsets: tuple[tuple[int, ...], ...]
    components: tuple[tuple[int, ...], ...]
    witness: Degeneracy | None = None

    @property
    def complete(self) -> bool:
        return self.status in (
            Status.COMPLETE,
            Status.COMPLETE_BY_BOUNDS,
            Status.COMPLETE_PURE,
            Status.COMPLETE_ISOLATED,
        )

    def __len__(self) -> int:
        return len(self.profiles)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.profiles)

    def __getitem__(self, i: int) -> Any:
        return self.profiles[i]

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("status", f"{self.status.name}: {self.status.sentence}"),
        ]
        if self.degenerate is None:
            pure = sum(all(max(x) == 1 for x in profile) for profile in self.profiles)
            found = "" if pure == len(self) else f"{len(self)}, of them "
            lines.append(("equilibria", f"{found}{pure} in pure strategies"))
        else:
            found = f"{len(self)} extreme in {len(self.components)} components"
            lines.append(("equilibria", found))
            why = "" if self.witness is None else f": {self.witness}"
            lines.append(("degenerate", f"yes{why}" if self.degenerate else "no"))
        for i, profile in enumerate(self.profiles):
            shown = profile if self.exact_profiles is None else self.exact_profiles[i]
            strategies = "  |  ".join(format_vector(x) for x in shown)
            lines.append((f"[{i}]", f"{strategies}   NashConv {self.certificates[i]:.1e}"))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "complete": self.complete,
            "degenerate": self.degenerate,
            "witness": None if self.witness is None else self.witness.to_dict(),
            "equilibria": [[x.tolist() for x in profile] for profile in self.profiles],
            "exact_equilibria": None
            if self.exact_profiles is None
            else [[[str(v) for v in x] for x in profile] for profile in self.exact_profiles],
            "certificates": self.certificates.tolist(),
            "nash_subsets": [list(s) for s in self.nash_subsets],
            "components": [list(c) for c in self.components],
        }

    def __repr__(self) -> str:
        return aligned("EquilibriumSet", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def aligned(title: str, rows: list[tuple[str, str]]) -> str:
    """Lines of ``label  text`` below a title."""
    width = max(len(label) for label, _ in rows)
    return "\n".join([title, *(f"  {label:<{width}}  {text}" for label, text in rows)])


def html_table(rows: list[tuple[str, str]]) -> str:
    """The same lines as an HTML table."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(a)}</th>"
        f"<td style='text-align:left'>{html.escape(b)}</td></tr>"
        for a, b in rows
    )
    return f"<table>{cells}</table>"


def format_vector(x: Any) -> str:
    """A strategy on one line; long ones by their support."""
    if len(x) <= 12:
        return "(" + ", ".join(_number(v) for v in x) + ")"
    support = [f"{i}: {_number(v)}" for i, v in enumerate(x) if v > 1e-9]
    shown = ", ".join(support[:12]) + (", ..." if len(support) > 12 else "")
    return "{" + shown + "}"


def _number(x: Any) -> str:
    if isinstance(x, float):
        text = f"{x:.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return str(x)


def _seconds(t: float) -> str:
    return f"{t * 1e3:.3g} ms" if t < 1 else f"{t:.3g} s"


def _json_number(x: Any) -> Any:
    """JSON has no infinity."""
    return repr(x) if isinstance(x, float) and not math.isfinite(x) else x


def _plain_profile(profile: Any) -> Any:
    if isinstance(profile, list):
        return [np.asarray(x).tolist() for x in profile]
    return {
        (f"{k[0]}:{k[1]}" if isinstance(k, tuple) else str(k)): v
        for k, v in profile.to_dict().items()
    }
