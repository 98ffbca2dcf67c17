"""What critics say about a rollout: advantages for the policies, and how critics learn."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from marl_kit.games.team import TeamSizes
from marl_kit.learn.cooperative.agents import AgentNetworks, groups_of, sees_ids
from marl_kit.learn.cooperative.critics import (
    CentralCritic,
    CounterfactualCritic,
    LocalCritic,
    StateCritic,
    counterfactual_inputs,
)
from marl_kit.learn.cooperative.kept import Part, Tensors, Weights, gathered, handed_out
from marl_kit.learn.cooperative.policies import Policies, drawn
from marl_kit.learn.cooperative.policy_options import PolicyOptions
from marl_kit.learn.cooperative.rollout import Rollout
from marl_kit.learn.cooperative.value_targets import lambda_returns
from marl_kit.learn.ppo import gae, legal_log_softmax
from marl_kit.learn.value_norm import ValueNorm

FLAT = 1e-5
"""Advantages that differ by less than this share of their size differ by rounding alone."""


@dataclass(frozen=True, eq=False, slots=True)
class Advice:
    """About a rollout.

    Attributes
    ----------
    advantages : float32 [S, N, B, T]
        How much better the actions were than expected.
    targets : float32 [S, N, B, T]
        What the critic should have said.
    memory : float32 [S, N, B, R]
        Of the critic, before the rollout.
    """

    advantages: torch.Tensor
    targets: torch.Tensor
    memory: torch.Tensor

    def copies(self, chosen: torch.Tensor) -> Advice:
        """About some copies only."""
        picked = (x.index_select(2, chosen) for x in (self.advantages, self.targets, self.memory))
        return Advice(*picked)


class Adviser(Part, Protocol):
    """A critic and what it makes of rollouts."""

    @property
    def critic(self) -> nn.Module: ...

    def advise(self, found: Rollout, policies: Policies, numbers: torch.Tensor) -> Advice:
        """Before a rollout is learned from; ``numbers`` [N] are random."""

    def loss(self, found: Rollout, advice: Advice) -> torch.Tensor:
        """Of the critic, [S]."""

    def learned(self) -> None:
        """A rollout was learned from."""


class StateAdviser:
    """Advantages by generalized advantage estimation, of V(o) or V(s).

    Parameters
    ----------
    options : PolicyOptions
    critic : StateCritic
    runs : int
    """

    def __init__(self, options: PolicyOptions, critic: StateCritic, runs: int):
        self.options, self.critic, self.norm = options, critic, ValueNorm(runs)
        self._memory: torch.Tensor | None = None

    def advise(self, found: Rollout, policies: Policies, numbers: torch.Tensor) -> Advice:
        options = self.options
        before = self._memory
        if before is None:
            before = self.critic.no_memory(found.over.shape[1])
        now, then, self._memory = self.critic.values(found, before)
        if options.normalise_values:
            now, then = self.norm.denormalise(now), self.norm.denormalise(then)
        advantages = gae(
            found.rewards,
            now,
            then * ~found.ended,
            found.left,
            discount=options.discount,
            trace=options.trace,
        )
        if options.normalise_values:
            self.norm.update(advantages + now, found.counted)
        return Advice(standardised(advantages, found.choices), advantages + now, before)

    def loss(self, found: Rollout, advice: Advice) -> torch.Tensor:
        values, _, _ = self.critic.values(found, advice.memory)
        targets = advice.targets
        if self.options.normalise_values:
            targets = self.norm.normalise(targets)
        return mean_of((values - targets).square() / 2, found.counted)

    def learned(self) -> None:
        """Nothing is to be renewed."""

    def tensors(self) -> Tensors:
        norm = {f"norm.{name}": x for name, x in self.norm.state_dict().items()}
        memory = {} if self._memory is None else {"memory": self._memory}
        return {**Weights(self.critic).tensors(), **norm, **memory}

    def restore(self, tensors: Tensors) -> None:
        self._memory = tensors.get("memory")
        norm = {n: tensors[f"norm.{n}"] for n in self.norm.state_dict()}
        self.norm.load_state_dict(norm)
        Weights(self.critic).restore({n: tensors[n] for n in self.critic.state_dict()})


class CounterfactualAdviser:
    """Advantages over the mean of an agent's own actions, the others' given (COMA, equation 4).

    The critic learns TD(lambda) targets, whose networks are renewed now and then.
    """

    def __init__(self, options: PolicyOptions, critic: CounterfactualCritic):
        self.options, self.critic = options, critic
        self.judge = copy.deepcopy(critic)
        self._count = 0

    def advise(self, found: Rollout, policies: Policies, numbers: torch.Tensor) -> Advice:
        values = self.critic(found.states, found.observations, found.actions)
        taken = values.gather(-1, found.actions[..., None]).squeeze(-1)
        baseline = (policies.of(found).exp() * values).sum(-1)
        targets = self._targets(found, policies, numbers)
        nothing = self.critic.networks.no_memory(found.over.shape[1])
        return Advice(taken - baseline, targets, nothing)

    def _targets(self, found: Rollout, policies: Policies, numbers: torch.Tensor) -> torch.Tensor:
        actions = self._next_actions(found, policies, numbers)
        judged = self.judge(found.after_states, found.after_observations, actions)
        following = judged.gather(-1, actions[..., None]).squeeze(-1)
        return lambda_returns(
            found.rewards,
            following * ~found.ended,
            found.left,
            discount=self.options.discount,
            trace=self.options.trace,
        )

    def _next_actions(
        self, found: Rollout, policies: Policies, numbers: torch.Tensor
    ) -> torch.Tensor:
        """Those that were taken next; where none were, some that the policies draw."""
        log_probs = torch.cat(
            [
                legal_log_softmax(
                    s.networks.after(
                        found.after_observations[:, s.agents], found.memory[:, s.agents, :, None]
                    ),
                    found.after_mask[:, s.agents],
                )
                for s in policies.sections
            ],
            1,
        )
        actions = drawn(log_probs, numbers)
        goes_on = ~found.over[:, None, :, :-1]
        actions[..., :-1] = torch.where(goes_on, found.actions[..., 1:], actions[..., :-1])
        return actions

    def loss(self, found: Rollout, advice: Advice) -> torch.Tensor:
        values = self.critic(found.states, found.observations, found.actions)
        taken = values.gather(-1, found.actions[..., None]).squeeze(-1)
        return mean_of((taken - advice.targets).square() / 2, found.counted)

    def learned(self) -> None:
        """Renew the networks of the targets, if it is time."""
        self._count += 1
        if self._count % self.options.renew == 0:
            self.judge.load_state_dict(self.critic.state_dict())

    @property
    def _parts(self) -> dict[str, Part]:
        return {"critic": Weights(self.critic), "judge": Weights(self.judge)}

    def tensors(self) -> Tensors:
        return {**gathered(self._parts), "count": torch.tensor(self._count)}

    def restore(self, tensors: Tensors) -> None:
        self._count = int(tensors["count"])
        handed_out(self._parts, tensors)


def new_adviser(
    options: PolicyOptions, sizes: TeamSizes, generators: Sequence[torch.Generator], own: bool
) -> Adviser:
    """The critic that the options name."""
    if options.critic == "central":
        central = CentralCritic(generators, sizes, options.width, own)
        return StateAdviser(options, central, len(generators))
    local = options.critic == "local"
    networks = AgentNetworks(
        generators,
        groups_of(options.sharing, len(sizes.agents)),
        ids=sees_ids(options.sharing),
        inputs=sizes.observation if local else counterfactual_inputs(sizes),
        width=options.width,
        outputs=1 if local else sizes.most_actions,
        recurrent=options.recurrent,
    )
    if local:
        return StateAdviser(options, LocalCritic(networks), len(generators))
    return CounterfactualAdviser(options, CounterfactualCritic(networks, sizes.most_actions))


def standardised(advantages: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """With mean 0 and deviation 1 in each run, over what counts; 0 where all are equal."""
    flat, weights = advantages.flatten(1).double(), counted.flatten(1).double()
    total = weights.sum(1, keepdim=True).clamp(min=1)
    mean = (flat * weights).sum(1, keepdim=True) / total
    spread = (((flat - mean).square() * weights).sum(1, keepdim=True) / total).sqrt()
    size = ((flat.square() * weights).sum(1, keepdim=True) / total).sqrt()
    scaled = torch.where(spread > FLAT * size, (flat - mean) / spread.clamp(min=1e-300), 0.0)
    return scaled.float().view_as(advantages)


def mean_of(losses: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """Over what counts in each run, [S]."""
    weights = counted.flatten(1).float()
    return (losses.flatten(1) * weights).sum(1) / weights.sum(1).clamp(min=1)
