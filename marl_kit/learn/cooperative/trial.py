"""What a team gets when its learners explore no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from marl_kit.games.team import TeamEnvironment
from marl_kit.learn.cooperative.rollout import Acting, Seen, as_given, deriving, seen_by

Memory = TypeVar("Memory")
"""What agents remember, in whatever form."""


def returns_of(
    environment: TeamEnvironment, learner: Acting, runs: int, reward: str, seed: int
) -> np.ndarray:
    """Mean return of an episode of a learner's teams, one episode a copy, float64 [runs]."""
    nothing = learner.no_memory(environment.batch // runs)
    found = episode_returns(environment, learner.best, nothing, runs, reward, seed)
    return found.reshape(runs, -1).mean(axis=1)


def episode_returns(
    environment: TeamEnvironment,
    choose: Callable[[Seen, Memory], tuple[torch.Tensor, Memory]],
    memory: Memory,
    runs: int,
    reward: str,
    seed: int,
) -> np.ndarray:
    """Undiscounted return of one episode in each copy, in the scale of ``reward``, float64 [B].

    Where each agent has its own rewards, the mean over the agents.
    """
    shown, derive = environment.reset(seed), deriving(reward)
    starts = np.ones(environment.batch, bool)
    running, total = starts.copy(), np.zeros(environment.batch)
    with torch.no_grad():
        while running.any():
            actions, memory = choose(seen_by(shown, starts, runs), memory)
            alive = shown.alive
            shown = environment.step(as_given(actions))
            total += running * derive(shown.rewards, alive).mean(axis=1)
            starts = shown.over
            running &= ~starts
    return total
