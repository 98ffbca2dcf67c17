"""One pass over a table of positions, from the ends of the game to its beginning."""

from numba import njit

from marl_kit.games.tree import TERMINAL

NO_EDGE = -1
UNIT = 2.220446049250313e-16
"""Twice the relative error of one operation in float64."""


@njit
def _best_edge(first, last, child, values, error, distance, mover, middle):
    """Of the moves that rounding does not tell from the best for the mover: the one that ends
    soonest if it is worth more than ``middle``, else the one that ends latest; then the first.

    And how much the mover may get at the most.
    """
    surely = most = values[child[first], mover] - error[child[first], mover]
    for e in range(first, last):
        value, off = values[child[e], mover], error[child[e], mover]
        surely, most = max(surely, value - off), max(most, value + off)
    chosen, plies = NO_EDGE, 0.0
    for e in range(first, last):
        if values[child[e], mover] + error[child[e], mover] < surely:
            continue
        sooner = distance[child[e]] < plies if surely > middle else distance[child[e]] > plies
        if chosen == NO_EDGE or sooner:
            chosen, plies = e, distance[child[e]]
    return chosen, most


@njit
def _take(values, error, distance, node, child, mover, most):
    """The position is worth what the chosen one after it is worth."""
    for p in range(values.shape[1]):
        values[node, p], error[node, p] = values[child, p], error[child, p]
    # another move may be better by less than can be seen
    error[node, mover] = max(error[node, mover], most - values[node, mover])
    distance[node] = 1.0 + distance[child]


@njit
def _average(first, last, child, weight, values, error, distance, node):
    """The position is worth the mean of those after it, each product and sum rounded."""
    terms = 0
    for p in range(values.shape[1]):
        values[node, p], error[node, p] = 0.0, 0.0
    for e in range(first, last):
        if weight[e] > 0.0:
            terms += 1
            distance[node] += weight[e] * (1.0 + distance[child[e]])
            for p in range(values.shape[1]):
                values[node, p] += weight[e] * values[child[e], p]
                error[node, p] += weight[e] * error[child[e], p]
    for e in range(first, last):
        if weight[e] > 0.0 and (terms > 1 or weight[e] != 1.0):  # a sure move is copied
            for p in range(values.shape[1]):
                size = abs(weight[e] * values[child[e], p])
                error[node, p] += (terms + 1) * UNIT * size


@njit(cache=True)
def back_up(
    player,
    first_edge,
    child,
    weight,
    payoff_row,
    payoffs,
    maximises,
    middle,
    values,
    error,
    distance,
    best,
):
    """Values float64 [N, P], bounds on what rounding did to them float64 [N, P], plies to the end
    float64 [N] and the edges chosen int64 [N].

    A player with ``maximises`` [P] takes the best move for itself; elsewhere moves (and outcomes
    of chance) have the probabilities ``weight`` [E]. ``middle`` float64 [P].
    """
    for node in range(len(player) - 1, -1, -1):
        mover, first, last = player[node], first_edge[node], first_edge[node + 1]
        best[node], distance[node] = NO_EDGE, 0.0
        if mover == TERMINAL:
            for p in range(values.shape[1]):
                values[node, p], error[node, p] = payoffs[payoff_row[node], p], 0.0
        elif mover >= 0 and maximises[mover]:
            edge, most = _best_edge(
                first, last, child, values, error, distance, mover, middle[mover]
            )
            best[node] = edge
            _take(values, error, distance, node, child[edge], mover, most)
        else:
            _average(first, last, child, weight, values, error, distance, node)
