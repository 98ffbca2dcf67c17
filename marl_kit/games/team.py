"""Environments of teams, many copies at a time: what goes in, what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

World = dict[str, np.ndarray]
"""All that a team's world holds, as arrays of B rows: one row for each copy."""


@dataclass(frozen=True, eq=False)
class TeamSizes:
    """The sizes of what a team sees and does.

    Attributes
    ----------
    agents : tuple of str
        The N names, in the order of all arrays.
    observation : int
        D, the length of the longest observation; others are padded with zeros.
    state : int
        S, the length of the state, which may say more than all observations together.
    actions : int64 [N]
        How many discrete actions each agent has; 0 for all where actions are boxes.
    box : int
        K, the length of the longest box action, whose entries lie in [0, 1]; 0 where actions are
        discrete.
    horizon : int
        Steps after which an episode is cut off (truncated), which is no end of the game.
    """

    agents: tuple[str, ...]
    observation: int
    state: int
    actions: np.ndarray
    box: int
    horizon: int

    @property
    def most_actions(self) -> int:
        """A, the width of a mask."""
        return int(self.actions.max(initial=0))


@dataclass(frozen=True, eq=False)
class JointBatch:
    """What B copies of a team's environment show after a step, or after a reset.

    Where an episode has ended, ``observations``, ``states``, ``mask``, ``alive`` and ``episode``
    are those of the next one, which has begun already; what the ended one came to is in
    ``final_observations``, ``final_states`` and ``final_mask``. Elsewhere the two are equal.
    Rewards and flags are those of the step that was made. Arrays may share memory: copy what is to
    be changed.

    Attributes
    ----------
    observations, final_observations : float64 [B, N, D]
    states, final_states : float64 [B, S]
    mask, final_mask : bool [B, N, A]
        The legal actions.
    alive : bool [B, N]
        Whether the agent takes part.
    rewards : float64 [B, N]
        Each agent's own; a team's reward is for the learner to derive.
    terminated : bool [B, N]
        The game has ended for the agent.
    truncated : bool [B]
        The episode was cut off by the horizon: the game would have gone on.
    episode : int64 [B]
        The number of the episode that now runs in each copy.
    """

    observations: np.ndarray
    states: np.ndarray
    mask: np.ndarray
    alive: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    final_observations: np.ndarray
    final_states: np.ndarray
    final_mask: np.ndarray
    episode: np.ndarray

    @property
    def over(self) -> np.ndarray:
        """Where this step was an episode's last, bool [B]."""
        return self.truncated | self.terminated.all(axis=1)

    @property
    def acting(self) -> np.ndarray:
        """Who decides anything in the step to come, bool [B, N].

        An agent that is alive, and has more than one action unless actions are boxes. In games in
        turns those who are not to move have action 0 alone, which stands for nothing.
        """
        choice = self.mask.sum(axis=2) > 1 if self.mask.shape[2] else True
        return self.alive & choice


class TeamEnvironment(Protocol):
    """B copies of an environment; an episode that ends is followed by the next at once."""

    @property
    def sizes(self) -> TeamSizes: ...

    @property
    def batch(self) -> int: ...

    @property
    def exact_memory(self) -> bool:
        """Whether ``remember`` goes on to the bit in the midst of an episode; where it is false,
        the episodes that ran begin anew."""

    def reset(self, seed: int | None = None) -> JointBatch:
        """Begin episode 0 in every copy; everything random follows from the seed."""

    def step(self, actions: np.ndarray) -> JointBatch:
        """One step of every copy: int64 [B, N] or float64 [B, N, K]."""

    def memory(self) -> dict[str, np.ndarray]:
        """All that the future depends on."""

    def remember(self, memory: Mapping[str, np.ndarray]) -> JointBatch:
        """Go on from a ``memory``; what the copies show there, without rewards."""


class View(NamedTuple):
    """What can be seen of a world: observations [B, N, D], states [B, S] and mask [B, N, A]."""

    observations: np.ndarray
    states: np.ndarray
    mask: np.ndarray


class Outcome(NamedTuple):
    """What a step leads to: the world, rewards [B, N], and bool [B], whether the game has ended."""

    world: World
    rewards: np.ndarray
    ended: np.ndarray


class TeamRules(Protocol):
    """The rules of a team's game: pure functions on arrays whose rows are copies.

    They draw nothing and count no steps: ``BatchedTeam`` gives random numbers to ``start``, cuts
    episodes off and begins new ones.
    """

    @property
    def sizes(self) -> TeamSizes: ...

    @property
    def lengths(self) -> np.ndarray:
        """The length of each agent's observation without its padding, int64 [N]."""

    @property
    def boxes(self) -> np.ndarray:
        """The length of each agent's box action without its padding, int64 [N]; 0 if discrete."""

    @property
    def draws(self) -> int:
        """k, how many random numbers a beginning takes."""

    def start(self, numbers: np.ndarray) -> World:
        """Worlds at the beginning, from numbers [B, k] in [0, 1).

        The names of the arrays are free, but for ``key``, ``steps`` and ``episode``."""

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        """The worlds after a step; ``world`` itself stays as it is."""

    def view(self, world: World) -> View:
        """What can be seen of the worlds."""
