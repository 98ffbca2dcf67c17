"""Rows "CFR+ iteration", two players, and "CFR iteration", three: alternating, all players."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyspiel

import marl_kit as mk
from benchmarks.timing import ROUNDS, Row, compare
from marl_kit.solve.cfr import CFR, CFRPlus

# (name, spec, iterations of the peer in one call, ours, floor)
TWO_PLAYERS = [
    ("Leduc", "leduc_poker", 10, 1_000, 100.0),
    ("Kuhn", "kuhn_poker", 2_000, 50_000, 20.0),
    ("liar's dice, 4 sides", "liars_dice(dice_sides=4)", 10, 1_000, 100.0),
    ("liar's dice, 5 sides", "liars_dice(dice_sides=5)", 3, 300, 100.0),
]
# and the rounds: an iteration on Leduc takes the peer ten seconds
THREE_PLAYERS = [
    ("Kuhn, 3 players", "kuhn_poker(players=3)", 100, 10_000, 50.0, ROUNDS),
    ("Leduc, 3 players", "leduc_poker(players=3)", 1, 10, 50.0, 3),
]


def rows() -> Iterator[Row]:
    """CFR+ and, with three players, CFR against OpenSpiel's C++ solvers."""
    for name, spec, theirs, ours, floor in TWO_PLAYERS:
        peer = pyspiel.CFRPlusSolver(pyspiel.load_game(spec))
        yield _row(f"CFR+ iteration, {name}", peer, theirs, CFRPlus(), spec, ours, floor, ROUNDS)
    for name, spec, theirs, ours, floor, rounds in THREE_PLAYERS:
        peer = pyspiel.CFRSolver(pyspiel.load_game(spec))
        yield _row(f"CFR iteration, {name}", peer, theirs, CFR(), spec, ours, floor, rounds)


def _row(
    work: str,
    peer: Any,
    peer_count: int,
    method: CFR | CFRPlus,
    spec: str,
    our_count: int,
    floor: float,
    rounds: int,
) -> Row:
    state = method.init(mk.load_game(spec), np.random.default_rng(0))

    def theirs() -> None:
        for _ in range(peer_count):
            peer.evaluate_and_update_policy()

    return compare(
        work,
        "OpenSpiel C++",
        theirs,
        lambda: method.step(state, our_count),
        floor=floor,
        per=(peer_count, our_count),
        rounds=rounds,
    )
