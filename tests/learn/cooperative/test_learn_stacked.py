"""Stacked networks are as many single ones of torch."""

import pytest
import torch
from torch import nn

from marl_kit.core.errors import InvalidOptionError
from marl_kit.learn.cooperative.agents import AgentNetworks, groups_of, sees_ids
from marl_kit.learn.cooperative.stacked import StackedGRU, StackedLinear, StackedMLP
from tests.learn.cooperative.worlds import generators

GROUPS = (0, 1, 0)


def single(stacked, run, group):
    """One layer of a stack as torch's."""
    layer = nn.Linear(stacked.weight.shape[2], stacked.weight.shape[3])
    layer.weight.data = stacked.weight[run, group].detach().T.clone()
    layer.bias.data = stacked.bias[run, group, 0].detach().clone()
    return layer


def noisy(module, seed=0):
    """Biases begin at 0, which would hide theirs."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 4)
    return module


def normal(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_stacked_layer_is_many_layers_and_groups_share_gradients():
    layer, x = noisy(StackedLinear(generators(2), GROUPS, 4, 3)), normal(2, 3, 5, 4)
    found = layer(x)
    found.square().sum().backward()
    for run in range(2):
        for group in range(2):
            alone = single(layer, run, group)
            mine = [n for n, g in enumerate(GROUPS) if g == group]
            for n in mine:
                wanted = alone(x[run, n])
                torch.testing.assert_close(found[run, n], wanted)
                wanted.square().sum().backward()
            torch.testing.assert_close(layer.weight.grad[run, group].T, alone.weight.grad)
            torch.testing.assert_close(layer.bias.grad[run, group, 0], alone.bias.grad)


def test_layers_follow_each_other_on_rows_of_any_shape():
    stack, x = noisy(StackedMLP(generators(2), GROUPS, (4, 6, 5, 2))), normal(2, 3, 2, 7, 4)
    found = stack(x)
    assert found.shape == (2, 3, 2, 7, 2)
    first, second, third = (single(layer, 1, 0) for layer in stack.layers)
    torch.testing.assert_close(found[1, 2], third(second(first(x[1, 2]).relu()).relu()))


def test_a_stacked_gru_is_torchs():
    stack = noisy(StackedGRU(generators(2), GROUPS, 4, 3))
    x, memory = normal(2, 3, 5, 4), normal(2, 3, 5, 3, seed=2)
    found = stack(x, memory)
    for run in range(2):
        for n, group in enumerate(GROUPS):
            cell, seen, kept = (
                nn.GRUCell(4, 3),
                *(single(s, run, group) for s in (stack.seen, stack.kept)),
            )
            cell.weight_ih.data, cell.bias_ih.data = seen.weight.data, seen.bias.data
            cell.weight_hh.data, cell.bias_hh.data = kept.weight.data, kept.bias.data
            torch.testing.assert_close(found[run, n], cell(x[run, n], memory[run, n]))


def test_a_runs_weights_follow_from_its_own_generator():
    together = StackedGRU(generators(3), GROUPS, 4, 3)
    for run in range(3):
        alone = StackedGRU(generators(1, run), GROUPS, 4, 3)
        for ours, theirs in zip(together.parameters(), alone.parameters(), strict=True):
            assert torch.equal(ours[run], theirs[0])


def networks(sharing, agents=3, recurrent=False):
    return noisy(
        AgentNetworks(
            generators(2),
            groups_of(sharing, agents),
            ids=sees_ids(sharing),
            inputs=4,
            width=6,
            outputs=3,
            recurrent=recurrent,
        )
    )


@pytest.mark.parametrize(
    ("sharing", "alike"),
    [("shared", {(0, 1), (0, 2), (1, 2)}), ("ids", set()), ("separate", set()), ((7, 3, 7), set())],
)
def test_equal_observations_have_equal_answers_only_where_all_is_shared(sharing, alike):
    nets = networks(sharing)
    x = normal(2, 1, 4, 1, 4).expand(2, 3, 4, 1, 4)
    answers, _ = nets(x, torch.ones(2, 4, 1, dtype=torch.bool), nets.no_memory(4))
    pairs = {
        (i, j) for i in range(3) for j in range(i) if torch.equal(answers[:, i], answers[:, j])
    }
    assert {(j, i) for i, j in pairs} == alike


def test_groups_are_index_choices():
    assert groups_of("separate", 3) == (0, 1, 2)
    assert groups_of("ids", 3) == groups_of("shared", 3) == (0, 0, 0)
    assert groups_of([7, 3, 7], 3) == (0, 1, 0)
    for wrong in ("sharde", [0, 1], 3, None, [[0], [1], [0]], "abc"):
        with pytest.raises(InvalidOptionError, match="3 agents"):
            groups_of(wrong, 3)


def test_memory_is_emptied_exactly_where_episodes_begin():
    nets, x = networks("ids", recurrent=True), normal(2, 3, 2, 7, 4)
    starts = torch.zeros(2, 2, 7, dtype=torch.bool)
    starts[:, 0, 3], starts[:, 1, 0], starts[:, 1, 4] = True, True, True
    memory = normal(2, 3, 2, 6, seed=3)
    answers, memories = nets(x, starts, memory)
    never = torch.zeros_like(starts)
    pieces = [(0, 0, 3, memory), (0, 3, 7, None), (1, 0, 4, None), (1, 4, 7, None)]
    for copy, first, last, before in pieces:
        mine = slice(copy, copy + 1)
        part = x[:, :, mine, first:last]
        remembered = nets.no_memory(1) if before is None else before[:, :, mine]
        alone, _ = nets(part, never[:, mine, first:last], remembered)
        torch.testing.assert_close(alone, answers[:, :, mine, first:last])
    # one more observation behind each
    behind = nets.after(x.roll(-1, 3), memories)
    torch.testing.assert_close(behind[:, :, 0, 3:6], answers[:, :, 0, 4:])
    torch.testing.assert_close(behind[:, :, 1, :3], answers[:, :, 1, 1:4])
