"""alpha-rank: how long evolving populations stay at each profile of an empirical game."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError, UnknownNameError
from marl_kit.core.meta_results import AlphaRank
from marl_kit.core.registry import fold
from marl_kit.solve.meta_games.fixation import (
    fixation_order,
    fixation_order_among,
    log_fixation,
    log_fixation_among,
    rare_order,
)
from marl_kit.solve.meta_games.meta_payoffs import (
    MetaGame,
    read_meta_game,
    square_names,
    whole_number,
)
from marl_kit.solve.meta_games.stationary import (
    exact_limit_distribution,
    limit_distribution,
    stationary,
)

if TYPE_CHECKING:
    import scipy.sparse

PROFILE_LIMIT = 1_500
"""So many profiles take about half a minute where numbers must be scaled; three times as many
take 27 times as long."""
SECONDS = 30 / 1_500**3
"""Of scaled elimination, times the cube of the number of profiles."""
EXACT_LIMIT = 150
"""Profiles whose limit is taken in Python's integers where float64 would round: 5 seconds."""
SUMS_LIMIT = 2 * 10**9
"""Terms of all sums over the mutants' number in one population: about half a minute."""
ORDER_BITS = 52
"""float64 adds whole numbers exactly below 2**53."""
STRONGEST = 1e12
"""alpha x payoff range x m beyond which logarithms have lost the digits that matter."""
SELECTIONS = ("population", "local")
LIMITS = ("intensity", "perturbation")


@dataclass(frozen=True, eq=False, slots=True)
class Moves:
    """Every change of one population's strategy, K of them."""

    source: np.ndarray  # int64 [K]
    target: np.ndarray  # int64 [K]
    gain: np.ndarray  # [K], payoff of the target less that of the source


