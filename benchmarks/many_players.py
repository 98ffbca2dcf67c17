"""Rows "many players": all isolated equilibria, and the QRE branch, against pygambit."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

import marl_kit as mk
from benchmarks.timing import Row, compare

SEEDS = 5
FLOOR = 0.0
"""None: the peer, in C++, is quicker at these sizes, and proves no list to be complete."""


def rows() -> Iterator[Row]:
    """Random games of three and four players; counts of what each side finds stand in the row."""
    try:
        import pygambit
    except ImportError:
        print("many players: no rows, the peer pygambit is not installed", file=sys.stderr)
        return
    for shape in ((2, 2, 2), (2, 2, 2, 2), (3, 3, 3)):
        yield _isolated(pygambit, shape)
    yield _logit(pygambit, (4, 4, 4))


def _games(shape: tuple[int, ...]) -> list[mk.NormalFormGame]:
    players = len(shape)
    tables = [
        np.random.default_rng(s).integers(-1000, 1001, (players, *shape)) for s in range(SEEDS)
    ]
    return [mk.NormalFormGame(table) for table in tables]


def _isolated(pygambit: object, shape: tuple[int, ...]) -> Row:
    games = _games(shape)
    tables = [mk.to_pygambit(game) for game in games]
    found = sum(len(mk.isolated_equilibria(game)) for game in games)
    theirs = sum(len(pygambit.nash.enumpoly_solve(t).equilibria) for t in tables)  # type: ignore[attr-defined]
    size = "x".join(str(n) for n in shape)
    return compare(
        f"all isolated equilibria, {SEEDS} random {size} games ({found} found)",
        f"pygambit enumpoly ({theirs} found)",
        lambda: [pygambit.nash.enumpoly_solve(t) for t in tables],  # type: ignore[attr-defined]
        lambda: [mk.isolated_equilibria(game) for game in games],
        floor=FLOOR,
        rounds=3,
    )


def _logit(pygambit: object, shape: tuple[int, ...]) -> Row:
    games = _games(shape)
    tables = [mk.to_pygambit(game) for game in games]
    size = "x".join(str(n) for n in shape)
    return compare(
        f"one equilibrium, {SEEDS} random {size} games (ours to 1e-12, the peer to 1e-8)",
        "pygambit logit",
        lambda: [pygambit.nash.logit_solve(t) for t in tables],  # type: ignore[attr-defined]
        lambda: [mk.solve(game, "logit") for game in games],
        floor=FLOOR,
        rounds=3,
    )
