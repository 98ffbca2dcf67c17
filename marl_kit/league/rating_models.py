"""Ratings of a league under any model: pure functions of its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.evaluate.counts import Name
from marl_kit.evaluate.glicko import Glicko, glicko2
from marl_kit.evaluate.online import online_elo
from marl_kit.evaluate.openskill_ratings import openskill
from marl_kit.evaluate.ratings import Ratings, elo
from marl_kit.league.log_reader import LogReader
from marl_kit.league.payoffs import Z_95, counts_table
from marl_kit.league.pool import Pool
from marl_kit.league.records import EVALUATE

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 12
"""Of a pay-off in units of the range: computed ones carry rounding, which would decide between
members that are the same."""
K = 16.0
"""The most that one game changes an online rating, in Elo."""


def elo_of(
    log: LogReader,
    players: int,
    prior: float | None = 500.0,
    anchor: Mapping[Name, float] | Name | None = None,
    draws: str = "half",
    first_move: bool = False,
) -> Ratings:
    """``mk.elo`` of the evaluation games; ``first_move`` reads them by seat.

    A game of P players has P (P - 1) / 2 pairs that are not independent; each of them counts as
    1 / (P - 1) of a game, so that everybody has as many games as were played.
    """
    counts = log.seat_counts() if first_move else log.pair_counts()
    if anchor is None:
        anchor = _random_member(log, {*counts.a, *counts.b})
    table = counts_table(counts)
    if players > 2:
        counted = ["wins of a", "draws", "wins of b"]
        table[counted] = table[counted] / (players - 1)
    return elo(table, prior=prior, anchor=anchor, draws=draws, first_move=first_move)


def _random_member(log: LogReader, played: set[str]) -> str | None:
    names = [m.name for m in log.members() if m.spec == "random" and m.name in played]
    return names[0] if names else None


def rate(log: LogReader, pool: Pool, model: str) -> pd.DataFrame:
    """The members by any model, best first (see ``League.rate``).

    Raises
    ------
    UnknownNameError
        No such model.
    UnsupportedGameError
        The model needs what is not there: a library, or a game of two players.
    """
    if not isinstance(model, str) or model not in MODELS:
        raise UnknownNameError("rating model", str(model), MODELS)
    return MODELS[model](log, pool)


def _elo(log: LogReader, pool: Pool) -> pd.DataFrame:
    return elo_of(log, pool.game.num_players).to_frame()


def _davidson(log: LogReader, pool: Pool) -> pd.DataFrame:
    return elo_of(log, pool.game.num_players, draws="davidson").to_frame()


def _rao_kupper(log: LogReader, pool: Pool) -> pd.DataFrame:
    return elo_of(log, pool.game.num_players, draws="rao_kupper").to_frame()


def _first_move(log: LogReader, pool: Pool) -> pd.DataFrame:
    return elo_of(log, pool.game.num_players, first_move=True).to_frame()


def _online(log: LogReader, pool: Pool) -> pd.DataFrame:
    """Elo's own rule, game by game in the order of the log; every table as games of its pairs."""
    import pandas as pd

    rating: dict[str, float] = {}
    games: dict[str, int] = {}
    for _, names, payoffs in _games(log):
        before = {name: rating.get(name, 0.0) for name in names}
        for (a, x), (b, y) in combinations(zip(names, payoffs, strict=True), 2):
            for me, you, own, other in ((a, b, x, y), (b, a, y, x)):
                score = 0.5 * (1 + (own > other) - (own < other))
                change = online_elo(before[me], before[you], score, K) - before[me]
                rating[me] = rating.get(me, 0.0) + change
        for name in names:
            games[name] = games.get(name, 0) + 1
    frame = pd.DataFrame(
        {"player": list(rating), "elo": list(rating.values()), "games": [games[n] for n in rating]}
    )
    return _best_first(frame, "elo")


