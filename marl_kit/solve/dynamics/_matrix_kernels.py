"""Kernels of learning on normal forms.

Strategies of all P players stand in one vector, player p's at ``offset[p]:offset[p+1]``; payoff
tables are flat, the last player's action varying fastest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# Parts of a kernel that allocate nothing only borrow their arrays. Told so (numba's own switch for
# code without memory management), numba does not count references at each of their calls.
_BORROWED: Any = {"error_model": "numpy", "_nrt": False}
_part = njit(**_BORROWED)

REFRESH = 256
"""Rounds of fictitious play between two sums from scratch: so few additions cannot drift as far
as the tolerance of ties, and the rounds where it happens do not depend on where a run is cut."""


@_part
def _values_of_two(p, payoffs, offset, mixed, values):
    m, n = offset[1], offset[2] - offset[1]
    if p == 0:
        for a in range(m):
            total = 0.0
            for b in range(n):
                total += payoffs[0, a * n + b] * mixed[m + b]
            values[a] = total
        return
    for b in range(n):
        values[m + b] = 0.0
    for a in range(m):
        weight = mixed[a]
        for b in range(n):
            values[m + b] += weight * payoffs[1, a * n + b]


@_part
def _values_of_many(p, payoffs, offset, mixed, values, joint):
    players = len(offset) - 1
    for a in range(offset[p], offset[p + 1]):
        values[a] = 0.0
    for q in range(players):
        joint[q] = 0
    for cell in range(payoffs.shape[1]):
        reach = payoffs[p, cell]
        for other in range(players):
            if other != p:
                reach *= mixed[offset[other] + joint[other]]
        values[offset[p] + joint[p]] += reach
        _next(joint, offset)


@_part
def _values_of(p, payoffs, offset, mixed, values, joint):
    """Expected payoff of every action of player p against the others' ``mixed``."""
    if len(offset) == 3:
        _values_of_two(p, payoffs, offset, mixed, values)
    else:
        _values_of_many(p, payoffs, offset, mixed, values, joint)


@_part
def _next(joint, offset):
    """The next joint action."""
    for p in range(len(joint) - 1, -1, -1):
        joint[p] += 1
        if joint[p] < offset[p + 1] - offset[p]:
            return
        joint[p] = 0


@_part
def _add_product(weight, offset, mixed, table, joint):
    """Add ``weight`` x the probability of every joint action; nothing where no table is kept."""
    if table.size == 0:
        return
    for p in range(len(joint)):
        joint[p] = 0
    for cell in range(table.size):
        reach = weight
        for p in range(len(joint)):
            reach *= mixed[offset[p] + joint[p]]
        table[cell] += reach
        _next(joint, offset)


@_part
def _best(first, last, slack, values):
    """The best action, ties (within ``slack``) to the first."""
    best = first
    for a in range(first + 1, last):
        if values[a] > values[best] + slack:
            best = a
    return best


@_part
def _believe(p, action, fresh, offset, payoffs, plays, values):
    """Player p played ``action``; with two players the other's sums grow by a row or column."""
    if fresh:  # beliefs without weight are forgotten
        for a in range(offset[p], offset[p + 1]):
            plays[a] = 0.0
    plays[action] += 1.0
    if len(offset) != 3:
        return
    q = 1 - p
    m, n = offset[1], offset[2] - offset[1]
    for a in range(offset[q], offset[q + 1]):
        cell = (a * n + action - m) if p == 1 else (action * n + a - m)
        values[a] = payoffs[q, cell] + (0.0 if fresh else values[a])


