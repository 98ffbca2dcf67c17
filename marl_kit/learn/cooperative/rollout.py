"""What happened in so many steps of all copies of all runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple, Protocol

import numpy as np
import torch

from marl_kit.core.errors import InvalidGameError, InvalidOptionError
from marl_kit.games.team import JointBatch, TeamEnvironment, TeamSizes
from marl_kit.games.team_draws import uniforms

REWARDS = {
    "mean": "mean of the agents' rewards",
    "sum": "sum of the agents' rewards",
    "shared": "the reward that all agents share",
    "own": "each agent's own rewards (of returns the mean over the agents)",
}
"""How learners derive rewards from those of the environment."""


def scale_of(reward: str) -> str:
    """What the return of an episode is, in words."""
    return f"{REWARDS[reward]}, undiscounted, per episode"


class Seen(NamedTuple):
    """What agents see before a step."""

    observations: torch.Tensor  # float32 [S, N, B, D]
    mask: torch.Tensor  # bool [S, N, B, A]
    starts: torch.Tensor  # bool [S, B]


class Acting(Protocol):
    """What a learner does with what agents see."""

    @property
    def draws(self) -> int:
        """Random numbers that it takes for an agent's action."""

    def no_memory(self, copies: int) -> torch.Tensor: ...

    def explore(
        self, seen: Seen, memory: torch.Tensor, numbers: torch.Tensor, steps: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Actions [S, N, B] or [S, N, B, K] in training, after so many steps of a run, and the
        memory."""

    def best(self, seen: Seen, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same in a trained team."""


@dataclass(frozen=True, eq=False, slots=True)
class Rollout:
    """T steps of B copies in each of S runs.

    ``after_*`` is what follows in the same episode, also where it was its end.

    Attributes
    ----------
    observations, after_observations : float32 [S, N, B, T, D]
    states, after_states : float32 [S, B, T, Z]
    mask, after_mask : bool [S, N, B, T, A]
    alive, after_alive : bool [S, N, B, T]
    actions : int64 [S, N, B, T] or float32 [S, N, B, T, K]
    rewards : float32 [S, N, B, T]
        As derived: equal for all agents unless each has its own.
    counted : bool [S, N, B, T]
        Where the agent is still to gain something: with its own rewards as long as it takes part,
        with a team's rewards always, also for those who have left.
    ended : bool [S, N, B, T]
        Nothing follows that the agent would gain: the game has ended, for it or for its team.
    left : bool [S, N, B, T]
        The last step that counts for the agent: it has ended or was cut off, or the episode is.
    over : bool [S, B, T]
        The episode's last step, whether it ended or was cut off.
    starts : bool [S, B, T]
        The episode's first step.
    memory : float32 [S, N, B, R]
        Of the agents' networks, before the first step.
    """

    observations: torch.Tensor
    after_observations: torch.Tensor
    states: torch.Tensor
    after_states: torch.Tensor
    mask: torch.Tensor
    after_mask: torch.Tensor
    alive: torch.Tensor
    after_alive: torch.Tensor
    actions: torch.Tensor
    rewards: torch.Tensor
    counted: torch.Tensor
    ended: torch.Tensor
    left: torch.Tensor
    over: torch.Tensor
    starts: torch.Tensor
    memory: torch.Tensor

    @property
    def choices(self) -> torch.Tensor:
        """Where an agent takes part and has more than one action, bool [S, N, B, T]."""
        if not self.mask.shape[-1]:
            return self.alive
        return self.alive & (self.mask.sum(-1) > 1)

    def copies(self, chosen: torch.Tensor) -> Rollout:
        """Only some copies; the same numbers in every run."""
        picked = {f.name: getattr(self, f.name) for f in fields(self)}
        axis = {name: 1 if name in OF_TEAM else 2 for name in picked}
        return Rollout(**{n: x.index_select(axis[n], chosen) for n, x in picked.items()})


BELOW_ONE = 1 - 2.0**-24
"""The greatest float32 below 1: rounding makes no random number in [0, 1) a 1."""
OF_TEAM = {"states", "after_states", "over", "starts"}
"""Arrays without an axis of agents."""


USUAL_STEPS = 25
"""A rollout is of whole episodes, and at least so long."""


def usual_steps(horizon: int, most: int) -> int:
    """Steps of a rollout, unless they are given: whole episodes, but at most so many."""
    return min(-(-USUAL_STEPS // horizon) * horizon, most)


def empty_rollout(sizes: TeamSizes, runs: int, copies: int, steps: int, remembered: int) -> Rollout:
    """Room for a rollout."""
    n, a = len(sizes.agents), sizes.most_actions
    of_agents, of_team = (runs, n, copies, steps), (runs, copies, steps)

    def zeros(shape: tuple[int, ...], kind: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.zeros(shape, dtype=kind)

    actions = zeros((*of_agents, sizes.box)) if sizes.box else zeros(of_agents, torch.int64)
    return Rollout(
        observations=zeros((*of_agents, sizes.observation)),
        after_observations=zeros((*of_agents, sizes.observation)),
        states=zeros((*of_team, sizes.state)),
        after_states=zeros((*of_team, sizes.state)),
        mask=zeros((*of_agents, a), torch.bool),
        after_mask=zeros((*of_agents, a), torch.bool),
        alive=zeros(of_agents, torch.bool),
        after_alive=zeros(of_agents, torch.bool),
        actions=actions,
        rewards=zeros(of_agents),
        counted=zeros(of_agents, torch.bool),
        ended=zeros(of_agents, torch.bool),
        left=zeros(of_agents, torch.bool),
        over=zeros(of_team, torch.bool),
        starts=zeros(of_team, torch.bool),
        memory=zeros((runs, n, copies, remembered)),
    )


class Collector:
    """Plays S x B copies of an environment with a learner's actions.

    Random numbers follow from the seed, the copy and the number of the step alone: a run is the
    same whatever runs stand beside it, and nothing but counters has to be kept for going on.

    Parameters
    ----------
    environment : TeamEnvironment
        Of S x B copies, reset already.
    shown : JointBatch
        What it shows.
    runs : int
    learner : Acting
    reward : str
        One of ``REWARDS``.
    key : int
        Of the random numbers.
    """

    def __init__(
        self,
        environment: TeamEnvironment,
        shown: JointBatch,
        runs: int,
        learner: Acting,
        reward: str,
        key: int,
    ):
        self.environment, self.runs, self.learner = environment, runs, learner
        self.copies = environment.batch // runs
        self.derive, self.key, self.own = deriving(reward), key, reward == "own"
        self.shown, self.starts = shown, np.ones(environment.batch, bool)
        self.steps = 0
        self.memory = learner.no_memory(self.copies)

    def collect(self, steps: int) -> Rollout:
        """Play so many steps."""
        found = empty_rollout(
            self.environment.sizes, self.runs, self.copies, steps, self.memory.shape[-1]
        )
        found.memory.copy_(self.memory)
        with torch.no_grad():
            for t in range(steps):
                self._step(found, t)
        return found

    def _step(self, found: Rollout, t: int) -> None:
        before, starts, team = self.shown, self.starts, self._of_team
        seen = seen_by(before, starts, self.runs)
        actions, self.memory = self.learner.explore(
            seen, self.memory, self._numbers(), self.steps * self.copies
        )
        after = self.environment.step(as_given(actions))
        alive, ended = before.alive, after.terminated
        found.observations[:, :, :, t] = seen.observations
        found.mask[:, :, :, t] = seen.mask
        found.states[:, :, t] = team(before.states)
        found.starts[:, :, t] = seen.starts
        found.alive[:, :, :, t] = self._of_agents(alive)
        found.actions[:, :, :, t] = actions
        found.rewards[:, :, :, t] = self._of_agents(self.derive(after.rewards, alive))
        found.counted[:, :, :, t] = self._of_agents(alive) if self.own else True
        found.ended[:, :, :, t] = self._of_agents(ended if self.own else _everybody(ended))
        found.left[:, :, :, t] = self._of_agents(self._left(after))
        found.over[:, :, t] = team(after.over)
        joined = after.alive & ~after.over[:, None]
        found.after_alive[:, :, :, t] = self._of_agents((alive | joined) & ~ended)
        found.after_observations[:, :, :, t] = self._of_agents(after.final_observations)
        found.after_states[:, :, t] = team(after.final_states)
        found.after_mask[:, :, :, t] = self._of_agents(after.final_mask)
        self.shown, self.starts = after, after.over
        self.steps += 1

    def _left(self, after: JointBatch) -> np.ndarray:
        over = np.broadcast_to(after.over[:, None], after.alive.shape)
        return after.terminated | ~after.alive | over if self.own else over

    def begin_again(self, seed: int) -> None:
        """Leave the episodes that run and begin others."""
        self.shown, self.starts = self.environment.reset(seed), np.ones(self.starts.shape, bool)
        self.memory = self.learner.no_memory(self.copies)

    def _numbers(self) -> torch.Tensor:
        """Random numbers [S, N, B, draws]."""
        agents, draws = len(self.environment.sizes.agents), self.learner.draws
        copies = np.arange(self.environment.batch)
        drawn = uniforms(self.key, copies, np.full(len(copies), self.steps), agents * draws)
        return self._of_agents(drawn.reshape(-1, agents, draws).clip(max=BELOW_ONE))

    def _of_agents(self, array: np.ndarray) -> torch.Tensor:
        return agents_first(array, self.runs)

    def _of_team(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.array(array)).unflatten(0, (self.runs, -1))


def _everybody(ended: np.ndarray) -> np.ndarray:
    """Where the game has ended for all agents, for each of them."""
    return np.broadcast_to(ended.all(axis=1, keepdims=True), ended.shape)


def agents_first(array: np.ndarray, runs: int) -> torch.Tensor:
    """[S x B, N, ...] as a tensor [S, N, B, ...], float32 where it is float64."""
    kind = np.float32 if array.dtype == np.float64 else array.dtype
    return torch.from_numpy(np.array(array, kind)).unflatten(0, (runs, -1)).transpose(1, 2)


def seen_by(shown: JointBatch, starts: np.ndarray, runs: int) -> Seen:
    """What agents see of a ``JointBatch``."""
    return Seen(
        agents_first(shown.observations, runs),
        agents_first(shown.mask, runs),
        torch.from_numpy(np.array(starts)).unflatten(0, (runs, -1)),
    )


def first_seen(observations: torch.Tensor, mask: torch.Tensor) -> Seen:
    """Observations [S, N, M, D] as those with which episodes begin."""
    runs, _, copies = observations.shape[:3]
    return Seen(observations, mask, torch.ones(runs, copies, dtype=torch.bool))


def as_given(actions: torch.Tensor) -> np.ndarray:
    """Actions [S, N, B, ...] as an environment takes them, [S x B, N, ...]."""
    return actions.transpose(1, 2).flatten(0, 1).numpy()


def deriving(reward: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """What makes rewards for learning of an environment's rewards [B, N] and ``alive`` [B, N].

    Raises
    ------
    InvalidOptionError
        No such way.
    InvalidGameError
        By what is returned: rewards differ that should be shared.
    """
    if reward not in REWARDS:
        raise InvalidOptionError(f"reward is {reward!r}; give one of {', '.join(REWARDS)}.")

    def derive(rewards: np.ndarray, alive: np.ndarray) -> np.ndarray:
        if reward == "own":
            return rewards
        if reward == "shared":
            return np.broadcast_to(_the_same(rewards, alive)[:, None], rewards.shape)
        team = rewards.sum(axis=1) if reward == "sum" else rewards.mean(axis=1)
        return np.broadcast_to(team[:, None], rewards.shape)

    return derive


def _the_same(rewards: np.ndarray, alive: np.ndarray) -> np.ndarray:
    high = np.where(alive, rewards, -np.inf).max(axis=1)
    low = np.where(alive, rewards, np.inf).min(axis=1)
    if (high != low).any():
        raise InvalidGameError(
            f"the agents' rewards differ ({low[high != low][0]:g} and {high[high != low][0]:g} in "
            f"one step), so none is shared; give reward='mean', 'sum' or 'own'."
        )
    return high
