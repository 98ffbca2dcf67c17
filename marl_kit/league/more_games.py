"""Where further games tell most: weight in the meta-strategy times uncertainty."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from itertools import combinations_with_replacement

import numpy as np

from marl_kit.league.standing import Standing


def most_telling(
    at: Standing, mixture: np.ndarray, blocks: int
) -> list[tuple[tuple[int, ...], int]]:
    """Tables (ids, ascending) and how many blocks each is to play.

    A block goes where the product of the members' weights and the standard error of their pay-off
    is largest, and then the error is expected to fall as one over the root of the games. Every
    member has 1 / n more than its weight in the mixture: one that has been unlucky is not in the
    mixture, and must be able to come back.
    """
    n, players = len(at.ids), at.num_players
    weight = mixture + 1.0 / n
    heap: list[tuple[float, tuple[int, ...], int]] = []
    for table in combinations_with_replacement(range(n), players):
        error = at.stderr[table]
        if error > 0 and len(set(table)) > 1:
            worth = math.prod(weight[i] for i in table) * min(float(error), 1e9)
            heapq.heappush(heap, (-worth, table, int(at.games[table]) // players))
    given: Counter[tuple[int, ...]] = Counter()
    for _ in range(blocks if heap else 0):
        worth, table, played = heap[0]
        given[table] += 1
        shrunk = math.sqrt((played + 1) / (played + 2))
        heapq.heapreplace(heap, (worth * shrunk, table, played + 1))
    return [(tuple(at.ids[i] for i in t), given[t]) for t in sorted(given)]
