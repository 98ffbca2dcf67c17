"""Learners of policies: advice of critics, exact counterfactuals, the order of updates."""

import itertools

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.games.team_stage import stage_team
from marl_kit.learn.cooperative import maddpg
from marl_kit.learn.cooperative.policies import drawn
from marl_kit.learn.cooperative.policy_learner import PolicyLearner
from marl_kit.learn.cooperative.policy_options import PolicyOptions
from marl_kit.learn.cooperative.rollout import Collector
from tests.learn.cooperative.test_learn_stacked import noisy
from tests.learn.cooperative.worlds import Counting, generators
from tests.reference.team_learners import counterfactual, expected, lambda_return

LENGTHS, CUT, LEAVES = [3, 4, 2, 5], [False, True, False, True], {1: 3}
RUNS, COPIES, STEPS = 2, 2, 6
PRESETS = {
    "ippo": {"critic": "local"},
    "mappo": {"critic": "central"},
    "coma": {"critic": "counterfactual", "loss": "plain"},
    "happo": {"critic": "central", "order": "sequential", "sharing": "separate"},
}


def learner(name, sizes, runs=RUNS, own=False, **options):
    chosen = PolicyOptions(
        **{"width": 8, "discount": 0.9, "trace": 0.7, **PRESETS[name], **options}
    )
    found = PolicyLearner(chosen, sizes, generators(runs), key=3, own=own)
    noisy(found.policies)
    noisy(found.adviser.critic)
    if name == "coma":
        noisy(found.adviser.judge)
    return found


def counting(name, pay=(1.0, 1.0), reward="mean", **options):
    """A learner and what it played."""
    world = Counting(LENGTHS, CUT, LEAVES, pay)
    by = learner(name, world.sizes, own=reward == "own", **options)
    return by, Collector(world, world.reset(), RUNS, by, reward, key=5).collect(STEPS)


@torch.no_grad()
def advice(by, rollout):
    return by.adviser.advise(rollout, by.policies, by._for_actions(rollout))


def check_targets(targets, found, following, ended):
    """Against the forward view of each step of each agent who is there."""
    for s, n, b, t in np.ndindex(*targets.shape):
        if not found.alive[s, n, b, t]:
            continue
        gone = [bool(ended[s, n, b, u]) for u in range(t, STEPS)]
        after = [
            0.0 if e else float(following[s, n, b, u])
            for e, u in zip(gone, range(t, STEPS), strict=True)
        ]
        over = [e or bool(found.over[s, b, u]) for e, u in zip(gone, range(t, STEPS), strict=True)]
        wanted = lambda_return(found.rewards[s, n, b, t:].tolist(), after, over, 0.9, 0.7)
        assert targets[s, n, b, t] == pytest.approx(wanted, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "reward", "alone"),
    [
        ("mappo", "mean", False),
        ("mappo", "own", True),
        ("ippo", "mean", True),
        ("ippo", "own", True),
    ],
)
@pytest.mark.parametrize("normalise", [True, False])
def test_targets_of_values_bootstrap_where_episodes_are_cut_off_and_nowhere_else(
    name, reward, alone, normalise
):
    by, found = counting(name, (1.0, 3.0), reward, normalise_values=normalise)
    if normalise:
        by.adviser.norm.update(torch.randn(RUNS, 50) * 4 + 7)
    nothing = by.adviser.critic.no_memory(COPIES)
    with torch.no_grad():
        now, then, _ = by.adviser.critic.values(found, nothing)
        if normalise:
            now, then = by.adviser.norm.denormalise(now), by.adviser.norm.denormalise(then)
    ended = found.ended if alone else found.ended.all(1, keepdim=True).expand_as(found.ended)
    said = advice(by, found)
    check_targets(said.targets, found, then, ended)
    for s in range(RUNS):  # advantages are the targets less the values, standardised
        counted = found.choices[s]
        raw = (said.targets - now)[s]
        mean, deviation = raw[counted].mean(), raw[counted].std(correction=0)
        torch.testing.assert_close(
            said.advantages[s], (raw - mean) / deviation, rtol=1e-3, atol=1e-3
        )


