"""PettingZoo's Parallel environments as teams; every trap has a small environment of its own."""

from collections import defaultdict

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Graph, MultiDiscrete, Tuple
from mpe2 import simple_spread_v3
from pettingzoo import ParallelEnv

from marl_kit.core.errors import (
    CheckpointError,
    IllegalActionError,
    InvalidGameError,
    InvalidOptionError,
    UnknownNameError,
    UnsupportedGameError,
)
from marl_kit.games.as_team import as_team
from marl_kit.games.load import load_game
from marl_kit.games.pettingzoo.parallel import MOST_STEPS, ParallelTeam
from marl_kit.games.team import JointBatch
from marl_kit.games.team_batch import key_of
from marl_kit.games.team_draws import uniforms

FIELDS = JointBatch.__dataclass_fields__


class Scripted(ParallelEnv):
    """Plays what it is told: ``leaves[agent] = (step, "terminated" | "truncated")``.

    Agents a and b see (their number, the step), and are paid 10 for each step, plus the step."""

    metadata = {"name": "scripted"}

    def __init__(self, leaves=None, agents=("a", "b")):
        self.possible_agents = list(agents)
        self.leaves = dict.fromkeys(agents, (3, "terminated")) if leaves is None else leaves
        self.seeds, self.taken = [], []

    def observation_space(self, agent):
        return Box(-np.inf, np.inf, (2,), np.float64)

    def action_space(self, agent):
        return Discrete(3)

    def see(self, agent):
        return np.array([self.possible_agents.index(agent), self.time], float)

    def info(self, agent):
        return {}

    def reset(self, seed=None, options=None):
        self.seeds.append(seed)
        self.time, self.agents = 0, self.possible_agents[:]
        return {a: self.see(a) for a in self.agents}, {a: self.info(a) for a in self.agents}

    def step(self, actions):
        assert set(actions) == set(self.agents)
        self.taken.append(actions)
        self.time += 1
        now = self.agents
        out = {a: kind for a in now for at, kind in [self.leaves[a]] if at == self.time}
        self.agents = [a for a in now if a not in out]
        return (
            {a: self.see(a) for a in now},
            {a: 10.0 + self.time for a in now},
            {a: out.get(a) == "terminated" for a in now},
            {a: out.get(a) == "truncated" for a in now},
            {a: self.info(a) for a in now},
        )


def played(make, steps, actions=None, **options):
    """The batches of a reset and some steps of one copy."""
    team = ParallelTeam(make, **options).environment(1, 0)
    shown = [team.reset()]
    sizes = team.sizes
    shape = (1, len(sizes.agents), *([sizes.box] if sizes.box else []))
    for _ in range(steps):
        shown.append(team.step(np.zeros(shape, int) if actions is None else np.array([actions])))
    return shown


def changed(**methods):
    """``Scripted`` with other methods."""
    return type("Changed", (Scripted,), methods)


