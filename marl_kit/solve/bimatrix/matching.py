"""Which vertices of one polytope complete which of the other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

ROOM = 256
"""Pairs that a block may have before the buffer grows."""


class PartnersInPython:
    """For few vertices, and for any number of labels.

    Parameters
    ----------
    tight : ints
        Tight labels of each vertex, by the first polytope's numbers.
    d : int
        Dimension: a simple vertex has so many tight labels.
    labels : int
        How many labels there are.
    """

    def __init__(self, tight: Iterable[int], d: int, labels: int):
        self._everything = (1 << labels) - 1
        self._place: dict[int, int] = {}
        for place, mask in enumerate(tight):
            self._place.setdefault(mask, place)
        self._degenerate = [(m, p) for m, p in self._place.items() if m.bit_count() > d]
        self._simple = labels - d

    def of(self, tight: Iterable[int]) -> tuple[list[int], list[int]]:
        """Places of the vertices that were given, and of their partners."""
        first, second = [], []
        for v, mask in enumerate(tight):
            needed = self._everything & ~mask
            if mask.bit_count() == self._simple:
                places = [p for m, p in self._degenerate if m & needed == needed]
                if needed in self._place:
                    places.append(self._place[needed])
            else:
                places = [p for m, p in self._place.items() if m & needed == needed]
            first += [v] * len(places)
            second += places
        return first, second


class PartnersInKernels:
    """The same for many vertices and at most 63 labels, in arrays."""

    def __init__(self, tight: np.ndarray, d: int, labels: int):
        self._everything = np.uint64((1 << labels) - 1)
        self._places = np.argsort(tight)
        self._masks = tight[self._places]
        many = np.bitwise_count(self._masks) > d
        self._degenerate = self._masks[many], self._places[many]
        self._simple = labels - d
        self._pairs = np.empty((ROOM, 2), np.int64)

    def of(self, tight: np.ndarray) -> tuple[list[int], list[int]]:
        """Places of the vertices that were given, and of their partners."""
        from marl_kit.solve.bimatrix._label_kernels import match

        needed = self._everything & ~tight
        simple = np.bitwise_count(tight) == self._simple
        known = self._masks, self._places, *self._degenerate
        count = match(needed, simple, *known, self._pairs)
        if count > len(self._pairs):
            self._pairs = np.empty((2 * count, 2), np.int64)
            count = match(needed, simple, *known, self._pairs)
        first, second = self._pairs[:count].T.tolist()
        return first, second
