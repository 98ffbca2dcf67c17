"""Rows "zero-sum LP": one pair of optimal strategies of a dense matrix, with its certificate."""

from __future__ import annotations

from collections.abc import Iterator

import nashpy
import numpy as np
import scipy.optimize

import marl_kit as mk
from benchmarks.timing import Row, compare

SIZES = {(100, 100): 7, (200, 200): 5, (100, 2000): 3, (500, 500): 3, (1000, 1000): 1}
"""Rounds at each size: HiGHS takes ten seconds and more for 1000 x 1000."""
FLOOR, LARGE_FLOOR = 0.95, 5.0
GAP = 1e-8
"""Of the payoff range, by the code of ``evaluate/``."""


def rows() -> Iterator[Row]:
    """Normal payoffs, against ``scipy.optimize.linprog(method="highs")`` and nashpy."""
    for (m, n), rounds in SIZES.items():
        A = np.random.default_rng(m + n).normal(size=(m, n))
        game = mk.NormalFormGame.from_bimatrix(A)
        solution = mk.solve(game, "lp")
        assert solution.nash_conv < GAP * np.ptp(A)
        positive = nashpy.Game(A - A.min() + 1)  # nashpy's program wants a positive value
        peers = {"HiGHS (scipy)": lambda A=A: highs(A), "nashpy": positive.linear_program}
        for peer, work in peers.items():
            floor = LARGE_FLOOR if m == 1000 else FLOOR
            yield compare(
                f"zero-sum LP, {m} x {n}",
                peer,
                work,
                lambda game=game: mk.solve(game, "lp"),
                floor=floor,
                rounds=rounds,
            )


def highs(A: np.ndarray) -> np.ndarray:
    """max v subject to x'A >= v, as a user writes it down."""
    m, n = A.shape
    result = scipy.optimize.linprog(
        np.r_[np.zeros(m), -1.0],
        A_ub=np.c_[-A.T, np.ones(n)],
        b_ub=np.zeros(n),
        A_eq=np.r_[np.ones(m), 0.0][None],
        b_eq=[1.0],
        bounds=[(0, None)] * m + [(None, None)],
        method="highs",
    )
    return result.x[:m]
