"""The one class that makes an environment of a team's rules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import CheckpointError, IllegalActionError, InvalidOptionError
from marl_kit.core.seeds import child, resolve_seed
from marl_kit.games.team import JointBatch, TeamRules, TeamSizes, View, World
from marl_kit.games.team_draws import uniforms

MOST_COPIES = 1_000_000
"""Copies in a batch; more is surely a slip."""
_COUNTERS = "key", "steps", "episode"


class BatchedTeam:
    """B copies of a team's game, stepped together; a ``TeamEnvironment``.

    Copy i plays the same episodes whatever the size of the batch: how an episode begins follows
    from the seed, the copy and the episode's number alone.

    Parameters
    ----------
    rules : TeamRules
    batch : int
    seed : int, Generator or None
        For ``reset`` without a seed.

    Raises
    ------
    InvalidOptionError
        A batch that is no whole number of at least 1.
    """

    exact_memory = True

    def __init__(self, rules: TeamRules, batch: int = 1, seed: int | None = None):
        self.rules, self.batch = rules, whole("batch", batch, most=MOST_COPIES)
        self._key = key_of(seed)
        self._world: World = {}

    @property
    def sizes(self) -> TeamSizes:
        return self.rules.sizes

    def reset(self, seed: int | None = None) -> JointBatch:
        """Begin episode 0 in every copy; without a seed, with the one that the class was given."""
        if seed is not None:
            self._key = key_of(seed)
        self._steps = np.zeros(self.batch, np.int64)
        self._episode = np.zeros(self.batch, np.int64)
        self._world = self._beginnings(np.arange(self.batch))
        return self._before_a_step()

    def step(self, actions: np.ndarray) -> JointBatch:
        """One step of every copy.

        Parameters
        ----------
        actions : int64 [B, N] or float64 [B, N, K]
            Numbers of actions, or boxes whose entries are clipped to [0, 1].

        Raises
        ------
        IllegalActionError
            Another shape, numbers that are no actions; nothing has changed then.
        InvalidOptionError
            Before the first ``reset``.
        """
        self._expect_reset()
        chosen = checked_actions(self.sizes, self.batch, actions)
        self._world, rewards, ended = self.rules.step(self._world, chosen)
        self._steps = self._steps + 1
        truncated = (self._steps >= self.sizes.horizon) & ~ended
        final = self.rules.view(self._world)
        over = np.flatnonzero(ended | truncated)
        now = self._begin_again(over, final) if len(over) else final
        everybody = rewards.shape
        return JointBatch(
            *now,
            alive=np.ones(everybody, bool),
            rewards=rewards,
            terminated=np.broadcast_to(ended[:, None], everybody),
            truncated=truncated,
            final_observations=final.observations,
            final_states=final.states,
            final_mask=final.mask,
            episode=self._episode,
        )

    def _begin_again(self, over: np.ndarray, final: View) -> View:
        """Put the next episode into the copies ``over``; what all copies show then."""
        self._episode = self._episode.copy()
        self._episode[over] += 1
        self._steps[over] = 0
        fresh = self._beginnings(over)
        self._world = {name: _replaced(self._world[name], over, fresh[name]) for name in fresh}
        shown = self.rules.view(fresh)
        return View(*(_replaced(old, over, new) for old, new in zip(final, shown, strict=True)))

    def _beginnings(self, copies: np.ndarray) -> World:
        return self.rules.start(
            uniforms(self._key, copies, self._episode[copies], self.rules.draws)
        )

    def _before_a_step(self) -> JointBatch:
        view = self.rules.view(self._world)
        everybody = self.batch, len(self.sizes.agents)
        return JointBatch(
            *view,
            alive=np.ones(everybody, bool),
            rewards=np.zeros(everybody),
            terminated=np.zeros(everybody, bool),
            truncated=np.zeros(self.batch, bool),
            final_observations=view.observations,
            final_states=view.states,
            final_mask=view.mask,
            episode=self._episode,
        )

    def memory(self) -> dict[str, np.ndarray]:
        """All that the future depends on: the world's arrays, and three counters."""
        self._expect_reset()
        counters = np.array(self._key, np.uint64), self._steps, self._episode
        held = {**self._world, **dict(zip(_COUNTERS, counters, strict=True))}
        return {name: array.copy() for name, array in held.items()}

    def remember(self, memory: Mapping[str, np.ndarray]) -> JointBatch:
        """Go on from a ``memory``, to the bit; what the copies show there, without rewards.

        Raises
        ------
        CheckpointError
            The memory of another game, or of another number of copies.
        """
        held = {name: np.array(array) for name, array in memory.items()}
        counter = np.zeros(self.batch, np.int64)
        world = self.rules.start(np.zeros((self.batch, self.rules.draws)))
        needed = {**world, "key": np.array(0, np.uint64), "steps": counter, "episode": counter}
        if _told(held) != _told(needed):
            raise CheckpointError(
                f"the memory holds {_told(held)}, and this environment of {self.batch} copies "
                f"needs {_told(needed)}; give what memory() of the same game and batch returned."
            )
        self._key = int(held["key"])
        self._steps, self._episode = held["steps"], held["episode"]
        self._world = {name: held[name] for name in world}
        return self._before_a_step()

    def _expect_reset(self) -> None:
        if not self._world:
            raise InvalidOptionError("the environment has not begun; call reset() first.")


def checked_actions(sizes: TeamSizes, batch: int, actions: np.ndarray) -> np.ndarray:
    """Actions of all agents in all copies, int64 [B, N] or float64 [B, N, K] in [0, 1].

    Raises
    ------
    IllegalActionError
    """
    given = np.asarray(actions)
    shape = (batch, len(sizes.agents), sizes.box) if sizes.box else (batch, len(sizes.agents))
    allowed = "iuf" if sizes.box else "iu"
    if given.shape != shape or given.dtype.kind not in allowed:
        kind = "numbers" if sizes.box else "whole numbers"
        raise IllegalActionError(
            f"actions are {given.dtype} of shape {given.shape}; give {kind} of shape {shape}: "
            f"copies, agents{', entries' if sizes.box else ''}."
        )
    if sizes.box:
        if np.isnan(given).any():
            raise IllegalActionError("actions hold NaN; give numbers from 0 to 1.")
        return np.clip(given.astype(np.float64, copy=False), 0.0, 1.0)
    wrong = (given < 0) | (given >= sizes.actions)
    if wrong.any():
        copy, agent = np.argwhere(wrong)[0]
        raise IllegalActionError(
            f"{sizes.agents[agent]} of copy {copy} takes action {given[copy, agent]}; it has the "
            f"actions 0 to {sizes.actions[agent] - 1}."
        )
    return given.astype(np.int64, copy=False)


def key_of(seed: int | None) -> int:
    """The 64 bits from which all beginnings under a seed are drawn."""
    return int(child(resolve_seed(seed)[1], "team").generate_state(1, np.uint64)[0])


def _told(held: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {name: f"{held[name].dtype} {held[name].shape}" for name in sorted(held)}


def _replaced(array: np.ndarray, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
    if len(rows) == len(array):
        return new
    changed = array.copy()
    changed[rows] = new
    return changed
