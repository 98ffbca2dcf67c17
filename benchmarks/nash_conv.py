"""Row "NashConv": exact NashConv of a policy that is a table, with the tree in hand."""

from __future__ import annotations

from collections.abc import Iterator

import pyspiel

import marl_kit as mk
from benchmarks.timing import Row, compare

CALLS = 100


def rows() -> Iterator[Row]:
    """NashConv of the uniform policy on Leduc against OpenSpiel's C++."""
    game = mk.load_game("leduc_poker")
    policy = mk.TabularPolicy.uniform(game)
    rules = pyspiel.load_game("leduc_poker")
    peer_policy = pyspiel.UniformRandomPolicy(rules)
    assert abs(mk.nash_conv(game, policy) - pyspiel.nash_conv(rules, peer_policy)) < 1e-12

    def ours() -> None:
        for _ in range(CALLS):
            mk.nash_conv(game, policy)

    yield compare(
        "exact NashConv, Leduc",
        "OpenSpiel C++",
        lambda: pyspiel.nash_conv(rules, peer_policy),
        ours,
        floor=200.0,
        per=(1, CALLS),
    )