@njit(cache=True, error_model="numpy")
def fictitious_play(
    n, t, tie, prior, alternating, payoffs, offset, plays, mixed, values, replies, joint
):
    """n rounds of best replies to beliefs, ``plays`` / (prior + t).

    Two players: ``values`` are sums over the plays, so a round costs O(A). Others: anew.
    """
    players = len(offset) - 1
    pair = players == 2
    counter = np.zeros(len(offset) - 1, np.int64)
    for k in range(t, t + n):
        weight = prior + k if prior + k > 0.0 else 1.0
        fresh = prior + k == 0.0
        if pair and k % REFRESH == 0:
            for p in range(players):
                _values_of(p, payoffs, offset, plays, values, counter)
        for p in range(players):
            if not pair:
                if alternating or p == 0:
                    _normalise(offset, plays, mixed)
                _values_of(p, payoffs, offset, mixed, values, counter)
            slack = tie * weight if pair else tie
            replies[p] = _best(offset[p], offset[p + 1], slack, values)
            if alternating:
                _believe(p, replies[p], fresh, offset, payoffs, plays, values)
        cell = 0
        for p in range(players):
            if not alternating:
                _believe(p, replies[p], fresh, offset, payoffs, plays, values)
            cell = cell * (offset[p + 1] - offset[p]) + replies[p] - offset[p]
        if joint.size > 0:
            joint[cell] += 1.0
    _normalise(offset, plays, mixed)


@_part
def _normalise(offset, weights, mixed):
    """Weights as probabilities. Players' weights differ by a play while they take turns."""
    for p in range(len(offset) - 1):
        total = 0.0
        for a in range(offset[p], offset[p + 1]):
            total += weights[a]
        for a in range(offset[p], offset[p + 1]):
            mixed[a] = weights[a] / total


@_part
def _logit(first, last, rate, shift, values, base, out):
    """Proportional to base x exp(rate x (values + shift x out)): ``out`` comes with the last
    regrets, and leaves with probabilities."""
    top = -np.inf
    for a in range(first, last):
        out[a] = rate * (values[a] + shift * out[a])
        if base[a] > 0.0:
            top = max(top, out[a])
    total = 0.0
    for a in range(first, last):
        out[a] = base[a] * np.exp(out[a] - top) if base[a] > 0.0 else 0.0
        total += out[a]
    for a in range(first, last):
        out[a] /= total


@_part
def _uniform_number(key, counter):
    """The counter-th number of a stream in [0, 1): SplitMix64 (Steele, Lea and Flood 2014)."""
    x = key + np.uint64(0x9E3779B97F4A7C15) * np.uint64(counter)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return np.float64(x >> np.uint64(11)) * 2.0**-53


@njit(cache=True, error_model="numpy")
def smooth_fictitious_play(
    n, t, rate, prior, sampled, key, payoffs, offset, base, plays, mixed, values, reply, joint
):
    """n rounds of logit replies to beliefs; ``sampled``: actions drawn from them are observed."""
    players = len(offset) - 1
    counter = np.zeros(len(offset) - 1, np.int64)
    for k in range(t, t + n):
        _normalise(offset, plays, mixed)
        for p in range(players):
            _values_of(p, payoffs, offset, mixed, values, counter)
        for p in range(players):
            _logit(offset[p], offset[p + 1], rate, 0.0, values, base, reply)
            if sampled:
                _draw(offset[p], offset[p + 1], _uniform_number(key, k * players + p + 1), reply)
        for a in range(len(plays)):
            plays[a] = reply[a] + (plays[a] if prior + k > 0.0 else 0.0)
        _add_product(1.0, offset, reply, joint, counter)
    _normalise(offset, plays, mixed)


@_part
def _draw(first, last, u, probabilities):
    """The action whose piece of [0, 1) holds u, as a pure strategy."""
    chosen = first
    total = 0.0
    for a in range(first, last):
        if probabilities[a] > 0.0 and total <= u:
            chosen = a  # the last one with u at or above its beginning
        total += probabilities[a]
        probabilities[a] = 0.0
    probabilities[chosen] = 1.0


@_part
def _match(first, last, floor, slack, predict, regret, out):
    """Proportional to the positive part of regret + predict x the last regrets (in ``out``)."""
    total = 0.0
    for a in range(first, last):
        if floor:
            regret[a] = max(regret[a], 0.0)
        expected = regret[a] + predict * out[a]
        out[a] = expected if expected > slack else 0.0
        total += out[a]
    for a in range(first, last):
        out[a] = out[a] / total if total > 0.0 else 1.0 / (last - first)


