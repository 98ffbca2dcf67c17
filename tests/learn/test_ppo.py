"""The primitives of PPO against slow twins, and their gradients against differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from marl_kit.learn.ppo import (
    clipped_loss,
    clipped_value_loss,
    entropy,
    gae,
    legal_log_softmax,
    magnetic_penalty,
)
from marl_kit.learn.value_norm import ValueNorm
from tests.reference import ppo as twin

LEGAL = torch.tensor(
    [[True, True, True], [True, False, True], [False, True, False], [False, False, False]]
)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def agrees_with_differences(function: Callable[[Tensor], Tensor], at: Tensor) -> None:
    """Compare the gradient of the sum with central differences."""
    at = at.clone().requires_grad_()
    (slope,) = torch.autograd.grad(function(at).sum(), at)
    assert torch.isfinite(slope).all()
    h, plain = 1e-6, at.detach()
    for place in np.ndindex(*at.shape):
        step = torch.zeros_like(plain)
        step[place] = h
        with torch.no_grad():
            change = function(plain + step).sum() - function(plain - step).sum()
        assert slope[place].item() == pytest.approx(change.item() / (2 * h), abs=2e-8)


@pytest.mark.parametrize(("discount", "trace"), [(1.0, 1.0), (0.9, 0.95), (0.99, 0.0), (0.0, 0.5)])
def test_advantages_are_sums_of_discounted_errors(discount, trace) -> None:
    rewards, values, following = (normal(2, 3, 7, seed=s) for s in range(3))
    over = normal(2, 3, 7, seed=3) > 0.5
    found = gae(rewards, values, following, over, discount=discount, trace=trace)
    for row in np.ndindex(2, 3):
        parts = (x[row].tolist() for x in (rewards, values, following, over))
        assert found[row].tolist() == pytest.approx(twin.gae(*parts, discount, trace), abs=1e-12)


def test_whole_traces_are_returns_minus_values_and_ends_are_no_time_limits() -> None:
    """By hand: rewards 1, 2, 4; the episode ends for good after two steps, the third is cut off
    where 8 would follow."""
    rewards = torch.tensor([1.0, 2.0, 4.0])
    values = torch.tensor([10.0, 20.0, 30.0])
    following = torch.tensor([20.0, 0.0, 8.0])
    over = torch.tensor([False, True, True])
    found = gae(rewards, values, following, over, discount=0.5, trace=1.0)
    assert found.tolist() == [1 + 0.5 * 2 - 10, 2 - 20, 4 + 0.5 * 8 - 30]
    # what stands behind an end does not leak into what was before it
    rewards[2] = 1000.0
    again = gae(rewards, values, following, over, discount=0.5, trace=1.0)
    assert again[:2].tolist() == found[:2].tolist()


def test_the_clipped_loss_is_that_of_the_paper() -> None:
    log_probs, old, advantages = (0.4 * normal(40, seed=s) for s in range(3))
    found = clipped_loss(log_probs, old, advantages, 0.2)
    rows = zip(log_probs.tolist(), old.tolist(), advantages.tolist(), strict=True)
    assert found.tolist() == pytest.approx([twin.clipped_loss(*row, 0.2) for row in rows])
    agrees_with_differences(lambda x: clipped_loss(x, old, advantages, 0.2), log_probs)


@pytest.mark.parametrize(
    ("ratio", "advantage", "moves"), [(1.5, 1.0, 0), (1.5, -1.0, 1), (0.5, -1.0, 0), (0.5, 1.0, 1)]
)
def test_only_steps_that_go_too_far_stop(ratio, advantage, moves) -> None:
    log_prob = torch.tensor(math.log(ratio), requires_grad=True)
    clipped_loss(log_prob, torch.tensor(0.0), torch.tensor(advantage), 0.2).backward()
    assert log_prob.grad.item() == pytest.approx(-moves * ratio * advantage)


def test_the_value_loss_is_the_worse_of_two() -> None:
    values, old, targets = (normal(40, seed=s) for s in range(3))
    found = clipped_value_loss(values, old, targets, 0.3)
    rows = zip(values.tolist(), old.tolist(), targets.tolist(), strict=True)
    assert found.tolist() == pytest.approx([twin.clipped_value_loss(*row, 0.3) for row in rows])
    agrees_with_differences(lambda x: clipped_value_loss(x, old, targets, 0.3), values)
    gone_far = torch.tensor(1.0, requires_grad=True)
    clipped_value_loss(gone_far, torch.tensor(0.0), torch.tensor(2.0), 0.5).backward()
    assert gone_far.grad.item() == 0.0


def test_what_is_not_legal_has_probability_zero() -> None:
    logits = 5 * normal(4, 3)
    logits[1, 1] = torch.inf  # whatever a network says there
    logits[2, 0] = torch.nan
    p = legal_log_softmax(logits, LEGAL).exp()
    for row, told in enumerate(p.tolist()):
        expected = twin.legal_softmax(logits[row].tolist(), LEGAL[row].tolist())
        assert told == pytest.approx(expected, abs=1e-12)
    assert torch.all(p[:3][~LEGAL[:3]] == 0)
    assert p[3].tolist() == [1.0, 0.0, 0.0]


def test_logits_far_apart_do_not_overflow() -> None:
    legal = torch.tensor([[True, True, False]])
    logits = torch.tensor([[2000.0, -2000.0, 3000.0]], requires_grad=True)
    log_probs = legal_log_softmax(logits, legal)
    assert log_probs.tolist() == [[0.0, -4000.0, -math.inf]]
    (entropy(log_probs) + magnetic_penalty(log_probs, log_probs.detach())).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_entropy_and_penalty_where_actions_are_masked() -> None:
    logits, other = normal(4, 3, seed=1), normal(4, 3, seed=2)
    mine, magnet = legal_log_softmax(logits, LEGAL), legal_log_softmax(other, LEGAL)
    p, q = mine.exp().tolist(), magnet.exp().tolist()
    assert entropy(mine).tolist() == pytest.approx([twin.entropy(row) for row in p])
    rows = [twin.divergence(*pair) for pair in zip(p, q, strict=True)]
    assert magnetic_penalty(mine, magnet).tolist() == pytest.approx(rows)
    assert entropy(mine)[2:].tolist() == [0.0, 0.0]
    agrees_with_differences(lambda x: entropy(legal_log_softmax(x, LEGAL)), logits)
    agrees_with_differences(lambda x: magnetic_penalty(legal_log_softmax(x, LEGAL), magnet), logits)


def test_a_uniform_magnet_is_an_entropy_bonus_and_an_impossible_one_is_infinite() -> None:
    mine = legal_log_softmax(normal(4, 3), LEGAL)
    uniform = legal_log_softmax(torch.zeros(4, 3), LEGAL)
    counts = LEGAL.sum(-1).clamp(min=1)
    assert torch.allclose(magnetic_penalty(mine, uniform), counts.log() - entropy(mine))
    narrow = legal_log_softmax(torch.zeros(1, 3), torch.tensor([[True, False, False]]))
    assert magnetic_penalty(mine[:1], narrow).item() == math.inf


def test_a_row_that_waits_changes_nothing() -> None:
    logits = normal(4, 3).requires_grad_()
    log_probs = legal_log_softmax(logits, LEGAL)
    taken, advantages = log_probs[:, 0][3:], torch.tensor([5.0])
    loss = clipped_loss(taken, taken.detach(), advantages, 0.2) - entropy(log_probs)[3:]
    loss.sum().backward()
    assert torch.all(logits.grad == 0)
    assert loss.item() == -5.0


@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_running_moments_are_those_of_all_batches(decay) -> None:
    """The second run starts late and has gaps; NaN stands where nothing counts."""
    norm, seen = ValueNorm(2, decay), ([], [])
    for step in range(6):
        batch = 1e6 + 10.0 * (step + 1) * normal(2, 4, 3, seed=step)
        counts = torch.ones(2, 4, 3, dtype=torch.bool)
        counts[1, step % 4] = False
        if step in (0, 3):
            counts[1] = False
        for run in range(2):
            if counts[run].any():
                seen[run].append(batch[run][counts[run]].numpy())
        norm.update(torch.where(counts, batch, torch.nan), counts)
    for run in range(2):
        mean, variance = twin.moments(seen[run], decay)
        assert norm.mean[run].item() == pytest.approx(mean, rel=1e-12)
        assert norm.variance[run].item() == pytest.approx(variance, rel=1e-8)


def test_normalising_goes_there_and_back_for_each_run() -> None:
    norm = ValueNorm(2)
    assert norm.normalise(torch.tensor([[3.0], [4.0]])).tolist() == [[3.0], [4.0]]
    norm.update(torch.tensor([[1.0, 3.0], [100.0, 500.0]]))
    values = torch.tensor([[1.0, 2.0], [100.0, 500.0]])
    assert norm.normalise(values).tolist() == [[-1.0, 0.0], [-1.0, 1.0]]
    assert torch.equal(norm.denormalise(norm.normalise(values)), values)
    assert norm.normalise(values).dtype == values.dtype


@pytest.mark.parametrize("level", [0.0, 1e9, 0.1])
def test_equal_targets_are_no_division_by_zero(level) -> None:
    norm = ValueNorm()
    for _ in range(3):
        norm.update(torch.full((1, 7), level))
    assert norm.deviation.item() == 1.0
    assert norm.normalise(torch.full((1, 2), level, dtype=torch.float64)).abs().max() < 1e-6


def test_the_scale_of_payoffs_does_not_matter() -> None:
    small, large = ValueNorm(), ValueNorm()
    targets = normal(1, 50)
    small.update(1e-8 * targets)
    large.update(1e8 * targets)
    told = small.normalise(1e-8 * targets), large.normalise(1e8 * targets)
    assert torch.allclose(*told, rtol=1e-9, atol=1e-9)


def test_a_norm_goes_on_from_its_state() -> None:
    first, second = ValueNorm(3), ValueNorm(3)
    first.update(normal(3, 5))
    state = first.state_dict()
    second.load_state_dict(state)
    for norm in (first, second):
        norm.update(normal(3, 5, seed=1))
    assert all(torch.equal(a, b) for a, b in zip(*map(vars_of, (first, second)), strict=True))
    assert torch.equal(state["weight"], torch.ones(3, dtype=torch.float64))  # a copy


def vars_of(norm: ValueNorm) -> list[Tensor]:
    return list(norm.state_dict().values())
