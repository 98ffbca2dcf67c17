"""What learners come to where the answer is known, under exactly uniform exploration.

A batch holds every joint action once, so there is no noise of sampling and seconds are enough.
"""

import itertools

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.games.as_team import as_team
from marl_kit.learn.cooperative.algorithms import new_learner, options_for
from marl_kit.learn.cooperative.rollout import Collector, first_seen
from marl_kit.learn.cooperative.train_team import train_team
from marl_kit.learn.cooperative.trial import returns_of
from tests.learn.cooperative.worlds import generators
from tests.reference.team_learners import expected


class Plays:
    """Every joint action of every step once, copy by copy."""

    draws = 1

    def __init__(self, plans):
        self.plans = torch.tensor(plans)  # [B, T, N]

    def no_memory(self, copies):
        return torch.zeros(1, self.plans.shape[2], copies, 0)

    def explore(self, seen, memory, numbers, steps):
        return self.plans[:, steps // len(self.plans)].T[None], memory


def everything(env, sizes, steps, seeds):
    """A rollout of all plans of so many steps, the same in every run."""
    joint = list(itertools.product(*map(range, sizes)))
    plays = Plays(list(itertools.product(joint, repeat=steps)))
    world = as_team(env).environment(len(plays.plans), 0)
    found = Collector(world, world.reset(), 1, plays, "mean", 0).collect(steps)
    tensors = {n: getattr(found, n) for n in found.__dataclass_fields__}
    return type(found)(**{n: x.repeat(seeds, *[1] * (x.dim() - 1)) for n, x in tensors.items()})


def fitted(env, name, sizes, rounds, *, steps=1, seeds=4, **options):
    """A learner of values after so many steps on all that can happen, and its batch."""
    found = everything(env, sizes, steps, seeds)
    chosen = options_for(name, {"trace": 0.0, "width": 32, "rate": 1e-2, "renew": 25, **options})
    by = new_learner(name, chosen, as_team(env).sizes, generators(seeds), 0, False)
    by.replay.sample = lambda *_: found
    for k in range(rounds):
        if k == rounds * 2 // 3:  # the last steps are small
            by.optimiser.adam.param_groups[0]["lr"] /= 10
        by._step()
    return by, found


@torch.no_grad()
def totals(by, found):
    """The team's value of what was done, [S, B, T]."""
    values, _ = by.online.agents(found.observations, found.starts, found.memory)
    return by._total(by.online.mixer, values, found)[:, 0].numpy()


def landings(by, found):
    """What the greedy team of each run gets in a stage game."""
    best, _ = by.best(
        first_seen(found.observations[..., 0, :], found.mask[..., 0, :]), found.memory
    )
    taken = (found.actions[..., 0] == best).all(1)
    return found.rewards[:, 0, :, 0][taken].tolist()


@pytest.mark.parametrize(
    ("game", "exact", "value"),
    [
        ("climbing", {(2, 2): 8.78}, 5),
        ("qtran", {(0, 0): -6.22, (0, 1): -4.89, (1, 1): -3.56}, 0),
        ("penalty", {(1, 1): 21.11}, 2),
    ],
)
def test_vdn_comes_to_its_closed_form_and_plays_what_it_says(game, exact, value):
    by, found = fitted(game, "vdn", (3, 3), 200, seeds=2)
    wanted = mk.mixer_projection(game, "vdn").fits[0].table
    for row in totals(by, found):
        np.testing.assert_allclose(row.reshape(3, 3), wanted, rtol=2e-3, atol=0.01)
        for cell, number in exact.items():
            assert row.reshape(3, 3)[cell] == pytest.approx(number, abs=0.02)
    assert landings(by, found) == [value] * 2


@pytest.mark.parametrize(("game", "value"), [("qtran", 0), ("penalty", 2)])
def test_qmix_lands_where_its_projection_says(game, value):
    assert landings(*fitted(game, "qmix", (3, 3), 250)) == [value] * 4


@pytest.mark.parametrize(
    ("underrated", "value"), [(0.1, 10), pytest.param(0.01, -100, marks=pytest.mark.slow)]
)
def test_optimistic_weights_find_the_penalty_games_optimum_unless_they_are_too_small(
    underrated, value
):
    """With a weight of 0.01 the best fit is flat from 10 up to the worst corner of all."""
    found = landings(*fitted("penalty", "wqmix", (3, 3), 400, seeds=8, underrated=underrated))
    assert found == [value] * 8


@pytest.mark.parametrize(
    ("name", "first", "second", "value"), [("vdn", 6.93, 6.5, 7), ("qmix", 7.92, 8.0, 8)]
)
def test_values_of_the_two_step_game(name, first, second, value):
    """VDN cannot tell 2B, whose best it takes for 6.5, from a place where 7 is less sure."""
    by, found = fitted("two_step", name, (2, 2), 500, steps=2, discount=0.99)
    rows, states = totals(by, found), found.states[0].numpy()
    for row in rows:
        best = [row[states[..., place] == 1].max() for place in range(3)]
        assert best == pytest.approx([first, 7, second], abs=0.01)
    world = as_team("two_step").environment(4, 0)
    assert returns_of(world, by, 4, "mean", 0).tolist() == [value] * 4


def even_game(agents):
    """1 if the first half plays 0 and the second half 1, or the reverse (Kuba et al. 2022)."""
    payoffs, half = np.zeros((2,) * agents), agents // 2
    payoffs[(0,) * half + (1,) * half] = payoffs[(1,) * half + (0,) * half] = 1
    return payoffs


def values_in_even_game(agents, sharing, steps, seeds, **options):
    payoffs = even_game(agents)
    plan = {"rate": 1e-2, "epochs": 4, "width": 16, "entropy": 0.0, "rollout": 1, **options}
    plan |= {"copies": 64, "episodes": 1, "evaluate_every": steps, "sharing": sharing}
    game = mk.NormalFormGame([payoffs] * agents)
    found = train_team(game, "mappo", steps, seeds, **plan)
    return [expected(payoffs, profile) for profile in found.profiles()]


@pytest.mark.parametrize("agents", [2, 4])
def test_a_policy_that_all_share_is_capped_without_ids(agents):
    found = values_in_even_game(agents, "shared", 1280, seeds=2)
    assert max(found) <= 2.0 ** (1 - agents) + 1e-6
    assert min(found) > 0.9 * 2.0 ** (1 - agents)


def test_separate_policies_break_the_symmetry():
    assert min(values_in_even_game(2, "separate", 2560, seeds=2)) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("agents", [2, 4])
def test_so_do_ids(agents):
    found = values_in_even_game(agents, "ids", 12_800, seeds=4, width=64, rate=2e-3)
    assert min(found) > 0.98


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("vdn", 7), ("qmix", 8)])
def test_sampled_uniform_exploration_comes_to_the_same_in_the_two_step_game(name, value):
    plan = {"trace": 0.0, "explore_to": 1.0, "rollout": 2, "rate": 3e-3, "renew": 20}
    plan |= {"copies": 32, "slots": 512, "batch": 64, "updates": 1, "width": 32, "episodes": 1}
    found = train_team("two_step", name, 20_000, seeds=4, evaluate_every=20_000, **plan)
    assert found.returns[:, -1].tolist() == [value] * 4
