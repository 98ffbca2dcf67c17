"""Rows "Lemke-Howson": one equilibrium of random bimatrix games; and support enumeration."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any

import nashpy
import numpy as np

import marl_kit as mk
from benchmarks.timing import Row, compare
from marl_kit.solve.bimatrix.lemke_howson import solve_lemke_howson
from marl_kit.solve.bimatrix.support_enumeration import iter_support_equilibria

SIZES = {50: (20, 21), 100: (12, 9), 200: (8, 5), 300: (6, 3), 500: (3, 3)}
"""Games and rounds at each size."""
MOST_PIVOTS = 1_000
"""Of both sides: some paths of 300 actions have a million, which take QuantEcon minutes."""
SHORT = (1, 3, 4)
"""Seeds of 50 x 50 games with short paths, where what is done once counts: 7, 33 and 26 pivots."""
FLOOR = 0.95


def rows() -> Iterator[Row]:
    """Payoffs N(0, 1), label 0; the peer's pivots are counted and are ours."""
    if importlib.util.find_spec("quantecon") is None:
        print("| Lemke-Howson | QuantEcon (not installed) | - | - | - | - | NOT MEASURED |")
    else:
        for size, (count, rounds) in SIZES.items():
            yield _lemke_howson(size, tuple(range(count)), rounds, f"{count} games")
        yield _lemke_howson(50, SHORT, 51, "7 to 33 pivots")
    yield _supports()


def _lemke_howson(size: int, seeds: tuple[int, ...], rounds: int, note: str) -> Row:
    import quantecon.game_theory as peer

    def theirs(g: Any) -> Any:
        return peer.lemke_howson(g, max_iter=MOST_PIVOTS, full_output=True)

    payoffs = [np.random.default_rng(seed).normal(size=(2, size, size)) for seed in seeds]
    games = [mk.NormalFormGame(p) for p in payoffs]
    players = [[peer.Player(A), peer.Player(np.ascontiguousarray(B.T))] for A, B in payoffs]
    peers = [peer.NormalFormGame(two) for two in players]
    for game, other in zip(games, peers, strict=True):
        answer = solve_lemke_howson(game, max_pivots=MOST_PIVOTS)
        assert f" {theirs(other)[1].num_iter:,} pivots" in answer.note
        finished = answer.status is mk.Status.SOLVED
        assert not finished or mk.nash_conv(game, answer.profile) < 1e-12
    return compare(
        f"Lemke-Howson, {size} x {size}, {note}",
        "QuantEcon",
        lambda: [theirs(g) for g in peers],
        lambda: [solve_lemke_howson(g, max_pivots=MOST_PIVOTS) for g in games],
        floor=FLOOR,
        per=(len(games), len(games)),
        rounds=rounds,
    )


def _supports() -> Row:
    payoffs = np.random.default_rng(6).normal(size=(2, 6, 6))
    game, peer = mk.NormalFormGame(payoffs), nashpy.Game(*payoffs)

    def theirs() -> list[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return list(peer.support_enumeration())

    found, missed = len(list(iter_support_equilibria(game))), len(theirs())
    return compare(
        f"all equilibria by supports, 6 x 6: {found} here, {missed} there",
        "nashpy",
        theirs,
        lambda: list(iter_support_equilibria(game)),
        floor=FLOOR,
    )
