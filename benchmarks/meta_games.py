"""Rows "alpha-rank": where OpenSpiel's linear algebra does not overflow, and where it does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from open_spiel.python.egt import alpharank

import marl_kit as mk
from benchmarks.timing import Limit, Row, compare, seconds

SIZES = (4, 4, 4)
LARGE = (10, 10, 10)


def rows() -> Iterator[Row]:
    """alpha-rank of random payoffs against OpenSpiel, checked to be the same numbers."""
    payoffs = np.random.default_rng(0).normal(size=(3, *SIZES))
    table = np.random.default_rng(1).normal(size=(20, 20))

    def peer_populations() -> np.ndarray:
        return alpharank.compute(list(payoffs), m=50, alpha=1.0)[2]

    def peer_one() -> np.ndarray:
        return alpharank.compute([table], m=50, alpha=1.0, use_local_selection_model=False)[2]

    assert np.allclose(peer_populations(), mk.alpha_rank(payoffs, 1.0).pi, rtol=1e-6)
    assert np.allclose(peer_one(), mk.alpha_rank(table, 1.0).pi, rtol=1e-6)
    yield compare(
        "alpha-rank, 3 populations of 4, alpha 1",
        "OpenSpiel Python",
        peer_populations,
        lambda: mk.alpha_rank(payoffs, 1.0),
        floor=3.0,
    )
    yield compare(
        "alpha-rank, 1 population of 20, alpha 1",
        "OpenSpiel Python",
        peer_one,
        lambda: mk.alpha_rank(table, 1.0),
        floor=50.0,
        rounds=3,
    )


def limits() -> Iterator[Limit]:
    """Work that no peer does: OpenSpiel answers with NaN, nashpy and QuantEcon have neither."""
    payoffs = np.random.default_rng(0).normal(size=(3, *LARGE))
    for alpha in (100.0, "inf"):
        mk.alpha_rank(payoffs[:, :2, :2, :2], alpha)  # compile
        took = seconds(lambda alpha=alpha: mk.alpha_rank(payoffs, alpha))
        yield Limit(f"alpha-rank, 1,000 profiles, alpha {alpha}", took, 20.0, "s")
    table = np.random.default_rng(2).normal(size=(100, 100))
    mk.nash_average(table - table.T)
    took = seconds(lambda: mk.nash_average(table - table.T))
    yield Limit("Nash average, 100 agents", took, 5.0, "s")
