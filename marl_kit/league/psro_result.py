"""What a run of exact PSRO hands to people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.registry import resolve
from marl_kit.core.results import Status, aligned, html_table
from marl_kit.games.game import Game
from marl_kit.games.profile import Profile
from marl_kit.games.realisation import behaviour_of, profile_of
from marl_kit.league.exact_oracle import mixed_plan
from marl_kit.league.meta_strategy import MetaStrategy

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class PSROHistory:
    """A run of PSRO by generation, T + 1 of them; generation 0 is the start.

    Attributes
    ----------
    population : int64 [T + 1, P]
        Members of each player.
    values : float64 [T + 1, P]
        Expected payoffs of the meta-strategy.
    nash_conv : float64 [T + 1]
        Of the mixture of members by the meta-strategy's marginals, in the whole game. It is not
        monotone; ``best`` is.
    gap : float64 [T + 1]
        Sum over players of what exact best responses gain against the meta-strategy. Where the
        players mix independently it is the NashConv (but for rounding); 0 against the joint
        distribution of ``cce`` means a coarse correlated equilibrium, of ``ce`` a correlated one.
    """

    population: np.ndarray
    values: np.ndarray
    nash_conv: np.ndarray
    gap: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The least NashConv up to each generation, float64 [T + 1]."""
        return np.minimum.accumulate(self.nash_conv)

    def to_frame(self) -> pd.DataFrame:
        """generation, members of each player, NashConv, best so far, gap."""
        import pandas as pd

        players = range(self.population.shape[1])
        return pd.DataFrame(
            {
                "generation": np.arange(len(self.nash_conv)),
                **{f"members of {p}": self.population[:, p] for p in players},
                "nash_conv": self.nash_conv,
                "best": self.best,
                "gap": self.gap,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Columns as lists."""
        columns = {name: getattr(self, name).tolist() for name in self.__slots__}
        return columns | {"best": self.best.tolist()}


@dataclass(frozen=True, eq=False, slots=True)
class PSROResult:
    """A population, its exact empirical game, and what to play in it.

    Attributes
    ----------
    members : tuple of P float64 [n_p, Q_p]
        Realisation plans, in the order of joining; ``member`` makes strategies of them.
    payoffs : float64 [P, n_1, ..., n_P]
        The empirical game: exact, nothing is simulated.
    meta : MetaStrategy
        Of the last generation.
    generations : tuple of T + 1 tuples of P float64 vectors
        The meta-strategy's marginals over the members that were there.
    profile : Profile
        The last mixture of members, as strategies of the whole game.
    nash_conv, exploitability : float
        Of ``profile``; exploitability is NashConv / P.
    best_profile : Profile
        That of the generation ``best_generation``, the first of the least NashConv.
    best_nash_conv : float
    history : PSROHistory
    status : Status
        CONVERGED: against the meta-strategy all best responses together gain at most ``tol``, or
        no player's gain more than 1e-9 of its own payoff range.
    note : str
        Why a run ended early.
    seed : int
        Of the start; -1 when a Generator was given.
    """

    game: Game = field(repr=False)
    meta_solver: str
    members: tuple[np.ndarray, ...]
    payoffs: np.ndarray
    meta: MetaStrategy
    generations: tuple[tuple[np.ndarray, ...], ...]
    profile: Profile
    nash_conv: float
    best_profile: Profile
    best_nash_conv: float
    best_generation: int
    history: PSROHistory
    status: Status
    note: str
    seed: int
    wall_time_s: float
    method: str = "psro"

    @property
    def exploitability(self) -> float:
        return self.nash_conv / self.game.num_players

    @property
    def iterations(self) -> int:
        return len(self.generations) - 1

    @property
    def values(self) -> np.ndarray:
        """Expected payoffs of the meta-strategy, float64 [P]."""
        return self.history.values[-1]

    @property
    def status_text(self) -> str:
        """The status in a sentence; of a joint distribution the gap converges, not NashConv."""
        if self.status is Status.CONVERGED and self.meta.joint is not None:
            return "The gap fell below the tolerance."
        return self.status.sentence

    def member(self, player: int, index: int) -> Profile:
        """A member as a strategy: a profile in which the others play their first members."""
        marginals = [
            np.eye(len(m))[index if p == player else 0] for p, m in enumerate(self.members)
        ]
        return mixture(self.game, self.members, marginals)

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        sizes = " x ".join(str(len(m)) for m in self.members)
        least = f"{self.best_nash_conv:.6g} at generation {self.best_generation}"
        lines = [
            ("game", self.game.spec or self.game.name),
            ("meta-solver", self.meta_solver),
            ("status", f"{self.status.name}: {self.status_text}"),
            ("iterations", f"{self.iterations:,}"),
            ("population", f"{sizes}  (payoffs exact)"),
            ("values", "  ".join(f"{v:.6g}" for v in self.values)),
            ("NashConv", f"{self.nash_conv:.6g}  (sum of gains; least {least})"),
            ("exploitability", f"{self.exploitability:.6g}  (NashConv / {len(self.values)})"),
        ]
        if self.meta.joint is not None:
            gap = f"{self.history.gap[-1]:.6g}  ({self.meta.concept}, sum of gains)"
            lines.append(("gap", gap))
        lines.append(("time", f"{self.wall_time_s:.3g} s"))
        return [*lines, ("note", self.note)] if self.note else lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "meta_solver": self.meta_solver,
            "status": self.status.name,
            "status_text": self.status_text,
            "note": self.note,
            "iterations": self.iterations,
            "values": self.values.tolist(),
            "nash_conv": self.nash_conv,
            "exploitability": self.exploitability,
            "best_nash_conv": self.best_nash_conv,
            "best_generation": self.best_generation,
            "payoffs": self.payoffs.tolist(),
            "meta_strategy": [x.tolist() for x in self.meta.marginals],
            "joint": None if self.meta.joint is None else self.meta.joint.tolist(),
            "history": self.history.to_dict(),
            "seed": self.seed,
            "wall_time_s": self.wall_time_s,
        }

    def __repr__(self) -> str:
        return aligned("PSROResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None) -> Any:
        """NashConv by generation, the best so far, and the population; returns the axes."""
        return resolve("marl_kit.plot.psro:plot_psro")(self, ax=ax)


def mixture(game: Game, members: Any, marginals: Any) -> Profile:
    """Members mixed before the game begins, as behaviour strategies (Kuhn's theorem)."""
    form = game.sequence_form()
    used = [m[: len(x)] for m, x in zip(members, marginals, strict=True)]
    return profile_of(game, behaviour_of(form, mixed_plan(used, marginals)))
