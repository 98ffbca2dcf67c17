"""Linear programs over correlated play: the same objectives for every concept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.optimize
import scipy.sparse

from marl_kit.core.errors import MarlKitError

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
"""The least that HiGHS takes; its usual 1e-7 would be seen in the gap."""

BALANCING = 4
"""Rounds of geometric scaling; more change little."""


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
    uneven: bool = False  # payoffs of very different sizes: rows and columns are balanced


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
    # in the unit of the player whose payoffs differ least: its value is as small as they are
    unit = (np.abs(program.values).max(axis=1).min() if program.uneven else 0.0) or (
        float(np.abs(program.values).max()) or 1.0
    )
    rows = np.c_[-program.values / unit, np.ones(len(program.values))]
    least = scipy.sparse.csr_array(rows / np.abs(rows).max(axis=1, keepdims=True))
    rules = scipy.sparse.vstack([_widen(program.inequalities), least], format="csr")
    equations = _widen(program.equations)
    wide = replace(program, inequalities=rules, equations=equations)
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
    equations = program.equations
    column = np.ones(len(cost))
    if program.uneven:  # the cost counts too: forbidden outcomes may tempt nobody and cost much
        both = scipy.sparse.vstack([rules, cost[None]], format="csr")
        row, column = balance(both)
        rules = scaled(rules, row[:-1], column)
        equations = scaled(equations, np.ones(equations.shape[0]), column)
    cost = cost * column
    result = scipy.optimize.linprog(
        cost / (np.abs(cost).max() or 1.0),
        A_ub=rules,
        b_ub=np.zeros(rules.shape[0]),
        A_eq=equations,
        b_eq=program.right,
        bounds=bounds,
        method="highs",
        options=TIGHT,
    )
    if result.status != 0:
        raise MarlKitError(
            f"HiGHS could not solve the linear program ({result.message}); rescale the payoffs."
        )
    return result.x * column


def balance(matrix: scipy.sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Factors of rows and columns that bring the entries near 1 (geometric scaling).

    A column of forbidden outcomes gets a small factor: its weights are small in equilibrium, and
    a solver's tolerance must be small beside them.
    """
    entries = matrix.tocoo()
    known = entries.data != 0
    size, place = np.abs(entries.data[known]), [z[known] for z in entries.coords]
    factors = [np.ones(n) for n in matrix.shape]
    for step in range(2 * BALANCING):
        axis = step % 2
        now = size * factors[0][place[0]] * factors[1][place[1]]
        low, high = np.full(matrix.shape[axis], np.inf), np.zeros(matrix.shape[axis])
        np.minimum.at(low, place[axis], now)
        np.maximum.at(high, place[axis], now)
        met = high > 0
        factors[axis][met] /= np.sqrt(low[met]) * np.sqrt(high[met])
    return factors[0], factors[1]


def scaled(
    matrix: scipy.sparse.csr_array, row: np.ndarray, column: np.ndarray
) -> scipy.sparse.csr_array:
    """The matrix with its rows and columns multiplied by factors."""
    result = matrix.copy()
    result.data = result.data * np.repeat(row, np.diff(result.indptr)) * column[result.indices]
    return result
