"""MAPPO as one would write it first: an environment, a loop over its steps, torch's own modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from marl_kit.learn.cooperative.policy_options import PolicyOptions
from marl_kit.learn.ppo import clipped_loss, gae


class MappoLoop:
    """The networks, epochs and batches of ``mk.train_team(..., "mappo")``, one environment.

    Parameters
    ----------
    env : ParallelEnv
    options : PolicyOptions
    episodes : int
        Before each update.
    """

    def __init__(self, env: Any, options: PolicyOptions, episodes: int):
        self.env, self.options, self.episodes = env, options, episodes
        self.agents = env.possible_agents
        agents = len(self.agents)
        seen = env.observation_space(self.agents[0]).shape[0]
        actions = int(env.action_space(self.agents[0]).n)
        self.actor = _mlp(seen + agents, options.width, actions)
        self.critic = _mlp(seen * agents, options.width, 1)
        self.adam = torch.optim.Adam(self.actor.parameters(), lr=options.rate, eps=1e-5)
        self.critic_adam = torch.optim.Adam(
            self.critic.parameters(), lr=options.critic_rate, eps=1e-5
        )
        self.names = torch.eye(agents)

    def iterate(self) -> int:
        """Play some episodes and learn from them; how many steps that were."""
        steps = [step for _ in range(self.episodes) for step in self._episode()]
        inputs, states, actions, old, rewards, after, over = (
            torch.stack(x) for x in zip(*steps, strict=True)
        )
        with torch.no_grad():
            now, then = self.critic(states)[:, 0], self.critic(after)[:, 0]
            gains = gae(
                rewards,
                now,
                then,
                over,
                discount=self.options.discount,
                trace=self.options.trace,
            )
        targets = gains + now
        gains = ((gains - gains.mean()) / (gains.std() + 1e-8))[:, None]
        for _ in range(self.options.epochs):
            chances = torch.distributions.Categorical(logits=self.actor(inputs))
            losses = clipped_loss(chances.log_prob(actions), old, gains, self.options.clip)
            bonus = self.options.entropy * chances.entropy()
            self._step(self.adam, self.actor, (losses - bonus).mean())
            wrong = (self.critic(states)[:, 0] - targets).square().mean() / 2
            self._step(self.critic_adam, self.critic, wrong)
        return len(steps)

    def _episode(self) -> list[tuple[torch.Tensor, ...]]:
        seen, _ = self.env.reset()
        found = []
        while self.env.agents:
            observations = self._stacked(seen)
            inputs = torch.cat([observations, self.names], 1)
            with torch.no_grad():
                chances = torch.distributions.Categorical(logits=self.actor(inputs))
                actions = chances.sample()
            taken = dict(zip(self.agents, actions.tolist(), strict=True))
            seen, rewards, _, truncated, _ = self.env.step(taken)
            found.append(
                (
                    inputs,
                    observations.flatten(),
                    actions,
                    chances.log_prob(actions),
                    torch.tensor(float(np.mean(list(rewards.values())))),
                    self._stacked(seen).flatten(),
                    torch.tensor(any(truncated.values())),
                )
            )
        return found

    def _stacked(self, seen: dict[str, np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack([seen[a] for a in self.agents])).float()

    def _step(self, adam: torch.optim.Optimizer, network: nn.Module, loss: torch.Tensor) -> None:
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), self.options.largest_gradient)
        adam.step()


def _mlp(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, outputs),
    )
