"""Linear programs over correlated play: the same objectives for every concept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import MarlKitError

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
"""The least that HiGHS takes; its usual 1e-7 would be seen in the gap."""


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """Correlated play as the non-negative solutions of a linear system with N columns.

    ``inequalities @ x <= 0`` are the incentives, ``equations @ x = right`` says what is a
    distribution; the last ``free`` columns may be negative (values of infosets).
    """

    values: np.ndarray  # float64 [P, N]; the players' values are values @ x
    inequalities: scipy.sparse.csr_array  # [K, N]
    equations: scipy.sparse.csr_array  # [M, N]
    right: np.ndarray  # float64 [M]
    free: int = 0


def optimise(program: Program, objective: np.ndarray | None) -> np.ndarray:
    """The solution with the greatest ``objective @ values``; of the least value without one.

    Parameters
    ----------
    program : Program
    objective : float64 [P], or None
        Weights of the players. ``None``: egalitarian.

    Returns
    -------
    float64 [N]
    """
    columns = program.values.shape[1]
    bounds: list[tuple[int | None, None]] = [(0, None)] * (columns - program.free)
    bounds += [(None, None)] * program.free
    if objective is not None:
        gain = objective @ program.values
        unit = float(np.abs(gain).max()) or 1.0
        return _run(-gain / unit, program.inequalities, program, bounds)
    # one column more, the least value: it is below every player's
    unit = float(np.abs(program.values).max()) or 1.0
    least = scipy.sparse.csr_array(np.c_[-program.values / unit, np.ones(len(program.values))])
    rules = scipy.sparse.vstack([_widen(program.inequalities), least], format="csr")
    wide = Program(program.values, rules, _widen(program.equations), program.right)
    cost = np.r_[np.zeros(columns), -1.0]
    return _run(cost, rules, wide, [*bounds, (None, None)])[:columns]


def _widen(matrix: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    """One empty column more."""
    rows, columns = matrix.shape
    return scipy.sparse.csr_array(
        (matrix.data, matrix.indices, matrix.indptr), shape=(rows, columns + 1)
    )


def _run(
    cost: np.ndarray,
    rules: scipy.sparse.csr_array,
    program: Program,
    bounds: list[tuple[int | None, None]],
) -> np.ndarray:
    result = scipy.optimize.linprog(
        cost,
        A_ub=rules,
        b_ub=np.zeros(rules.shape[0]),
        A_eq=program.equations,
        b_eq=program.right,
        bounds=bounds,
        method="highs",
        options=TIGHT,
    )
    if result.status != 0:
        raise MarlKitError(
            f"HiGHS could not solve the linear program ({result.message}); rescale the payoffs."
        )
    return result.x