def test_simple_spread_is_mpe2_stepped_by_hand():
    team = as_team("pettingzoo:mpe2/simple_spread_v3(N=2)").environment(3, 5)
    shown, rng = team.reset(), np.random.default_rng(0)
    peers = [simple_spread_v3.parallel_env(N=2) for _ in range(3)]
    agents, steps = team.sizes.agents, 60

    def begin(copy, episode):
        number = uniforms(key_of(5), np.array([copy]), np.array([episode]), 1)[0, 0]
        seen, _ = peers[copy].reset(seed=int(number * 2**31))
        np.testing.assert_array_equal(shown.observations[copy], [seen[a] for a in agents])
        np.testing.assert_array_equal(shown.states[copy], peers[copy].state())

    for copy in range(3):
        begin(copy, 0)
    for step in range(1, steps + 1):
        actions = rng.integers(0, 5, (3, 2))
        shown = team.step(actions)
        for copy, peer in enumerate(peers):
            told = peer.step(dict(zip(agents, actions[copy].tolist(), strict=True)))
            seen, rewards, terminations, truncations, _ = told
            np.testing.assert_array_equal(shown.rewards[copy], [rewards[a] for a in agents])
            np.testing.assert_array_equal(shown.final_observations[copy], [seen[a] for a in agents])
            np.testing.assert_array_equal(shown.final_states[copy], peer.state())
            assert shown.terminated[copy].tolist() == [terminations[a] for a in agents]
            assert {bool(shown.truncated[copy])} == set(truncations.values())
            assert shown.truncated[copy] == (step % 25 == 0)
            if step % 25 == 0:
                begin(copy, step // 25)
            else:
                np.testing.assert_array_equal(shown.final_states[copy], shown.states[copy])
    assert shown.episode.tolist() == [2, 2, 2]


@pytest.mark.parametrize("kind", ["terminated", "truncated"])
def test_the_last_step_is_read_from_what_it_returns_not_from_the_emptied_agents(kind):
    last = played(lambda: Scripted(dict.fromkeys("ab", (3, kind))), 3)[-1]
    assert last.rewards.tolist() == [[13.0, 13.0]]
    assert last.terminated.tolist() == [[kind == "terminated"] * 2]
    assert last.truncated.tolist() == [kind == "truncated"]
    assert last.over.tolist() == [True]
    assert last.final_observations.tolist() == [[[0, 3], [1, 3]]]
    assert last.observations.tolist() == [[[0, 0], [1, 0]]]
    assert last.alive.all()
    assert last.episode.tolist() == [1]


def test_an_agent_that_ends_early_stays_ended_and_shows_nothing():
    shown = played(lambda: Scripted({"a": (1, "terminated"), "b": (3, "truncated")}), 4)
    assert [s.alive[0].tolist() for s in shown] == [
        [True, True], [False, True], [False, True], [True, True], [False, True],
    ]  # fmt: skip
    assert [s.terminated[0].tolist() for s in shown[1:4]] == [[True, False]] * 3
    assert [s.truncated[0] for s in shown[1:]] == [False, False, True, False]
    assert [s.rewards[0].tolist() for s in shown[1:4]] == [[11, 11], [0, 12], [0, 13]]
    assert [s.final_observations[0, 0].tolist() for s in shown[1:4]] == [[0, 1], [0, 0], [0, 0]]
    assert shown[2].mask[0].tolist() == [[True, False, False], [True, True, True]]


def test_an_agent_that_is_cut_off_alone_is_not_ended():
    shown = played(lambda: Scripted({"a": (1, "truncated"), "b": (3, "terminated")}), 3)
    assert [s.terminated[0].tolist() for s in shown[1:]] == [[False] * 2] * 2 + [[False, True]]
    assert [s.truncated[0] for s in shown[1:]] == [False, False, True]
    assert [s.over[0] for s in shown[1:]] == [False, False, True]
    assert shown[1].alive[0].tolist() == [False, True]
    assert shown[1].final_observations[0, 0].tolist() == [0, 1]  # to be valued


def test_only_agents_that_take_part_are_given_actions():
    made = []

    def make():
        made.append(Scripted({"a": (1, "terminated"), "b": (2, "terminated")}))
        return made[-1]

    played(make, 2, actions=[2, 1])
    assert made[0].taken == [{"a": 2, "b": 1}, {"b": 1}]
    assert all(type(x) is int for x in made[0].taken[0].values())


def test_an_agent_that_is_kept_among_the_agents_when_it_has_ended():
    def step(self, actions):
        told = Scripted.step(self, actions)
        ended = all(self.leaves[a][0] <= self.time for a in "ab")
        for agent in "ab":
            for d, empty in zip(told, (np.zeros(2), 5.0, True, False, {}), strict=True):
                d.setdefault(agent, empty)
        self.agents = [] if ended else ["a", "b"]
        return told

    leaves = {"a": (1, "terminated"), "b": (3, "terminated")}
    shown = played(lambda: changed(step=step)(leaves), 3)
    assert [s.alive[0].tolist() for s in shown[1:]] == [[False, True], [False, True], [True, True]]
    assert shown[2].terminated[0].tolist() == [True, False]
    assert shown[3].rewards[0].tolist() == [0, 13]  # what is paid to the departed is not its own
    assert shown[3].terminated.all()


class Masked(Scripted):
    """The mask is told where ``where`` says."""

    def __init__(self, where, mask=(0, 1, 1)):
        super().__init__()
        self.where, self.given = where, np.array(mask, np.int8)

    def observation_space(self, agent):
        seen = super().observation_space(agent)
        if self.where == "info":
            return seen
        name = "observation" if self.where == "observation" else "place"
        return Dict({name: seen, "action_mask": Box(0, 1, (3,), np.int8)})

    def see(self, agent):
        seen = super().see(agent)
        if self.where == "info":
            return seen
        name = "observation" if self.where == "observation" else "place"
        return {name: seen, "action_mask": self.given}

    def info(self, agent):
        return {"action_mask": self.given} if self.where == "info" else {}


@pytest.mark.parametrize("where", ["info", "observation", "place"])
def test_masks_in_observations_and_infos(where):
    shown = played(lambda: Masked(where), 3, actions=[1, 2])
    assert shown[0].mask.tolist() == [[[False, True, True]] * 2]
    assert shown[0].observations.tolist() == [[[0, 0], [1, 0]]]
    np.testing.assert_array_equal(shown[3].final_mask, shown[0].mask)
    assert shown[0].acting.all()
    with pytest.raises(IllegalActionError, match="a of copy 0 takes action 0; its mask allows"):
        played(lambda: Masked(where), 1, actions=[0, 2])


def test_an_all_false_mask_means_that_the_agent_is_idle():
    shown = played(lambda: Masked("info", (0, 0, 0)), 1)
    assert shown[1].mask.tolist() == [[[True, False, False]] * 2]
    assert not shown[1].acting.any()
    assert shown[1].alive.all()


def test_a_mask_of_another_length_is_refused():
    with pytest.raises(InvalidGameError, match=r"one entry for each of its 3 actions"):
        played(lambda: Masked("info", (1, 1)), 1)


def a_state(value):
    def state(self):
        if isinstance(value, Exception):
            raise value
        return value

    return state


@pytest.mark.parametrize(
    "value",
    [NotImplementedError("none"), RuntimeError("?"), np.full(3, np.nan), {"x": 1}, None, []],
)
def test_without_a_readable_state_the_observations_are_it(value):
    env = changed(state=a_state(value))
    team = ParallelTeam(env)
    assert (team.state, team.sizes.state) == ("observations", 4)
    assert played(env, 1)[1].states.tolist() == [[0, 1, 1, 1]]


def test_a_state_is_flattened_and_read_before_the_next_episode_begins():
    env = changed(state=lambda self: np.full((2, 3), self.time))
    shown = played(env, 3)
    assert ParallelTeam(env).state == "env"
    assert shown[3].final_states.tolist() == [[3] * 6]
    assert shown[3].states.tolist() == [[0] * 6]
    assert played(env, 1, state="observations")[1].states.tolist() == [[0, 1, 1, 1]]


@pytest.mark.parametrize("kind", ["terminated", "truncated"])
def test_a_state_that_cannot_be_asked_for_after_the_end(kind):
    """Nothing is expected from there if the game has ended; a value is if it was cut off."""

    def state(self):
        if not self.agents:
            raise RuntimeError("the episode is over")
        return np.array([float(self.time)])

    def make():
        return changed(state=state)(dict.fromkeys("ab", (2, kind)))

    if kind == "terminated":
        assert played(make, 2)[2].states.tolist() == [[0]]
    else:
        with pytest.raises(InvalidGameError, match="state='observations'"):
            played(make, 2)
        assert played(make, 2, state="observations")[2].truncated.all()


def test_defaultdict_rewards():
    def step(self, actions):
        seen, rewards, *others = Scripted.step(self, actions)
        return seen, defaultdict(float, {"a": rewards["a"]}), *others

    assert played(changed(step=step), 1)[1].rewards.tolist() == [[11, 0]]


def test_numpy_numbers_in_spaces_and_lists_that_begin_at_one():
    made = []

    def make():
        spaces = {"action_space": lambda self, agent: Discrete(np.int64(2), start=np.int64(1))}
        made.append(changed(**spaces)())
        return made[-1]

    team = ParallelTeam(make)
    assert team.sizes.actions.tolist() == [2, 2]
    env = team.environment(1, 0)
    env.reset()
    env.step(np.array([[0, 1]]))
    assert made[0].taken == [{"a": 1, "b": 2}]


def test_time_limits_are_the_environments_own_unless_a_horizon_is_given():
    class Long(Scripted):
        max_cycles = np.int64(7)

    inside = changed(env=Long())
    assert ParallelTeam(Long).sizes.horizon == ParallelTeam(inside).sizes.horizon == 7
    assert ParallelTeam(Scripted).sizes.horizon == MOST_STEPS

    def make():
        return Long(dict.fromkeys("ab", (9, "truncated")))

    assert [s.truncated[0] for s in played(make, 9)[1:]] == [False] * 8 + [True]
    cut = played(make, 8, horizon=4)
    assert [s.truncated[0] for s in cut[1:]] == ([False] * 3 + [True]) * 2
    assert cut[4].final_observations[0, 0].tolist() == [0, 4]
    assert not cut[4].terminated.any()
    ends = played(lambda: Scripted(dict.fromkeys("ab", (4, "terminated"))), 4, horizon=4)
    assert (ends[4].terminated.all(), ends[4].truncated[0]) == (True, False)


def boxes(low, high, shape=None, dtype=np.float32):
    space = Box(low, high, shape, dtype)
    return changed(action_space=lambda self, agent: space)


def test_boxes_are_rescaled_from_zero_and_one():
    made = []
    low, high = np.array([[-2.0, 0.0]]), np.array([[2.0, 0.1]])

    def make():
        made.append(boxes(low, high)())
        return made[-1]

    team = ParallelTeam(make)
    assert (team.sizes.box, team.sizes.actions.tolist()) == (2, [0, 0])
    env = team.environment(1, 0)
    assert env.reset().mask.shape == (1, 2, 0)
    shown = env.step(np.array([[[0.0, 0.5], [0.75, 7.0]]]))
    assert shown.acting.all()
    a, b = made[0].taken[0].values()
    assert (a.shape, a.dtype) == ((1, 2), np.float32)
    np.testing.assert_allclose(a, [[-2.0, 0.05]], rtol=1e-6)
    np.testing.assert_allclose(b, [[1.0, 0.1]], rtol=1e-6)
    assert made[0].action_space("b").contains(b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (boxes(0.0, np.inf, (1,)), "no bounds"),
        (boxes(0, 5, (1,), np.int64), "Box of floats"),
        (changed(action_space=lambda self, agent: MultiDiscrete([2, 2])), "wrap the environment"),
        (
            changed(
                action_space=lambda self, agent: (
                    Discrete(2) if agent == "a" else Box(0.0, 1.0, (1,), np.float32)
                )
            ),
            "mixes boxes with lists",
        ),
        (
            changed(observation_space=lambda self, agent: Graph(Discrete(2), Discrete(2))),
            "cannot be made a vector",
        ),
        (lambda: Scripted({}, agents=()), "does not list its possible_agents"),
    ],
)
def test_spaces_that_are_refused(make, message):
    with pytest.raises(UnsupportedGameError, match=message):
        ParallelTeam(make)


