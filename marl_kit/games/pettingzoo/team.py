"""One copy of a team's game as a PettingZoo Parallel environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space
from pettingzoo import ParallelEnv

from marl_kit.core.errors import IllegalActionError, InvalidOptionError
from marl_kit.games.team import View, World
from marl_kit.games.team_batch import checked_actions, key_of
from marl_kit.games.team_draws import uniforms

if TYPE_CHECKING:
    from marl_kit.games.team_game import TeamGame

COPY = np.zeros(1, np.int64)
"""The copy whose episodes are played."""
Infos = dict[str, dict[str, Any]]


class TeamEnv(ParallelEnv):
    """A team's game as others' programs expect it.

    Its episodes are those of copy 0 of ``game.environment(seed=...)``: ``reset(seed=...)`` begins
    episode 0, a reset without a seed the next one.
    """

    def __init__(self, game: TeamGame):
        self.game, self.rules = game, game.rules
        self.metadata = {"name": game.name, "render_modes": []}
        self.render_mode = None
        self.possible_agents = list(game.sizes.agents)
        self.agents: list[str] = []
        self._key, self._episode = key_of(None), 0
        self._world: World = {}
        shapes = zip(self.rules.lengths, self.rules.boxes, game.sizes.actions, strict=True)
        self.observation_spaces: dict[str, Space] = {}
        self.action_spaces: dict[str, Space] = {}
        for agent, (length, box, actions) in zip(self.possible_agents, shapes, strict=True):
            self.observation_spaces[agent] = Box(-np.inf, np.inf, (int(length),), np.float32)
            self.action_spaces[agent] = (
                Box(0.0, 1.0, (int(box),), np.float32) if game.sizes.box else Discrete(int(actions))
            )
        self.state_space = Box(-np.inf, np.inf, (game.sizes.state,), np.float32)

    def observation_space(self, agent: str) -> Space:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space:
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], Infos]:
        if seed is not None:
            self._key, self._episode = key_of(seed), 0
        numbers = uniforms(self._key, COPY, np.array([self._episode]), self.rules.draws)
        self._world, self._steps = self.rules.start(numbers), 0
        self._episode += 1
        self.agents = self.possible_agents[:]
        self._view = self.rules.view(self._world)
        return self._observations(self._view), self._infos(self._view)

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """One step.

        Raises
        ------
        IllegalActionError
            An agent without an action, or with one that it does not have.
        InvalidOptionError
            No episode runs.
        """
        chosen = checked_actions(self.game.sizes, 1, self._joint(actions))
        self._world, rewards, ended = self.rules.step(self._world, chosen)
        self._steps += 1
        terminated = bool(ended[0])
        truncated = self._steps >= self.game.sizes.horizon and not terminated
        everybody, self._view = self.agents, self.rules.view(self._world)
        if terminated or truncated:
            self.agents = []
        return (
            self._observations(self._view),
            dict(zip(everybody, rewards[0].tolist(), strict=True)),
            dict.fromkeys(everybody, terminated),
            dict.fromkeys(everybody, truncated),
            self._infos(self._view),
        )

    def _joint(self, actions: dict[str, Any]) -> np.ndarray:
        """Actions [1, N], or boxes [1, N, K] with zeros behind the shorter ones."""
        if not self.agents:
            raise InvalidOptionError("no episode runs; call reset() first.")
        if set(actions) != set(self.agents):
            raise IllegalActionError(
                f"actions are given for {sorted(actions)}; give one for each of {self.agents}."
            )
        if not self.game.sizes.box:
            return np.array([[actions[agent] for agent in self.agents]])
        joint = np.zeros((1, len(self.agents), self.game.sizes.box))
        for n, agent in enumerate(self.agents):
            box = np.asarray(actions[agent], float)
            if box.shape != (self.rules.boxes[n],):
                raise IllegalActionError(
                    f"{agent}'s action has the shape {box.shape}; give {self.rules.boxes[n]} "
                    "numbers from 0 to 1."
                )
            joint[0, n, : len(box)] = box
        return joint

    def state(self) -> np.ndarray:
        return self._view.states[0].astype(np.float32)

    def _observations(self, view: View) -> dict[str, np.ndarray]:
        seen = view.observations[0].astype(np.float32)
        lengths = self.rules.lengths
        return {a: seen[n, : lengths[n]] for n, a in enumerate(self.possible_agents)}

    def _infos(self, view: View) -> Infos:
        if self.game.sizes.box:
            return {agent: {} for agent in self.possible_agents}
        masks, counts = view.mask[0].astype(np.int8), self.game.sizes.actions
        return {
            agent: {"action_mask": masks[n, : counts[n]]}
            for n, agent in enumerate(self.possible_agents)
        }

    def render(self) -> None:
        return None
