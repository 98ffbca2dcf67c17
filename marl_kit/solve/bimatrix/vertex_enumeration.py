"""All extreme equilibria of a two-player game, degenerate or not, proven to be all.

With positive payoffs the best-response polytopes are P = {x >= 0, B'x <= 1} and
Q = {y >= 0, Ay <= 1}; a pair of vertices other than the origins is an extreme equilibrium exactly
if every pure strategy is unplayed or a best reply (Mangasarian 1964; Avis, Rosenberg, Savani and
von Stengel 2010, section 2).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from marl_kit.core.errors import MarlKitError, UnsupportedGameError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.progress import Progress
from marl_kit.core.results import Degeneracy, EquilibriumSet, Status
from marl_kit.evaluate.matrix import nash_convs
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer
from marl_kit.solve.bimatrix.best_replies import best_replies
from marl_kit.solve.bimatrix.enumeration import Polytope
from marl_kit.solve.bimatrix.limits import check_size, has_many_labels, is_tiny
from marl_kit.solve.bimatrix.matching import PartnersInKernels, PartnersInPython
from marl_kit.solve.bimatrix.nash_subsets import bicliques_within, components
from marl_kit.solve.bimatrix.strategies import Strategies
from marl_kit.solve.bimatrix.vertex_block import VertexBlock, joined

SORTING_DIGITS = 12
"""Probabilities that agree so far are equal, or the order of the list is of no interest."""
_KERNELS = "marl_kit.solve.bimatrix._label_kernels"

Pair = tuple[int, int]


def solve_vertex_enumeration(game: Game) -> Answer:
    """The first extreme equilibrium (pure ones first), and how many there are."""
    found = extreme_equilibria(game)
    if not len(found):  # Ctrl-C came before the first
        raise KeyboardInterrupt
    kind = "degenerate" if found.degenerate else "nondegenerate"
    count = f"1 of {len(found)} extreme equilibria" if len(found) > 1 else "the only equilibrium"
    status = Status.SOLVED if found.complete else Status.INTERRUPTED
    return Answer(found[0], status, f"{count}; the game is {kind}")


def extreme_equilibria(
    game: Any,
    exact: bool = False,
    progress: Progress | None = None,
    max_vertices: int | None = None,
) -> EquilibriumSet:
    """The set that ``mk.all_equilibria`` returns for two players."""
    search = open_search(game, max_vertices)
    shown = Progress() if progress is None else progress
    with stop_on_ctrl_c() as stop, shown:
        pairs = [pair for some in search.pairs(stop, shown) for pair in some]
    return _equilibrium_set(search, pairs, exact, stop.requested)


def iter_extreme(game: Any, max_vertices: int | None = None) -> Iterator[list[np.ndarray]]:
    """The same one by one, as soon as each is found."""
    search = open_search(game, max_vertices)
    return (
        [search.first.weights[i].copy(), search.second.weights[j].copy()]
        for some in search.pairs(StopRequest(), Progress())
        for i, j in some
    )


def open_search(game: Any, max_vertices: int | None = None) -> Search:
    """What enumerates a game, after the checks."""
    game = as_game(game)
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"vertex_enumeration needs two players, and {game.name} has {game.num_players}."
        )
    matrix = game.to_normal_form()
    check_size(matrix, max_vertices)
    return Search(matrix)


class Search:
    """Enumerates both polytopes and matches their vertices.

    Attributes
    ----------
    game : NormalFormGame
    polytopes : tuple of Polytope
        The second player's, which is enumerated whole, then the first player's.
    first, second : Strategies
        Those of the equilibria that were found.
    """

    def __init__(self, game: NormalFormGame):
        # what kernels find is the same; the first call of one costs loading it
        self._python = has_many_labels(game) or (is_tiny(game) and _KERNELS not in sys.modules)
        self.game = game
        self.polytopes = tuple(
            Polytope(1 - p, best_replies(game, p), self._python) for p in range(2)
        )
        self.second, self.first = (Strategies(polytope.replies) for polytope in self.polytopes)

    @property
    def exactly(self) -> bool:
        return all(polytope.exactly for polytope in self.polytopes)

    def witness(self) -> Degeneracy | None:
        """Why the game is degenerate, as far as it was enumerated."""
        return next((p.witness() for p in self.polytopes if p.degenerate), None)

    def pairs(self, stop: StopRequest, shown: Progress) -> Iterator[list[Pair]]:
        """Equilibria, a few at a time, as numbers of strategies."""
        known = self._all_of_second(stop, shown)
        if known is None:
            return
        tight, points = known
        partners = self._partners(tight)
        seen: set[Pair] = set()
        count = len(tight)
        for block in self.polytopes[1].blocks():
            if stop.requested:
                return
            xs, ys = partners.of(block.tight)
            new = self._not_the_origins(block, xs, ys)
            if new:
                mine = self.first.add(block.tight, block.points, [x for x, _ in new])
                others = self.second.add(tight, points, [y for _, y in new])
                found = [p for p in dict.fromkeys(zip(mine, others, strict=True)) if p not in seen]
                seen.update(found)
                yield found
            count += len(block.tight)
            shown.say(f"{count:,} vertices, {len(seen):,} equilibria")

    def _all_of_second(self, stop: StopRequest, shown: Progress) -> tuple[Any, Any] | None:
        """Tight labels and points of all vertices of the second polytope, or None on Ctrl-C."""
        polytope = self.polytopes[0]
        blocks: list[VertexBlock] = []
        way = 0
        for block in polytope.blocks():
            if stop.requested:
                return None
            if polytope.way != way:
                way, blocks = polytope.way, []
            blocks.append(block)
            shown.say(f"{sum(len(b.tight) for b in blocks):,} vertices")
        return joined(blocks)

    def _not_the_origins(self, block: VertexBlock, xs: list[int], ys: list[int]) -> list[Pair]:
        """Without the pair of origins, which have all labels too: each complements no other."""
        nobody = (1 << self.game.num_actions[0]) - 1
        return [(x, y) for x, y in zip(xs, ys, strict=True) if int(block.tight[x]) != nobody]

    def _partners(self, tight: Any) -> Any:
        """By the first player's labels: its own actions first, then the second's."""
        m, n = self.game.num_actions
        if self._python:
            unplayed = (1 << n) - 1
            return PartnersInPython([(t & unplayed) << m | t >> n for t in tight], n, m + n)
        low, high = np.uint64(m), np.uint64(n)
        return PartnersInKernels((tight & np.uint64((1 << n) - 1)) << low | tight >> high, n, m + n)


def _equilibrium_set(
    search: Search, pairs: list[Pair], exact: bool, interrupted: bool
) -> EquilibriumSet:
    if not pairs and not interrupted:
        raise MarlKitError(
            f"no equilibrium of {search.game.name} was found, which cannot be: please report it."
        )
    fractions = (search.first.exact(), search.second.exact()) if exact else None
    xs, ys = _tables(search, pairs)
    order = _order(xs, ys)
    xs, ys, pairs = xs[order], ys[order], [pairs[i] for i in order]
    complete = Status.COMPLETE if search.exactly else Status.COMPLETE_BY_BOUNDS
    witness, parts = search.witness(), components(pairs)
    return EquilibriumSet(
        game=search.game,
        profiles=tuple([x, y] for x, y in zip(xs, ys, strict=True)),
        exact_profiles=None
        if fractions is None
        else tuple([list(fractions[0][i]), list(fractions[1][j])] for i, j in pairs),
        certificates=nash_convs(search.game, xs, ys),
        status=Status.INTERRUPTED if interrupted else complete,
        degenerate=None if interrupted and witness is None else witness is not None,
        nash_subsets=bicliques_within(parts, pairs),
        components=parts,
        witness=witness,
    )


def _tables(search: Search, pairs: list[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """The profiles' strategies, [K, m] and [K, n]."""
    m, n = search.game.num_actions
    if not pairs:
        return np.empty((0, m)), np.empty((0, n))
    xs = np.array([search.first.weights[i] for i, _ in pairs])
    return xs, np.array([search.second.weights[j] for _, j in pairs])


def _order(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Small supports first, then the earlier actions."""
    if len(xs) < 2:
        return np.arange(len(xs))
    weights = np.hstack([xs, ys])
    keys = -np.round(weights, SORTING_DIGITS)
    return np.lexsort([*keys.T[::-1], np.count_nonzero(weights, axis=1)])
