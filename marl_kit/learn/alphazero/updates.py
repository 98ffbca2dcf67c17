"""Steps of the optimiser on positions of the window."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from marl_kit.core.seeds import generator
from marl_kit.games.symmetry import Symmetry
from marl_kit.learn.alphazero.examples import Examples
from marl_kit.learn.alphazero.loss import alphazero_loss
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.networks.architecture import PolicyValueNetwork, new_network
from marl_kit.learn.networks.view import View


@dataclass(frozen=True, slots=True)
class MeanLosses:
    """Over the steps of a round."""

    value: float
    policy: float
    weights: float


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """What a step learns from, as the network sees it."""

    inputs: torch.Tensor  # float32 [B, cells]
    policies: torch.Tensor  # float32 [B, A]
    legal: torch.Tensor  # bool [B, A]
    full: torch.Tensor  # bool [B]
    outcomes: torch.Tensor  # float32 [B, P]


class Trainer:
    """A network, its optimiser, and the running mean of its weights.

    Parameters
    ----------
    network, averaged : PolicyValueNetwork
        What is trained, and the running mean of its weights.
    gated : bool
        Whether ``playing`` is a network of its own, which changes by ``promote`` only; else it is
        the mean.
    """

    def __init__(
        self,
        network: PolicyValueNetwork,
        averaged: PolicyValueNetwork,
        view: View,
        *,
        decay: float,
        averaging: float,
        symmetries: bool,
        gated: bool = False,
    ):
        self.network, self.averaged, self.view = network, averaged, view
        self.decay, self.averaging = decay, averaging
        self.playing = copy.deepcopy(averaged) if gated else averaged
        self.mirrors = view.mirrors if symmetries else ()
        self.optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
        self.steps = 0

    def update(
        self,
        window: Sequence[Examples],
        steps: int,
        size: int,
        rate: float,
        root: np.random.SeedSequence,
    ) -> MeanLosses:
        """Make steps on positions drawn evenly from the window; all randomness follows from
        ``root``."""
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        totals = np.zeros(3)
        for step in range(steps):
            batch = draw_batch(window, self.view, self.mirrors, size, generator(root, "step", step))
            totals += self._step(batch)
        self.network.eval()
        value, policy, weights = (totals / max(steps, 1)).tolist()
        return MeanLosses(value, policy, weights)

    def promote(self) -> None:
        """Let the mean play from now on."""
        if self.playing is not self.averaged:
            self.playing.load_state_dict(self.averaged.state_dict())

    def _step(self, batch: Batch) -> list[float]:
        logits, values = self.network(batch.inputs)
        losses = alphazero_loss(
            logits,
            values,
            batch.policies,
            batch.legal,
            batch.full,
            batch.outcomes,
            self.network.parameters(),
            self.decay,
        )
        self.optimiser.zero_grad(set_to_none=True)
        losses.total.backward()
        self.optimiser.step()
        self.steps += 1
        self._average()
        return [losses.value.item(), losses.policy.item(), losses.weights.item()]

    def _average(self) -> None:
        """Move the mean; it begins as a mean of all steps so far, which the first weights, drawn
        at random, leave soon."""
        kept = min(self.averaging, self.steps / (self.steps + 9))
        with torch.no_grad():
            pairs = zip(self.averaged.parameters(), self.network.parameters(), strict=True)
            for mean, weight in pairs:
                mean.lerp_(weight, 1 - kept)


def new_trainer(options: AlphaZero, view: View, seed: int) -> Trainer:
    """A network with weights drawn from a seed, and all that trains it."""

    def made() -> PolicyValueNetwork:
        how = options.architecture(view.shape)
        return new_network(how, view.shape, view.num_actions, view.num_players, seed)

    return Trainer(
        made(),
        made(),
        view,
        decay=options.decay,
        averaging=options.averaging,
        symmetries=options.symmetries,
        gated=options.gate,
    )


def draw_batch(
    window: Sequence[Examples],
    view: View,
    mirrors: Sequence[Symmetry],
    size: int,
    rng: np.random.Generator,
) -> Batch:
    """Positions drawn evenly with replacement, each in a mirror image drawn evenly."""
    ends = np.cumsum([len(part) for part in window])
    drawn = np.sort(rng.integers(ends[-1], size=size))
    parts = np.searchsorted(ends, drawn, side="right")
    seen, players, policies, legal, full, values = [], [], [], [], [], []
    for part in np.unique(parts).tolist():
        rows = drawn[parts == part] - (ends[part] - len(window[part]))
        kept = window[part]
        seen.append(kept.observations_at(rows))
        players.append(kept.players[rows].astype(np.int64))
        policies.append(kept.policies[rows])
        legal.append(kept.legal_at(rows))
        full.append(kept.full[rows])
        values.append(kept.values[rows])
    mover = np.concatenate(players)
    observations, pi, mask = (np.concatenate(x) for x in (seen, policies, legal))
    if mirrors:
        which = rng.integers(len(mirrors) + 1, size=size)
        observations, pi, mask = _mirrored(observations, pi, mask, mirrors, which)
    return Batch(
        inputs=torch.from_numpy(view.encode(observations, mover)),
        policies=torch.from_numpy(view.encode_policy(pi, mover)),
        legal=torch.from_numpy(view.encode_policy(mask, mover)),
        full=torch.from_numpy(np.concatenate(full)),
        outcomes=torch.from_numpy(
            view.encode_values(np.concatenate(values), mover).astype(np.float32)
        ),
    )


def _mirrored(
    observations: np.ndarray,
    policies: np.ndarray,
    legal: np.ndarray,
    mirrors: Sequence[Symmetry],
    which: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row ``i`` through mirror ``which[i] - 1``; 0 leaves it as it is."""
    observations, policies, legal = observations.copy(), policies.copy(), legal.copy()
    for k, mirror in enumerate(mirrors, start=1):
        rows = np.flatnonzero(which == k)
        observations[rows] = observations[rows][:, mirror.cells]
        before, mask = policies[rows], legal[rows]
        policies[rows[:, None], mirror.actions] = before
        legal[rows[:, None], mirror.actions] = mask
    return observations, policies, legal