@_part
def _regret_of(p, offset, mixed, values, regret, instant, spread):
    """Add player p's regrets, and note how far its action values lie apart."""
    mean, low, high = 0.0, np.inf, -np.inf
    for a in range(offset[p], offset[p + 1]):
        mean += mixed[a] * values[a]
        low, high = min(low, values[a]), max(high, values[a])
    for a in range(offset[p], offset[p + 1]):
        instant[a] = values[a] - mean
        regret[a] += instant[a]
    spread[p] += (high - low) ** 2


@njit(cache=True, error_model="numpy")
def minimise_regret(
    n,
    t,
    hedge,
    adaptive,
    rate,
    floor,
    tie,
    predict,
    gamma,
    delay,
    alternating,
    payoffs,
    offset,
    base,
    regret,
    spread,
    mixed,
    average,
    values,
    instant,
    joint,
):
    """Iterations t+1 .. t+n of regret matching or of Hedge, in the order of the CFR family:
    values, the strategy used goes into the average, regrets, the next strategy."""
    players = len(offset) - 1
    counter = np.zeros(len(offset) - 1, np.int64)
    for k in range(t + 1, t + n + 1):
        weight = float(k - delay) ** gamma if k > delay else 0.0
        if not alternating:
            for p in range(players):
                _values_of(p, payoffs, offset, mixed, values, counter)
        _add_product(weight, offset, mixed, joint, counter)
        for p in range(players):
            if alternating:
                _values_of(p, payoffs, offset, mixed, values, counter)
            first, last = offset[p], offset[p + 1]
            for a in range(first, last):
                average[a] += weight * mixed[a]
            _regret_of(p, offset, mixed, values, regret, instant, spread)
            if hedge:
                eta = rate
                if adaptive:
                    eta = rate * np.sqrt(np.log(last - first) / spread[p]) if spread[p] else 0.0
                _logit(first, last, eta, predict, regret, base, instant)
            else:
                _match(first, last, floor, tie * k, predict, regret, instant)
            for a in range(first, last):
                mixed[a] = instant[a]


@_part
def _velocity(payoffs, offset, x, values, counter, out):
    """x_a (u_a - mean): the replicator equation."""
    for p in range(len(offset) - 1):
        _values_of(p, payoffs, offset, x, values, counter)
        mean = 0.0
        for a in range(offset[p], offset[p + 1]):
            mean += x[a] * values[a]
        for a in range(offset[p], offset[p + 1]):
            out[a] = x[a] * (values[a] - mean)


@_part
def _moved(x, step, slope, out):
    for a in range(len(x)):
        out[a] = x[a] + step * slope[a]


@njit(cache=True, error_model="numpy")
def replicator(n, dt, payoffs, offset, x, values):
    """n steps of the classical Runge-Kutta method, kept on the simplices."""
    k1, k2, k3, k4 = (np.empty_like(x), np.empty_like(x), np.empty_like(x), np.empty_like(x))
    y = np.empty_like(x)
    counter = np.zeros(len(offset) - 1, np.int64)
    for _ in range(n):
        _velocity(payoffs, offset, x, values, counter, k1)
        _moved(x, 0.5 * dt, k1, y)
        _velocity(payoffs, offset, y, values, counter, k2)
        _moved(x, 0.5 * dt, k2, y)
        _velocity(payoffs, offset, y, values, counter, k3)
        _moved(x, dt, k3, y)
        _velocity(payoffs, offset, y, values, counter, k4)
        for a in range(len(x)):
            x[a] = max(x[a] + dt / 6.0 * (k1[a] + 2.0 * k2[a] + 2.0 * k3[a] + k4[a]), 0.0)
        _normalise(offset, x, x)


@njit(cache=True, error_model="numpy")
def replicator_slope(single, payoffs, offset, inside, y, x, values, out):
    """Rates of log shares, u_a - mean, and the shares themselves, at the log shares in ``y``.

    Zero where ``inside`` is false: those shares are 0. ``single``: one population, whose shares
    both players have.
    """
    counter = np.zeros(len(offset) - 1, np.int64)
    players = 1 if single else len(offset) - 1
    size = offset[players]
    for p in range(players):
        top = -np.inf
        for a in range(offset[p], offset[p + 1]):
            if inside[a]:
                top = max(top, y[a])
        for a in range(offset[p], offset[p + 1]):
            x[a] = np.exp(y[a] - top) if inside[a] else 0.0
    for a in range(size, len(x)):
        x[a] = x[a - size]
    _normalise(offset, x, x)
    for p in range(players):
        _values_of(p, payoffs, offset, x, values, counter)
        mean = 0.0
        for a in range(offset[p], offset[p + 1]):
            mean += x[a] * values[a]
        for a in range(offset[p], offset[p + 1]):
            out[a] = values[a] - mean if inside[a] else 0.0
            out[size + a] = x[a]