def test_dictionaries_and_tuples_are_flattened_and_short_observations_padded():
    rich = Dict({"x": Tuple([Discrete(3), Box(0, 1, (1, 2), np.float32)]), "y": Discrete(2)})

    def space(self, agent):
        return rich if agent == "a" else Discrete(2)

    def see(self, agent):
        return {"x": (2, np.array([[0.5, 0.25]])), "y": 1} if agent == "a" else np.int64(1)

    shown = played(changed(observation_space=space, see=see), 1)[1]
    assert shown.observations.tolist() == [[[0, 0, 1, 0.5, 0.25, 0, 1], [0, 1, 0, 0, 0, 0, 0]]]


def other_agents(*episodes):
    """Only some of the possible agents begin each episode."""

    def reset(self, seed=None, options=None):
        seen, infos = Scripted.reset(self, seed, options)
        number = min(len(self.seeds), len(episodes)) - 1
        self.agents = list(episodes[number])
        return {a: seen.get(a, np.zeros(2)) for a in self.agents}, infos

    return changed(reset=reset)


def test_agents_that_take_no_part_in_an_episode():
    shown = played(other_agents("ab", "ab", "b"), 6)  # the first reset is for the sizes
    assert shown[3].over[0]
    assert shown[3].alive[0].tolist() == [False, True]
    assert shown[3].observations[0].tolist() == [[0, 0], [1, 0]]
    assert shown[4].rewards[0].tolist() == [0, 11]
    assert (shown[6].over[0], shown[6].truncated[0]) == (True, False)


