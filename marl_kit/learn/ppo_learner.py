"""PPO on the infosets of a game tree: an actor, a critic and an update, for S runs at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from marl_kit.core.seeds import child, generator
from marl_kit.learn.cooperative.optimiser import Optimiser
from marl_kit.learn.cooperative.stacked import StackedMLP
from marl_kit.learn.ppo import clipped_loss, entropy, gae, legal_log_softmax, magnetic_penalty
from marl_kit.learn.ppo_options import PPO
from marl_kit.learn.tree_inputs import TreeInputs

QUIET = 0.01
"""Gain of the actor's last layer: the first policy is nearly uniform."""


@dataclass(frozen=True, eq=False, slots=True)
class Decisions:
    """What S runs have to learn from: E games each, with the learner at some of the P seats.

    Attributes
    ----------
    infoset, column : int64 [S, E, P, T]
        Where a learner decided, and the column of its action; any legal one where ``counts`` is
        false.
    counts : bool [S, E, P, T]
        A decision of a learner, and not one of its opponents or padding.
    rewards : float32 [S, E, P]
        At the end of the game, in units of half the payoff range.
    """

    infoset: Tensor
    column: Tensor
    counts: Tensor
    rewards: Tensor


@dataclass(frozen=True, slots=True)
class Losses:
    """Means of an update over all its steps.

    Attributes
    ----------
    value : list of S float
        Half the critic's squared error.
    entropy : list of S float
        Of the policy where it decided, in nats.
    """

    value: list[float]
    entropy: list[float]


