"""Learners of policies: IPPO, MAPPO, COMA, HAPPO."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.team import TeamSizes
from marl_kit.games.team_draws import uniforms
from marl_kit.learn.cooperative.advisers import Advice, mean_of, new_adviser
from marl_kit.learn.cooperative.kept import Part, Tensors, Weights, gathered, handed_out
from marl_kit.learn.cooperative.optimiser import Optimiser
from marl_kit.learn.cooperative.policies import Policies, Section, drawn
from marl_kit.learn.cooperative.policy_options import PolicyOptions
from marl_kit.learn.cooperative.rollout import Rollout, Seen, first_seen, usual_steps
from marl_kit.learn.ppo import clipped_loss, entropy

_ORDER, _PIECES, _ACTIONS = range(3)
"""What random numbers are for."""


class PolicyLearner:
    """Agents that draw actions, and a critic that says which were better than expected.

    Parameters
    ----------
    options : PolicyOptions
    sizes : TeamSizes
    generators : sequence of S torch.Generator
        Of the first weights.
    key : int
        Of orders and pieces.
    own : bool
        Whether agents have their own rewards.

    Raises
    ------
    InvalidOptionError
        Actions are boxes; own rewards where agents are updated as a team.
    """

    draws = 1

    def __init__(
        self,
        options: PolicyOptions,
        sizes: TeamSizes,
        generators: Sequence[torch.Generator],
        key: int,
        own: bool = False,
    ):
        if sizes.box:
            raise InvalidOptionError(
                "the actions are boxes of numbers, and these policies are of discrete actions; "
                "use algorithm='maddpg'."
            )
        if own and (options.order == "sequential" or options.critic == "counterfactual"):
            raise InvalidOptionError(
                "reward='own' has no team whose gain could be shared out; give reward='mean' or "
                "'sum', or algorithm='ippo' or 'mappo'."
            )
        self.options, self.sizes, self.key, self.updates = options, sizes, key, 0
        self.policies = Policies(options, sizes, generators)
        self.adviser = new_adviser(options, sizes, generators, own)
        limit = options.largest_gradient
        sections = self.policies.sections
        self.actors = [Optimiser([s], options.rate, limit) for s in sections]
        self.critic = Optimiser([self.adviser.critic], options.critic_rate, limit)

    @property
    def rollout(self) -> int:
        """Steps of a rollout."""
        return self.options.rollout or usual_steps(self.sizes.horizon, 128)

    @property
    def acting(self) -> nn.Module:
        """What a trained team needs to act."""
        return self.policies

    @property
    def parts(self) -> dict[str, Part]:
        """What learning changes, but for the count of updates."""
        actors = {f"actor_{k}": optimiser for k, optimiser in enumerate(self.actors)}
        policies = Weights(self.policies)
        return {"policies": policies, "adviser": self.adviser, **actors, "critic": self.critic}

    def tensors(self) -> Tensors:
        return {**gathered(self.parts), "updates": torch.tensor(self.updates)}

    def restore(self, tensors: Tensors) -> None:
        self.updates = int(tensors["updates"])
        handed_out(self.parts, tensors)

    def no_memory(self, copies: int) -> torch.Tensor:
        return self.policies.no_memory(copies)

    def best(self, seen: Seen, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_probs, memory = self.policies(seen, memory)
        return log_probs.argmax(-1), memory

    def explore(
        self, seen: Seen, memory: torch.Tensor, numbers: torch.Tensor, steps: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        log_probs, memory = self.policies(seen, memory)
        return drawn(log_probs, numbers[..., 0]), memory

    def probabilities(self, observations: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen, memory = first_seen(observations, mask), self.no_memory(mask.shape[2])
        log_probs: torch.Tensor = self.policies(seen, memory)[0]
        return log_probs.exp()

    def learn(self, rollout: Rollout) -> dict[str, torch.Tensor]:
        """Learn from a rollout of these policies; the losses of the runs, [S] each."""
        with torch.no_grad():
            advice = self.adviser.advise(rollout, self.policies, self._for_actions(rollout))
        losses = {
            "policy loss": self._update_policies(rollout, advice),
            "value loss": self._update_critic(rollout, advice),
        }
        self.adviser.learned()
        self.updates += 1
        return losses

    def _update_policies(self, rollout: Rollout, advice: Advice) -> torch.Tensor:
        """One section after another; later ones know how the earlier have changed the team.

        Kuba et al. (2022), Trust region policy optimisation in multi-agent reinforcement learning,
        equation 11: advantages are multiplied by the ratios of those who were updated before.
        """
        changed = torch.ones_like(rollout.rewards[:, :1])
        losses = []
        for k in self._order():
            section = self.policies.sections[k]
            weighted = advice.advantages[:, section.agents] * changed
            with torch.no_grad():
                old = section.taken(rollout, section.log_probs(rollout))
            losses.append(self._update_section(k, rollout, old, weighted))
            if len(self.actors) > 1:
                with torch.no_grad():
                    new = section.taken(rollout, section.log_probs(rollout))
                changed = changed * (new - old).exp()
        return torch.stack(losses).mean(0)

    def _update_section(
        self, k: int, rollout: Rollout, old: torch.Tensor, advantages: torch.Tensor
    ) -> torch.Tensor:
        section, losses = self.policies.sections[k], []
        epochs = self.options.epochs if self.options.loss == "clipped" else 1
        for piece in self._pieces(epochs, rollout):
            then, gain = (x.index_select(2, piece) for x in (old, advantages))
            loss = self._policy_loss(section, rollout.copies(piece), then, gain)
            self.actors[k].step(loss)
            losses.append(loss.detach())
        return torch.stack(losses).mean(0)

    def _policy_loss(
        self, section: Section, rollout: Rollout, old: torch.Tensor, advantages: torch.Tensor
    ) -> torch.Tensor:
        options, log_probs = self.options, section.log_probs(rollout)
        taken = section.taken(rollout, log_probs)
        if options.loss == "clipped":
            losses = clipped_loss(taken, old, advantages, options.clip)
        else:
            losses = -taken * advantages
        losses = losses - options.entropy * entropy(log_probs)
        return mean_of(losses, rollout.choices[:, section.agents])

    def _update_critic(self, rollout: Rollout, advice: Advice) -> torch.Tensor:
        losses = []
        for piece in self._pieces(self.options.epochs, rollout):
            loss = self.adviser.loss(rollout.copies(piece), advice.copies(piece))
            self.critic.step(loss)
            losses.append(loss.detach())
        return torch.stack(losses).mean(0)

    def _pieces(self, epochs: int, rollout: Rollout) -> Iterator[torch.Tensor]:
        """The copies of each minibatch of each epoch."""
        copies = rollout.over.shape[1]
        for epoch in range(epochs):
            order = np.argsort(self._numbers(_PIECES, epoch, copies))
            for piece in np.array_split(order, min(self.options.minibatches, copies)):
                yield torch.from_numpy(np.sort(piece))

    def _order(self) -> list[int]:
        """In which sections are updated; the same in all runs."""
        order = np.argsort(self._numbers(_ORDER, 0, len(self.actors)))
        return [int(k) for k in order]

    def _for_actions(self, rollout: Rollout) -> torch.Tensor:
        """Random numbers in the shape of actions; those of a run do not depend on the others."""
        shape = rollout.actions.shape
        runs = np.arange(shape[0])
        count = int(np.prod(shape[1:]))
        numbers = uniforms(self.key + _ACTIONS, runs, np.full(shape[0], self.updates), count)
        return torch.from_numpy(numbers.astype(np.float32)).reshape(shape)

    def _numbers(self, purpose: int, epoch: int, count: int) -> np.ndarray:
        return uniforms(self.key + purpose, np.array([epoch]), np.array([self.updates]), count)[0]
