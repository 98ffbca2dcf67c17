"""What ``mk.dynamics`` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.results import Status, aligned, format_vector, html_table

if TYPE_CHECKING:
    import pandas as pd

STEP, TIME = "step", "time"


@dataclass(frozen=True, eq=False, slots=True)
class Trajectory:
    """The path of a dynamic at T recorded times, all S actions of all populations side by side.

    Attributes
    ----------
    times : float64 [T]
        Steps, or units of time, since the start; the first is 0.
    states : float64 [T, S]
        What moves: the beliefs (average plays) of fictitious play, the current strategies of
        regret matching and Hedge, the shares of a population.
    averages : float64 [T, S]
        What was played on average up to each time; at time 0 the start.
    labels : tuple of S str
        ``"population: action"``.
    populations : tuple of str
        One a player, or a single one in a symmetric game.
    actions : tuple of tuples of str
        Of each population.
    joint : float64 [A_1, ..., A_P] or None
        How often every joint action was played, where that was asked for: the product of the
        strategies in each step, averaged over the steps.
    nash_conv, average_nash_conv : float
        Of ``profile`` and of ``average()``, by the code of ``evaluate/``.
    unit : "step" or "time"
    method, options
        What ran.
    seed : int
        -1 when a Generator was given.
    note : str
        What the method has to add.

    Examples
    --------
    >>> import marl_kit as mk
    >>> path = mk.dynamics("prisoners_dilemma", "replicator", time=20)
    >>> [x.round(3).tolist() for x in path.profile]
    [[0.0, 1.0], [0.0, 1.0]]
    """

    game: Any = field(repr=False)
    method: str
    options: Mapping[str, Any]
    unit: str
    times: np.ndarray
    states: np.ndarray
    averages: np.ndarray
    populations: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    joint: np.ndarray | None
    nash_conv: float
    average_nash_conv: float
    status: Status
    seed: int
    wall_time_s: float
    note: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """``"population: action"`` of every column."""
        pairs = zip(self.populations, self.actions, strict=True)
        return tuple(f"{who}: {what}" for who, names in pairs for what in names)

    @property
    def profile(self) -> list[np.ndarray]:
        """The last state, a strategy for each player."""
        return self.at(-1)

    def average(self) -> list[np.ndarray]:
        """The average of what was played, a strategy for each player."""
        return self._profile(self.averages[-1])

    def at(self, record: int) -> list[np.ndarray]:
        """The state at ``times[record]``, a strategy for each player."""
        return self._profile(self.states[record])

    def population(self, number: int) -> np.ndarray:
        """States of one population, float64 [T, A]."""
        start = sum(len(names) for names in self.actions[:number])
        return self.states[:, start : start + len(self.actions[number])]

    def _profile(self, flat: np.ndarray) -> list[np.ndarray]:
        cuts = np.cumsum([len(names) for names in self.actions])[:-1]
        sides = [np.array(x) for x in np.split(flat, cuts)]
        alone = len(sides) == 1 < self.game.num_players  # everybody is drawn from it
        return [sides[0].copy() for _ in range(self.game.num_players)] if alone else sides

    def __len__(self) -> int:
        return len(self.times)

    def to_frame(self, averages: bool = False) -> pd.DataFrame:
        """One row a time, one column an action; ``averages=True`` gives those."""
        import pandas as pd

        index = pd.Index(self.times, name=self.unit)
        table = self.averages if averages else self.states
        return pd.DataFrame(table, index=index, columns=list(self.labels))

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Paths on the simplex, one panel a population, or lines over time; returns the axes."""
        from marl_kit.core.registry import resolve

        return resolve("marl_kit.plot.trajectory:plot_trajectory")(self, ax=ax, **options)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "method": self.method,
            "options": {k: _plain(v) for k, v in self.options.items()},
            "unit": self.unit,
            "times": self.times.tolist(),
            "labels": list(self.labels),
            "states": self.states.tolist(),
            "averages": self.averages.tolist(),
            "joint": None if self.joint is None else self.joint.tolist(),
            "nash_conv": self.nash_conv,
            "average_nash_conv": self.average_nash_conv,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "seed": self.seed,
            "wall_time_s": self.wall_time_s,
            "note": self.note,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        last = f"{self.times[-1]:,.6g}"
        reach = f"{last} steps" if self.unit == STEP else f"to time {last}"
        lines = [
            ("game", self.game.spec or self.game.name),
            ("method", self.method + _written(self.options)),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("length", f"{reach}, {len(self)} recorded"),
            ("NashConv", f"{self.nash_conv:.6g} at the end, {self.average_nash_conv:.6g} average"),
        ]
        if self.note:
            lines.append(("note", self.note))
        cuts = np.cumsum([len(names) for names in self.actions])[:-1]
        ends, means = (np.split(x[-1], cuts) for x in (self.states, self.averages))
        for who, end, mean in zip(self.populations, ends, means, strict=True):
            lines.append((f"{who}, end", format_vector(end)))
            lines.append((f"{who}, average", format_vector(mean)))
        return lines

    def __repr__(self) -> str:
        return aligned("Trajectory", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def _plain(x: Any) -> Any:
    return x.tolist() if isinstance(x, np.ndarray) else x


def _written(options: Mapping[str, Any]) -> str:
    changed = ", ".join(f"{k}={_plain(v)}" for k, v in options.items())
    return f"  ({changed})" if changed else ""
