"""Learning and evolution in plain Python: slow and obvious."""

from fractions import Fraction

import numpy as np


def values(payoffs, strategies, player):
    """Expected payoff of every action of a player, joint action by joint action."""
    out = [0.0] * payoffs.shape[player + 1]
    for joint in np.ndindex(payoffs.shape[1:]):
        reach = 1.0
        for q, a in enumerate(joint):
            if q != player:
                reach *= strategies[q][a]
        out[joint[player]] += reach * payoffs[(player, *joint)]
    return out


def best(values, slack=1e-10):
    """The first best action."""
    return next(a for a, v in enumerate(values) if v >= max(values) - slack)


def fictitious_play(payoffs, rounds, start, prior, alternating):
    """Beliefs after so many rounds."""
    plays = [[prior * x for x in side] for side in start]
    beliefs = [list(side) for side in start]
    for _ in range(rounds):
        if alternating:
            for p in range(len(start)):
                plays[p][best(values(payoffs, beliefs, p))] += 1
                beliefs[p] = [x / sum(plays[p]) for x in plays[p]]
            continue
        replies = [best(values(payoffs, beliefs, p)) for p in range(len(start))]
        for p, a in enumerate(replies):
            plays[p][a] += 1
            beliefs[p] = [x / sum(plays[p]) for x in plays[p]]
    return beliefs


def regret_learner(payoffs, rounds, start, respond, power=0, predict=0.0, floor=False):
    """(current strategies, average strategies, average joint play) of simultaneous learning.

    ``respond(regrets of a player, iteration)`` gives its next strategy.
    """
    now = [np.array(x, float) for x in start]
    regret = [np.zeros(len(x)) for x in start]
    total = [np.zeros(len(x)) for x in start]
    joint = np.zeros(payoffs.shape[1:])
    for t in range(1, rounds + 1):
        u = [np.array(values(payoffs, now, p)) for p in range(len(now))]
        product = np.ones(())
        for x in now:
            product = np.multiply.outer(product, x)
        joint += t**power * product
        for p in range(len(now)):
            total[p] += t**power * now[p]
            instant = u[p] - now[p] @ u[p]
            regret[p] += instant
            if floor:
                regret[p] = np.maximum(regret[p], 0)
            u[p] = respond(regret[p] + predict * instant, t)
        now = u
    return now, [x / x.sum() for x in total], joint / joint.sum()


def fixation(f, g, size, mutants):
    """Probability that the mutants take over, by solving the Markov chain of their number.

    ``f(j)`` and ``g(j)`` are the fitness of a mutant and of a resident among j mutants.
    """
    inner = range(1, size)
    matrix = [[Fraction(0)] * (size - 1) for _ in inner]
    right = [Fraction(0)] * (size - 1)
    for j in inner:
        total = j * f(j) + (size - j) * g(j)
        up = Fraction(j * f(j), total) * Fraction(size - j, size)
        down = Fraction((size - j) * g(j), total) * Fraction(j, size)
        matrix[j - 1][j - 1] = up + down
        if j + 1 < size:
            matrix[j - 1][j] = -up
        else:
            right[j - 1] = up
        if j > 1:
            matrix[j - 1][j - 2] = -down
    for k in range(size - 1):  # elimination, downwards and upwards
        for i in range(size - 1):
            if i != k and matrix[i][k]:
                factor = matrix[i][k] / matrix[k][k]
                matrix[i] = [x - factor * y for x, y in zip(matrix[i], matrix[k], strict=True)]
                right[i] -= factor * right[k]
    return right[mutants - 1] / matrix[mutants - 1][mutants - 1]


def can_be_invaded(A, p, rng, tries=4000):
    """Whether one of many mutants q does as well against p, and not worse against itself, as p:
    a search, which can miss a mutant but never invents one."""
    n = len(p)
    top = A @ p
    best_replies = np.flatnonzero(top >= top.max() - 1e-9)
    if np.any(top[p > 0] < top.max() - 1e-9):
        return True
    for _ in range(tries):
        chosen = best_replies[rng.random(len(best_replies)) < 0.7]
        if not len(chosen):
            continue
        q = np.zeros(n)
        q[chosen] = rng.dirichlet(np.full(len(chosen), 0.5))
        if np.abs(q - p).max() > 1e-3 and (p - q) @ A @ q <= 1e-12:
            return True
    return False