def _glicko2(log: LogReader, pool: Pool) -> pd.DataFrame:
    """A rating period for each wave; whoever does not play becomes less certain."""
    import pandas as pd

    standing: dict[str, Glicko] = {}
    for _, period in groupby(_games(log), key=lambda game: game[0]):
        met: dict[str, list[tuple[Glicko, float]]] = {name: [] for name in standing}
        for _, names, payoffs in period:
            for (a, x), (b, y) in combinations(zip(names, payoffs, strict=True), 2):
                score = 0.5 * (1 + (x > y) - (x < y))
                met.setdefault(a, []).append((standing.get(b, Glicko()), score))
                met.setdefault(b, []).append((standing.get(a, Glicko()), 1 - score))
        standing = {
            name: glicko2(
                standing.get(name, Glicko()), [o for o, _ in games], [s for _, s in games]
            )
            for name, games in met.items()
        }
    rows = [
        (name, g.rating, *(g.rating + z * g.deviation for z in (-Z_95, Z_95)), g.volatility)
        for name, g in standing.items()
    ]
    columns = ["player", "rating", "low", "high", "volatility"]
    return _best_first(pd.DataFrame(rows, columns=columns), "rating")


def _openskill(log: LogReader, pool: Pool) -> pd.DataFrame:
    return openskill([(names, payoffs) for _, names, payoffs in _games(log)])


def _nash_average(log: LogReader, pool: Pool) -> pd.DataFrame:
    """Of the antisymmetric part of the pay-offs: what one member gets more than the other."""
    import pandas as pd

    from marl_kit.solve.meta_games.nash_average import nash_average

    mean = _complete(pool, alone=False)
    average = nash_average((mean - mean.T) / 2)
    names = [member.name for member in pool.members()]
    columns = {"player": names, "rating": average.ratings, "weight": average.weights}
    return _best_first(pd.DataFrame(columns), "rating")


def _alpha_rank(log: LogReader, pool: Pool) -> pd.DataFrame:
    """One population, infinite alpha."""
    import pandas as pd

    from marl_kit.solve.meta_games.alpha_rank import alpha_rank

    names = [member.name for member in pool.members()]
    share = alpha_rank(_complete(pool, alone=True), np.inf).pi
    return _best_first(pd.DataFrame({"player": names, "share": share}), "share")


def _complete(pool: Pool, *, alone: bool) -> np.ndarray:
    """The empirical game of two players, float64 [n, n]; what copies of one member get against each
    other must be known only where it is needed."""
    at = pool.standing()
    if at.num_players != 2:
        raise UnsupportedGameError(
            f"{pool.game.name} has {at.num_players} players, and this model takes two; take "
            f"'openskill' or 'elo'."
        )
    unit = (pool.bounds[1] - pool.bounds[0]) or 1.0
    mean = np.round(at.mean / unit, DIGITS) * unit
    if not alone:
        np.fill_diagonal(mean, 0.0)
    if np.isnan(mean).any():
        i, j = (int(k) for k in np.argwhere(np.isnan(mean))[0])
        names = [member.name for member in pool.members()]
        raise InvalidOptionError(
            f"{names[i]!r} and {names[j]!r} have not met, and this model needs every pay-off; "
            f"train for another wave, or take 'elo'."
        )
    return mean


def _games(log: LogReader) -> Iterator[tuple[int, list[str], tuple[float, ...]]]:
    """Wave, names and payoffs by seat of every evaluation game, in the order of the log; games of a
    member against itself are left out."""
    names = {member.id: member.name for member in log.members()}
    for game in log.games():
        if game.purpose == EVALUATE and len(set(game.policies)) == len(game.policies):
            yield game.wave, [names[i] for i in game.policies], game.payoffs


def _best_first(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.sort_values(column, ascending=False, kind="stable", ignore_index=True)


MODELS: dict[str, Callable[[LogReader, Pool], Any]] = {
    "elo": _elo,
    "davidson": _davidson,
    "rao_kupper": _rao_kupper,
    "first_move": _first_move,
    "online_elo": _online,
    "glicko2": _glicko2,
    "openskill": _openskill,
    "nash_average": _nash_average,
    "alpha_rank": _alpha_rank,
}
