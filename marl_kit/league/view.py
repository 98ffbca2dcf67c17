"""Everything that can be read off a league: pure functions of its log."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.registry import resolve
from marl_kit.evaluate.counts import Name
from marl_kit.evaluate.ratings import Ratings
from marl_kit.games.game import Game
from marl_kit.league.export import export
from marl_kit.league.log import MatchLog
from marl_kit.league.options import Options
from marl_kit.league.payoffs import counts_table, payoff_table, standing_table
from marl_kit.league.pool import Pool
from marl_kit.league.rating_models import elo_of, rate
from marl_kit.league.records import Member
from marl_kit.league.standing import intervals, two_axes
from marl_kit.league.status import trained_seconds
from marl_kit.league.summarise import summarise
from marl_kit.league.summary import LeagueSummary

if TYPE_CHECKING:
    import pandas as pd

PLOTS = {
    "ratings": "league_ratings:plot_league_ratings",
    "payoffs": "league_payoffs:plot_league_payoffs",
    "meta_strategy": "meta_strategy:plot_meta_strategy",
    "exploitability": "league_exploitability:plot_league_exploitability",
    "forgetting": "forgetting:plot_forgetting",
    "genealogy": "genealogy:plot_genealogy",
    "cycles": "cycles:plot_cycles",
}


P = ParamSpec("P")
T = TypeVar("T")
View = TypeVar("View", bound="LeagueView")


def at_once(method: Callable[Concatenate[View, P], T]) -> Callable[Concatenate[View, P], T]:
    """Let all queries of a method see the same log, while another process goes on writing it."""

    @wraps(method)
    def looked(self: View, *args: P.args, **options: P.kwargs) -> T:
        with self._log.snapshot():
            return method(self, *args, **options)

    return looked


class LeagueView:
    """What ``League`` tells of its log; looking changes nothing.

    Attributes
    ----------
    game : Game
    preset : str
    options : Options
    seed : int
    path : Path or None
        The run's folder.
    """

    game: Game
    preset: str
    options: Options
    seed: int
    path: Path | None
    _log: MatchLog
    _pool: Pool

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody, in the order of joining."""
        return tuple(self._log.members())

    @at_once
    def counts(self) -> pd.DataFrame:
        """a, b, wins of a, draws, wins of b: a row for every pair that has played."""
        return counts_table(self._log.pair_counts())

    @at_once
    def payoffs(self) -> pd.DataFrame:
        """a, b, games, mean (payoff of a per game), low, high, exact: two rows for every pair of
        which something is known, one from each side.

        ``low`` and ``high`` are Wilson's 95 % interval on the scale from the game's smallest to
        its largest payoff, conservative for payoffs between these; the mean itself where it was
        computed. In games of more than two players: at tables at which both sat.
        """
        if self.options.exact is True or self.game.num_players != 2:
            by_id = {member.id: member.name for member in self._log.members()}
            at = two_axes(self._pool.standing())
            return standing_table(at, by_id, *intervals(at, self._pool.bounds))
        counts = self._log.pair_counts()  # before the members: somebody may join in between
        names = [member.name for member in self.members]
        return payoff_table(counts, names, self.game.utility_bounds())

    @at_once
    def elo(
        self,
        prior: float | None = 500.0,
        anchor: Mapping[Name, float] | Name | None = None,
        draws: str = "half",
        first_move: bool = False,
    ) -> Ratings:
        """The ratings with all that ``mk.elo`` tells of them, of the evaluation games.

        Parameters
        ----------
        prior, draws, first_move
            See ``mk.elo``.
        anchor : member or {member: rating}, optional
            Who has rating 0; unless you say otherwise the random player, if it has played,
            else the mean of all is 0.
        """
        return elo_of(self._log, self.game.num_players, prior, anchor, draws, first_move)

    @at_once
    def ratings(
        self, prior: float | None = 500.0, anchor: Mapping[Name, float] | Name | None = None
    ) -> pd.DataFrame:
        """player, elo, low, high, games, score, draws; best first. Parameters as for ``elo``.

        Empty where pay-offs are computed and nothing is played.
        """
        return self.elo(prior, anchor).to_frame()

    @at_once
    def rate(self, model: str = "elo") -> pd.DataFrame:
        """The members rated by any model, best first: the log stays, only the reading differs.

        Parameters
        ----------
        model : str
            ``"elo"``, ``"davidson"``, ``"rao_kupper"`` (draws), ``"first_move"`` (as ``elo``, of
            games by seat), ``"online_elo"``, ``"glicko2"`` (a period for each wave),
            ``"openskill"``, ``"nash_average"``, ``"alpha_rank"``.
        """
        return rate(self._log, self._pool, model)

    @at_once
    def meta_strategy(self, meta_solver: str = "") -> pd.Series:
        """Probability of each member in the meta-strategy of the empirical game.

        Parameters
        ----------
        meta_solver : str
            Another one than the run's, see ``mk.meta_strategy``.
        """
        import pandas as pd

        self._require_members()
        names = [member.name for member in self._pool.members()]
        return pd.Series(self._pool.mixture(meta_solver), index=names, name="probability")

    @at_once
    def exploitability(self, meta_solver: str = "") -> float:
        """NashConv / players of the mixture of members that ``meta_strategy`` gives.

        Exact where pay-offs are computed; else a ``Bound``, a float whose ``kind`` says in words
        what it is.
        """
        self._require_members()
        return self._pool.exploitability(meta_solver)

    @at_once
    def practice(self) -> pd.DataFrame:
        """wave, learner, opponent, games, wins, draws, losses, mean: all training games, from the
        learners' sides."""
        import pandas as pd

        columns = ["wave", "learner", "opponent", "games", "wins", "draws", "losses", "mean"]
        frame = pd.DataFrame(self._log.practice(), columns=columns)
        frame["mean"] = frame["mean"] / frame["games"]
        return frame

    @at_once
    def seconds_trained(self) -> float:
        """How long ``train`` has run, in all of its calls; interruptions do not count."""
        return trained_seconds(self._log)

    @at_once
    def summary(self) -> LeagueSummary:
        """Everything that pictures and reports show, read off the log at once."""
        return summarise(self._log, self._pool, self.preset)

    def plot(self, what: str = "ratings", ax: Any = None) -> Any:
        """One picture of the league; returns the matplotlib axes.

        Parameters
        ----------
        what : str
            ``"ratings"`` (by wave), ``"payoffs"`` (who beats whom), ``"meta_strategy"``,
            ``"exploitability"``, ``"forgetting"``, ``"genealogy"`` or ``"cycles"``.
        ax : matplotlib Axes, optional
            Where to draw; a new pyplot figure without.
        """
        if what not in PLOTS:
            raise UnknownNameError("picture of a league", str(what), PLOTS)
        return resolve(f"marl_kit.plot.{PLOTS[what]}")(self.summary(), ax=ax)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write one self-contained HTML file; its path.

        Parameters
        ----------
        path : path, optional
            ``report.html`` in the run's folder, unless you say otherwise.
        """
        if path is None and self.path is None:
            raise InvalidOptionError("this league is in memory; say where to write: report(path).")
        target = Path(path) if path is not None else Path(str(self.path)) / "report.html"
        write: Any = resolve("marl_kit.plot.league_report:write_league_report")
        return Path(write(self.summary(), target))

    @at_once
    def export(self, path: str | os.PathLike[str], kind: str = "") -> Path:
        """Write every game for other programs; see ``marl_kit.league.export``.

        Parameters
        ----------
        path : path
        kind : {"pgn", "csv", "jsonl"}
            The path's suffix, unless you say otherwise.
        """
        return export(self._log, self.game, path, kind)

    def _require_members(self) -> None:
        if not self.members:
            raise InvalidOptionError(
                "nobody is in this league yet, so there is no mixture of members; add somebody."
            )