@njit(cache=True, error_model="numpy")
def all_values(payoffs, offset, x, values):
    """Expected payoff of every action of every player against the others' ``x``."""
    counter = np.zeros(len(offset) - 1, np.int64)
    for p in range(len(offset) - 1):
        _values_of(p, payoffs, offset, x, values, counter)


@njit(cache=True, error_model="numpy")
def discrete_replicator(n, single, payoffs, offset, background, x, total, values):
    """n generations: shares grow by fitness, payoff + background, over mean fitness.

    ``single``: one population, of which the first player's share of ``x`` is kept and copied.
    """
    players = 1 if single else len(offset) - 1
    counter = np.zeros(len(offset) - 1, np.int64)
    for _ in range(n):
        for a in range(len(x)):
            total[a] += x[a]
        for p in range(players):
            _values_of(p, payoffs, offset, x, values, counter)
        for p in range(players):
            for a in range(offset[p], offset[p + 1]):
                x[a] *= values[a] + background[p]
        if single:
            for a in range(offset[1]):
                x[offset[1] + a] = x[a]
        _normalise(offset, x, x)


@njit(cache=True, error_model="numpy")
def best_response(
    most, duration, shortest, tie, single, payoffs, offset, x, total, values, drift, aims
):
    """Move for ``duration`` along the best-response dynamic, x' = best reply - x, but no further
    than ``most`` pieces go; returns the time that is left.

    Between two switches of best replies the path is aim + (x - aim) e^-t, so with two players the
    next switch is known in closed form. Where switches are denser than ``shortest`` (or there are
    more players) steps of that length approximate the path.
    """
    players = len(offset) - 1
    pair = players == 2
    counter = np.zeros(len(offset) - 1, np.int64)
    aim = np.zeros_like(x)
    left = duration
    for _ in range(most):
        if not left > 0.0:
            break
        _aims(single, tie, payoffs, offset, x, values, drift, aims, aim, counter)
        keep = np.exp(-left)
        if pair:
            for p in range(1 if single else players):
                keep = max(keep, _switch(offset[p], offset[p + 1], aims[p], values, drift))
            step = min(max(-np.log(keep), shortest), left)
        else:
            step = min(shortest, left)
        keep = np.exp(-step)
        for a in range(len(x)):
            total[a] += aim[a] * step + (x[a] - aim[a]) * (1.0 - keep)
            x[a] = aim[a] + (x[a] - aim[a]) * keep
        left -= step
    return left


@_part
def _aims(single, tie, payoffs, offset, x, values, drift, aims, aim, counter):
    """Best replies now; among equals the one that grows fastest on the path so far."""
    players = len(offset) - 1
    for p in range(players):
        _values_of(p, payoffs, offset, x, values, counter)
    for p in range(players):
        first, last = offset[p], offset[p + 1]
        best = first
        for a in range(first, last):
            if values[a] > values[best]:
                best = a
        top = values[best]
        for a in range(first, last):
            if values[a] >= top - tie and aims[p] >= 0 and drift[a] > drift[best]:
                best = a
        aims[p] = best
    if single:  # one population: both players are drawn from it
        aims[1] = aims[0] + offset[1]
    for a in range(len(aim)):
        aim[a] = 0.0
    for p in range(players):
        aim[aims[p]] = 1.0
    for p in range(players):
        _values_of(p, payoffs, offset, aim, drift, counter)


@_part
def _switch(first, last, best, values, drift):
    """e^-t at the next time that another action overtakes ``best``; 0 if none does."""
    keep = 0.0
    for a in range(first, last):
        lead, later = values[best] - values[a], drift[best] - drift[a]
        if later < 0.0:
            keep = max(keep, -later / (max(lead, 0.0) - later))
    return keep
