"""Where the members of a family tree stand, so that lines of descent stay straight."""

from __future__ import annotations

import numpy as np

Lanes = list[list[tuple[int, int]]]
"""What is taken of each lane: steps from, to."""


def lanes_of(step: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """A lane for each member, int64 [n], from 0; -1 for those without parent and children.

    Every member's line goes on in its own lane through the child with the latest descendant; the
    other children begin lanes of their own, as near as there is room from the parent's wave to the
    last of the line. Trees have lanes of their own, one tree below the other. ``parent`` is -1
    without, and a parent joins before its children.
    """
    heir, last = _heirs(step, parent)
    lane, root = np.full(len(step), -1), np.arange(len(step))
    taken: dict[int, Lanes] = {}
    for i in range(len(step)):
        p = int(parent[i])
        if p < 0 and i not in parent:
            continue
        begin, near = (int(step[p]), int(lane[p])) if p >= 0 else (int(step[i]), 0)
        root[i] = root[p] if p >= 0 else i
        if p >= 0 and heir[p] == i:
            lane[i] = near
        else:
            lane[i] = _free_lane(taken.setdefault(int(root[i]), []), begin, int(last[i]), near)
    return _below_each_other(lane, root, taken)


def _below_each_other(lane: np.ndarray, root: np.ndarray, taken: dict[int, Lanes]) -> np.ndarray:
    """Lanes counted from the top of the picture instead of from that of their tree."""
    first = np.zeros(len(lane), np.int64)
    first[list(taken)] = np.cumsum([0, *map(len, taken.values())])[:-1]
    return np.where(lane >= 0, lane + first[root], -1)


def _heirs(step: np.ndarray, parent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The child that goes on in the lane (-1 without), and the last step of each member's lane."""
    heir = np.full(len(step), -1)
    last, latest = step.copy(), step.copy()
    for i in range(len(step) - 1, -1, -1):
        p = int(parent[i])
        if p < 0:
            continue
        later = heir[p] < 0 or latest[i] >= latest[heir[p]]
        if step[i] > step[p] and later:
            heir[p], last[p] = i, last[i]
        latest[p] = max(latest[p], latest[i])
    return heir, last


def _free_lane(taken: Lanes, begin: int, end: int, near: int) -> int:
    """The lane nearest to ``near`` that is free from begin to end; it is taken from now on."""
    free = [
        k
        for k, spans in enumerate(taken)
        if all(stop < begin or end < start for start, stop in spans)
    ]
    if not free:
        taken.append([])
        free = [len(taken) - 1]
    lane = min(free, key=lambda k: (abs(k - near), k))
    taken[lane].append((begin, end))
    return lane
