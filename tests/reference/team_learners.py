"""Slow and obvious: what learners of teams compute, in loops over numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np


def lambda_return(
    rewards: Sequence[float],
    following: Sequence[float],
    over: Sequence[bool],
    discount: float,
    trace: float,
) -> float:
    """The first step's, in the forward view: a mixture of the returns of all numbers of steps.

    ``following[t]`` is the value of what comes after step t.
    """
    last = next((t for t, ends in enumerate(over) if ends), len(rewards) - 1)
    total, gained = 0.0, 0.0
    for t in range(last + 1):
        gained += discount**t * rewards[t]
        share = trace**t * (1.0 if t == last else 1 - trace)
        total += share * (gained + discount ** (t + 1) * following[t])
    return total


def best_legal(values: Sequence[float], mask: Sequence[bool]) -> int:
    """0 where nothing is legal."""
    legal = [a for a, is_legal in enumerate(mask) if is_legal]
    return max(legal, key=lambda a: values[a]) if legal else 0


def expected(payoffs: np.ndarray, policy: Sequence[Sequence[float]]) -> float:
    """A team's payoff, cell by cell."""
    cells = itertools.product(*map(range, payoffs.shape))
    return sum(
        payoffs[c] * float(np.prod([p[a] for p, a in zip(policy, c, strict=True)])) for c in cells
    )


def counterfactual(
    payoffs: np.ndarray, policy: Sequence[Sequence[float]], agent: int
) -> list[float]:
    """How much more the team gets, should an agent play each of its actions for sure."""
    sure = np.eye(payoffs.shape[agent])
    now = expected(payoffs, policy)
    return [expected(payoffs, [*policy[:agent], row, *policy[agent + 1 :]]) - now for row in sure]


class Moment(NamedTuple):
    """A step of one copy of ``worlds.Counting``."""

    episode: int
    time: int  # in the episode
    alive: tuple[bool, ...]
    gone: tuple[bool, ...]  # after the step
    ends: bool
    cut: bool


def moments(length: int, is_cut: bool, leaves: Mapping[int, int], agents: int, steps: int):
    """What one copy goes through: episodes of so many steps, which some agents leave early."""
    found, episode, time = [], 0, 0
    for _ in range(steps):
        alive = tuple(time < leaves.get(n, length) for n in range(agents))
        last = time + 1 == length
        gone = tuple(
            time + 1 >= leaves.get(n, length + 1) or (last and not is_cut) for n in range(agents)
        )
        found.append(Moment(episode, time, alive, gone, last and not is_cut, last and is_cut))
        episode, time = (episode + 1, 0) if last else (episode, time + 1)
    return found
