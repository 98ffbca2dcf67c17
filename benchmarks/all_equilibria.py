"""Rows "all equilibria": every extreme equilibrium of random bimatrix games, against the peers.

The whole of ``mk.all_equilibria`` counts: proof, certificates and components too. Rows say how
many equilibria there are and how many the peer finds.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import marl_kit as mk
from benchmarks.timing import Row, compare

GAMES = 8
"""Their sizes in vertices differ by a factor of ten."""
FLOOR = 0.95
SAME = 7
"""Digits by which a peer's equilibria are told apart."""

Solve = Callable[[Any], Sequence[Any]]


def rows() -> Iterator[Row]:
    """8x8 to 12x12, normal payoffs and integers in [-10, 10]; slow peers on what they finish."""
    yield from _quantecon()
    yield from _nashpy()
    yield from _pygambit()


def _quantecon() -> Iterator[Row]:
    try:
        import quantecon.game_theory as peer
    except ImportError:
        _report("QuantEcon")
        return

    def convert(game: mk.NormalFormGame) -> Any:
        A, B = game.payoffs
        return peer.NormalFormGame([peer.Player(np.array(A)), peer.Player(np.array(B.T))])

    for kind in ("normal", "integer"):
        for size in (8, 10, 12):
            games = _games(kind, size, GAMES)
            yield _row(games, kind, "QuantEcon", convert, peer.vertex_enumeration, rounds=5)


def _nashpy() -> Iterator[Row]:
    import nashpy

    games = _games("normal", 8, 1)  # seconds; 10x10 takes minutes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield _row(
            games,
            "normal",
            "nashpy",
            lambda game: nashpy.Game(*game.payoffs),
            lambda game: list(game.vertex_enumeration()),
            rounds=1,
        )


def _pygambit() -> Iterator[Row]:
    try:
        import pygambit
    except ImportError:
        _report("pygambit")
        return

    def solve(game: Any) -> list[list[np.ndarray]]:
        found = pygambit.nash.enummixed_solve(game, rational=False).equilibria
        return [[np.array([float(w) for _, w in strategy]) for strategy in p] for p in found]

    for size in (8, 10):  # 12x12 takes minutes
        yield _row(
            _games("integer", size, 1), "integer", "pygambit", mk.to_pygambit, solve, rounds=1
        )


def _report(peer: str) -> None:
    print(f"all equilibria: no rows, the peer {peer} is not installed", file=sys.stderr)


def _games(kind: str, size: int, count: int) -> list[mk.NormalFormGame]:
    tables = []
    for seed in range(count):
        rng = np.random.default_rng([size, seed])
        shape = (2, size, size)
        tables.append(rng.normal(size=shape) if kind == "normal" else rng.integers(-10, 11, shape))
    return [mk.NormalFormGame(table) for table in tables]


def _row(
    games: list[mk.NormalFormGame],
    kind: str,
    peer: str,
    convert: Callable[[mk.NormalFormGame], Any],
    solve: Solve,
    *,
    rounds: int,
) -> Row:
    theirs = [convert(game) for game in games]
    found = sum(len(mk.all_equilibria(game)) for game in games)
    known = sum(_distinct(solve(game)) for game in theirs)
    m, n = games[0].num_actions
    count = f"{len(games)} random {m}x{n} games" if len(games) > 1 else f"a random {m}x{n} game"
    return compare(
        f"all equilibria, {count}, {kind} payoffs ({found} found)",
        f"{peer} ({known} found)",
        lambda: [solve(game) for game in theirs],
        lambda: [mk.all_equilibria(game) for game in games],
        floor=FLOOR,
        rounds=rounds,
    )


def _distinct(profiles: Sequence[Any]) -> int:
    return len({tuple(np.round(np.concatenate(p), SAME) + 0.0) for p in profiles})
