"""All extreme equilibria of a two-player game, degenerate or not, in exact arithmetic.

With positive payoffs the best-response polytopes are P = {x >= 0, B'x <= 1} and
Q = {y >= 0, Ay <= 1}; a pair of vertices other than the origins is an extreme equilibrium exactly
if every pure strategy is unplayed or a best reply (Mangasarian 1964; Avis, Rosenberg, Savani and
von Stengel 2010, section 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from marl_kit.core.errors import (
    GameTooLargeError,
    MarlKitError,
    UnknownNameError,
    UnsupportedGameError,
)
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.registry import fold
from marl_kit.core.results import EquilibriumSet, Status
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer
from marl_kit.solve.bimatrix.nash_subsets import components, maximal_bicliques
from marl_kit.solve.bimatrix.polytope import Vertex, vertex_bound, vertices
from marl_kit.solve.pure_equilibria import all_pure, iter_pure

ExactProfile = tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
MAX_VERTICES = 5_000
"""Vertices that a polytope may have: 10x10 games pass, and take seconds at the most."""


def all_equilibria(game: Any, method: str = "auto", *, exact: bool = False) -> EquilibriumSet:
    """Every extreme Nash equilibrium of a two-player game, or every pure one of any, certified.

    All equilibria are the mixtures within the ``nash_subsets``. An extensive game stands for its
    reduced normal form, ``found.game``; ``mk.from_mixed(game, found[i])`` plays it in the tree.
    Float payoffs are read as the decimal numbers that they print as. Ctrl-C returns what was
    found, with ``complete`` false.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    method : "auto", "vertex_enumeration" or "pure"
        ``"pure"`` lists the equilibria in pure strategies, for any number of players, up to
        10,000 of them.
    exact : bool
        Also fill ``exact_profiles`` with Fractions.

    Raises
    ------
    UnsupportedGameError
        Not two players, unless for ``"pure"``.
    GameTooLargeError
        A polytope may have more than 5,000 vertices, or a reduced normal form more than 2,000,000
        pay-offs.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.NormalFormGame.from_bimatrix([[0, 7], [2, 6]], [[0, 2], [7, 6]])
    >>> found = mk.all_equilibria(game)
    >>> len(found), found.complete, found.degenerate
    (3, True, False)
    """
    if _is_pure(method):
        return all_pure(game, exact)
    matrix = _bimatrix(game, method)
    with stop_on_ctrl_c() as stop:
        search = _Search(matrix, stop)
        found = list(search.equilibria())
    return _equilibrium_set(matrix, search, found, exact, stop.requested)


def iter_equilibria(game: Any, method: str = "auto") -> Iterator[list[np.ndarray]]:
    """The equilibria of ``all_equilibria`` one by one, as soon as each is found."""
    if _is_pure(method):
        return iter_pure(game)
    search = _Search(_bimatrix(game, method), StopRequest())
    return (
        [_floats(_normalised(x.point)), _floats(_normalised(y.point))]
        for x, y in search.equilibria()
    )


def solve_vertex_enumeration(game: Game) -> Answer:
    """The first extreme equilibrium (pure ones first), and how many there are."""
    found = all_equilibria(game)
    if not len(found):  # Ctrl-C came before the first
        raise KeyboardInterrupt
    kind = "degenerate" if found.degenerate else "nondegenerate"
    count = f"1 of {len(found)} extreme equilibria" if len(found) > 1 else "the only equilibrium"
    status = Status.SOLVED if found.complete else Status.INTERRUPTED
    return Answer(found[0], status, f"{count}; the game is {kind}")


class _Search:
    """Enumerates the two polytopes; knows after the end whether the game is degenerate."""

    def __init__(self, game: NormalFormGame, stop: StopRequest):
        self.rows, self.columns = game.num_actions
        self._A = positive_integers(game.exact_payoffs[0])
        self._B = positive_integers(game.exact_payoffs[1].T)
        self.degenerate = False
        self._stop = stop

    def equilibria(self) -> Iterator[tuple[Vertex, Vertex]]:
        everything = (1 << (self.rows + self.columns)) - 1
        replies = [(v, self._swap(v.tight)) for v in self._vertices(self._A, self.columns)]
        for x in self._vertices(self._B, self.rows):
            for y, labels in replies:
                if x.tight | labels == everything:
                    yield x, y

    def _vertices(self, M: list[list[int]], d: int) -> Iterator[Vertex]:
        """Vertices but the origin; more tight inequalities than dimensions: degenerate."""
        for vertex in vertices(M):
            if self._stop.requested:
                return
            if any(vertex.point):
                self.degenerate = self.degenerate or vertex.tight.bit_count() > d
                yield vertex

    def _swap(self, tight: int) -> int:
        """Labels of Q in the order of P's: rows first, then columns."""
        unplayed = tight & ((1 << self.columns) - 1)
        return unplayed << self.rows | tight >> self.columns


def positive_integers(table: np.ndarray) -> list[list[int]]:
    """The payoffs moved and scaled to positive integers; equilibria do not change."""
    scale = lcm(*(x.denominator for x in table.ravel()))
    low = min(table.ravel())
    return [[int((x - low) * scale) + 1 for x in row] for row in table]


def _is_pure(method: Any) -> bool:
    return isinstance(method, str) and fold(method) == "pure"


def _bimatrix(game: Any, method: str) -> NormalFormGame:
    known = ["auto", "vertex_enumeration", "pure"]
    if not isinstance(method, str) or fold(method) not in known:
        raise UnknownNameError("method of all equilibria", method, known)
    game = as_game(game)
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"all_equilibria needs two players, and {game.name} has {game.num_players}; those in "
            f"pure strategies are found with method='pure'."
        )
    matrix = game.to_normal_form()
    m, n = matrix.num_actions
    most = max(vertex_bound(m, n), vertex_bound(n, m))
    if most > MAX_VERTICES:
        raise GameTooLargeError(
            f"{game.name} is {m} x {n}: a best-response polytope can have {most:,} vertices, more "
            f"than {MAX_VERTICES:,}; remove dominated strategies, or find one equilibrium with "
            f"mk.solve."
        )
    return matrix


def _equilibrium_set(
    game: NormalFormGame,
    search: _Search,
    found: list[tuple[Vertex, Vertex]],
    exact: bool,
    interrupted: bool,
) -> EquilibriumSet:
    pairs = sorted(((_normalised(x.point), _normalised(y.point)) for x, y in found), key=_order)
    profiles = tuple([_floats(x), _floats(y)] for x, y in pairs)
    subsets = maximal_bicliques(pairs)
    if not pairs and not interrupted:
        raise MarlKitError(
            f"no equilibrium of {game.name} was found, which cannot be: please report the game."
        )
    return EquilibriumSet(
        game=game,
        profiles=profiles,
        exact_profiles=tuple([list(x), list(y)] for x, y in pairs) if exact else None,
        certificates=np.array([nash_conv_of(game, p) for p in profiles]),
        status=Status.INTERRUPTED if interrupted else Status.COMPLETE,
        degenerate=search.degenerate,
        nash_subsets=subsets,
        components=components(pairs),
    )


def _normalised(point: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    total = sum(point)
    return tuple(z / total for z in point)


def _floats(strategy: tuple[Fraction, ...]) -> np.ndarray:
    return np.array([float(z) for z in strategy])


def _order(pair: ExactProfile) -> tuple[int, list[Fraction]]:
    """Small supports first, then the earlier actions."""
    weights = [*pair[0], *pair[1]]
    return sum(w > 0 for w in weights), [-w for w in weights]
