"""What the kinds of search have in common: how their options look to a batch of searches."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from marl_kit.search.plan import Plan
from marl_kit.search.result import SearchResult
from marl_kit.search.tree import Tree


class Options(Protocol):
    """How to search: ``UCT``, ``PUCT``, ``Gumbel``; immutable, and the same for all slots."""

    def __hash__(self) -> int: ...

    @property
    def simulations(self) -> int:
        """Visits of the root; the first evaluates the root itself."""
        ...

    @property
    def needs_raw(self) -> bool:
        """Whether the nodes' own evaluations are kept."""
        ...

    def plan(self, low: float, high: float, total: float) -> Plan:
        """The same for kernels, in a game with payoffs from ``low`` to ``high`` that sum to
        ``total`` (NaN if they do not always)."""
        ...

    def root_noise(self, key: int, count: int) -> np.ndarray | None:
        """Random numbers, one for each of the root's actions, float64 [count]."""
        ...

    def read(self, tree: Tree, row: int, plan: Plan, noise: np.ndarray) -> SearchResult:
        """What a finished search says."""
        ...


def keyed_generator(key: int) -> np.random.Generator:
    """Random numbers for the root of one search, apart from those of its simulations."""
    return np.random.Generator(np.random.Philox(key=np.array([key, _ROOT], np.uint64)))


_ROOT = 0x726F6F74
"""Tells the root's noise from whatever else is drawn with the same key."""