def test_an_agent_that_joins_later():
    def step(self, actions):
        told = Scripted.step(self, actions)
        if self.time == 1:
            self.agents = ["a", "b"]
            told[0]["b"] = self.see("b")
        return told

    shown = played(type("Late", (other_agents("a"),), {"step": step}), 3)
    assert [s.alive[0].tolist() for s in shown[:2]] == [[True, False], [True, True]]
    assert shown[1].observations[0, 1].tolist() == [1, 1]
    assert shown[1].terminated[0].tolist() == [False, False]
    assert [s.rewards[0].tolist() for s in shown[1:]] == [[11, 0], [12, 12], [13, 13]]
    assert shown[3].terminated.all()


def spoiled(place, change):
    """A step whose dictionary number ``place`` is changed."""

    def step(self, actions):
        told = Scripted.step(self, actions)
        change(told[place])
        return told

    return changed(step=step)


def vanishing(self, actions):
    told = Scripted.step(self, actions)
    self.agents = []
    return told


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (spoiled(0, lambda d: d.update(z=np.zeros(2))), "'z' is not among possible_agents, a, b"),
        (spoiled(2, lambda d: d.update(__all__=False)), "'__all__' is not among"),
        (other_agents("az"), "'z' is not among"),
        (other_agents(""), "begins without agents"),
        (spoiled(0, lambda d: d.pop("a")), "a took part in the step and is told no observation"),
        (spoiled(1, lambda d: d.pop("a")), "is told no reward"),
        (spoiled(2, lambda d: d.pop("a")), "is told no termination"),
        (spoiled(1, lambda d: d.update(a=np.nan)), "a is given the reward nan"),
        (spoiled(0, lambda d: d.update(a=np.array([0.0, np.nan]))), "not finite"),
        (spoiled(0, lambda d: d.update(b=np.zeros(3))), "b sees .* not of its space"),
        (spoiled(0, lambda d: d.update(b=None)), "not of its space|not finite"),
        (changed(step=vanishing), "neither terminated nor truncated"),
        (changed(step=lambda self, actions: ({}, {}, {}, {})), "must return five"),
        (changed(reset=lambda self, seed=None, options=None: {}), "must return two"),
    ],
)
def test_environments_that_break_their_promises_are_refused(make, message):
    with pytest.raises(InvalidGameError, match=message):
        played(make, 1)


