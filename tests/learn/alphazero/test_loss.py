"""The loss: numbers by hand, a float64 twin, signs of the gradients, illegal actions."""

import math

import numpy as np
import pytest
import torch

from marl_kit.learn.alphazero.loss import alphazero_loss, masked_log_softmax


def tensor(*rows):
    return torch.tensor(rows)


def by_hand(**more):
    """One position: p = (1/4, 3/4) of two legal actions, v = (1/2, -1/2), theta = (1, -2)."""
    given = {
        "logits": tensor([0.0, math.log(3), 7.0]),
        "values": tensor([0.5, -0.5]),
        "policies": tensor([1.0, 0.0, 0.0]),
        "legal": tensor([True, True, False]),
        "full": torch.tensor([True]),
        "outcomes": tensor([1.0, -1.0]),
        "parameters": [torch.tensor([1.0, -2.0])],
        "decay": 0.1,
    }
    return alphazero_loss(**(given | more))


def test_by_hand():
    losses = by_hand()
    assert losses.value.item() == pytest.approx(0.25)  # (1 - 1/2)^2, the same for both players
    assert losses.policy.item() == pytest.approx(math.log(4))  # - 1 log 1/4
    assert losses.weights.item() == pytest.approx(0.5)  # 0.1 (1 + 4)
    assert losses.total.item() == pytest.approx(0.75 + math.log(4))


def test_the_cross_entropy_is_not_flipped():
    """``- pi . log p`` and not ``- p . log pi``, which would be infinite here, nor ``+``."""
    unsure = by_hand(policies=tensor([0.5, 0.5, 0.0]))
    expected = -(0.5 * math.log(0.25) + 0.5 * math.log(0.75))
    assert unsure.policy.item() == pytest.approx(expected)
    better = by_hand(logits=tensor([5.0, 0.0, 7.0]))
    assert 0 < better.policy.item() < by_hand().policy.item()


def test_a_quick_search_teaches_values_only():
    losses = by_hand(full=torch.tensor([False]))
    assert losses.policy.item() == 0
    assert losses.value.item() == pytest.approx(0.25)


def random_batch(seed, rows=12, actions=6, players=3):
    rng = np.random.default_rng(seed)
    legal = rng.random((rows, actions)) < 0.6
    legal[np.arange(rows), rng.integers(actions, size=rows)] = True
    policies = np.where(legal, rng.random((rows, actions)), 0.0)
    return {
        "logits": rng.normal(size=(rows, actions)) * 4,
        "values": np.tanh(rng.normal(size=(rows, players))),
        "policies": policies / policies.sum(axis=1, keepdims=True),
        "legal": legal,
        "full": rng.random(rows) < 0.7,
        "outcomes": rng.uniform(-1, 1, (rows, players)),
    }, [rng.normal(size=(4, 5)), rng.normal(size=3)]


def twin(batch, parameters, decay):
    """One position after the other, in float64."""
    value = policy = 0.0
    for row in range(len(batch["full"])):
        value += np.mean((batch["outcomes"][row] - batch["values"][row]) ** 2)
        if batch["full"][row]:
            legal = batch["legal"][row]
            logits, pi = batch["logits"][row][legal], batch["policies"][row][legal]
            p = np.exp(logits) / np.exp(logits).sum()
            policy -= (pi * np.log(p)).sum()
    rows, learned = len(batch["full"]), max(batch["full"].sum(), 1)
    return value / rows + policy / learned + decay * sum((theta**2).sum() for theta in parameters)


@pytest.mark.parametrize("seed", range(5))
def test_against_a_twin(seed):
    batch, parameters = random_batch(seed)
    floats = [torch.from_numpy(theta) for theta in parameters]
    exact = alphazero_loss(
        **{name: torch.from_numpy(x) for name, x in batch.items()}, parameters=floats, decay=0.02
    )
    assert exact.total.item() == pytest.approx(twin(batch, parameters, 0.02), rel=1e-12)
    single = alphazero_loss(
        **{
            name: torch.from_numpy(x if x.dtype == bool else x.astype(np.float32))
            for name, x in batch.items()
        },
        parameters=[theta.float() for theta in floats],
        decay=0.02,
    )
    assert single.total.item() == pytest.approx(exact.total.item(), rel=1e-5)


def test_gradients_are_those_of_the_formula():
    """To the logits (p - pi) / F at the F rows whose pi is learned, to the values
    -2 (z - v) / (B P), to the weights 2 c theta."""
    batch, parameters = random_batch(9)
    given = {name: torch.from_numpy(x) for name, x in batch.items()}
    leaves = [given["logits"], given["values"], torch.from_numpy(parameters[0])]
    for leaf in leaves:
        leaf.requires_grad_()
    alphazero_loss(**given, parameters=leaves[2:], decay=0.02).total.backward()
    p = np.where(batch["legal"], np.exp(batch["logits"]), 0.0)
    p /= p.sum(axis=1, keepdims=True)
    rows, players = batch["values"].shape
    expected = np.where(batch["full"][:, None], p - batch["policies"], 0.0) / batch["full"].sum()
    assert np.allclose(leaves[0].grad, expected, atol=1e-14)
    error = batch["values"] - batch["outcomes"]
    assert np.allclose(leaves[1].grad, 2 * error / (rows * players))
    assert np.allclose(leaves[2].grad, 0.04 * parameters[0])


def test_illegal_actions_have_probability_0_and_no_gradient():
    batch, _ = random_batch(3)
    logits = torch.from_numpy(batch["logits"]).requires_grad_()
    legal = torch.from_numpy(batch["legal"])
    log_p = masked_log_softmax(logits, legal)
    p = log_p.exp()
    assert (p[~legal] == 0).all()
    assert torch.allclose(p.sum(dim=1), torch.ones(len(p), dtype=p.dtype))
    given = {name: torch.from_numpy(x) for name, x in batch.items()} | {"logits": logits}
    alphazero_loss(**given, parameters=[torch.zeros(1)], decay=0.0).total.backward()
    assert (logits.grad[~legal] == 0).all()
    assert (logits.grad[legal & given["full"][:, None]] != 0).any()


def test_logits_of_any_size_give_finite_losses():
    wild = tensor([3e4, -3e4, 3e38]).requires_grad_()
    losses = by_hand(logits=wild, policies=tensor([0.5, 0.5, 0.0]))
    losses.total.backward()
    assert losses.total.isfinite()
    assert wild.grad.isfinite().all()


def test_a_step_raises_the_target_and_moves_values_towards_the_outcome():
    logits = tensor([0.3, -0.2, 0.9, 0.1]).requires_grad_()
    values = tensor([0.2, 0.4]).requires_grad_()
    legal, outcomes = tensor([True, True, False, True]), tensor([-1.0, 1.0])
    pi = tensor([0.0, 1.0, 0.0, 0.0])

    def losses():
        return alphazero_loss(logits, values, pi, legal, legal[:, 0], outcomes, [values[:0]], 0.0)

    before = masked_log_softmax(logits, legal).exp().detach()
    losses().total.backward()
    with torch.no_grad():
        for leaf in (logits, values):
            leaf -= 0.1 * leaf.grad
    after = masked_log_softmax(logits, legal).exp().detach()
    assert after[0, 1] > before[0, 1]
    assert after[0, 0] < before[0, 0]
    assert after[0, 3] < before[0, 3]
    assert values[0, 0] < 0.2
    assert values[0, 1] > 0.4
