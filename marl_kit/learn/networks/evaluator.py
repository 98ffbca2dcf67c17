"""A network as the evaluator of a search."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from marl_kit.core.errors import InvalidGameError
from marl_kit.core.threads import one_torch_thread
from marl_kit.learn.networks.architecture import PolicyValueNetwork
from marl_kit.learn.networks.fused import fused
from marl_kit.learn.networks.legal_softmax import legal_softmax
from marl_kit.learn.networks.view import View
from marl_kit.search.dynamics import Leaves
from marl_kit.search.evaluator import Scores

Network = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

MULTIPLE, MOST = 16, 128
"""Rows of a batch: a multiple of 16, and 128 at most. The last bits of a row depend on the size of
its batch (small ones, odd ones and large ones take other paths through the libraries), but not
among these sizes."""
BUCKET = 64
"""Rows of every batch on a machine where that does not hold."""


@dataclass(frozen=True, eq=False, slots=True)
class NetworkEvaluator:
    """Asks a network about leaves.

    A row's answer does not depend on what else is in the batch: batches are filled up with zeros,
    and everything after the network is done row by row.

    Attributes
    ----------
    network : PolicyValueNetwork
        Another process gets this, and fuses it again.
    view : View
    answer : callable
        ``inputs [B, cells] -> (logits [B, A], values [B, P])``: the weights as they were.
    bucket : int or None
        Rows of every batch; None: multiples of 16.
    """

    network: PolicyValueNetwork
    view: View
    answer: Network
    bucket: int | None = None

    def evaluate(self, leaves: Leaves) -> Scores:
        players = leaves.players
        inputs = self.view.encode(leaves.observations(), players)
        logits, values = predict(self.answer, inputs, self.bucket)
        actions, places = leaves.actions, self.view.places
        priors = np.zeros(actions.shape)
        unknown = legal_softmax(logits, places, players, actions, leaves.counts, priors)
        if unknown >= 0:
            raise InvalidGameError(
                f"the game has the action {unknown}, and says that it has "
                f"{self.view.num_actions}, from 0 on."
            )
        return priors, self.view.decode_values(values, players)

    def __reduce__(self) -> tuple[Any, ...]:
        return network_evaluator, (self.network, self.view)


def network_evaluator(network: PolicyValueNetwork, view: View) -> NetworkEvaluator:
    """The evaluator of the weights as they are now, after a look whether rows are the same in
    batches of different sizes.

    Where they are not, every batch gets the same size, and a warning says so.
    """
    answering = fused(network.eval(), view.shape)
    if _rows_agree(answering, view):
        return NetworkEvaluator(network, view, answering)
    warnings.warn(
        "on this machine a network's answers depend on the size of the batch; every batch is "
        f"filled up to {BUCKET} rows, which makes games of one player at a time slower",
        RuntimeWarning,
        stacklevel=2,
    )
    return NetworkEvaluator(network, view, answering, BUCKET)


def predict(
    network: Network, inputs: np.ndarray, bucket: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Logits [B, A] and values [B, P] of inputs float32 [B, cells], both float64.

    Parameters
    ----------
    bucket : int, optional
        Rows of every batch; multiples of 16 up to 128 unless given.
    """
    rows, most = len(inputs), bucket or MOST
    if missing := -rows % (bucket or MULTIPLE):
        inputs = np.concatenate([inputs, np.zeros((missing, inputs.shape[1]), np.float32)])
    parts = torch.from_numpy(inputs).split(most)
    with one_torch_thread(), torch.inference_mode():
        answers = [network(part) for part in parts]
        logits, values = (torch.cat(own) for own in zip(*answers, strict=True))
    return logits.numpy()[:rows].astype(float), values.numpy()[:rows].astype(float)


def _rows_agree(network: Network, view: View) -> bool:
    """Whether seeded rows get the same bits in batches of all sizes."""
    inputs = np.random.default_rng(0).random((MOST, view.cells)).astype(np.float32)
    whole = predict(network, inputs)
    for rows in range(MULTIPLE, MOST, MULTIPLE):
        part = predict(network, inputs[MOST - rows :])
        for own, other in zip(part, whole, strict=True):
            if not np.array_equal(own, other[MOST - rows :], equal_nan=True):
                return False
    return True
