"""Slow and obvious: equilibria of generic 2x2x2 games by elimination, and logit QRE by iteration.

Independent of the library. Of three players with two actions each, supports with one mixing player
have no equilibria in generic games; with two they are 2x2 games, solved in fractions; with three,
each player's indifference is bilinear in the other two's probabilities, and eliminating two of the
three unknowns leaves a quadratic (McKelvey and McLennan 1997, section 2).
"""

import math
from fractions import Fraction
from itertools import product

import numpy as np


def value(payoffs, player, action, profile):
    """What the player gets by an action, the others mixing; profile = P(action 0) of each."""
    total = 0
    for cell in product((0, 1), repeat=3):
        if cell[player] == action:
            weight = 1
            for q in range(3):
                if q != player:
                    weight *= profile[q] if cell[q] == 0 else 1 - profile[q]
            total += weight * payoffs[player][cell]
    return total


def gain(payoffs, player, profile):
    """Of action 0 over action 1."""
    return value(payoffs, player, 0, profile) - value(payoffs, player, 1, profile)


def stays(payoffs, player, profile):
    """Whether a player who does not mix plays a best reply."""
    better = gain(payoffs, player, profile)
    return better >= 0 if profile[player] == 1 else better <= 0


def equilibria_2x2x2(payoffs):
    """All equilibria of a generic game; each three probabilities of the first action, floats.

    ``payoffs[p][i, j, k]`` in Fractions or integers.
    """
    found = []
    for profile in product((1, 0), repeat=3):
        if all(stays(payoffs, p, profile) for p in range(3)):
            found.append(profile)
    for pure, (a, b) in ((0, (1, 2)), (1, (0, 2)), (2, (0, 1))):
        for action in (1, 0):
            profile = [None, None, None]
            profile[pure] = action
            profile[b] = zero_of(payoffs, a, b, profile, a)
            profile[a] = zero_of(payoffs, b, a, profile, b)
            inside = all(x is not None and 0 < x < 1 for x in (profile[a], profile[b]))
            if inside and stays(payoffs, pure, profile):
                found.append(tuple(profile))
    found += totally_mixed(payoffs)
    return sorted(tuple(float(x) for x in profile) for profile in found)


def zero_of(payoffs, player, other, profile, own):
    """Where ``other`` must be for ``player`` to be indifferent, the third player being fixed."""
    ends = []
    for x in (0, 1):
        trial = list(profile)
        trial[other], trial[own] = x, 0
        ends.append(gain(payoffs, player, trial))
    if ends[0] == ends[1]:
        return None
    return Fraction(ends[0]) / Fraction(ends[0] - ends[1])


def totally_mixed(payoffs):
    """Player 1's indifference gives y by x, player 2's z by x, player 0's then a quadratic."""
    # gain_2 = a + b x + c y + d x y = 0, so y = -(a + b x) / (c + d x); likewise gain_1 for z
    y_top, y_bottom = bilinear(payoffs, 2, 0, 1)
    z_top, z_bottom = bilinear(payoffs, 1, 0, 2)
    corner = {(j, k): gain(payoffs, 0, (0, j, k)) for j in (0, 1) for k in (0, 1)}
    constant, in_y, in_z = corner[0, 0], corner[1, 0] - corner[0, 0], corner[0, 1] - corner[0, 0]
    both = corner[1, 1] - corner[1, 0] - corner[0, 1] + corner[0, 0]
    quadratic = add(
        scale(constant, times(y_bottom, z_bottom)),
        scale(in_y, times(y_top, z_bottom)),
        scale(in_z, times(y_bottom, z_top)),
        scale(both, times(y_top, z_top)),
    )
    found = []
    for x in real_roots(quadratic):
        if at(y_bottom, x) and at(z_bottom, x):
            profile = (x, at(y_top, x) / at(y_bottom, x), at(z_top, x) / at(z_bottom, x))
            if all(0 < w < 1 for w in profile):
                found.append(profile)
    return found


def bilinear(payoffs, player, x, y):
    """Numerator and denominator of y by x, each (constant, slope)."""

    def corner(i, j):
        profile = [0, 0, 0]
        profile[x], profile[y] = i, j
        return Fraction(gain(payoffs, player, profile))

    a, b, c = corner(0, 0), corner(1, 0) - corner(0, 0), corner(0, 1) - corner(0, 0)
    d = corner(1, 1) - corner(1, 0) - corner(0, 1) + corner(0, 0)
    return (-a, -b), (c, d)


def times(f, g):
    return (f[0] * g[0], f[0] * g[1] + f[1] * g[0], f[1] * g[1])


def scale(s, f):
    return tuple(s * c for c in f)


def add(*polynomials):
    return tuple(sum(c) for c in zip(*polynomials, strict=True))


def at(f, x):
    return float(f[0]) + float(f[1]) * float(x)


def real_roots(quadratic):
    c, b, a = quadratic
    if a == 0:
        return [-c / b] if b else []
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return []
    root = math.sqrt(discriminant)
    # the larger root in size first: no cancellation
    large = -(float(b) + math.copysign(root, b)) / 2
    return [large / float(a), float(c) / large] if large else [0.0]


def logit_qre(payoffs, lam, rounds=20_000):
    """Damped iteration of the logit response; converges for small lambda, where it is unique."""
    sizes = payoffs.shape[1:]
    profile = [np.full(n, 1 / n) for n in sizes]
    for _ in range(rounds):
        answer = []
        for p, n in enumerate(sizes):
            values = np.zeros(n)
            for cell in np.ndindex(*sizes):
                weight = np.prod([profile[q][c] for q, c in enumerate(cell) if q != p])
                values[cell[p]] += weight * payoffs[(p, *cell)]
            reply = np.exp(lam * (values - values.max()))
            answer.append(reply / reply.sum())
        change = max(np.abs(a - x).max() for a, x in zip(answer, profile, strict=True))
        profile = [0.5 * x + 0.5 * a for x, a in zip(profile, answer, strict=True)]
        if change < 1e-14:
            return profile
    raise AssertionError("the iteration does not converge")


def relabelled(payoffs, rng):
    """The game with players and actions in another order, and how to read its profiles."""
    players = rng.permutation(len(payoffs))
    table = np.array([np.transpose(payoffs[p], players) for p in players])
    orders = [rng.permutation(n) for n in table.shape[1:]]
    for axis, order in enumerate(orders):
        table = np.take(table, order, axis=axis + 1)
    return table, players, orders
