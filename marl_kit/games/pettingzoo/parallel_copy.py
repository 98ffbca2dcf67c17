"""One live PettingZoo Parallel environment, episode after episode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.pettingzoo.parallel_spaces import AgentSpaces
from marl_kit.games.team import TeamSizes


class LiveCopy:
    """What an environment shows now, for the N agents that it may have.

    The names in what a step returns are followed, not ``env.agents``: after the last step that is
    empty, while the dictionaries still hold the departing agents' rewards and flags.

    Attributes
    ----------
    observations : float64 [N, D]
        Zeros for agents that take no part; one that leaves still shows its last.
    mask : bool [N, A]
    state : float64 [S]
    present : bool [N]
        Who takes part in the step to come.
    ended : bool [N]
        For whom the game has ended in this episode, or who took no part in it. Who is neither
        present nor ended was cut off.
    """

    def __init__(self, env: Any, sizes: TeamSizes, spaces: list[AgentSpaces], told_state: bool):
        self.env, self.sizes = env, sizes
        self._spaces, self._told_state = spaces, told_state
        self._number = {agent: n for n, agent in enumerate(sizes.agents)}

    def begin(self, seed: int) -> None:
        """Reset the environment."""
        observations, infos = checked_reset(self.env, seed)
        self.present = self._listed()
        self.ended = ~self.present
        self._left = np.zeros(len(self._number), bool)
        if not self.present.any():
            raise InvalidGameError(
                "an episode begins without agents; reset() must fill env.agents."
            )
        self._see(observations, infos, self.present)
        self.state = self._read_state()

    def step(self, actions: np.ndarray) -> np.ndarray:
        """One step with actions [N] or [N, K]; the agents' rewards, float64 [N]."""
        numbers = {agent: self._index(agent) for agent in self.env.agents}
        chosen = {a: self._spaces[n].action(actions[n]) for a, n in numbers.items()}
        told = self.env.step(chosen)
        if not isinstance(told, tuple) or len(told) != 5:
            raise InvalidGameError(
                "step() must return five dictionaries: observations, rewards, terminations, "
                "truncations, infos."
            )
        observations, rewards, terminations, truncations, infos = told
        self._expect_known((*observations, *rewards, *terminations, *truncations))
        took_part = self.present
        gained = self._rewards(rewards, took_part)
        self._part(terminations, truncations)
        self._see(observations, infos, took_part | self.present)
        self.state = self._read_state()
        return gained

    def _rewards(self, rewards: Mapping[str, Any], took_part: np.ndarray) -> np.ndarray:
        gained = np.zeros(len(took_part))
        for n in np.flatnonzero(took_part):
            agent = self.sizes.agents[n]
            gained[n] = float(_told("reward", rewards, agent))
            if not np.isfinite(gained[n]):
                raise InvalidGameError(
                    f"{agent} is given the reward {gained[n]}; repair the environment, as rewards "
                    f"must be finite."
                )
        return gained

    def _part(self, terminations: Mapping[str, Any], truncations: Mapping[str, Any]) -> None:
        """Who leaves with this step, and how; who joins."""
        listed = self._listed()
        present, ended = self.present & listed, self.ended.copy()
        for n in np.flatnonzero(self.present):
            agent = self.sizes.agents[n]
            ends = bool(_told("termination", terminations, agent))
            leaves = ends or bool(_told("truncation", truncations, agent))
            if not leaves and not listed[n]:
                raise InvalidGameError(
                    f"{agent} is no longer in env.agents, but was neither terminated nor "
                    f"truncated; an environment must say how an agent leaves."
                )
            self._left[n] |= leaves
            present[n] &= not leaves
            ended[n] = ends
        joined = listed & ~self.present & ~self._left
        self.present, self.ended = present | joined, ended & ~joined

    def _see(
        self, observations: Mapping[str, Any], infos: Mapping[str, Any], whom: np.ndarray
    ) -> None:
        """Take in what the agents ``whom`` see."""
        self.observations = np.zeros((len(whom), self.sizes.observation))
        self.mask = np.zeros((len(whom), self.sizes.most_actions), bool)
        self.mask[:, :1] = True
        for n in np.flatnonzero(whom):
            agent, space = self.sizes.agents[n], self._spaces[n]
            if self.ended[n] and agent not in observations:
                continue  # nothing is decided from there
            seen = _told("observation", observations, agent)
            self.observations[n, : space.length] = space.vector(seen)
            self.mask[n, : space.actions] = space.mask(seen, infos.get(agent))

    def _read_state(self) -> np.ndarray:
        if not self._told_state:
            return self.observations.ravel().copy()
        state = state_of(self.env)
        if state is None and self.ended.all():
            return self.state  # asked for after the end; nothing is expected from there
        if state is None or len(state) != self.sizes.state:
            raise InvalidGameError(
                f"state() gave {self.sizes.state} finite numbers before and does not now; take "
                f"the agents' observations for it: mk.as_team(env, state='observations')."
            )
        return state

    def _listed(self) -> np.ndarray:
        listed = np.zeros(len(self._number), bool)
        listed[[self._index(agent) for agent in self.env.agents]] = True
        return listed

    def _expect_known(self, agents: Iterable[str]) -> None:
        for agent in agents:
            self._index(agent)

    def _index(self, agent: str) -> int:
        if agent not in self._number:
            raise InvalidGameError(
                f"agent {agent!r} is not among possible_agents, {', '.join(self._number)}; list "
                f"every agent that can ever take part there."
            )
        return self._number[agent]


def checked_reset(env: Any, seed: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Observations and infos after a reset."""
    told = env.reset(seed=seed)
    if not isinstance(told, tuple) or len(told) != 2:
        raise InvalidGameError("reset() must return two dictionaries: observations and infos.")
    return told


def state_of(env: Any) -> np.ndarray | None:
    """``env.state()`` as a vector; None where there is none, it fails or is no finite numbers."""
    try:
        state = np.array(env.state(), np.float64).ravel()  # a copy: some go on writing to it
    except Exception:  # whatever an environment without a state raises
        return None
    return state if len(state) and np.isfinite(state).all() else None


def _told(what: str, by_agent: Mapping[str, Any], agent: str) -> Any:
    try:
        return by_agent[agent]  # not get(): a defaultdict tells what was never set
    except KeyError:
        raise InvalidGameError(
            f"{agent} took part in the step and is told no {what}; an environment's dictionaries "
            f"must hold every agent that did."
        ) from None
