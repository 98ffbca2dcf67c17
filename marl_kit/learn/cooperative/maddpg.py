"""Actors that climb a central critic's slope: MADDPG."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from marl_kit.core.checks import number, whole
from marl_kit.games.team import TeamSizes
from marl_kit.learn.cooperative.advisers import mean_of
from marl_kit.learn.cooperative.agents import AgentNetworks, groups_of, sees_ids
from marl_kit.learn.cooperative.kept import Part, Tensors, Weights, gathered, handed_out
from marl_kit.learn.cooperative.optimiser import Optimiser
from marl_kit.learn.cooperative.replay import Replay
from marl_kit.learn.cooperative.rollout import Rollout, Seen, first_seen, usual_steps
from marl_kit.learn.cooperative.stacked import StackedMLP
from marl_kit.learn.ppo import legal_log_softmax

_SURELY_INSIDE = 1e-6
"""Random numbers whose logarithms are taken stay so far away from 0 and 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeterministicOptions:
    """How deterministic actors and their critics are learned.

    Attributes
    ----------
    discount : float
    sharing : str or sequence of int
        ``separate``, ``ids``, ``shared``, or groups of agents that share an actor.
    width : int
        Of the hidden layers.
    rate, critic_rate : float
        Of Adam.
    noise : float
        Standard deviation of what is added to box actions in training, whose entries go from 0
        to 1. Discrete actions are drawn by their probabilities.
    temperature : float
        Of the straight-through Gumbel softmax, by which slopes reach discrete actions.
    logits : float
        Weight of the mean squared output of the actors, before it is squashed: those that are
        far out have no slope any more.
    following : float
        How far the targets' networks go towards the learned ones in a step.
    rollout : int, optional
        Steps of a sequence; whole episodes, but at most 64, unless given.
    slots, batch, updates : int
        Sequences in memory; in a step; steps after a rollout.
    largest_gradient : float
    """

    discount: float = 0.95
    sharing: str | Sequence[int] = "separate"
    width: int = 64
    rate: float = 1e-3
    critic_rate: float = 1e-3
    noise: float = 0.1
    temperature: float = 1.0
    logits: float = 1e-3
    following: float = 0.01
    rollout: int | None = None
    slots: int = 1024
    batch: int = 32
    updates: int = 8
    largest_gradient: float = 0.5

    def __post_init__(self) -> None:
        for name in ("discount", "following"):
            number(name, getattr(self, name), 0.0, 1.0)
        for name in ("noise", "logits"):
            number(name, getattr(self, name), 0.0)
        for name in ("rate", "critic_rate", "temperature", "largest_gradient"):
            number(name, getattr(self, name), 1e-12)
        for name in ("width", "slots", "batch", "updates"):
            whole(name, getattr(self, name))
        if self.rollout is not None:
            whole("rollout", self.rollout)


