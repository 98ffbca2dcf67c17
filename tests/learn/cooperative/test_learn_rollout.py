"""Rollouts are what a loop over copies says; replay gives them back."""

import numpy as np
import pytest
import torch

from marl_kit.core.errors import InvalidGameError, InvalidOptionError
from marl_kit.learn.cooperative import rollout as module
from marl_kit.learn.cooperative.replay import Replay
from marl_kit.learn.cooperative.rollout import OF_TEAM, REWARDS, Collector, deriving
from marl_kit.learn.cooperative.trial import returns_of
from tests.learn.cooperative.worlds import ACTIONS, Counter, Counting
from tests.reference.team_learners import moments

LENGTHS, CUT, LEAVES = [3, 4, 1, 5, 2, 4], [False, True, False, True, True, False], {1: 3}
RUNS, COPIES, STEPS = 2, 3, 7


def collector(reward="mean", **world):
    environment = Counting(LENGTHS, CUT, LEAVES, **world)
    return Collector(environment, environment.reset(), RUNS, Counter(RUNS), reward, key=5)


def legal(agent, moment, after=False):
    time, gone = moment.time + after, moment.gone if after else [not x for x in moment.alive]
    if LEAVES.get(agent, 99) <= time or (not after and gone[agent]):
        return [False] * 3
    return [a < ACTIONS[agent] and (a > 0 or time % 2 == 0) for a in range(3)]


@pytest.mark.parametrize("reward", ["mean", "own"])
def test_every_field_is_what_a_loop_over_copies_says(reward):
    playing = collector(reward)
    found = [playing.collect(4), playing.collect(3)]
    both = {n: torch.cat([getattr(f, n) for f in found], 2 if n in OF_TEAM else 3) for n in NAMES}
    for s in range(RUNS):
        for b in range(COPIES):
            i = s * COPIES + b
            for t, m in enumerate(moments(LENGTHS[i], CUT[i], LEAVES, 2, STEPS)):
                check_team(both, (s, b, t), i, m)
                for n in range(2):
                    check_agent(both, (s, n, b, t), i, n, m)
                    check_gains(both, (s, n, b, t), n, m, reward == "own")
    assert playing.learner.steps == [t * COPIES for t in range(STEPS)]


NAMES = set(module.Rollout.__dataclass_fields__) - {"memory"}


def check_team(both, place, i, m):
    assert both["states"][place].tolist() == [i, m.time, m.episode]
    assert both["after_states"][place].tolist() == [i, m.time + 1, m.episode]
    assert both["over"][place] == (m.ends or m.cut)
    assert both["starts"][place] == (m.time == 0)


def check_agent(both, place, i, n, m):
    assert both["observations"][place].tolist() == [i, n, m.time, m.episode]
    assert both["after_observations"][place].tolist() == [i, n, m.time + 1, m.episode]
    assert both["mask"][place].tolist() == legal(n, m)
    assert both["after_mask"][place].tolist() == legal(n, m, after=True)
    assert both["alive"][place] == m.alive[n]
    assert both["after_alive"][place] == (m.alive[n] and not m.gone[n])
    assert both["actions"][place] == (ACTIONS[n] - 1 if m.alive[n] else 0)


def check_gains(both, place, n, m, own):
    """A team's rewards are gained by those who have left, too."""
    over = m.ends or m.cut
    assert both["counted"][place] == (m.alive[n] or not own)
    assert both["ended"][place] == (m.gone[n] if own else all(m.gone))
    assert both["left"][place] == (over or (own and m.gone[n]))
    paid = m.alive[n] if own else sum(m.alive) / 2
    assert both["rewards"][place] == pytest.approx((m.time + 1) * paid)


def test_agents_who_join_in_the_midst_are_there_after_the_step_before():
    class Joining(Counting):
        """Agent b comes at time 1."""

        def _alive(self):
            return super()._alive() & ((self.time >= 1)[:, None] | [True, False])

    world = Joining([3, 3], [False, False])
    found = Collector(world, world.reset(), 1, Counter(1), "mean", key=5).collect(3)
    assert found.alive[0, 1, 0].tolist() == [False, True, True]
    assert found.after_alive[0, 1, 0].tolist() == [True, True, False]


def test_the_memory_before_a_rollout_is_that_of_the_steps_before():
    playing = collector()
    assert not playing.collect(4).memory.any()
    now = playing.collect(3).memory
    for s in range(RUNS):
        for b in range(COPIES):
            i = s * COPIES + b
            last = moments(LENGTHS[i], CUT[i], LEAVES, 2, 4)[-1]
            assert now[s, :, b, 0].tolist() == [last.time + 1] * 2


def test_choices_are_those_of_agents_with_more_than_one_action():
    found = collector().collect(5)
    for place in np.ndindex(tuple(found.alive.shape)):
        assert found.choices[place] == (found.alive[place] and sum(found.mask[place]) > 1)
    assert found.choices.any()
    assert not found.choices.all()