def test_an_observation_that_is_missing_after_the_end_is_not_needed():
    def step(self, actions):
        told = Scripted.step(self, actions)
        return ({} if not self.agents else told[0], *told[1:])

    assert played(changed(step=step), 3)[3].final_observations.tolist() == [[[0, 0], [0, 0]]]
    with pytest.raises(InvalidGameError, match="is told no observation"):
        played(lambda: changed(step=step)(dict.fromkeys("ab", (3, "truncated"))), 3)


def test_one_agent():
    shown = played(lambda: Scripted({"solo": (2, "terminated")}, agents=("solo",)), 2)
    assert [s.rewards.tolist() for s in shown[1:]] == [[[11.0]], [[12.0]]]


def test_every_episode_has_a_seed_of_its_own_whatever_the_batch():
    def seeds(batch, seed):
        team = ParallelTeam(Scripted).environment(batch, seed)
        team.reset()
        for _ in range(6):
            team.step(np.zeros((batch, 2), int))
        return [copy.env.seeds[-3:] for copy in team.copies]

    three = seeds(3, 7)
    assert len(set(np.ravel(three))) == 9
    assert seeds(2, 7) == three[:2]
    assert seeds(3, 8) != three


def test_going_on_begins_the_episodes_that_ran_anew():
    def make():
        return ParallelTeam(lambda: simple_spread_v3.parallel_env(N=2, max_cycles=3))

    def play(team, steps):
        rng = np.random.default_rng(1)
        return [team.step(rng.integers(0, 5, (2, 2))) for _ in range(steps)]

    team = make().environment(2, 3)
    assert not team.exact_memory
    team.reset()
    play(team, 6)
    memory = team.memory()  # at the ends of episodes
    there = play(team, 4)
    again = make().environment(2, 0)
    assert again.remember(memory).episode.tolist() == [2, 2]
    for ours, theirs in zip(play(again, 4), there, strict=True):
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field), field)
    begun = again.remember(team.memory())  # one step after the end
    np.testing.assert_array_equal(begun.observations, there[2].observations)
    with pytest.raises(CheckpointError, match="the episodes of 3 copies"):
        make().environment(3, 0).remember(memory)


def test_no_steps_and_wrong_steps():
    team = ParallelTeam(Scripted).environment(2, 0)
    with pytest.raises(InvalidOptionError, match=r"call reset\(\) first"):
        team.step(np.zeros((2, 2), int))
    with pytest.raises(InvalidOptionError, match=r"call reset\(\) first"):
        team.memory()
    shown = team.reset()
    assert not shown.rewards.any()
    assert not shown.over.any()
    with pytest.raises(IllegalActionError, match="the actions 0 to 2"):
        team.step(np.full((2, 2), 3))
    with pytest.raises(IllegalActionError, match=r"shape \(2, 2\)"):
        team.step(np.zeros((2, 3), int))
    assert all(copy.env.time == 0 for copy in team.copies)