class PPOLearner:
    """Networks of S runs that do not know of each other, with a common form.

    Parameters
    ----------
    options : PPO
    inputs : TreeInputs
    roots : sequence of S SeedSequence
        A run's weights and the order of its steps follow from its own.

    Attributes
    ----------
    magnet : float32 [S, I, A]
        Logarithms of its probabilities; it begins where the policy does.
    """

    def __init__(self, options: PPO, inputs: TreeInputs, roots: Sequence[np.random.SeedSequence]):
        self.options, self.inputs = options, inputs
        weights = [_torch_generator(root) for root in roots]
        self.orders = [generator(root, "order") for root in roots]
        (_, seen), outputs = inputs.features.shape, inputs.legal.shape[1]
        hidden = [seen, *[options.width] * options.depth]
        self.actor = StackedMLP(weights, [0], [*hidden, outputs], QUIET)
        self.critic = StackedMLP(weights, [0], [*hidden, 1])
        self.features = torch.tensor(inputs.features)
        self.legal = torch.tensor(inputs.legal)
        self.magnet = self.log_probs()
        modules = [self.actor, self.critic]
        self.optimiser = Optimiser(modules, options.rate, options.largest)

    @torch.no_grad()
    def log_probs(self) -> Tensor:
        """Of all actions at all infosets, float32 [S, I, A]."""
        return self._policy(self._everywhere())

    def policies(self) -> list[np.ndarray]:
        """Of each run the action probabilities by slot, float64 [slots]."""
        tables = self.log_probs().double().softmax(-1).numpy()
        return [self.inputs.by_slot(table) for table in tables]

    def learn(self, decisions: Decisions, rest: float = 1.0) -> Losses:
        """One update by games that the policies as they are have played.

        Parameters
        ----------
        decisions : Decisions
        rest : float from 0 to 1
            Factor of the rate and of the entropy's weight.
        """
        options, games = self.options, decisions.infoset.shape[1]
        self.optimiser.adam.param_groups[0]["lr"] = options.rate * rest
        batch, told = self._before(decisions), []
        for _ in range(options.epochs):
            order = torch.from_numpy(np.stack([rng.permutation(games) for rng in self.orders]))
            for part in order.tensor_split(min(options.parts, games), dim=1):
                loss, wrong, spread = self._loss(batch.of(part), rest)
                self.optimiser.step(loss)
                told.append(torch.stack([wrong, spread]))
        if options.magnet:
            self._pull_magnet()
        value, spread = torch.stack(told).mean(0).tolist()
        return Losses(value, spread)

    @torch.no_grad()
    def _before(self, decisions: Decisions) -> _Batch:
        """The games with what actor and critic say of them before the first step."""
        counts, shape = decisions.counts, decisions.infoset.shape[1:]
        rows, place = self._rows(decisions.infoset.flatten(1))
        values = self._values(rows).gather(1, place).unflatten(1, shape) * counts
        last = counts & ~_later(counts)
        advantages = gae(
            decisions.rewards[..., None] * last,
            values,
            _later(values),
            last,
            discount=1.0,
            trace=self.options.trace,
        )
        taken = _entries(self._policy(rows), place, decisions.column.flatten(1))
        old, targets = taken.unflatten(1, shape), advantages + values
        return _Batch(decisions.infoset, decisions.column, counts, old, advantages, targets)

    def _loss(self, batch: _Batch, rest: float) -> tuple[Tensor, Tensor, Tensor]:
        """The loss of each run [S], the critic's part of it, and the entropy."""
        infoset, column, counts, old, advantages, targets = batch.flat()
        share = counts / counts.sum(1, keepdim=True).clamp(min=1)
        rows, place = self._rows(infoset)
        visits = torch.zeros(rows.shape).scatter_add(1, place, share)
        log_probs = self._policy(rows)
        taken = _entries(log_probs, place, column)
        wrong = (self._values(rows).gather(1, place) - targets).square() / 2
        wrong = (share * wrong).sum(1)
        spread = (visits * entropy(log_probs)).sum(1)
        loss = (share * clipped_loss(taken, old, advantages, self.options.clip)).sum(1)
        loss = loss + self.options.value * wrong - rest * self.options.entropy * spread
        if self.options.magnet:
            pull = visits * magnetic_penalty(log_probs, _at(self.magnet, rows))
            loss = loss + self.options.magnet * pull.sum(1)
        return loss, wrong.detach(), spread.detach()

    def _pull_magnet(self) -> None:
        speed = self.options.speed
        here, there = (x.masked_fill(~self.legal, 0.0) for x in (self.magnet, self.log_probs()))
        legal = self.legal.expand_as(here)
        self.magnet = legal_log_softmax((1 - speed) * here + speed * there, legal)

    def _rows(self, infoset: Tensor) -> tuple[Tensor, Tensor]:
        """The infosets [S, R] that the networks are asked about, and of each decision [S, M] the
        place there.

        Games are many and infosets may be few: then every infoset is asked about once.
        """
        if infoset.shape[1] >= len(self.legal):
            return self._everywhere(), infoset
        return infoset, torch.arange(infoset.shape[1]).expand_as(infoset)

    def _everywhere(self) -> Tensor:
        return torch.arange(len(self.legal)).expand(len(self.orders), -1)

    def _policy(self, rows: Tensor) -> Tensor:
        """Logarithms of the probabilities at infosets [S, R], as [S, R, A]."""
        logits = self.actor(self.features[rows].unsqueeze(1)).squeeze(1)
        return legal_log_softmax(logits, self.legal[rows])

    def _values(self, rows: Tensor) -> Tensor:
        """The critic at infosets [S, R]."""
        return torch.as_tensor(self.critic(self.features[rows].unsqueeze(1))).flatten(1)


@dataclass(frozen=True, eq=False, slots=True)
class _Batch:
    """Decisions [S, E, P, T] with what was known of them before the update."""

    infoset: Tensor
    column: Tensor
    counts: Tensor
    old: Tensor
    advantages: Tensor
    targets: Tensor

    def of(self, games: Tensor) -> _Batch:
        """Games [S, K] of each run."""
        runs = torch.arange(len(games))[:, None]
        return _Batch(*(x[runs, games] for x in self._columns()))

    def flat(self) -> Iterator[Tensor]:
        """Every column as [S, M]."""
        return (x.flatten(1) for x in self._columns())

    def _columns(self) -> Iterator[Tensor]:
        return (getattr(self, name) for name in self.__slots__)


def _later(x: Tensor) -> Tensor:
    """What stands one step later; 0 behind the last."""
    return torch.cat([x[..., 1:], torch.zeros_like(x[..., :1])], -1)


def _entries(table: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Entries [S, M] of tables [S, R, A]."""
    return table.flatten(1).gather(1, row * table.shape[-1] + column)


def _at(table: Tensor, rows: Tensor) -> Tensor:
    """Rows [S, R, A] of tables [S, I, A]."""
    return table[torch.arange(len(table))[:, None], rows]


def _torch_generator(root: np.random.SeedSequence) -> torch.Generator:
    seed = int(child(root, "weights").generate_state(1, np.uint64)[0] >> np.uint64(1))
    return torch.Generator().manual_seed(seed)
