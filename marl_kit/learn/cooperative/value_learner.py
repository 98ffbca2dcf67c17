"""Learners of values: independent Q-learning, VDN, QMIX, QPLEX, weighted QMIX."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.team import TeamSizes
from marl_kit.learn.cooperative.agents import AgentNetworks, groups_of, sees_ids
from marl_kit.learn.cooperative.kept import Part, Tensors, Weights, gathered, handed_out
from marl_kit.learn.cooperative.mixers import (
    Additive,
    Duplex,
    Mixed,
    Monotone,
    Separate,
    Unrestricted,
)
from marl_kit.learn.cooperative.optimiser import Optimiser
from marl_kit.learn.cooperative.replay import Replay
from marl_kit.learn.cooperative.rollout import Rollout, Seen, first_seen, usual_steps
from marl_kit.learn.cooperative.value_options import ValueOptions
from marl_kit.learn.cooperative.value_targets import lambda_returns


class Valuation(nn.Module):
    """Agents' networks and what puts their values together."""

    def __init__(self, agents: AgentNetworks, mixer: nn.Module):
        super().__init__()
        self.agents, self.mixer = agents, mixer


class ValueLearner:
    """Agents that take the action of the greatest value, and a mixer that makes them a team.

    Parameters
    ----------
    options : ValueOptions
    sizes : TeamSizes
    generators : sequence of S torch.Generator
        Of the first weights.
    key : int
        Of the sequences that are drawn.
    own : bool
        Whether agents have their own rewards.

    Raises
    ------
    InvalidOptionError
        Actions are boxes; own rewards where a mixer makes one value of all.
    """

    draws = 2

    def __init__(
        self,
        options: ValueOptions,
        sizes: TeamSizes,
        generators: Sequence[torch.Generator],
        key: int,
        own: bool = False,
    ):
        if sizes.box:
            raise InvalidOptionError(
                "the actions are boxes of numbers, whose values cannot be compared one by one; "
                "use algorithm='maddpg'."
            )
        if own and options.mixer != "separate":
            raise InvalidOptionError(
                f"the mixer {options.mixer!r} puts values of one reward together, and with "
                f"reward='own' there are several; give reward='mean' or 'sum', or "
                f"algorithm='iql'."
            )
        self.options, self.sizes, self.key = options, sizes, key
        self.online = self._valuation(generators, _mixer(options, sizes, generators))
        self.target = copy.deepcopy(self.online)
        modules: list[nn.Module] = [self.online]
        self.central = self.central_target = None
        if options.underrated < 1:
            agents = len(sizes.agents)
            free = Unrestricted(generators, agents, sizes.state, 2 * options.width)
            self.central = self._valuation(generators, free)
            self.central_target = copy.deepcopy(self.central)
            modules.append(self.central)
        self.optimiser = Optimiser(modules, options.rate, options.largest_gradient)
        self.replay = Replay(options.slots)
        self.updates = 0

    @property
    def parts(self) -> dict[str, Part]:
        """What learning changes, but for the count of updates."""
        modules = {"online": self.online, "target": self.target}
        if self.central is not None and self.central_target is not None:
            modules |= {"central": self.central, "central_target": self.central_target}
        weights: dict[str, Part] = {name: Weights(module) for name, module in modules.items()}
        return {**weights, "optimiser": self.optimiser, "replay": self.replay}

    def tensors(self) -> Tensors:
        return {**gathered(self.parts), "updates": torch.tensor(self.updates)}

    def restore(self, tensors: Tensors) -> None:
        self.updates = int(tensors["updates"])
        handed_out(self.parts, tensors)

    @property
    def acting(self) -> nn.Module:
        """What a trained team needs to act."""
        return self.online.agents

    def _valuation(self, generators: Sequence[torch.Generator], mixer: nn.Module) -> Valuation:
        options, sizes = self.options, self.sizes
        groups = groups_of(options.sharing, len(sizes.agents))
        networks = AgentNetworks(
            generators,
            groups,
            ids=sees_ids(options.sharing),
            inputs=sizes.observation,
            width=options.width,
            outputs=sizes.most_actions,
            recurrent=options.recurrent,
        )
        return Valuation(networks, mixer)

    @property
    def rollout(self) -> int:
        """Steps of a rollout."""
        return self.options.rollout or usual_steps(self.sizes.horizon, 64)

    def no_memory(self, copies: int) -> torch.Tensor:
        return self.online.agents.no_memory(copies)

    def best(self, seen: Seen, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values, memories = self.online.agents(
            seen.observations[:, :, :, None], seen.starts[..., None], memory
        )
        return greedy(values[:, :, :, 0], seen.mask), memories[:, :, :, 0]

    def probabilities(self, observations: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        actions, _ = self.best(first_seen(observations, mask), self.no_memory(mask.shape[2]))
        return nn.functional.one_hot(actions, mask.shape[-1]).float()

    def explore(
        self, seen: Seen, memory: torch.Tensor, numbers: torch.Tensor, steps: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        chosen, memory = self.best(seen, memory)
        anything = random_legal(seen.mask, numbers[..., 1])
        return torch.where(numbers[..., 0] < self.exploration(steps), anything, chosen), memory

    def exploration(self, steps: int) -> float:
        """Share of random actions after so many steps of a run."""
        options = self.options
        done = min(1.0, steps / options.explore_steps) if options.explore_steps else 1.0
        return options.explore_from + done * (options.explore_to - options.explore_from)

    def learn(self, rollout: Rollout) -> dict[str, torch.Tensor]:
        """Remember a rollout and make some steps; the losses of the runs, [S] each."""
        self.replay.add(rollout)
        losses = [self._step() for _ in range(self.options.updates)]
        return {"value loss": torch.stack(losses).mean(0)}

    def _step(self) -> torch.Tensor:
        if self.updates % self.options.renew == 0:
            self.target.load_state_dict(self.online.state_dict())
            if self.central is not None and self.central_target is not None:
                self.central_target.load_state_dict(self.central.state_dict())
        found = self.replay.sample(self.options.batch, self.key, self.updates)
        self.updates += 1
        loss = self._loss(found)
        self.optimiser.step(loss)
        return loss.detach()

    def _loss(self, found: Rollout) -> torch.Tensor:
        """Of each run, [S]."""
        values, memories = self.online.agents(found.observations, found.starts, found.memory)
        total = self._total(self.online.mixer, values, found)
        with torch.no_grad():
            targets = self._targets(found, memories)
            weights = self._weights(found, total, targets)
        loss = (weights * (total - targets).square()).flatten(1).sum(1) / weights_of(weights)
        if self.central is None:
            return loss
        values, _ = self.central.agents(found.observations, found.starts, found.memory)
        free = self._total(self.central.mixer, values, found)
        return loss + (free - targets).square().flatten(1).mean(1)

    def _targets(self, found: Rollout, memories: torch.Tensor) -> torch.Tensor:
        """Lambda-returns of the greedy team, [S, K, M, T]."""
        judge = self.target if self.central_target is None else self.central_target
        judged = judge.agents.memories(found.observations, found.starts, found.memory)
        values = judge.agents.after(found.after_observations, judged)
        if self.options.double or self.central is not None:
            chooser = self.online.agents.after(found.after_observations, memories)
        else:
            chooser = values
        actions = greedy(chooser, found.after_mask)
        following = mix(
            judge.mixer, values, actions, found.after_mask, found.after_alive, found.after_states
        )
        values_made = following.shape[1]  # one for a team, whose rewards and ends are all alike
        rewards, ended, left = (
            x[:, :values_made] for x in (found.rewards, found.ended, found.left)
        )
        return lambda_returns(
            rewards,
            following * ~ended,
            left,
            discount=self.options.discount,
            trace=self.options.trace,
        )

    def _weights(self, found: Rollout, total: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if total.shape[1] > 1:
            return found.counted.float()
        return torch.where(total < targets, 1.0, self.options.underrated)

    def _total(self, mixer: nn.Module, values: torch.Tensor, found: Rollout) -> torch.Tensor:
        return mix(mixer, values, found.actions, found.mask, found.alive, found.states)


def mix(
    mixer: nn.Module,
    values: torch.Tensor,
    actions: torch.Tensor,
    mask: torch.Tensor,
    alive: torch.Tensor,
    states: torch.Tensor,
) -> torch.Tensor:
    """The value of a joint action, [S, 1, M, T]; [S, N, M, T] without a mixer."""
    chosen = values.gather(-1, actions[..., None]).squeeze(-1)
    greatest = _masked(values, mask).amax(-1)
    mixed = Mixed(
        chosen=chosen.flatten(2),
        greatest=greatest.flatten(2),
        actions=actions.flatten(2),
        alive=alive.flatten(2),
        states=states.flatten(1, 2),
    )
    total: torch.Tensor = mixer(mixed)
    return total.unflatten(2, chosen.shape[2:])


def greedy(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The best legal action; 0, which stands for waiting, where there is none."""
    return _masked(values, mask).argmax(-1)


def _masked(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Illegal actions below all others; where nothing is legal, all but action 0."""
    waits = ~mask.any(-1, keepdim=True)
    first = torch.arange(mask.shape[-1]) == 0
    return values.masked_fill(~(mask | (waits & first)), -torch.inf)


def random_legal(mask: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Legal actions by random numbers in [0, 1)."""
    legal = mask.cumsum(-1)
    wanted = (numbers * legal[..., -1]).long() + 1
    return (legal < wanted[..., None]).sum(-1).clamp(max=mask.shape[-1] - 1) * mask.any(-1)


def weights_of(weights: torch.Tensor) -> torch.Tensor:
    """How many entries count, at least one, [S]."""
    return (weights > 0).flatten(1).sum(1).clamp(min=1)


def _mixer(
    options: ValueOptions, sizes: TeamSizes, generators: Sequence[torch.Generator]
) -> nn.Module:
    agents = len(sizes.agents)
    if options.mixer == "monotone":
        return Monotone(generators, agents, sizes.state)
    if options.mixer == "duplex":
        return Duplex(generators, agents, sizes.state, sizes.most_actions)
    return Additive() if options.mixer == "additive" else Separate()
