"""Learners of values against loops: targets, masks, mixers, weights."""

import itertools

import numpy as np
import pytest
import torch

from marl_kit.learn.cooperative.mixers import Additive, Duplex, Mixed, Monotone, Separate
from marl_kit.learn.cooperative.rollout import Collector
from marl_kit.learn.cooperative.value_learner import ValueLearner, greedy, random_legal
from marl_kit.learn.cooperative.value_options import ValueOptions
from marl_kit.learn.cooperative.value_targets import lambda_returns
from tests.learn.cooperative.test_learn_stacked import noisy
from tests.learn.cooperative.worlds import Counting, generators
from tests.reference.team_learners import best_legal, lambda_return

LENGTHS, CUT, LEAVES = [3, 4, 2, 5], [False, True, False, True], {1: 3}
RUNS, COPIES, STEPS = 2, 2, 6


def learner(mixer="additive", seed=0, own=False, **options):
    sizes = Counting(LENGTHS, CUT).sizes
    chosen = ValueOptions(mixer=mixer, width=8, rollout=STEPS, slots=4, batch=2, **options)
    found = ValueLearner(chosen, sizes, generators(RUNS, seed), key=3, own=own)
    for k, module in enumerate((found.online, found.target, found.central, found.central_target)):
        if module is not None:
            noisy(module, k)  # so that no two agree
    return found


def played(by, reward="mean"):
    world = Counting(LENGTHS, CUT, LEAVES)
    return Collector(world, world.reset(), RUNS, by, reward, key=5).collect(STEPS)


@pytest.mark.parametrize("trace", [0.0, 0.6, 1.0])
def test_lambda_returns_are_mixtures_of_all_returns(trace):
    rng = np.random.default_rng(0)
    rewards, following = rng.normal(size=(2, 3, 8))
    over = rng.random((3, 8)) < 0.3
    tensors = map(torch.from_numpy, (rewards, following, over))
    found = lambda_returns(*tensors, discount=0.9, trace=trace)
    for row, t in np.ndindex(3, 8):
        rest = (x[row, t:].tolist() for x in (rewards, following, over))
        assert found[row, t] == pytest.approx(lambda_return(*rest, 0.9, trace))


def test_illegal_actions_are_never_the_best_however_low_the_legal_ones():
    values = torch.tensor([[5.0, 1e30, -1e30], [-1e12, -2e12, 1e12], [3.0, 4.0, 5.0]])
    mask = torch.tensor([[True, False, True], [True, True, False], [False, False, False]])
    assert greedy(values, mask).tolist() == [0, 0, 0]
    assert greedy(values, ~mask).tolist() == [1, 2, 2]


def test_random_actions_are_legal_and_equally_likely():
    numbers = torch.cat([torch.arange(600) / 600, torch.tensor([1 - 2.0**-24])])
    for mask in itertools.product([False, True], repeat=4):
        legal = torch.tensor(mask).expand(len(numbers), 4)
        found = random_legal(legal, numbers)
        counts = torch.bincount(found[:-1], minlength=4).tolist()
        share = 600 / max(sum(mask), 1)
        wanted = [share * x for x in mask] if any(mask) else [600, 0, 0, 0]
        assert counts == pytest.approx(wanted, abs=1)
        assert mask[found[-1]] or not any(mask)


def q_values(agents, observation, s, n):
    """One agent's values of one observation."""
    x = torch.zeros(RUNS, 2, 1, 1, 4)
    x[s, n, 0, 0] = observation
    with torch.no_grad():
        answers, _ = agents(x, torch.ones(RUNS, 1, 1, dtype=torch.bool), agents.no_memory(1))
    return answers[s, n, 0, 0].tolist()


