"""One play in one live environment."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.pettingzoo.observation import digest, legal_actions
from marl_kit.games.tree import TERMINAL


@dataclass(frozen=True, slots=True)
class Report:
    """What the environment says after a move, for P players (agents in their fixed order)."""

    player: int  # to move, or TERMINAL
    legal: tuple[int, ...]  # of the player to move
    rewards: tuple[float, ...]  # [P]; of this move
    observations: tuple[Any, ...]  # [P]; the latest of each agent, None if it had none yet
    fingerprint: bytes  # of all of these, and of who is terminated or truncated


class Session:
    """Drives an AEC environment from its reset on.

    Every agent is observed exactly once after every move, in a fixed order: so an environment
    that draws random numbers in ``observe`` draws the same ones in every replay.
    """

    def __init__(self, env: Any, agents: tuple[str, ...], seed: int):
        self.env, self.retired = env, False
        self._number = {agent: p for p, agent in enumerate(agents)}
        self._seen: list[Any] = [None] * len(agents)
        env.reset(seed=seed)
        self.report = self._settle(np.zeros(len(agents)))

    def step(self, action: int) -> Report:
        """Take an action that is legal."""
        self.env.step(action)
        rewards = np.zeros(len(self._seen))
        self._collect(rewards)
        self.report = self._settle(rewards)
        return self.report

    def _settle(self, rewards: np.ndarray) -> Report:
        """Go through the empty steps of agents that are out; look at what everybody sees."""
        env, out = self.env, []
        while env.agents and self._is_out(agent := env.agent_selection):
            left = len(env.agents)
            self._observe(agent)
            out.append((agent, bool(env.terminations[agent]), bool(env.truncations[agent])))
            env.step(None)
            self._collect(rewards)
            if len(env.agents) >= left:
                raise InvalidGameError(
                    f"{agent} is terminated or truncated, but its empty step does not remove it "
                    f"from the environment's agents."
                )
        for agent in list(env.agents):
            self._observe(agent)
        return self._report(rewards, out)

    def _report(self, rewards: np.ndarray, out: list[tuple[str, bool, bool]]) -> Report:
        player = TERMINAL
        legal: tuple[int, ...] = ()
        alive = [(a, self._is_out(a)) for a in self.env.agents]
        if alive:
            agent = self.env.agent_selection
            player = self._index(agent)
            space, info = self.env.action_space(agent), self.env.infos.get(agent)
            legal = legal_actions(space, self._seen[player], info, agent)
        given = tuple(float(x) for x in rewards)
        seen = tuple(self._seen)
        facts = repr((player, legal, given, out, alive))
        return Report(player, legal, given, seen, digest(facts, seen))

    def _is_out(self, agent: str) -> bool:
        return bool(self.env.terminations[agent] or self.env.truncations[agent])

    def _observe(self, agent: str) -> None:
        # a copy: many environments hand out an array that they go on writing to
        self._seen[self._index(agent)] = copy.deepcopy(self.env.observe(agent))

    def _collect(self, rewards: np.ndarray) -> None:
        """Add what this one step gave: ``rewards``, not the sums of ``_cumulative_rewards``."""
        for agent, reward in self.env.rewards.items():
            if not np.isfinite(value := float(reward)):
                raise InvalidGameError(f"{agent} is given the reward {value}; it must be finite.")
            rewards[self._index(agent)] += value

    def _index(self, agent: str) -> int:
        if agent not in self._number:
            raise InvalidGameError(
                f"agent {agent!r} is not among possible_agents, {', '.join(self._number)}; a game "
                f"has a fixed list of players."
            )
        return self._number[agent]
