"""The mixed strategies at those vertices that are part of an equilibrium."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from marl_kit.solve.bimatrix.best_replies import WHOLE, BestReplies
from marl_kit.solve.bimatrix.linear_system import float_points, tight_system, unique_solution


class Strategies:
    """Strategies of one player, numbered as they come, each vertex once."""

    def __init__(self, replies: BestReplies):
        self._replies = replies
        self._number: dict[int, int] = {}
        self._numerators: list[np.ndarray | None] = []
        self.weights: list[np.ndarray] = []

    def add(
        self, tight: np.ndarray | list[int], points: np.ndarray | None, places: list[int]
    ) -> list[int]:
        """Numbers of the vertices at ``places``; new ones are turned into probabilities."""
        masks = [tight[i] for i in places] if isinstance(tight, list) else tight[places].tolist()
        new = {mask: i for i, mask in enumerate(masks) if mask not in self._number}
        if new:
            which = [places[i] for i in new.values()]
            if points is None:
                table = float_points(self._replies, np.array(list(new), np.uint64))
                self._numerators += [None] * len(new)
                self.weights += list(table / table.sum(axis=1, keepdims=True))
            else:
                numerators = points[which]
                self._numerators += list(numerators)
                self.weights += list(_probabilities(numerators))
            for mask in new:
                self._number[mask] = len(self._number)
        return [self._number[mask] for mask in masks]

    def exact(self) -> list[tuple[Fraction, ...]]:
        """All of them as Fractions; ``weights`` become their roundings."""
        rows = [
            _normalised(self._solved(mask) if numerators is None else numerators.tolist())
            for mask, numerators in zip(self._number, self._numerators, strict=True)
        ]
        self.weights = [np.array([float(z) for z in row]) for row in rows]
        return rows

    def _solved(self, mask: int) -> list[Fraction]:
        k, d = self._replies.shape
        variables, rows = tight_system(mask, k, d)
        table = self._replies.integers
        solution = unique_solution([[table[j][i] for i in variables] for j in rows])
        assert solution is not None, "vertices without numerators are proven to be simple"
        z = [Fraction(0)] * d
        for i, value in zip(variables, solution, strict=True):
            z[i] = value
        return z


def _probabilities(points: np.ndarray) -> np.ndarray:
    """Correctly rounded quotients of integers."""
    if points.dtype != object and points.max() * points.shape[1] < WHOLE:
        return points / points.sum(axis=1, keepdims=True)
    rows = [[int(z) for z in row] for row in points]
    return np.array([[z / sum(row) for z in row] for row in rows])


def _normalised(z: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    total = sum(z)
    return tuple(Fraction(v) / total for v in z)