class DeterministicLearner:
    """MADDPG (Lowe et al. 2017): an actor for each agent and a critic that sees all of them.

    Box actions are the actors' squashed outputs. Discrete actions go into the critic as one-hot
    vectors whose slopes are those of a Gumbel softmax (Jang et al. 2017), which is biased: the
    straight-through estimator.

    Parameters
    ----------
    options : DeterministicOptions
    sizes : TeamSizes
    generators : sequence of S torch.Generator
        Of the first weights.
    key : int
        Of the sequences that are drawn, and of the Gumbel noise.
    own : bool
        Whether agents have their own rewards, and so a critic each.
    """

    def __init__(
        self,
        options: DeterministicOptions,
        sizes: TeamSizes,
        generators: Sequence[torch.Generator],
        key: int,
        own: bool = False,
    ):
        self.options, self.sizes, self.key = options, sizes, key
        self.outputs = sizes.box or sizes.most_actions
        agents = len(sizes.agents)
        self.actors = AgentNetworks(
            generators,
            groups_of(options.sharing, agents),
            ids=sees_ids(options.sharing),
            inputs=sizes.observation,
            width=options.width,
            outputs=self.outputs,
            gain=0.01,
        )
        widths = sizes.state + agents * self.outputs, options.width, options.width, 1
        critics = tuple(range(agents)) if own else (0,) * agents
        self.critic = StackedMLP(generators, critics, widths)
        self.later_actors = copy.deepcopy(self.actors)
        self.later_critic = copy.deepcopy(self.critic)
        limit = options.largest_gradient
        self.actor_optimiser = Optimiser([self.actors], options.rate, limit)
        self.critic_optimiser = Optimiser([self.critic], options.critic_rate, limit)
        self.replay = Replay(options.slots)
        self.updates = 0

    @property
    def draws(self) -> int:
        """Random numbers for an action: two make a normal one."""
        return 2 * self.sizes.box or self.outputs

    @property
    def rollout(self) -> int:
        """Steps of a rollout."""
        return self.options.rollout or usual_steps(self.sizes.horizon, 64)

    @property
    def acting(self) -> nn.Module:
        """What a trained team needs to act."""
        return self.actors

    @property
    def parts(self) -> dict[str, Part]:
        """What learning changes, but for the count of updates."""
        learned: dict[str, Part] = {
            name: Weights(getattr(self, name))
            for name in ("actors", "critic", "later_actors", "later_critic")
        }
        optimisers = {n: getattr(self, n) for n in ("actor_optimiser", "critic_optimiser")}
        return {**learned, **optimisers, "replay": self.replay}

    def tensors(self) -> Tensors:
        return {**gathered(self.parts), "updates": torch.tensor(self.updates)}

    def restore(self, tensors: Tensors) -> None:
        self.updates = int(tensors["updates"])
        handed_out(self.parts, tensors)

    def no_memory(self, copies: int) -> torch.Tensor:
        return self.actors.no_memory(copies)

    def best(self, seen: Seen, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = self._outputs(seen, memory)
        if self.sizes.box:
            return outputs.sigmoid(), memory
        return legal_log_softmax(outputs, seen.mask).argmax(-1), memory

    def probabilities(self, observations: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen = first_seen(observations, mask)
        outputs = self._outputs(seen, self.no_memory(mask.shape[2]))
        return legal_log_softmax(outputs, mask).exp()

    def explore(
        self, seen: Seen, memory: torch.Tensor, numbers: torch.Tensor, steps: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = self._outputs(seen, memory)
        if self.sizes.box:
            noise = self.options.noise * _normal(*numbers.chunk(2, -1))
            return (outputs.sigmoid() + noise).clamp(0, 1), memory
        return (legal_log_softmax(outputs, seen.mask) + _gumbel(numbers)).argmax(-1), memory

    def _outputs(self, seen: Seen, memory: torch.Tensor) -> torch.Tensor:
        outputs, _ = self.actors(seen.observations[:, :, :, None], seen.starts[..., None], memory)
        return outputs[:, :, :, 0]

    def learn(self, rollout: Rollout) -> dict[str, torch.Tensor]:
        """Remember a rollout and make some steps; the losses of the runs, [S] each."""
        self.replay.add(rollout)
        losses = [self._step() for _ in range(self.options.updates)]
        policy, value = (torch.stack(x).mean(0) for x in zip(*losses, strict=True))
        return {"policy loss": policy, "value loss": value}

    def _step(self) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.replay.sample(self.options.batch, self.key, self.updates)
        taken = found.actions if self.sizes.box else self._one_hot(found.actions)
        value = self._critic_loss(found, taken)
        self.critic_optimiser.step(value)
        policy = self._actor_loss(found, taken)
        self.actor_optimiser.step(policy)
        self._follow()
        self.updates += 1
        return policy.detach(), value.detach()

    def _critic_loss(self, found: Rollout, taken: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            outputs = self.later_actors.after(found.after_observations, found.memory[..., None, :])
            if self.sizes.box:
                following = outputs.sigmoid()
            else:
                following = self._one_hot(legal_log_softmax(outputs, found.after_mask).argmax(-1))
            joint = _joint(following)[:, None].expand(-1, taken.shape[1], -1, -1, -1)
            later = self._value(self.later_critic, found.after_states, joint)
            targets = found.rewards + self.options.discount * later * ~found.ended
        joint = _joint(taken)[:, None].expand(-1, taken.shape[1], -1, -1, -1)
        values = self._value(self.critic, found.states, joint)
        return mean_of((values - targets).square(), found.counted)

    def _actor_loss(self, found: Rollout, taken: torch.Tensor) -> torch.Tensor:
        """Each agent's value of its own action now, with the actions that others took then."""
        agents = taken.shape[1]
        outputs, _ = self.actors(found.observations, found.starts, found.memory)
        mine = outputs.sigmoid() if self.sizes.box else self._through(outputs, found.mask)
        me = torch.eye(agents, dtype=torch.bool)[:, :, None, None, None]
        joint = torch.where(me, mine[:, :, None], taken[:, None]).movedim(2, -2).flatten(-2)
        for parameter in self.critic.parameters():
            parameter.requires_grad_(False)
        values = self._value(self.critic, found.states, joint)
        for parameter in self.critic.parameters():
            parameter.requires_grad_(True)
        far_out = self.options.logits * outputs.square().mean(-1)
        return mean_of(far_out - values, found.choices)

    def _through(self, outputs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One-hot actions with the slopes of a softmax: the straight-through Gumbel estimator."""
        generator = torch.Generator().manual_seed((self.key + self.updates) % 2**63)
        noise = _gumbel(torch.rand(outputs.shape, generator=generator))
        warm = (legal_log_softmax(outputs, mask) + noise) / self.options.temperature
        soft = warm.softmax(-1)
        return self._one_hot(warm.argmax(-1)) + soft - soft.detach()

    def _value(self, critic: StackedMLP, states: torch.Tensor, joint: torch.Tensor) -> torch.Tensor:
        """Of joint actions [S, N, M, T, all], one for each agent's critic, [S, N, M, T]."""
        states = states[:, None].expand(-1, joint.shape[1], -1, -1, -1)
        return critic(torch.cat([states, joint], -1)).squeeze(-1)

    def _one_hot(self, actions: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(actions, self.outputs).float()

    @torch.no_grad()
    def _follow(self) -> None:
        pairs = (self.later_actors, self.actors), (self.later_critic, self.critic)
        for later, learned in pairs:
            for x, y in zip(later.parameters(), learned.parameters(), strict=True):
                x.lerp_(y, self.options.following)


def _joint(actions: torch.Tensor) -> torch.Tensor:
    """[S, N, M, T, K] as [S, M, T, N x K]."""
    return actions.movedim(1, -2).flatten(-2)


def _gumbel(numbers: torch.Tensor) -> torch.Tensor:
    inside = numbers.clamp(_SURELY_INSIDE, 1 - _SURELY_INSIDE)
    return -(-inside.log()).log()


def _normal(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Two uniform numbers as a normal one (Box and Muller 1958)."""
    radius = (-2 * first.clamp(min=_SURELY_INSIDE).log()).sqrt()
    return radius * torch.cos(2 * torch.pi * second)