def test_a_recurrent_critic_remembers_over_rollouts_as_over_one():
    long_by, long = counting("ippo", recurrent=True)
    values, _, last = long_by.adviser.critic.values(long, long_by.adviser.critic.no_memory(COPIES))
    world = Counting(LENGTHS, CUT, LEAVES)
    by = learner("ippo", world.sizes, recurrent=True)
    playing = Collector(world, world.reset(), RUNS, by, "mean", key=5)
    for part in (slice(0, 2), slice(2, 6)):
        found = playing.collect(part.stop - part.start)
        assert torch.equal(found.actions, long.actions[..., part])
        before = advice(by, found).memory
        with torch.no_grad():
            torch.testing.assert_close(
                by.adviser.critic.values(found, before)[0], values[..., part]
            )
    torch.testing.assert_close(by.adviser._memory, last)


def test_comas_targets_look_at_the_same_episode_only():
    by, found = counting("coma")
    targets = advice(by, found).targets
    judge, actions = (
        by.adviser.judge,
        by.adviser._next_actions(found, by.policies, by._for_actions(found)),
    )
    for s, n, b, t in np.ndindex(*actions.shape):
        if t + 1 < STEPS and not found.over[s, b, t]:
            assert actions[s, n, b, t] == found.actions[s, n, b, t + 1]
        legal = found.after_mask[s, n, b, t]
        assert legal[actions[s, n, b, t]] or (not legal.any() and not actions[s, n, b, t])
    with torch.no_grad():
        values = judge(found.after_states, found.after_observations, actions)
    following = values.gather(-1, actions[..., None]).squeeze(-1)
    ended = found.ended.all(1, keepdim=True).expand_as(found.ended)
    check_targets(targets, found, following, ended)
    # the next episode has nothing to say about the last
    s, b, t = next(
        p
        for p in np.ndindex(RUNS, COPIES, STEPS - 1)
        if found.over[p] and not ended[p[0], 0, p[1], p[2]]
    )
    for x in (found.observations, found.actions, found.rewards):
        x[s, :, b, t + 1 :] = 0
    found.states[s, b, t + 1 :] = -9
    assert torch.equal(advice(by, found).targets[s, :, b, : t + 1], targets[s, :, b, : t + 1])


CLIMBING = np.array([[11.0, -30, 0], [-30, 7, 0], [0, 6, 5]])
UNEVEN = np.array([[[1.0, 5], [-2, 0], [3, 4]], [[7, -1], [2, 2], [0, 6]]])
GAMES = [CLIMBING, UNEVEN]


def stage(payoffs, name, copies, runs=1, **options):
    """A learner of a stage game, and one rollout of so many plays."""
    game = mk.NormalFormGame([payoffs] * payoffs.ndim)
    world = stage_team(game).environment(runs * copies, 0)
    by = learner(name, world.sizes, runs, **options)
    return by, Collector(world, world.reset(), runs, by, "mean", key=5)


def policy_of(by, agents, actions):
    probabilities = by.probabilities(torch.ones(1, agents, 1, 1), mask_of(actions))
    return [probabilities[0, n, 0, :a].double().tolist() for n, a in enumerate(actions)]


def mask_of(actions):
    return (torch.arange(max(actions)) < torch.tensor(actions)[:, None])[None, :, None]


@pytest.mark.parametrize("payoffs", GAMES)
def test_comas_advantages_are_exact_given_its_critic(payoffs):
    by, playing = stage(payoffs, "coma", payoffs.size)
    found = playing.collect(1)
    joint = torch.tensor(list(itertools.product(*map(range, payoffs.shape))))
    found.actions[:] = joint.T[None, :, :, None]
    with torch.no_grad():
        policy = policy_of(by, payoffs.ndim, payoffs.shape)
        values = by.adviser.critic(found.states, found.observations, found.actions)[0, :, :, 0]
    said = advice(by, found).advantages[0, :, :, 0]
    for n in range(payoffs.ndim):
        table = np.zeros(payoffs.shape)  # what agent n's critic thinks of joint actions
        for m, cell in enumerate(joint.tolist()):
            table[tuple(cell)] = values[n, m, cell[n]]
        for m, cell in enumerate(joint.tolist()):
            own = [table[(*cell[:n], a, *cell[n + 1 :])] for a in range(payoffs.shape[n])]
            assert values[n, m, : len(own)].tolist() == pytest.approx(own, abs=1e-5)
            wanted = own[cell[n]] - np.dot(policy[n], own)
            assert said[n, m] == pytest.approx(wanted, abs=1e-5)