def test_a_live_environment_is_one_copy():
    team = ParallelTeam(Scripted())
    with pytest.raises(UnsupportedGameError, match="give a callable"):
        team.environment(2)
    former = team.environment(1, 0)
    former.reset()
    team.environment(1, 0).reset()
    with pytest.raises(InvalidOptionError, match="there is only one of it"):
        former.step(np.zeros((1, 2), int))


def test_a_callable_must_make_new_environments_of_the_same_sizes():
    only = Scripted()
    with pytest.raises(InvalidOptionError, match="the same environment twice"):
        ParallelTeam(lambda: only).environment(2)
    pair = iter([Scripted(), *[only] * 2])
    with pytest.raises(InvalidOptionError, match="the same environment twice"):
        ParallelTeam(lambda: next(pair)).environment(3)
    kinds = iter([Scripted(), Scripted(agents=("c",))])
    with pytest.raises(InvalidGameError, match="not have the same agents"):
        ParallelTeam(lambda: next(kinds)).environment(2)


def test_environments_in_turns():
    team = ParallelTeam(lambda: simple_spread_v3.env(N=2))
    assert team.sizes.agents == ("agent_0", "agent_1")
    with pytest.raises(UnsupportedGameError, match="do not say is_parallelizable"):
        as_team("pettingzoo:classic/tictactoe_v3")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: 3, InvalidOptionError, "the callable made 3"),
        (3, InvalidOptionError, "neither a PettingZoo environment nor a callable"),
    ],
)
def test_what_is_no_environment(wrong, error, message):
    with pytest.raises(error, match=message):
        ParallelTeam(wrong)


def test_options_and_names_that_are_refused():
    with pytest.raises(InvalidOptionError, match="give one of auto, observations"):
        ParallelTeam(Scripted, state="all")
    with pytest.raises(InvalidOptionError, match="horizon is 0"):
        ParallelTeam(Scripted, horizon=0)
    with pytest.raises(InvalidOptionError, match="batch is 0"):
        ParallelTeam(Scripted).environment(0)
    with pytest.raises(InvalidOptionError, match="PettingZoo refuses pettingzoo:mpe2/simple_spr"):
        as_team("pettingzoo:mpe2/simple_spread_v3(M=2)")
    with pytest.raises(UnsupportedGameError, match="cannot be imported"):
        as_team("pettingzoo:mpe2/simple_spred_v3")
    with pytest.raises(UnknownNameError):
        as_team("pettingzoo:classic/chess_v99")


def test_the_register_is_asked_for_the_parallel_environment():
    team = as_team("pettingzoo:classic/rps_v2(max_cycles=4)")
    assert (team.spec, team.sizes.horizon) == ("pettingzoo:classic/rps_v2(max_cycles=4)", 4)
    env = team.environment(2, 0)
    env.reset()
    shown = env.step(np.array([[0, 1], [2, 2]]))
    assert shown.rewards.tolist() == [[-1, 1], [0, 0]]


@pytest.mark.parametrize("continuous", [False, True])
def test_our_own_environments_come_back_as_they_went(continuous):
    """Through PettingZoo's interface (float32 observations) the same episode as without it."""
    game = load_game("simple_speaker_listener", continuous_actions=continuous)
    theirs = ParallelTeam(game.parallel_env).environment(1, 4)
    ours = game.environment(1)
    shown, rng = theirs.reset(), np.random.default_rng(0)
    seen = ours.reset(theirs._seeds(np.arange(1))[0])
    np.testing.assert_array_equal(shown.states[0], np.float32(seen.states[0]))
    for _ in range(game.sizes.horizon):
        actions = rng.random((1, 2, 5)).astype(np.float32)
        actions = actions[:, :, : game.sizes.box] if continuous else rng.integers(0, 3, (1, 2))
        shown, seen = theirs.step(actions), ours.step(actions)
        np.testing.assert_allclose(shown.rewards, seen.rewards, atol=1e-6)
        np.testing.assert_allclose(shown.final_states, seen.final_states, atol=1e-6)
        np.testing.assert_array_equal(shown.truncated, seen.truncated)
    assert shown.truncated.all()


def test_environments_are_never_copied():
    """Many give a fresh environment in silence."""

    def refuse(self, memo):
        raise AssertionError("copied")

    assert len(played(changed(__deepcopy__=refuse, __copy__=refuse), 4)) == 5
