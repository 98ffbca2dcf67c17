"""A mixed-integer program solved twice: what HiGHS calls optimal is confirmed before it counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import MarlKitError

BETTER = 1e-5
"""Ten times HiGHS's feasibility tolerance, for objectives of size 1: what is better by less cannot
be told apart."""


def best_point(
    cost: np.ndarray,
    rows: scipy.sparse.csr_array,
    lower: np.ndarray,
    upper: np.ndarray,
    bounds: scipy.optimize.Bounds,
    binaries: int,
) -> np.ndarray:
    """The point of least cost with lower <= rows @ point <= upper.

    The variables ``binaries`` to ``2 * binaries - 1`` are 0 or 1. HiGHS is asked again, along
    another way (without presolving), for anything better, until there is nothing: in one of some
    thousand games of a few actions its first answer was not the optimum.
    """
    integrality = np.zeros(len(cost))
    integrality[binaries : 2 * binaries] = 1
    result = _milp(cost, rows, lower, upper, bounds, integrality, presolve=True)
    if result.x is None:
        raise MarlKitError(
            f"HiGHS could not solve the mixed-integer program ({result.message}); try "
            f"method='lemke_howson'."
        )
    wider = scipy.sparse.vstack([rows, scipy.sparse.csr_array(cost[None])], format="csr")
    while True:
        best = result
        low, high = np.r_[lower, -np.inf], np.r_[upper, best.fun - BETTER]
        result = _milp(cost, wider, low, high, bounds, integrality, presolve=False)
        if result.x is None:
            return best.x


def _milp(
    cost: np.ndarray,
    rows: scipy.sparse.csr_array,
    lower: np.ndarray,
    upper: np.ndarray,
    bounds: scipy.optimize.Bounds,
    integrality: np.ndarray,
    presolve: bool,
) -> Any:
    with _stdout_on_stderr():
        return scipy.optimize.milp(
            cost,
            constraints=scipy.optimize.LinearConstraint(rows, lower, upper),
            integrality=integrality,
            bounds=bounds,
            options={"mip_rel_gap": 0.0, "presolve": presolve},
        )


@contextmanager
def _stdout_on_stderr() -> Iterator[None]:
    """HiGHS prints a line of its own now and then, whatever it is told; stdout is for results."""
    try:
        os.fstat(2)
        kept = os.dup(1)
    except OSError:  # one of them is closed
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