def alpha_rank(
    payoffs: Any,
    alpha: float | str | None = 100.0,
    m: int = 50,
    *,
    symmetric: bool = False,
    selection: str = "population",
    limit: str = "intensity",
    max_profiles: int = PROFILE_LIMIT,
) -> AlphaRank:
    """Rank pure profiles by the share of time that evolving populations spend there.

    All of a population play one strategy; now and then a mutant appears in one of them and
    takes over or dies out. Probabilities as small as exp(-10**6) are kept as logarithms and the
    chain is solved without subtractions, so there is no alpha that overflows.

    Parameters
    ----------
    payoffs : array_like, DataFrame, Game, spec string or pyspiel.Game
        ``[n, n]``: one population; payoff of the row's strategy against the column's.
        ``[P, A_1, ..., A_P]`` or a game: one population a player.
    alpha : float
        Intensity of selection, at least 0, in units of 1 / payoff. ``inf`` (or ``"inf"``, or
        ``None``): the limit of ever stronger selection, exactly (``note`` says so where there are
        so many profiles with payoffs of so many digits that these are rounded).
    m : int
        Individuals in each population, at least 2.
    symmetric : bool
        Take a symmetric game of two players as one population.
    selection : "population" or "local"
        For one population: fitness is the mean payoff against the rest of the population, or the
        payoff against the one other strategy. Several populations: no difference.
    limit : "intensity" or "perturbation"
        What infinite alpha means: the limit of the distribution as alpha grows, in which large
        losses are rarer than small ones, or the chain in which all losses are equally rare
        (Rowland et al. 2019), as their probability goes to 0. They differ only where populations
        can come to rest in more than one place; in one population the second looks at the payoffs
        of two strategies against each other.
    max_profiles : int
        More profiles are refused. Time grows with their cube.

    Returns
    -------
    AlphaRank

    Raises
    ------
    InvalidGameError, InvalidOptionError, UnknownNameError, UnsupportedGameError
    GameTooLargeError
        More than ``max_profiles``, or too large an m for one population.

    Notes
    -----
    Omidshafiei, Papadimitriou, Piliouras, Tuyls, Rowland, Lespiau, Czarnecki, Lanctot, Perolat and
    Munos (2019), "alpha-Rank: multi-agent evaluation by evolution", Scientific Reports 9; Rowland
    et al. (2019), "Multiagent evaluation under incomplete information", NeurIPS 32.

    Examples
    --------
    >>> import marl_kit as mk
    >>> mk.alpha_rank([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]).pi.round(6).tolist()
    [0.333333, 0.333333, 0.333333]
    >>> mk.alpha_rank("prisoners_dilemma", alpha="inf").pi.tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    intensity = _intensity(alpha)
    m = whole_number(m, "m", 2)
    selection, limit = _choice("selection", selection, SELECTIONS), _choice("limit", limit, LIMITS)
    meta = read_meta_game(payoffs, symmetric=symmetric)
    one = meta.one_table
    names = (square_names(meta),) if one else meta.names
    sizes = tuple(map(len, names))
    _guard(math.prod(sizes), whole_number(max_profiles, "max_profiles", 1))
    among = one and selection == "population"
    if among:
        _guard_sums(sizes[0], m)
    note = _note(len(sizes), one, intensity, selection, limit)
    if math.isinf(intensity):
        pi, rate, lost = _limit(meta, sizes, m, selection, limit)
        note += lost
    else:
        _guard_strength(intensity * m * float(np.ptp(meta.payoffs)))
        log_rate = _log_rates(meta, sizes, m, intensity, selection)
        pi, rate = stationary(log_rate), np.exp(log_rate)
    return AlphaRank(
        pi=pi,
        profiles=np.array(list(np.ndindex(sizes)), np.int64).reshape(-1, len(sizes)),
        transition=_transition(rate, sum(n - 1 for n in sizes)),
        strategies=names,
        alpha=intensity,
        m=m,
        note=note,
    )


def _log_rates(
    meta: MetaGame, sizes: tuple[int, ...], m: int, alpha: float, selection: str
) -> np.ndarray:
    """Logarithms of the fixation probabilities [N, N]; ``-inf`` where no mutant leads."""
    if meta.one_table and selection == "population":
        logs = log_fixation_among(meta.payoffs, m, alpha)
        np.fill_diagonal(logs, -np.inf)
        return logs
    moves = _moves(meta.payoffs, sizes, meta.one_table)
    logs = np.full((math.prod(sizes),) * 2, -np.inf)
    logs[moves.source, moves.target] = log_fixation(alpha * moves.gain, m)
    return logs


def _limit(
    meta: MetaGame, sizes: tuple[int, ...], m: int, selection: str, limit: str
) -> tuple[np.ndarray, np.ndarray, str]:
    """Shares of time, fixation probabilities [N, N], and what was lost, for infinite alpha.

    Orders are whole numbers that add up along ways through all profiles. Where float64 cannot
    hold the sums they are added in Python's integers, and where that would take minutes they are
    rounded to a grid.
    """
    order, weight = _orders(meta.integers(), sizes, m, meta.one_table, selection, limit)
    there = weight > 0
    known = [int(x) for x in order[there]]
    unit = math.gcd(*known) or 1
    most, room = max(known, default=0) // unit, 2**ORDER_BITS // max(math.prod(sizes), 1)
    order[there] = [x // unit for x in known]
    rate = np.where(there & (order == 0), weight, 0.0)
    if most > room and len(order) <= EXACT_LIMIT:
        return exact_limit_distribution(order, weight), rate, ""
    lost = ""
    if most > room:
        # a small loss stays a loss: rounding up keeps what is rare apart from what is not
        order[there] = [-(-(x // unit) * room // most) for x in known]
        lost = f", losses rounded to {room:,} steps"
    return limit_distribution(np.where(there, order, np.inf).astype(float), weight), rate, lost


def _orders(
    table: np.ndarray, sizes: tuple[int, ...], m: int, one: bool, selection: str, limit: str
) -> tuple[np.ndarray, np.ndarray]:
    """Orders (Python integers) and weights (0: no such move) of fixation, [N, N]."""
    if one and selection == "population" and limit == "intensity":
        order, weight = fixation_order_among(_narrow(table, 2 * m * m), m)
        np.fill_diagonal(weight, 0.0)
        return order.astype(object), weight
    moves = _moves(table, sizes, one)
    rule = fixation_order if limit == "intensity" else rare_order
    order = np.zeros((math.prod(sizes),) * 2, object)
    weight = np.zeros(order.shape)
    place = (moves.source, moves.target)
    order[place], weight[place] = rule(moves.gain, m)
    return order, weight


def _narrow(table: np.ndarray, factor: int) -> np.ndarray:
    """As int64, which is faster, if ``factor`` times any payoff fits."""
    return table.astype(np.int64) if int(table.max()) * factor < 2**62 else table


def _moves(payoffs: np.ndarray, sizes: tuple[int, ...], one: bool) -> Moves:
    number = np.arange(math.prod(sizes)).reshape(sizes)
    if one:
        source, target = np.nonzero(~np.eye(len(payoffs), dtype=bool))
        return Moves(source, target, payoffs[target, source] - payoffs[source, target])
    parts = []
    for p, n in enumerate(sizes):
        place = np.moveaxis(number, p, 0).reshape(n, -1)
        value = np.moveaxis(payoffs[p], p, 0).reshape(n, -1)
        told, played = np.nonzero(~np.eye(n, dtype=bool))
        parts.append((place[told], place[played], value[played] - value[told]))
    source, target, gain = (
        np.concatenate([x.ravel() for x in c]) for c in zip(*parts, strict=True)
    )
    return Moves(source, target, gain)


def _transition(rate: np.ndarray, mutants: int) -> scipy.sparse.csr_array:
    """Mutants of all kinds are equally likely; what does not fixate stays."""
    import scipy.sparse

    rate = rate / max(mutants, 1)
    np.fill_diagonal(rate, 0.0)
    np.fill_diagonal(rate, np.maximum(1.0 - rate.sum(axis=1), 0.0))
    return scipy.sparse.csr_array(rate)


def _intensity(alpha: Any) -> float:
    if alpha is None or (isinstance(alpha, str) and fold(alpha) in ("inf", "infinity")):
        return math.inf
    try:
        value = math.nan if isinstance(alpha, bool | str) else float(alpha)
    except (TypeError, ValueError):
        value = math.nan
    if not value >= 0:
        raise InvalidOptionError(f"alpha is {alpha!r}; give a number of at least 0, or 'inf'.")
    return value


def _choice(name: str, value: Any, known: tuple[str, ...]) -> str:
    text = fold(value) if isinstance(value, str) else repr(value)
    if text not in known:
        raise UnknownNameError(name, str(value), known)
    return text


def _guard(profiles: int, most: int) -> None:
    if profiles > most:
        raise GameTooLargeError(
            f"{profiles:,} profiles are more than {most:,}, and their dense chain would take up to "
            f"{_told(SECONDS * profiles**3)} and {profiles**2 * 16 / 2**30:.1f} GB; leave out "
            f"dominated strategies, or raise max_profiles."
        )


def _told(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:,.0f} hours"


def _guard_sums(n: int, m: int) -> None:
    if n * n * m > SUMS_LIMIT:
        raise GameTooLargeError(
            f"m is {m:,}: sums over so many mutants of {n:,} strategies have {n * n * m:.3g} "
            f"terms, more than {SUMS_LIMIT:,}; take a smaller m, or selection='local'."
        )


def _guard_strength(exponent: float) -> None:
    if not exponent < STRONGEST:
        raise InvalidOptionError(
            f"alpha times m times the range of the payoffs is {exponent:.3g}, so that differences "
            f"of probabilities are below float64; give alpha='inf' for the exact limit."
        )


def _note(populations: int, one: bool, alpha: float, selection: str, limit: str) -> str:
    text = (
        f"one population, {selection} selection"
        if one
        else f"{populations} population{'s' * (populations > 1)}"
    )
    if not math.isinf(alpha):
        return text
    sense = "as alpha grows" if limit == "intensity" else "as all losses become equally rare"
    return f"{text}, limit {sense}"
