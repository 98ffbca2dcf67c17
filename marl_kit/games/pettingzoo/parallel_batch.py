"""Live PettingZoo Parallel environments, stepped together as a team's copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from marl_kit.core.errors import CheckpointError, IllegalActionError, InvalidOptionError
from marl_kit.games.pettingzoo.parallel_copy import LiveCopy
from marl_kit.games.team import JointBatch, TeamSizes
from marl_kit.games.team_batch import checked_actions, key_of
from marl_kit.games.team_draws import uniforms

SEEDS = 2**31
"""Environments take seeds below this."""


class ParallelBatch:
    """B live environments, one after another; a ``TeamEnvironment``.

    Every episode is reset with a seed of its own, which follows from the seed, the copy and the
    episode's number: copy i plays the same episodes whatever the size of the batch, if the
    environments draw all their random numbers from it.

    An agent that is terminated stays ``terminated`` until the episode's end. One that is cut off
    alone is no longer ``alive``, without being terminated; what its last step led to is in the
    ``final_observations`` of that step, and the episode then counts as ``truncated`` when it is
    over. An agent that takes no part in an episode is terminated throughout.

    Made by ``ParallelTeam.environment``.
    """

    exact_memory = False

    def __init__(self, sizes: TeamSizes, copies: Sequence[LiveCopy], limit: int, seed: int | None):
        self.sizes, self.copies, self.batch = sizes, copies, len(copies)
        self.retired = False
        self._limit, self._key, self._began = limit, key_of(seed), False
        self._steps = self._episode = np.zeros(self.batch, np.int64)

    def reset(self, seed: int | None = None) -> JointBatch:
        """Begin episode 0 in every copy; without a seed, with the one that the class was given."""
        if seed is not None:
            self._key = key_of(seed)
        return self._begin(np.zeros(self.batch, np.int64))

    def step(self, actions: np.ndarray) -> JointBatch:
        """One step of every copy.

        Parameters
        ----------
        actions : int64 [B, N] or float64 [B, N, K]
            Numbers of actions, or boxes whose entries are clipped to [0, 1]; those of agents that
            take no part are not looked at.

        Raises
        ------
        IllegalActionError
            Another shape, actions that are none or that the mask forbids; nothing has changed
            then.
        InvalidGameError
            An environment that breaks PettingZoo's promises, or gives numbers that are not finite.
        InvalidOptionError
            Before the first ``reset``.
        """
        self._expect_running()
        chosen = checked_actions(self.sizes, self.batch, actions)
        if not self.sizes.box:
            self._expect_legal(chosen)
        rewards = np.stack([c.step(a) for c, a in zip(self.copies, chosen, strict=True)])
        self._steps = self._steps + 1
        final_observations, final_states, final_mask = self._seen()
        terminated = self._all("ended")
        over = ~self._all("present").any(axis=1)
        truncated = np.where(over, ~terminated.all(axis=1), self._steps >= self._limit)
        self._begin_again(np.flatnonzero(over | truncated))
        return self._shown(
            rewards=rewards,
            terminated=terminated,
            truncated=truncated,
            final_observations=final_observations,
            final_states=final_states,
            final_mask=final_mask,
        )

    def _begin_again(self, copies: np.ndarray) -> None:
        self._steps[copies] = 0
        self._episode = self._episode.copy()
        self._episode[copies] += 1
        for copy, seed in zip(copies, self._seeds(copies), strict=True):
            self.copies[copy].begin(seed)

    def _begin(self, episodes: np.ndarray) -> JointBatch:
        """Begin these episodes; what the copies show then."""
        self._steps, self._episode = np.zeros(self.batch, np.int64), episodes
        for copy, seed in zip(self.copies, self._seeds(np.arange(self.batch)), strict=True):
            copy.begin(seed)
        self._began = True
        observations, states, mask = self._seen()
        everybody = mask.shape[:2]
        return self._shown(
            rewards=np.zeros(everybody),
            terminated=np.zeros(everybody, bool),
            truncated=np.zeros(self.batch, bool),
            final_observations=observations,
            final_states=states,
            final_mask=mask,
        )

    def _seeds(self, copies: np.ndarray) -> list[int]:
        numbers = uniforms(self._key, copies, self._episode[copies], 1)[:, 0]
        return [int(x) for x in numbers * SEEDS]

    def _shown(self, **of_the_step: np.ndarray) -> JointBatch:
        observations, states, mask = self._seen()
        return JointBatch(
            observations=observations,
            states=states,
            mask=mask,
            alive=self._all("present"),
            episode=self._episode,
            **of_the_step,
        )

    def _seen(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._all("observations"), self._all("state"), self._all("mask")

    def _all(self, name: str) -> np.ndarray:
        return np.stack([getattr(copy, name) for copy in self.copies])

    def memory(self) -> dict[str, np.ndarray]:
        """The key of the random numbers and the number of each copy's episode: an environment
        does not tell what its future depends on in the midst of one."""
        self._expect_running()
        return {"key": np.array(self._key, np.uint64), "episode": self._episode.copy()}

    def remember(self, memory: Mapping[str, np.ndarray]) -> JointBatch:
        """Begin the episodes that ran anew, with the same seeds; what the copies show then.

        It goes on to the bit only from where every copy stood at the beginning of an episode
        (``exact_memory`` is false).

        Raises
        ------
        CheckpointError
            The memory of another environment, or of another number of copies.
        """
        held = {name: np.array(array) for name, array in memory.items()}
        if {name: array.shape for name, array in held.items()} != {
            "key": (),
            "episode": (self.batch,),
        }:
            raise CheckpointError(
                f"the memory holds {sorted(held)}, and this environment needs a key and the "
                f"episodes of {self.batch} copies; give what memory() of the same batch returned."
            )
        self._key = int(held["key"])
        return self._begin(held["episode"].astype(np.int64))

    def _expect_running(self) -> None:
        if self.retired:
            raise InvalidOptionError(
                "another batch of this live environment was made, and there is only one of it; "
                "give a callable that makes it."
            )
        if not self._began:
            raise InvalidOptionError("the environment has not begun; call reset() first.")

    def _expect_legal(self, chosen: np.ndarray) -> None:
        mask, present = self._all("mask"), self._all("present")
        legal = np.take_along_axis(mask, chosen[..., None], axis=2)[..., 0]
        wrong = present & ~legal
        if wrong.any():
            copy, agent = np.argwhere(wrong)[0]
            raise IllegalActionError(
                f"{self.sizes.agents[agent]} of copy {copy} takes action {chosen[copy, agent]}; "
                f"its mask allows {np.flatnonzero(mask[copy, agent]).tolist()}."
            )

    def close(self) -> None:
        """Close the environments, which may hold windows."""
        for copy in self.copies:
            copy.env.close()
