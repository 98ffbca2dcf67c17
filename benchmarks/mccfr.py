"""Rows "MCCFR iteration": one sampled walk for each player, on both sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyspiel

import marl_kit as mk
from benchmarks.timing import Row, compare
from marl_kit.solve.mccfr import ExternalSampling, OutcomeSampling

EPSILON = 0.6
# (name, spec, walks, iterations of the peer in one call, ours, floor; parity where none is set)
GAMES = [
    ("external sampling, Leduc", "leduc_poker", ExternalSampling(), 1_000, 50_000, 20.0),
    ("outcome sampling, Leduc", "leduc_poker", OutcomeSampling(EPSILON), 3_000, 50_000, 1.0),
    ("external sampling, Kuhn", "kuhn_poker", ExternalSampling(), 5_000, 100_000, 1.0),
]


def rows() -> Iterator[Row]:
    """External and outcome sampling against OpenSpiel's C++ solvers.

    The regrets of both sides are warmed up: walks are longest while play is still uniform.
    """
    for name, spec, method, peer_count, our_count, floor in GAMES:
        rules = pyspiel.load_game(spec)
        if isinstance(method, ExternalSampling):
            peer = pyspiel.ExternalSamplingMCCFRSolver(rules, 1)
        else:
            peer = pyspiel.OutcomeSamplingMCCFRSolver(rules, EPSILON, 1)
        state = method.init(mk.load_game(f"openspiel:{spec}"), np.random.default_rng(1))

        def theirs(peer=peer, count=peer_count) -> None:
            for _ in range(count):
                peer.run_iteration()

        yield compare(
            f"MCCFR iteration, {name}",
            "OpenSpiel C++",
            theirs,
            lambda method=method, state=state, count=our_count: method.step(state, count),
            floor=floor,
            per=(peer_count, our_count),
        )
