"""Counts and pay-off tables: pure functions of the match log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.league.counts import PairCounts

if TYPE_CHECKING:
    import pandas as pd

    from marl_kit.league.standing import Standing

Z_95 = 1.959963984540054
"""Of the normal distribution: 95 % lie within as many standard deviations."""


def counts_table(counts: PairCounts) -> pd.DataFrame:
    """A row for every pair that has played: what ``mk.elo`` takes.

    A game is won by the member with the higher payoff in it.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            "a": counts.a,
            "b": counts.b,
            "wins of a": counts.wins_a,
            "draws": counts.draws,
            "wins of b": counts.wins_b,
        }
    )


def payoff_table(
    counts: PairCounts, members: Sequence[str], bounds: tuple[float, float]
) -> pd.DataFrame:
    """What a gets in a game against b, with a 95 % interval.

    Every pair that has played has two rows, one from each side, in the order of ``members``.

    Parameters
    ----------
    counts : PairCounts
    members : sequence of str
        All names, in the order of the rows.
    bounds : (float, float)
        ``game.utility_bounds()``.

    Returns
    -------
    DataFrame
        Columns a, b, games, mean (payoff of a per game), low, high (see ``wilson``), exact
        (whether the mean was computed instead of sampled: never so here, see ``standing_table``).
    """
    import pandas as pd

    a, b = np.concatenate([counts.a, counts.b]), np.concatenate([counts.b, counts.a])
    place = {name: i for i, name in enumerate(members)}
    rows, columns = (np.array([place[name] for name in who], np.int64) for who in (a, b))
    order = np.lexsort((columns, rows))
    games = np.tile(counts.games, 2)[order]
    mean = np.concatenate([counts.total_a, counts.total_b])[order] / games
    low, high = wilson(mean, games, bounds)
    return pd.DataFrame(
        {
            "a": a[order],
            "b": b[order],
            "games": games,
            "mean": mean,
            "low": low,
            "high": high,
            "exact": np.zeros(len(order), bool),
        }
    )


def standing_table(
    at: Standing, names: Mapping[int, str], low: np.ndarray, high: np.ndarray
) -> pd.DataFrame:
    """The same table of an empirical game with two axes; computed pay-offs have no games."""
    import pandas as pd

    rows, columns = np.nonzero(~np.isnan(at.mean) & ~np.eye(len(at.ids), dtype=bool))
    return pd.DataFrame(
        {
            "a": _texts([names[at.ids[i]] for i in rows]),
            "b": _texts([names[at.ids[j]] for j in columns]),
            "games": at.games[rows, columns],
            "mean": at.mean[rows, columns],
            "low": low[rows, columns],
            "high": high[rows, columns],
            "exact": at.exact[rows, columns],
        }
    )


def wilson(
    mean: np.ndarray, games: np.ndarray, bounds: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval (1927) of 95 % for the mean of bounded payoffs.

    The payoffs are scaled to [0, 1]. There a variable of mean m has at most the variance m (1 - m)
    of one that is 0 or 1 only, for which the interval was made; with draws or payoffs between the
    bounds it is wider than it need be. Games count as independent: between two players that draw
    nothing at random every block is the same, and the interval says too much.

    Parameters
    ----------
    mean : float64 [K]
    games : int64 [K]
        Each at least 1.
    bounds : (float, float)
        The smallest and the largest payoff.

    Returns
    -------
    low, high : float64 [K]
        Within the bounds.
    """
    least, most = bounds
    if not least < most:
        return mean.copy(), mean.copy()
    share = np.clip((mean - least) / (most - least), 0.0, 1.0)
    square = Z_95**2
    middle = (share + square / (2 * games)) / (1 + square / games)
    spread = np.sqrt(share * (1 - share) / games + square / (4 * games**2))
    spread *= Z_95 / (1 + square / games)
    low = np.clip(middle - spread, 0.0, share)
    high = np.clip(middle + spread, share, 1.0)
    return least + low * (most - least), least + high * (most - least)


def _texts(names: list[str]) -> np.ndarray:
    """A column of texts also where it is empty."""
    return np.array(names, object)