def following(by, found, place, n, judge, chooser, part=None):
    """The judge's value of what the chooser would do next; 0 for those who take no part."""
    s, b, t = place
    if not (found.after_alive if part is None else part)[s, n, b, t]:
        return 0.0
    observation = found.after_observations[s, n, b, t]
    action = best_legal(q_values(chooser, observation, s, n), found.after_mask[s, n, b, t].tolist())
    return q_values(judge, observation, s, n)[action]


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("mixer", ["additive", "separate"])
def test_targets_are_those_of_a_loop(mixer, double):
    by = learner(mixer, double=double, trace=0.6, discount=0.9)
    for module in (by.online, by.target):
        module.agents.head.bias.data[..., 2] += 1e6  # agent b has no such action
        module.agents.head.bias.data[..., 0] += 1e3  # illegal at odd times
    found = played(by)
    _, memories = by.online.agents(found.observations, found.starts, found.memory)
    with torch.no_grad():
        targets = by._targets(found, memories)
    judge, chooser = by.target.agents, (by.online if double else by.target).agents
    members = [[0, 1]] if mixer == "additive" else [[0], [1]]
    for s, k, b, t in np.ndindex(RUNS, len(members), COPIES, STEPS):
        after, over = [], []
        for u in range(t, STEPS):
            ended = all(found.ended[s, n, b, u] for n in members[k])
            part = found.after_alive if mixer == "additive" else torch.ones_like(found.alive)
            value = sum(
                following(by, found, (s, b, u), n, judge, chooser, part) for n in members[k]
            )
            after.append(0.0 if ended else value)
            over.append(bool(found.over[s, b, u]) or ended)
        rewards = found.rewards[s, 0, b, t:].tolist()
        wanted = lambda_return(rewards, after, over, 0.9, 0.6)
        assert targets[s, k, b, t] == pytest.approx(wanted, rel=1e-5)
    assert (found.over & ~found.ended.all(1)).any()  # some were cut off


@pytest.mark.parametrize("mixer", ["separate", "additive", "monotone", "duplex", "weighted"])
def test_no_gradient_reaches_the_targets_and_all_else_learns(mixer):
    weighted = {"underrated": 0.1} if mixer == "weighted" else {}
    by = learner("monotone" if weighted else mixer, **weighted)
    by._loss(played(by)).sum().backward()
    still = [m for m in (by.target, by.central_target) if m is not None]
    assert all(p.grad is None for m in still for p in m.parameters())
    moving = [m for m in (by.online, by.central) if m is not None]
    assert all(p.grad.isfinite().all() for m in moving for p in m.parameters())
    assert all(p.grad.any() for m in moving for n, p in m.named_parameters() if "shift" not in n)


def test_the_targets_networks_are_renewed_now_and_then():
    by = learner(renew=3, updates=1)
    rollout = played(by)
    agreed = []
    for _ in range(7):
        before = {n: x.clone() for n, x in by.online.state_dict().items()}
        by.learn(rollout)
        agreed.append(all(torch.equal(before[n], x) for n, x in by.target.state_dict().items()))
    assert agreed == [True, False, False, True, False, False, True]


def test_exploration_falls_in_a_straight_line():
    by = learner(explore_from=1.0, explore_to=0.2, explore_steps=100)
    assert [by.exploration(n) for n in (0, 50, 100, 1000)] == pytest.approx([1, 0.6, 0.2, 0.2])
    assert learner(explore_to=0.2, explore_steps=0).exploration(0) == pytest.approx(0.2)


def mixed(values, actions, states):
    """Values [N, A] of one run, and all joint actions [M, N], at one state."""
    chosen = torch.stack([row[a] for row, a in zip(values, actions.T, strict=True)])
    greatest = values.amax(1, keepdim=True).expand_as(chosen)
    alive = torch.ones_like(chosen, dtype=torch.bool)
    states = states.expand(len(actions), -1)
    return Mixed(chosen[None], greatest[None], actions.T[None], alive[None], states[None])


AGENTS, ACTIONS, STATE = 3, 3, 4
JOINT = torch.tensor(list(itertools.product(range(ACTIONS), repeat=AGENTS)))


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(AGENTS, ACTIONS, generator=generator), torch.randn(
        STATE, generator=generator
    )


def test_a_sum_is_a_sum_and_no_mixer_changes_nothing():
    values, state = drawn(0)
    inputs = mixed(values, JOINT, state)
    sums = [sum(values[n, a] for n, a in enumerate(joint)) for joint in JOINT]
    torch.testing.assert_close(Additive()(inputs)[0, 0], torch.stack(sums))
    assert torch.equal(Separate()(inputs), inputs.chosen)


@pytest.mark.parametrize("seed", range(4))
def test_qmix_grows_in_every_agents_value_and_depends_on_the_state(seed):
    mixer = noisy(Monotone(generators(1, seed), AGENTS, STATE), seed)
    values, state = drawn(seed)
    inputs = mixed(values, JOINT, state)
    with torch.no_grad():
        before = mixer(inputs)
        for n in range(AGENTS):
            raised = inputs.chosen.clone()
            raised[:, n] += 0.05
            assert (mixer(inputs._replace(chosen=raised)) > before).all()
        assert (mixer(inputs._replace(states=inputs.states + 1)) != before).all()


def overtakes(total, values):
    """Whether the team values a joint action less than one that is worse for every agent."""
    rows = torch.stack([values[range(AGENTS), list(joint)] for joint in JOINT])
    better = (rows[:, None] >= rows[None]).all(-1)
    return bool((better & (total[:, None] < total[None] - 1e-6)).any())