def test_random_numbers_follow_from_copy_and_step_and_are_below_one(monkeypatch):
    together = collector()
    together.collect(3)
    environment = Counting(LENGTHS[:3], CUT[:3], LEAVES)
    alone = Collector(environment, environment.reset(), 1, Counter(1), "mean", key=5)
    alone.collect(3)
    for ours, theirs in zip(together.learner.numbers, alone.learner.numbers, strict=True):
        assert torch.equal(ours[:1], theirs)
    assert len({x.item() for numbers in alone.learner.numbers for x in numbers.flatten()}) == 18
    greatest = 1 - 2.0**-53  # as float32 it would be 1
    monkeypatch.setattr(module, "uniforms", lambda *_: np.full((6, 2), greatest))
    together.collect(1)
    assert together.learner.numbers[-1].max() < 1


@pytest.mark.parametrize(
    ("reward", "wanted"), [("mean", [2.5, 0.5]), ("sum", [5, 1]), ("own", [[2, 3], [1, 0]])]
)
def test_rewards_are_derived_as_their_names_say(reward, wanted):
    alive = np.array([[True, True], [True, False]])
    found = deriving(reward)(np.array([[2.0, 3.0], [1.0, 0.0]]), alive)
    expected = wanted if reward == "own" else np.repeat(np.array(wanted)[:, None], 2, 1)
    np.testing.assert_array_equal(found, expected)


def test_what_is_shared_must_be_equal_for_all_who_are_there():
    alive = np.array([[True, True], [True, False]])
    shared = deriving("shared")
    assert shared(np.array([[3.0, 3.0], [2.0, 0.0]]), alive).tolist() == [[3, 3], [2, 2]]
    with pytest.raises(InvalidGameError, match=r"differ \(2 and 3.*reward='mean'"):
        shared(np.array([[2.0, 3.0], [1.0, 0.0]]), alive)
    with pytest.raises(InvalidOptionError, match=", ".join(REWARDS)):
        deriving("average")


@pytest.mark.parametrize(("reward", "share"), [("mean", 0.5), ("sum", 1.0), ("own", 0.5)])
def test_a_trial_counts_one_episode_of_each_copy(reward, share):
    world = Counting(LENGTHS, CUT, LEAVES, pay=(1.0, 3.0))
    found = returns_of(world, Counter(RUNS), RUNS, reward, seed=0)
    of_copies = [
        sum((t + 1) * (1 + 3 * (t < LEAVES[1])) * share for t in range(length))
        for length in LENGTHS
    ]
    np.testing.assert_allclose(found, np.reshape(of_copies, (RUNS, COPIES)).mean(1))


def test_replay_gives_back_whole_sequences_of_the_same_run():
    playing, replay = collector(), Replay(slots=7)
    rollouts = [playing.collect(2) for _ in range(4)]
    for each in rollouts:
        replay.add(each)
    assert len(replay) == 7
    kept = [(each, b) for each in rollouts for b in range(COPIES)][-7:]
    seen = set()
    for number in range(20):
        found = replay.sample(5, key=1, number=number)
        for s in range(RUNS):
            for m in range(5):
                mine = [k for k, (each, b) in enumerate(kept) if same(found, s, m, each, b)]
                assert len(mine) == 1
                seen.add((s, mine[0]))
    assert seen == {(s, k) for s in range(RUNS) for k in range(7)}


def same(found, s, m, each, b):
    return all(
        torch.equal(
            getattr(found, n)[(s, m) if n in OF_TEAM else (s, slice(None), m)],
            getattr(each, n)[(s, b) if n in OF_TEAM else (s, slice(None), b)],
        )
        for n in [*NAMES, "memory"]
    )


def test_replay_draws_the_same_for_the_same_number_and_goes_on_from_its_tensors():
    playing, replay, other = collector(), Replay(5), Replay(5)
    replay.add(playing.collect(2))
    other.restore(replay.tensors())
    more = playing.collect(2)
    for ours in (replay, other):
        ours.add(more)
    pair = [ours.sample(4, 3, 9) for ours in (replay, other)]
    assert all(torch.equal(getattr(pair[0], n), getattr(pair[1], n)) for n in NAMES)
    states = [replay.sample(4, 3, number).states for number in range(6)]
    assert any(not torch.equal(states[0], x) for x in states[1:])
    assert any(not torch.equal(x[0] - x[0, :1], x[1] - x[1, :1]) for x in states)


def test_replay_with_fewer_slots_than_copies_keeps_as_many_as_it_can():
    playing, replay = collector(), Replay(slots=2)
    for _ in range(3):
        last = playing.collect(2)
        replay.add(last)
    found = replay.sample(8, 1, 1)
    assert all(any(same(found, 0, m, last, b) for b in range(COPIES)) for m in range(8))
