"""What the pictures of a league have in common: who is rated how, who descends from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marl_kit.plot.style import PALETTE

if TYPE_CHECKING:
    from marl_kit.league.summary import LeagueSummary

LETTERS = 24
"""Letters of a name from which on a picture shortens it."""
NO_ROLE = "learned"
"""How a line of learners without a name is called."""


def elo_of(summary: LeagueSummary) -> np.ndarray:
    """Elo and the ends of its 95 % interval, float64 [3, n].

    NaN for members that are not rated, and for those outside the largest group of members that
    games compare, as each group has a zero of its own. Infinite where one side alone ever scored.
    """
    ratings, names = summary.ratings, list(summary.names)
    if ratings is None or ratings.elo.empty:
        return np.full((3, len(names)), np.nan)
    columns = (ratings.elo, ratings.low, ratings.high)
    found = np.array([x.reindex(names).to_numpy(np.float64) for x in columns])
    largest = ratings.groups.value_counts(sort=True).index[0]
    found[:, ratings.groups.reindex(names).to_numpy() != largest] = np.nan
    return found


def drawn_elo(summary: LeagueSummary) -> np.ndarray:
    """As ``elo_of`` with numbers that an axis has: an infinite rating stands at its bound."""
    elo, low, high = elo_of(summary)
    bound = np.where(np.isposinf(elo), low, np.where(np.isneginf(elo), high, elo))
    ends = [np.where(np.isinf(x), bound, x) for x in (low, high)]
    return np.array([bound, *ends])


def by_strength(summary: LeagueSummary) -> np.ndarray:
    """Members from best to worst, int64 [n]: by Elo, and those without by their mean payoff."""
    elo, low, high = elo_of(summary)
    known = np.isfinite(summary.payoffs) & ~np.eye(len(elo), dtype=bool)
    total = np.where(known, summary.payoffs, 0.0).sum(axis=1)
    met = known.sum(axis=1)
    mean = np.where(met > 0, total / np.maximum(met, 1), -np.inf)
    keys = [np.where(np.isnan(x), -np.inf, x) for x in (mean, high, low, elo)]
    return np.lexsort((*(-key for key in keys), np.isnan(elo)))


def learned(summary: LeagueSummary) -> np.ndarray:
    """Which members came out of training, bool [n]; the others were given."""
    return np.array([member.step > 0 for member in summary.members], bool)


def steps(summary: LeagueSummary) -> np.ndarray:
    """The wave in which each member was made, int64 [n]; 0 for those who were given."""
    return np.array([member.step for member in summary.members], np.int64)


def parents(summary: LeagueSummary) -> np.ndarray:
    """The number of each member's parent, int64 [n]; -1 without."""
    number = {name: i for i, name in enumerate(summary.names)}
    return np.array([number.get(member.parent or "", -1) for member in summary.members], np.int64)


def roles(summary: LeagueSummary) -> dict[str, np.ndarray]:
    """The learned members of each role, by step; roles in the order of their appearance."""
    found: dict[str, list[int]] = {}
    for i in np.flatnonzero(learned(summary)):
        found.setdefault(summary.members[i].role or NO_ROLE, []).append(int(i))
    step = steps(summary)
    return {role: np.array(sorted(x, key=lambda i: step[i])) for role, x in found.items()}


def colour_of(number: int) -> str:
    """The colour of a role, or of whatever else is counted."""
    return PALETTE[number % len(PALETTE)]


def short(name: str, letters: int = LETTERS) -> str:
    """A name that leaves room for the picture.

    >>> short("mcts(simulations=1000, c=1.4)"), short("random")
    ('mcts(simulations=1000, …', 'random')
    """
    kept = name if len(name) <= letters else f"{name[: letters - 1]}…"
    return kept.replace("$", r"\$")  # which would begin a formula
