"""Networks of critics: how good a state or an action is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from marl_kit.games.team import TeamSizes
from marl_kit.learn.cooperative.agents import AgentNetworks
from marl_kit.learn.cooperative.mixers import ONE
from marl_kit.learn.cooperative.rollout import Rollout
from marl_kit.learn.cooperative.stacked import StackedMLP


class StateCritic(nn.Module):
    """Values of states, as each agent's critic sees them."""

    def no_memory(self, copies: int) -> torch.Tensor:
        """Before anything was seen, [S, N, copies, R]."""
        raise NotImplementedError

    def values(
        self, found: Rollout, memory: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Values before and after each step, [S, N, B, T] each, and the last memory."""
        raise NotImplementedError


class LocalCritic(StateCritic):
    """V(o): each agent's, of its own observations."""

    def __init__(self, networks: AgentNetworks):
        super().__init__()
        self.networks = networks

    def no_memory(self, copies: int) -> torch.Tensor:
        return self.networks.no_memory(copies)

    def values(
        self, found: Rollout, memory: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        now, memories = self.networks(found.observations, found.starts, memory)
        then = self.networks.after(found.after_observations, memories)
        return now.squeeze(-1), then.squeeze(-1), memories[..., -1, :]


class CentralCritic(StateCritic):
    """V(s): of the state, which training may see and playing may not.

    One number for a team; where agents have their own rewards, one for each of them.
    """

    def __init__(
        self, generators: Sequence[torch.Generator], sizes: TeamSizes, width: int, own: bool
    ):
        super().__init__()
        self.runs, self.agents = len(generators), len(sizes.agents)
        outputs = self.agents if own else 1
        self.network = StackedMLP(generators, ONE, (sizes.state, width, width, outputs))

    def no_memory(self, copies: int) -> torch.Tensor:
        return torch.zeros(self.runs, self.agents, copies, 0)

    def values(
        self, found: Rollout, memory: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self._of(found.states), self._of(found.after_states), memory

    def _of(self, states: torch.Tensor) -> torch.Tensor:
        """[S, B, T, Z] to [S, N, B, T]."""
        found: torch.Tensor = self.network(states[:, None])
        return found.squeeze(1).movedim(-1, 1).expand(-1, self.agents, -1, -1)


class CounterfactualCritic(nn.Module):
    """Q(s, (a_-i, .)): of state, observation and the others' actions, for all own actions.

    Foerster et al. (2018), Counterfactual multi-agent policy gradients, section 4.
    """

    def __init__(self, networks: AgentNetworks, actions: int):
        super().__init__()
        self.networks, self.actions = networks, actions

    def forward(
        self, states: torch.Tensor, observations: torch.Tensor, actions: torch.Tensor
    ) -> torch.Tensor:
        """Of states [S, B, T, Z], observations [S, N, B, T, D] and actions [S, N, B, T].

        [S, N, B, T, A]: had an agent taken another action.
        """
        agents, copies, steps = actions.shape[1:]
        inputs = torch.cat(
            [
                states[:, None].expand(-1, agents, -1, -1, -1),
                observations,
                self._others(actions),
            ],
            -1,
        )
        starts = torch.zeros(len(actions), copies, steps, dtype=torch.bool)
        answers: torch.Tensor
        answers, _ = self.networks(inputs, starts, self.networks.no_memory(copies))
        return answers

    def _others(self, actions: torch.Tensor) -> torch.Tensor:
        """What the others did, one-hot, zeros in the place of the agent's own: [..., N x A]."""
        agents = actions.shape[1]
        taken = nn.functional.one_hot(actions, self.actions).float()
        others = (1 - torch.eye(agents))[:, :, None, None, None]
        joint = taken[:, None] * others
        return joint.movedim(2, -2).flatten(-2)


def counterfactual_inputs(sizes: TeamSizes) -> int:
    """How many numbers ``CounterfactualCritic`` sees."""
    return sizes.state + sizes.observation + len(sizes.agents) * sizes.most_actions
