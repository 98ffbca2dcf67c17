"""Rows "CFR+ iteration": an alternating CFR+ iteration of both players."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyspiel

import marl_kit as mk
from benchmarks.timing import Row, compare
from marl_kit.solve.cfr import CFRPlus

# (name, spec, iterations of the peer in one call, ours, floor)
GAMES = [
    ("Leduc", "leduc_poker", 10, 1_000, 100.0),
    ("Kuhn", "kuhn_poker", 2_000, 50_000, 20.0),
    ("liar's dice, 4 sides", "liars_dice(dice_sides=4)", 10, 1_000, 100.0),
    ("liar's dice, 5 sides", "liars_dice(dice_sides=5)", 3, 300, 100.0),
]


def rows() -> Iterator[Row]:
    """CFR+ against OpenSpiel's C++ solver."""
    for name, spec, peer_count, our_count, floor in GAMES:
        peer = pyspiel.CFRPlusSolver(pyspiel.load_game(spec))
        game = mk.load_game(spec)
        method = CFRPlus()
        state = method.init(game, np.random.default_rng(0))

        def theirs(peer=peer, count=peer_count) -> None:
            for _ in range(count):
                peer.evaluate_and_update_policy()

        yield compare(
            f"CFR+ iteration, {name}",
            "OpenSpiel C++",
            theirs,
            lambda method=method, state=state, count=our_count: method.step(state, count),
            floor=floor,
            per=(peer_count, our_count),
        )
