"""Isotonic regression on a product of chains, by recursive partitioning.

A block starts as the whole table and is fitted by one number. If some upper part of it would
rather be higher, it is split at the part that gains most, which no later step has to undo
(Maxwell and Muckstadt 1985; for convex losses Luss and Rosset 2014, "Generalized isotonic
regression", Journal of Computational and Graphical Statistics 23). The part that gains most is a
maximal closure: a minimum cut (Picard 1976).
"""

import numpy as np
from numba import njit

ROUNDING = 1e-12
"""Of the pull on a block: what cannot be carried away may be this much without being a gain."""


@njit(cache=True)
def isotonic(y, weight, alpha, shape):
    """The fit ``g`` that is nondecreasing along every axis and least in
    ``sum weight * (1 if y > g else alpha) * (y - g)**2``.

    Parameters
    ----------
    y, weight : float64 [n]
        A table in C order, and the positive weights of its cells.
    alpha : float
        In (0, 1]; 1 is least squares.
    shape : int64 [d]

    Returns
    -------
    float64 [n]
    """
    n = len(y)
    fit, pull = np.empty(n), np.zeros(n)
    block, member = np.zeros(n, np.int64), np.empty(n, np.bool_)
    blocks, k = 1, 0
    while k < blocks:
        for c in range(n):
            member[c] = block[c] == k
        level = expectile(y, weight, alpha, member)
        for c in range(n):
            pull[c] = (y[c] - level) * weight[c] * (1.0 if y[c] > level else alpha)
        upper = _rising_part(pull, member, shape)
        if _is_part(upper, member):
            for c in range(n):
                if upper[c]:
                    block[c] = blocks
            blocks += 1
        else:
            for c in range(n):
                if member[c]:
                    fit[c] = level
            k += 1
    return fit


@njit(cache=True)
def expectile(y, weight, alpha, member):
    """The one number that fits a block best: means, with the weights that the last one gave
    (Newton's method on a convex piecewise quadratic, which ends)."""
    level = np.inf
    for _ in range(len(y) + 1):
        total, mass = 0.0, 0.0
        for c in range(len(y)):
            if member[c]:
                w = weight[c] * (1.0 if y[c] > level else alpha)
                total += w * y[c]
                mass += w
        if total / mass == level:
            break
        level = total / mass
    return level


@njit
def _is_part(upper, member):
    """Whether some of a block is in ``upper`` and some is not."""
    inside, outside = False, False
    for c in range(len(member)):
        inside |= upper[c]
        outside |= member[c] and not upper[c]
    return inside and outside


@njit
def _rising_part(pull, member, shape):
    """The upper part of a block whose pulls have the greatest sum, as a mask; empty if none is
    positive. Upward pulls are carried up to downward ones until nothing more can be carried; what
    is reached from those that are left wants to rise."""
    left, total = np.zeros(len(pull)), 0.0
    for c in range(len(pull)):
        if member[c]:
            left[c] = pull[c]
            total += max(pull[c], 0.0)
    stride = np.ones(len(shape), np.int64)
    for axis in range(len(shape) - 2, -1, -1):
        stride[axis] = stride[axis + 1] * shape[axis + 1]
    flow = np.zeros((len(pull), len(shape)))  # from a cell to the next one along an axis
    enough = ROUNDING * total
    while True:
        end, came_from, axes = _search(left, flow, member, shape, stride, enough)
        if end < 0:
            return came_from != -1
        _carry(end, came_from, axes, left, flow)


@njit
def _search(left, flow, member, shape, stride, enough):
    """Breadth first from all cells that have pull left, to the first that can take it.

    Returns the cell, or -1; where each cell was reached from (itself at a start, -1 if it was not
    reached); and by which axis, ``~axis`` for a step down that takes flow back."""
    n, d = flow.shape
    came_from, axes = np.full(n, -1), np.zeros(n, np.int64)
    queue, head, tail = np.empty(n, np.int64), 0, 0
    for cell in range(n):
        if left[cell] > enough:
            came_from[cell], queue[tail] = cell, cell
            tail += 1
    while head < tail:
        cell = queue[head]
        head += 1
        if left[cell] < 0:
            return cell, came_from, axes
        for axis in range(d):
            place = cell // stride[axis] % shape[axis]
            up, down = cell + stride[axis], cell - stride[axis]
            if place + 1 < shape[axis] and member[up] and came_from[up] < 0:
                came_from[up], axes[up], queue[tail] = cell, axis, up
                tail += 1
            if place > 0 and member[down] and came_from[down] < 0 and flow[down, axis] > 0:
                came_from[down], axes[down], queue[tail] = cell, ~axis, down
                tail += 1
    return -1, came_from, axes


@njit
def _carry(end, came_from, axes, left, flow):
    """As much as the way allows, from its start to ``end``."""
    amount, cell = -left[end], end
    while came_from[cell] != cell:
        if axes[cell] < 0:
            amount = min(amount, flow[cell, ~axes[cell]])
        cell = came_from[cell]
    amount = min(amount, left[cell])
    left[cell] -= amount
    cell = end
    left[end] += amount
    while came_from[cell] != cell:
        before = came_from[cell]
        if axes[cell] < 0:
            flow[cell, ~axes[cell]] -= amount
        else:
            flow[before, axes[cell]] += amount
        cell = before
