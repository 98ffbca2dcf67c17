"""Nash equilibria of two players from their supports, small ones first."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.progress import Progress
from marl_kit.core.results import Degeneracy, EquilibriumSet, Status
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer
from marl_kit.solve.bimatrix.nash_subsets import components, maximal_bicliques
from marl_kit.solve.bimatrix.support_vertices import SupportVertex, SupportVertices

MAX_SUPPORTS = 200_000
"""Pairs of supports: 10 x 10 games have 184,755, which take seconds; 12 x 12 ones 2.7 million."""
BATCH = 2_048
"""Systems that are solved at once: megabytes."""

Pair = tuple[SupportVertex, SupportVertex]
Batch = tuple[np.ndarray, np.ndarray]


def solve_support_enumeration(game: Game, max_supports: int = MAX_SUPPORTS) -> Answer:
    """The first equilibrium by support size, and its supports in the note.

    Every pair of supports of equal size is looked at, small ones first (Porter, Nudelman and Shoham
    2004, "Simple search methods for finding a Nash equilibrium"; Dickhaut and Kaplan 1991), until
    an extreme equilibrium is complete. That suits games with an equilibrium of few actions.

    Parameters
    ----------
    game : Game
        Two players, normal form.
    max_supports : int
        Pairs of supports after which to give up.

    Raises
    ------
    InvalidOptionError
    GameTooLargeError
        No equilibrium among the first ``max_supports`` pairs.
    """
    assert isinstance(game, NormalFormGame), "a precondition of the registry"
    search = SupportSearch(game, _limit(max_supports), StopRequest())
    for x, y in search.equilibria():
        supports = f"{_members(x.support)} and {_members(y.support)}"
        note = f"supports {supports}, after {search.pairs:,} pairs of equal size"
        return Answer([_floats(x), _floats(y)], note=note)
    raise AssertionError("every finite game has an equilibrium")


def iter_support_equilibria(
    game: NormalFormGame, max_supports: int = MAX_SUPPORTS
) -> Iterator[list[np.ndarray]]:
    """The extreme equilibria one by one, small supports first; none is missed.

    Raises
    ------
    GameTooLargeError
        There are more than ``max_supports`` pairs of supports.
    """
    _check_size(game, _limit(max_supports))
    search = SupportSearch(game, max_supports, StopRequest())
    return ([_floats(x), _floats(y)] for x, y in search.equilibria())


def extreme_by_supports(
    game: NormalFormGame, exact: bool, shown: Progress, max_supports: int = MAX_SUPPORTS
) -> EquilibriumSet:
    """All extreme equilibria with their certificates: complete unless interrupted."""
    _check_size(game, _limit(max_supports))
    found: list[Pair] = []
    with stop_on_ctrl_c() as stop, shown:
        search = SupportSearch(game, max_supports, stop)
        for pair in search.equilibria():
            found.append(pair)
            shown.say(f"{len(found):,} found")
    found.sort(key=_order)
    profiles = tuple([_floats(x), _floats(y)] for x, y in found)
    points = [(x.strategy, y.strategy) for x, y in found]
    return EquilibriumSet(
        game=game,
        profiles=profiles,
        exact_profiles=tuple([list(x), list(y)] for x, y in points) if exact else None,
        certificates=np.array([nash_conv_of(game, profile) for profile in profiles]),
        status=Status.INTERRUPTED if stop.requested else Status.COMPLETE,
        degenerate=None
        if stop.requested and search.witness is None
        else search.witness is not None,
        nash_subsets=maximal_bicliques(points),
        components=components(points),
        witness=search.witness,
    )


class SupportSearch:
    """Looks at all pairs of supports of equal size; ``pairs`` counts them.

    In a nondegenerate game the two strategies of an equilibrium come from the same pair. In any
    game each vertex of either polytope comes from some pair, so vertices are kept and matched: that
    finds every extreme equilibrium. ``witness`` is a strategy with more best replies than actions
    played, if one has been found; at the end, ``None`` is a proof of nondegeneracy.
    """

    def __init__(self, game: NormalFormGame, max_supports: int, stop: StopRequest):
        self.pairs = 0
        self.witness: Degeneracy | None = None
        self._game, self._limit, self._stop = game, max_supports, stop
        self._sides = SupportVertices(game, 0), SupportVertices(game, 1)
        self._found: tuple[list[SupportVertex], list[SupportVertex]] = ([], [])

    def equilibria(self) -> Iterator[Pair]:
        """The extreme equilibria, each once."""
        m, n = self._game.num_actions
        for size in range(1, min(m, n) + 1):
            batches: list[Batch] = []
            for rows in combinations(range(m), size):
                for batch in batches or self._batches(size, batches):
                    if self._stop.requested:
                        return
                    self._count(len(batch[0]))
                    yield from self._of_rows(np.array(rows), *batch)

    def _batches(self, size: int, kept: list[Batch]) -> Iterator[Batch]:
        """All supports of the column player, kept for the next rows once all are there."""
        made = []
        for columns in _subsets(self._game.num_actions[1], size):
            made.append((columns, self._sides[1].undominated(columns)))
            yield made[-1]
        kept += made

    def _count(self, more: int) -> None:
        if self.pairs + more > self._limit:
            raise GameTooLargeError(
                f"{self._game.name} has no equilibrium among the {self.pairs:,} smallest pairs of "
                f"supports, and max_supports is {self._limit:,}; use method='lemke_howson', or "
                f"raise max_supports."
            )
        self.pairs += more

    def _of_rows(self, rows: np.ndarray, columns: np.ndarray, alive: np.ndarray) -> Iterator[Pair]:
        """One support of the row player, many of the column player's, int64 [n, s], with the rows
        that can be best replies to them, bool [n, m]."""
        row, column = self._sides
        repeated = np.broadcast_to(rows, columns.shape)
        may_x = np.array(row.undominated(rows[None])[0, columns].all(axis=1))
        may_x[may_x] = row.possible(repeated[may_x], columns[may_x])
        may_y = np.array(alive[:, rows].all(axis=1))
        may_y[may_y] = column.possible(columns[may_y], repeated[may_y])
        for i in np.flatnonzero(may_x | may_y):
            if may_x[i]:
                yield from self._matched(0, row.find(rows, columns[i]))
            if may_y[i]:
                yield from self._matched(1, column.find(columns[i], rows))

    def _matched(self, player: int, new: SupportVertex | None) -> Iterator[Pair]:
        """The equilibria of a new strategy with those of the other player that are known."""
        if new is None:
            return
        self._found[player].append(new)
        if self.witness is None and new.replies.bit_count() > new.support.bit_count():
            self.witness = Degeneracy(player, _floats(new), new.strategy, _members(new.replies))
        for other in self._found[1 - player]:
            if not (new.support & ~other.replies or other.support & ~new.replies):
                yield (new, other) if player == 0 else (other, new)


def _subsets(n: int, size: int) -> Iterator[np.ndarray]:
    """All subsets of so many of n, int64 [at most BATCH, size] at a time."""
    subsets = combinations(range(n), size)
    left = comb(n, size)
    while left:
        count = min(left, BATCH)
        flat = (i for _ in range(count) for i in next(subsets))
        yield np.fromiter(flat, np.int64, count * size).reshape(count, size)
        left -= count


def _limit(max_supports: Any) -> int:
    whole = isinstance(max_supports, int | np.integer) and not isinstance(max_supports, bool)
    if not whole or max_supports < 1:
        raise InvalidOptionError(f"max_supports is {max_supports!r}; give a whole number >= 1.")
    return int(max_supports)


def _check_size(game: NormalFormGame, limit: int) -> None:
    m, n = game.num_actions
    pairs = comb(m + n, n) - 1
    if pairs > limit:
        shown = f"{pairs:,}" if pairs < 10**12 else f"{pairs:.1e}"
        raise GameTooLargeError(
            f"{game.name} is {m} x {n} and has {shown} pairs of supports of equal size, more than "
            f"{limit:,}; use method='vertex_enumeration', or raise max_supports."
        )


def _floats(vertex: SupportVertex) -> np.ndarray:
    return np.array([float(z) for z in vertex.strategy])


def _members(bits: int) -> tuple[int, ...]:
    return tuple(i for i in range(bits.bit_length()) if bits >> i & 1)


def _order(pair: Pair) -> tuple[int, list[Fraction]]:
    """Small supports first, then the earlier actions."""
    weights = [*pair[0].strategy, *pair[1].strategy]
    return sum(w > 0 for w in weights), [-w for w in weights]
