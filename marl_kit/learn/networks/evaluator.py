"""A network as the evaluator of a search."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from marl_kit.core.threads import one_torch_thread
from marl_kit.learn.networks.architecture import PolicyValueNetwork
from marl_kit.learn.networks.fused import fused
from marl_kit.learn.networks.legal_softmax import legal_softmax
from marl_kit.learn.networks.view import View
from marl_kit.search.dynamics import Leaves
from marl_kit.search.evaluator import Scores

Network = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

MULTIPLE = 16
"""Rows of a batch. The last bits of a row depend on the size of its batch (small ones and odd ones
take other paths through the libraries), but not among multiples of 16."""
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
        Rows of every batch; None: any multiple of 16.
    """

    network: PolicyValueNetwork
    view: View
    answer: Network
    bucket: int | None = None

    def evaluate(self, leaves: Leaves) -> Scores:
        players = leaves.players
        inputs = self.view.encode(leaves.observations(), players)
        logits, values = predict(self.answer, inputs, self.bucket)
        priors = np.zeros(leaves.actions.shape)
        places = self.view.places
        legal_softmax(logits, places, players, leaves.actions, leaves.counts, priors)
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
        Rows of every batch; a multiple of 16 unless given.
    """
    rows = len(inputs)
    missing = -rows % (bucket or MULTIPLE)
    if missing:
        inputs = np.concatenate([inputs, np.zeros((missing, inputs.shape[1]), np.float32)])
    parts = [inputs] if bucket is None else np.split(inputs, len(inputs) // bucket)
    with one_torch_thread(), torch.inference_mode():
        answers = [network(torch.from_numpy(part)) for part in parts]
        logits = torch.cat([a for a, _ in answers]) if bucket else answers[0][0]
        values = torch.cat([v for _, v in answers]) if bucket else answers[0][1]
    return logits.numpy()[:rows].astype(float), values.numpy()[:rows].astype(float)


def _rows_agree(network: Network, view: View) -> bool:
    """Whether seeded rows get the same bits in batches of 16 and in one of 48 and 128."""
    inputs = np.random.default_rng(0).random((128, view.cells)).astype(np.float32)
    whole = predict(network, inputs)
    for first, last in ((0, 16), (16, 64), (3, 4)):
        part = predict(network, inputs[first:last])
        for own, other in zip(part, whole, strict=True):
            if not np.array_equal(own, other[first:last], equal_nan=True):
                return False
    return True