@pytest.mark.parametrize("seed", range(4))
def test_qplex_agrees_with_the_agents_on_the_best_and_on_nothing_else(seed):
    mixer = noisy(Duplex(generators(1, seed), AGENTS, STATE, ACTIONS), seed)
    values, state = drawn(seed)
    with torch.no_grad():
        total = mixer(mixed(values, JOINT, state))[0, 0]
        mixer.of_actions.layers[-1].weight.mul_(20)  # weights that differ much
        uneven = mixer(mixed(values, JOINT, state))[0, 0]
        monotone = Monotone(generators(1, seed), AGENTS, STATE)(mixed(values, JOINT, state))[0, 0]
    for found in (total, uneven, monotone):
        assert JOINT[found.argmax()].tolist() == values.argmax(1).tolist()
    assert overtakes(uneven, values)  # which no monotone mixer can do
    assert not overtakes(monotone, values)


@torch.no_grad()
def test_weighted_qmix_counts_what_it_rates_high_enough_less():
    by = learner("monotone", underrated=0.25, discount=0.9, trace=0.0)
    found = played(by)
    values, memories = by.online.agents(found.observations, found.starts, found.memory)
    total = by._total(by.online.mixer, values, found)
    targets = by._targets(found, memories)
    free = by._total(
        by.central.mixer,
        by.central.agents(found.observations, found.starts, found.memory)[0],
        found,
    )
    for s in range(RUNS):
        ours, central = 0.0, 0.0
        for b, t in np.ndindex(COPIES, STEPS):
            gap = float(targets[s, 0, b, t] - total[s, 0, b, t])
            ours += (1 if gap > 0 else 0.25) * gap**2
            central += float(targets[s, 0, b, t] - free[s, 0, b, t]) ** 2
        wanted = (ours + central) / (COPIES * STEPS)
        assert by._loss(found)[s].item() == pytest.approx(wanted, rel=1e-5)
    low = (total < targets).float().mean()
    assert 0 < low < 1


def test_targets_of_weighted_qmix_are_the_central_value_of_the_mixers_greedy_actions():
    by = learner("monotone", underrated=0.25, trace=0.0)
    found = played(by)
    _, memories = by.online.agents(found.observations, found.starts, found.memory)
    with torch.no_grad():
        targets = by._targets(found, memories)
        chosen = torch.zeros(RUNS, 2, COPIES, STEPS)
        for s, n, b, t in np.ndindex(*chosen.shape):
            place, agents = (s, b, t), by.central_target.agents
            chosen[s, n, b, t] = following(by, found, place, n, agents, by.online.agents)
        states = found.after_states.flatten(1, 2)
        of_agents = (x.flatten(2) for x in (chosen, chosen, found.actions, found.after_alive))
        flat = Mixed(*of_agents, states)
        later = by.central_target.mixer(flat).view(RUNS, 1, COPIES, STEPS)
    wanted = found.rewards[:, :1] + 0.99 * later * ~found.ended.all(1, keepdim=True)
    torch.testing.assert_close(targets, wanted)


@pytest.mark.parametrize("mixer", ["separate", "additive", "monotone", "duplex"])
def test_agents_who_have_left_contribute_nothing(mixer):
    reward = "own" if mixer == "separate" else "mean"
    by = learner(mixer, own=reward == "own")
    found = played(by, reward)
    before = by._loss(found)
    gone, left = ~found.alive, ~found.after_alive
    assert gone.any()
    found.observations[gone] = 77.0
    found.after_observations[left] = -77.0
    assert torch.equal(by._loss(found), before)
    if mixer == "separate":
        found.rewards[gone] = 1e6
        assert torch.equal(by._loss(found), before)


def test_sequences_with_memory_are_replayed_as_they_were_played():
    by = learner(recurrent=True, explore_to=0.0, explore_from=0.0, explore_steps=0)
    world = Counting(LENGTHS, CUT, LEAVES)
    playing = Collector(world, world.reset(), RUNS, by, "mean", key=5)
    first, second = playing.collect(3), playing.collect(3)
    values, memories = by.online.agents(first.observations, first.starts, first.memory)
    torch.testing.assert_close(memories[..., -1, :], second.memory)
    assert second.memory.any()
    assert torch.equal(greedy(values, first.mask), first.actions)
    by.replay.add(first)
    by.replay.add(second)
    again = by.replay.sample(8, 1, 1)
    values, _ = by.online.agents(again.observations, again.starts, again.memory)
    assert torch.equal(greedy(values, again.mask), again.actions)