def check_means(samples, actions, wanted, scale):
    """The mean over the plays of each action is as wanted, within five standard errors."""
    for n, exact in enumerate(wanted):
        for a, value in enumerate(exact):
            mine = samples[n][actions[n] == a].double()
            error = float(mine.std()) / len(mine) ** 0.5
            assert error < 0.1 * scale
            assert float(mine.mean()) == pytest.approx(value, abs=5 * error + 0.02 * scale)


@pytest.mark.parametrize(
    ("name", "payoffs"),
    [("coma", CLIMBING), ("mappo", CLIMBING), ("mappo", UNEVEN), ("ippo", UNEVEN)],
)
def test_mean_sampled_advantages_are_the_exact_counterfactuals(name, payoffs):
    by, playing = stage(payoffs, name, 4000, normalise_values=False, critic_rate=5e-3, width=16)
    found = playing.collect(1)
    for _ in range(200 if name == "coma" else 60):  # let the critic learn what there is to know
        few = torch.arange(128)
        part = found.copies(few)
        by.critic.step(by.adviser.loss(part, advice(by, part)))
    policy = policy_of(by, payoffs.ndim, payoffs.shape)
    exact = [counterfactual(payoffs, policy, n) for n in range(payoffs.ndim)]
    said = advice(by, found).advantages[0, :, :, 0]
    scale = float(found.rewards.std())
    if name != "coma":  # standardised: the same but for a positive factor
        said = said * scale
        exact = [
            [x - (found.rewards.mean().item() - expected(payoffs, policy)) for x in row]
            for row in exact
        ]
    check_means(said, found.actions[0, :, :, 0], exact, scale)


def test_sampled_advantages_in_the_two_step_game_are_the_exact_counterfactuals():
    """With whole traces they are returns less a baseline, whatever the critic thinks."""
    world = mk.load_game("two_step").environment(6000, 0)
    by = learner(
        "mappo",
        world.sizes,
        1,
        trace=1.0,
        discount=0.99,
        normalise_values=False,
        sharing="separate",
    )
    found = Collector(world, world.reset(), 1, by, "mean", key=5).collect(2)
    seen = torch.eye(3)[None, None].expand(1, 2, 3, 3)
    with torch.no_grad():
        p = by.probabilities(seen, torch.ones(1, 2, 3, 2, dtype=torch.bool))[0].double().numpy()
    second = [np.full((2, 2), 7.0), np.array([[0.0, 1], [1, 8]])]
    of_second = [expected(table, p[:, 1 + k]) for k, table in enumerate(second)]
    first = np.repeat(0.99 * np.array(of_second)[:, None], 2, 1)
    said = advice(by, found)
    with torch.no_grad():
        now, _, _ = by.adviser.critic.values(found, by.adviser.critic.no_memory(6000))
    raw = (said.targets - now)[0]  # before they are standardised
    places = [(first, 0, found.states[0, :, 0, 0] == 1, p[:, 0])] + [
        (second[k], 1, found.states[0, :, 1, 1 + k] == 1, p[:, 1 + k]) for k in (0, 1)
    ]
    for table, t, here, policy in places:
        value = float(now[0, 0, here, t][0])
        exact = [
            np.array(counterfactual(table, policy, n)) + expected(table, policy) - value
            for n in (0, 1)
        ]
        check_means(raw[:, here, t], found.actions[0, :, here, t], exact, scale=8.0)


THREE = np.arange(12.0).reshape(2, 2, 3)


