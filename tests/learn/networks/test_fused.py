"""Networks as they play: the same function, and rows that do not depend on their batch."""

import numpy as np
import pytest
import torch

from marl_kit.learn.networks import fused as module
from marl_kit.learn.networks.architecture import Architecture, new_network
from marl_kit.learn.networks.evaluator import MOST, predict
from marl_kit.learn.networks.fused import fused

SHAPES = {
    "connect four": ((3, 6, 7), 7, 32),
    "othello, wide": ((3, 8, 8), 65, 64),
    "hex": ((9, 11, 11), 121, 48),
    "many planes, one action": ((20, 3, 5), 1, 8),
}
MERGED = {"connect four", "many planes, one action"}


def network_of(name, seed=3):
    """With weights that say something in all heads."""
    shape, actions, width = SHAPES[name]
    network = new_network(Architecture("residual", width, 1), shape, actions, 2, seed)
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(0.1 * torch.randn(weight.shape, generator=draws))
    return network.eval(), shape


def inputs_of(shape, rows):
    return np.random.default_rng(1).random((rows, int(np.prod(shape)))).astype(np.float32)


@pytest.mark.parametrize("name", SHAPES)
def test_it_is_the_networks_function(name):
    network, shape = network_of(name)
    assert (module._merged_size(network) <= module.MERGED) == (name in MERGED)
    inputs = inputs_of(shape, 48)
    for own, other in zip(
        predict(fused(network, shape), inputs), predict(network, inputs), strict=True
    ):
        assert own.std() > 0.01
        assert np.allclose(own, other, atol=1e-5)


@pytest.mark.parametrize("name", SHAPES)
def test_rows_are_the_same_in_small_and_in_large_batches(name):
    network, shape = network_of(name)
    answering, inputs = fused(network, shape), inputs_of(shape, 300)
    whole = predict(answering, inputs)
    for first, last in ((0, 1), (1, 40), (37, 165), (100, 292), (0, 256)):
        part = predict(answering, inputs[first:last])
        for own, other in zip(part, whole, strict=True):
            assert np.array_equal(own, other[first:last])


def test_later_steps_do_not_reach_it():
    network, shape = network_of("connect four")
    answering, inputs = fused(network, shape), inputs_of(shape, 16)
    before = predict(answering, inputs)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(2)
    for own, other in zip(predict(answering, inputs), before, strict=True):
        assert np.array_equal(own, other)


def test_large_batches_are_asked_in_parts():
    asked = []

    def network(inputs):
        asked.append(len(inputs))
        return inputs[:, :3], inputs[:, :2]

    inputs = inputs_of((5,), 3 * MOST + 5)
    logits, values = predict(network, inputs)
    assert asked == [MOST, MOST, MOST, 16]
    assert np.array_equal(logits, inputs[:, :3])
    assert np.array_equal(values, inputs[:, :2])
