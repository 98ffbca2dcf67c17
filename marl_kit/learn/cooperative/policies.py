"""The policies of a team's agents, in sections that are updated one after another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from marl_kit.games.team import TeamSizes
from marl_kit.learn.cooperative.agents import AgentNetworks, groups_of, sees_ids
from marl_kit.learn.cooperative.policy_options import PolicyOptions
from marl_kit.learn.cooperative.rollout import Rollout, Seen
from marl_kit.learn.ppo import legal_log_softmax

UNDECIDED = 0.01
"""Gain of a policy's last layer: all actions are about equally likely at first."""


class Section(nn.Module):
    """Agents that are updated together, next to each other in the order of all.

    Parameters
    ----------
    networks : AgentNetworks
    agents : slice
    """

    def __init__(self, networks: AgentNetworks, agents: slice):
        super().__init__()
        self.networks, self.agents = networks, agents

    def log_probs(self, found: Rollout) -> torch.Tensor:
        """Of all actions of these agents before each step, [S, n, B, T, A]."""
        mine = self.agents
        logits, _ = self.networks(found.observations[:, mine], found.starts, found.memory[:, mine])
        return legal_log_softmax(logits, found.mask[:, mine])

    def taken(self, found: Rollout, log_probs: torch.Tensor) -> torch.Tensor:
        """Those of the actions that were taken, [S, n, B, T]."""
        actions = found.actions[:, self.agents, ..., None]
        return log_probs.gather(-1, actions).squeeze(-1)


class Policies(nn.Module):
    """All agents' policies: one section, or one for each agent where they change in turn.

    Parameters
    ----------
    options : PolicyOptions
    sizes : TeamSizes
    generators : sequence of S torch.Generator
    """

    def __init__(
        self, options: PolicyOptions, sizes: TeamSizes, generators: Sequence[torch.Generator]
    ):
        super().__init__()
        agents = len(sizes.agents)
        if options.order == "joint":
            split = [(groups_of(options.sharing, agents), slice(0, agents))]
        else:
            split = [((0,), slice(n, n + 1)) for n in range(agents)]
        self.sections = [
            Section(_networks(options, sizes, generators, groups), mine) for groups, mine in split
        ]
        self.held = nn.ModuleList(self.sections)

    def no_memory(self, copies: int) -> torch.Tensor:
        return torch.cat([s.networks.no_memory(copies) for s in self.sections], 1)

    def forward(self, seen: Seen, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logarithms of the probabilities of all actions, [S, N, B, A], and the memory."""
        found, memories = [], []
        for section in self.sections:
            mine = section.agents
            logits, after = section.networks(
                seen.observations[:, mine, :, None], seen.starts[..., None], memory[:, mine]
            )
            found.append(logits[:, :, :, 0])
            memories.append(after[:, :, :, 0])
        return legal_log_softmax(torch.cat(found, 1), seen.mask), torch.cat(memories, 1)

    def of(self, found: Rollout) -> torch.Tensor:
        """The same before each step of a rollout, [S, N, B, T, A]."""
        return torch.cat([section.log_probs(found) for section in self.sections], 1)


def drawn(log_probs: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Actions by random numbers in [0, 1), never one whose probability is 0."""
    cumulated = log_probs.exp().cumsum(-1)
    passed = cumulated <= numbers[..., None] * cumulated[..., -1:]
    last = log_probs.shape[-1] - 1 - (log_probs.flip(-1) > -torch.inf).int().argmax(-1)
    return torch.minimum(passed.sum(-1), last)


def _networks(
    options: PolicyOptions,
    sizes: TeamSizes,
    generators: Sequence[torch.Generator],
    groups: Sequence[int],
) -> AgentNetworks:
    return AgentNetworks(
        generators,
        groups,
        ids=sees_ids(options.sharing),
        inputs=sizes.observation,
        width=options.width,
        outputs=sizes.most_actions,
        recurrent=options.recurrent,
        gain=UNDECIDED,
    )
