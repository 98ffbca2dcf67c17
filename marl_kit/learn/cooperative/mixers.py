"""How a team's value is put together from its agents' values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from marl_kit.learn.cooperative.stacked import StackedMLP

EMBEDDING = 32
HEADS = 4
GENTLE = 0.3
"""Gain of the layers that make a mixer's weights: at first the team's value moves about as much as
an agent's, not ten times as much, from which the targets would run away."""
ONE = (0,)
"""The groups of a network that all agents share: one a run."""


class Mixed(NamedTuple):
    """What a mixer puts together.

    Attributes
    ----------
    chosen : float32 [S, N, M]
        The agents' values of the actions that they took.
    greatest : float32 [S, N, M]
        Of their best legal actions.
    actions : int64 [S, N, M]
    alive : bool [S, N, M]
        Who takes part; the values of others add nothing to a team's.
    states : float32 [S, M, Z]
    """

    chosen: torch.Tensor
    greatest: torch.Tensor
    actions: torch.Tensor
    alive: torch.Tensor
    states: torch.Tensor


class Separate(nn.Module):
    """No mixer: every agent learns its own value (independent Q-learning, Tan 1993)."""

    def forward(self, mixed: Mixed) -> torch.Tensor:
        """[S, N, M]: one value for each agent."""
        return mixed.chosen


class Additive(nn.Module):
    """The sum (value decomposition networks, Sunehag et al. 2018)."""

    def forward(self, mixed: Mixed) -> torch.Tensor:
        """[S, 1, M]: one value for the team."""
        return (mixed.chosen * mixed.alive).sum(1, keepdim=True)


class Monotone(nn.Module):
    """A network that grows in each agent's value, its weights made of the state (QMIX).

    Rashid et al. (2018), QMIX: monotonic value function factorisation.
    """

    def __init__(self, generators: Sequence[torch.Generator], agents: int, state: int):
        super().__init__()
        self.shape = agents, EMBEDDING
        self.weights_in = StackedMLP(generators, ONE, (state, agents * EMBEDDING), GENTLE)
        self.bias_in = StackedMLP(generators, ONE, (state, EMBEDDING), GENTLE)
        self.weights_out = StackedMLP(generators, ONE, (state, EMBEDDING), GENTLE)
        self.bias_out = StackedMLP(generators, ONE, (state, EMBEDDING, 1))

    def forward(self, mixed: Mixed) -> torch.Tensor:
        """[S, 1, M]: one value for the team."""
        states = mixed.states[:, None]
        weights = self.weights_in(states).squeeze(1).abs().unflatten(-1, self.shape)
        inner = torch.einsum("snm,smne->sme", mixed.chosen * mixed.alive, weights)
        hidden = nn.functional.elu(inner + self.bias_in(states).squeeze(1))
        outer = (hidden * self.weights_out(states).squeeze(1).abs()).sum(-1)
        return (outer + self.bias_out(states).squeeze(1).squeeze(-1))[:, None]


class Duplex(nn.Module):
    """Values plus advantages, each weighted by positive numbers (QPLEX).

    Wang et al. (2021), QPLEX: duplex dueling multi-agent Q-learning. The weights of values are of
    the state, those of advantages of state and joint action, so that every function whose greedy
    actions agree with the agents' can be represented. As in the paper's section 3.2 no slopes go
    through the agents' advantages.
    """

    def __init__(
        self, generators: Sequence[torch.Generator], agents: int, state: int, actions: int
    ):
        super().__init__()
        self.actions = actions
        joint, hidden = state + agents * actions, 2 * EMBEDDING
        self.scale = StackedMLP(generators, ONE, (state, hidden, agents))
        self.shift = StackedMLP(generators, ONE, (state, hidden, agents))
        self.keys = StackedMLP(generators, ONE, (state, hidden, HEADS))
        self.of_state = StackedMLP(generators, ONE, (state, hidden, HEADS * agents))
        self.of_actions = StackedMLP(generators, ONE, (joint, hidden, HEADS * agents))

    def forward(self, mixed: Mixed) -> torch.Tensor:
        """[S, 1, M]: one value for the team."""
        states = mixed.states[:, None]
        scale = self.scale(states).squeeze(1).abs().transpose(1, 2) + 1e-6
        shift = self.shift(states).squeeze(1).transpose(1, 2)
        value = (scale * mixed.greatest * mixed.alive + shift).sum(1)
        advantage = scale * ((mixed.chosen - mixed.greatest) * mixed.alive).detach()
        return (value + (self._attention(mixed) * advantage).sum(1))[:, None]

    def _attention(self, mixed: Mixed) -> torch.Tensor:
        """Positive weights [S, N, M]: heads that look at the state and the joint action."""
        states = mixed.states[:, None]
        joint = torch.cat([mixed.states, joint_one_hot(mixed.actions, self.actions)], -1)[:, None]
        heads = HEADS, mixed.chosen.shape[1]
        keys = self.keys(states).squeeze(1).abs()[..., None] + 1e-6
        of_state = self.of_state(states).squeeze(1).unflatten(-1, heads).sigmoid()
        of_actions = self.of_actions(joint).squeeze(1).unflatten(-1, heads).sigmoid()
        return (keys * of_state * of_actions).sum(2).transpose(1, 2)


class Unrestricted(nn.Module):
    """Any function of state and agents' values: what weighted QMIX compares itself with.

    Rashid et al. (2020), Weighted QMIX, section 5: the central Q*.
    """

    def __init__(self, generators: Sequence[torch.Generator], agents: int, state: int, width: int):
        super().__init__()
        self.network = StackedMLP(generators, ONE, (state + agents, width, width, 1))

    def forward(self, mixed: Mixed) -> torch.Tensor:
        """[S, 1, M]: one value for the team."""
        chosen = mixed.chosen * mixed.alive
        inputs = torch.cat([mixed.states, chosen.transpose(1, 2)], -1)
        return self.network(inputs[:, None]).squeeze(-1)


def joint_one_hot(actions: torch.Tensor, count: int) -> torch.Tensor:
    """Actions [S, N, M] of all agents as [S, M, N x count]."""
    return nn.functional.one_hot(actions, count).float().transpose(1, 2).flatten(2)