def test_happo_multiplies_advantages_by_the_ratios_of_those_before(monkeypatch):
    by, playing = stage(THREE, "happo", 8, rate=0.05, epochs=3)
    orders = []
    for _ in range(6):
        found = playing.collect(1)
        said, given, ratios = advice(by, found), {}, {}
        update = by._update_section

        def recorded(k, rollout, old, weighted, update=update, given=given, ratios=ratios):
            others = [noted(m) for m in range(3) if m != k]
            given[k] = weighted.clone()
            torch.testing.assert_close(old, chances(k, rollout))
            loss = update(k, rollout, old, weighted)
            assert others == [noted(m) for m in range(3) if m != k]
            ratios[k] = (chances(k, rollout) - old).exp()
            return loss

        def noted(k):
            return [x.tolist() for x in by.policies.sections[k].parameters()]

        def chances(k, rollout):
            with torch.no_grad():
                section = by.policies.sections[k]
                return section.taken(rollout, section.log_probs(rollout))

        monkeypatch.setattr(by, "_update_section", recorded)
        by._update_policies(found, said)
        monkeypatch.undo()
        by.updates += 1
        first, second, third = order = list(given)
        orders.append(order)
        advantages = {k: said.advantages[:, k : k + 1] for k in order}
        torch.testing.assert_close(given[first], advantages[first])
        torch.testing.assert_close(given[second], advantages[second] * ratios[first])
        torch.testing.assert_close(given[third], advantages[third] * ratios[first] * ratios[second])
        moved = [ratio for ratio in ratios.values() if (ratio - 1).abs().max() > 1e-3]
        assert len(orders) > 1 or len(moved) == 3
    assert len({tuple(order) for order in orders}) > 1
    assert all(sorted(order) == [0, 1, 2] for order in orders)


def test_actions_are_drawn_by_their_probabilities_and_never_impossible_ones():
    chances = torch.tensor([0.0, 0.25, 0.0, 0.75, 0.0])
    numbers = torch.cat([torch.arange(400) / 400, torch.tensor([1 - 2.0**-24, 1.0])])
    found = drawn(chances.log().expand(402, 5), numbers)
    assert torch.bincount(found[:400], minlength=5).tolist() == [0, 100, 0, 300, 0]
    assert found[400:].tolist() == [3, 3]


def test_minibatches_are_all_copies_once_an_epoch():
    by, playing = stage(CLIMBING, "mappo", 7, minibatches=3)
    pieces = list(by._pieces(2, playing.collect(1)))
    assert [len(p) for p in pieces] == [3, 2, 2] * 2
    for epoch in (pieces[:3], pieces[3:]):
        assert sorted(torch.cat(epoch).tolist()) == list(range(7))
    assert sorted(pieces[0].tolist()) != sorted(pieces[3].tolist())


@pytest.mark.parametrize("reward", ["mean", "own"])
def test_maddpgs_targets_are_those_of_a_loop(reward):
    world = Counting(LENGTHS, CUT, LEAVES, (1.0, 3.0))
    options = maddpg.DeterministicOptions(width=8, discount=0.9, rollout=STEPS)
    by = maddpg.DeterministicLearner(options, world.sizes, generators(RUNS), 3, reward == "own")
    for k, net in enumerate((by.actors, by.critic, by.later_actors, by.later_critic)):
        noisy(net, k)
    found = Collector(world, world.reset(), RUNS, by, reward, key=5).collect(STEPS)
    taken = by._one_hot(found.actions)
    losses = torch.zeros(RUNS, 2, COPIES, STEPS)
    with torch.no_grad():
        nothing = by.no_memory(COPIES)[..., None, :]
        outputs = by.later_actors.after(found.after_observations, nothing)
        for s, n, b, t in np.ndindex(*losses.shape):
            legal = [found.after_mask[s, m, b, t] for m in range(2)]
            best = [
                int(outputs[s, m, b, t].where(legal[m], torch.tensor(-1e9)).argmax())
                if legal[m].any()
                else 0
                for m in range(2)
            ]
            ended = found.ended[s, n, b, t] if reward == "own" else found.ended[s, :, b, t].all()
            later = value_of(by.later_critic, s, n, found.after_states[s, b, t], torch.eye(3)[best])
            target = found.rewards[s, n, b, t] + 0.9 * later * ~ended
            now = value_of(by.critic, s, n, found.states[s, b, t], taken[s, :, b, t])
            losses[s, n, b, t] = (now - target).square() * found.counted[s, n, b, t]
    wanted = losses.flatten(1).sum(1) / found.counted.flatten(1).sum(1)
    torch.testing.assert_close(by._critic_loss(found, taken).detach(), wanted, rtol=1e-4, atol=1e-4)


def value_of(critic, s, n, state, joint):
    inputs = torch.zeros(RUNS, 2, 1, 3 + 6)
    inputs[s, n, 0] = torch.cat([state, joint.flatten()])
    return critic(inputs)[s, n, 0, 0]
