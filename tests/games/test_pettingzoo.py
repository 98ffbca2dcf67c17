"""PettingZoo's environments as games, and games as PettingZoo's environments."""

import contextlib
import importlib.util
import io
import itertools
import os
import subprocess
import sys
import warnings

import numpy as np
import pettingzoo
import pytest
from gymnasium.spaces import Box, Discrete
from pettingzoo.test import api_test, seed_test
from pettingzoo.utils.wrappers import TerminateIllegalWrapper

import marl_kit as mk
from marl_kit.games.pettingzoo.observation import digest

GOOFSPIEL = "goofspiel(num_cards=3,imp_info=true,points_order=descending,returns_type=win_loss)"


class Coins(pettingzoo.AECEnv):
    """Three agents take 1, 2 or 3 coins in turn, as far as the mask in their info allows.

    Whoever takes is given what it takes, and the next one in line pays half of it. Green drops out
    at its second turn, the others are truncated after ``limit`` turns. What is seen is drawn anew
    at every look, from the seed, or from nowhere if the environment is not ``honest``.
    """

    def __init__(self, limit=8, honest=True):
        self.metadata = {"name": "coins"}
        self.possible_agents = ["red", "green", "blue"]
        self.limit, self.honest = limit, honest
        self._actions = dict.fromkeys(self.possible_agents, Discrete(3, start=1))
        self._seen = dict.fromkeys(self.possible_agents, Box(0, 1, (2,), np.float64))

    def action_space(self, agent):
        return self._actions[agent]

    def observation_space(self, agent):
        return self._seen[agent]

    def reset(self, seed=None, options=None):
        self.rng = np.random.default_rng(seed if self.honest else None)
        self.agents = self.possible_agents[:]
        self.turns, self.agent_selection = dict.fromkeys(self.agents, 0), "red"
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self._mask()

    def _mask(self):
        free = self.rng.permuted([1, 1, 0]).astype(np.int8)
        self.infos = {
            a: {"action_mask": free} if a == self.agent_selection else {} for a in self.agents
        }

    def observe(self, agent):
        return self.rng.random(2)

    def step(self, action):
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        assert self.infos[agent].get("action_mask", [1, 1, 1])[action - 1]
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self.turns[agent] += 1
        following = self.agents[(self.agents.index(agent) + 1) % len(self.agents)]
        self.rewards[agent] += action
        self.rewards[following] -= action / 2
        self._accumulate_rewards()
        self.terminations["green"] = "green" in self.agents and self.turns["green"] == 2
        if "green" not in self.agents:
            del self.terminations["green"]
        if sum(self.turns.values()) >= self.limit:
            self.truncations = dict.fromkeys(self.agents, True)
        self.agent_selection = following
        self._mask()
        self._deads_step_first()


class Forgetful(Coins):
    """Shows nothing and allows everything."""

    def observe(self, agent):
        return np.zeros(2)

    def _mask(self):
        self.infos = {a: {} for a in self.agents}


class Choices(pettingzoo.ParallelEnv):
    """Two agents choose a side at once, ``rounds`` times; they see the number of the round only."""

    def __init__(self, rounds=2):
        self.metadata, self.render_mode = {"name": "choices"}, None
        self.possible_agents, self.rounds = ["even", "odd"], rounds
        self._spaces = dict.fromkeys(self.possible_agents, (Box(0, 9, (1,), np.int64), Discrete(2)))

    def observation_space(self, agent):
        return self._spaces[agent][0]

    def action_space(self, agent):
        return self._spaces[agent][1]

    def _all(self, value):
        return dict.fromkeys(self.possible_agents, value)

    def reset(self, seed=None, options=None):
        self.agents, self.round = self.possible_agents[:], 0
        return self._all(np.array([0])), {a: {} for a in self.agents}

    def step(self, actions):
        self.round += 1
        same = 1.0 if actions["even"] == actions["odd"] else -1.0
        over = self.round == self.rounds
        self.agents = [] if over else self.agents
        seen = self._all(np.array([self.round]))
        infos = {a: {} for a in self.possible_agents}
        return seen, {"even": same, "odd": -same}, self._all(over), self._all(False), infos


def play_out(state, rng):
    while not state.is_terminal():
        state.apply_action(int(rng.choice(state.legal_actions())))
    return state


# Environments as games


@pytest.mark.parametrize(
    ("env", "twins"),
    [
        ("classic/connect_four_v3", ["connect_four", "openspiel:connect_four"]),
        ("classic/tictactoe_v3", ["tic_tac_toe", "openspiel:tic_tac_toe"]),
    ],
)
def test_the_same_moves_give_the_same_play(env, twins):
    game = mk.load_game(f"pettingzoo:{env}")
    assert game.perfect_information
    rng, outcomes = np.random.default_rng(0), set()
    for _ in range(25):
        state = game.new_initial_state()
        others = [mk.load_game(twin).new_initial_state() for twin in twins]
        while True:
            for other in others:
                assert state.current_player() == other.current_player()
                assert state.is_terminal() == other.is_terminal()
                assert state.legal_actions() == other.legal_actions()
                assert state.returns() == list(other.returns())
                assert state.history() == list(other.history())
            if state.is_terminal():
                break
            action = int(rng.choice(state.legal_actions()))
            for each in (state, *others):
                each.apply_action(action)
        outcomes.add(tuple(state.returns()))
    assert {(1.0, -1.0), (-1.0, 1.0)} <= outcomes


def test_a_state_answers_the_whole_protocol():
    game = mk.load_game("pettingzoo:classic/connect_four_v3")
    state = game.new_initial_state()
    assert isinstance(state, mk.State)
    assert (game.num_players, game.form, game.num_distinct_actions()) == (2, "extensive", 7)
    assert not state.is_chance_node()
    assert not state.is_simultaneous_node()
    assert state.chance_outcomes() == []
    assert (state.num_players(), state.rewards()) == (2, [0.0, 0.0])
    assert state.legal_actions(1) == []
    state.apply_action(3)
    assert state.action_to_string(1, 3) == "3"
    assert (
        state.observation_tensor(0)
        == state.observation()["observation"][..., ::-1].ravel().tolist()
    ), "the second player sees the board with the planes swapped"
    assert sum(state.observation_tensor()) == 1
    assert str(state) == "connect_four_v3 after [3]"
    for player in (-1, 2):
        with pytest.raises(mk.UnsupportedGameError, match="its players are 0 to 1"):
            state.information_state_string(player)
    for bad in (7, -1):
        with pytest.raises(mk.IllegalActionError, match=rf"action {bad} is not legal .*\[3\]"):
            state.apply_action(bad)


def test_a_clone_and_its_original_go_their_own_ways():
    game = mk.load_game("pettingzoo:classic/connect_four_v3")
    state = game.new_initial_state()
    for action in (3, 3, 2):
        state.apply_action(action)
    before = state.information_state_string(), state.observation_tensor(), state.history()
    copy = state.clone()
    assert (copy.information_state_string(), copy.observation_tensor(), copy.history()) == before
    child = copy.child(6)
    grandchild = child.clone()
    copy.apply_action(5)
    assert (state.information_state_string(), state.observation_tensor(), state.history()) == before
    assert (copy.history(), child.history()) == ([3, 3, 2, 5], [3, 3, 2, 6])
    state.apply_action(6)
    assert state.observation_tensor(0) == child.observation_tensor(0)
    assert state.information_state_string() == child.information_state_string()
    assert state.information_state_string() != copy.information_state_string()
    rest = play_out(state, np.random.default_rng(1)).history()[4:]
    for action in rest:
        grandchild.apply_action(action)
    assert (grandchild.returns(), grandchild.is_terminal()) == (state.returns(), True)
    assert child.history() == [3, 3, 2, 6]


def test_an_environment_that_is_not_reproducible_plays_but_is_not_cloned():
    game = mk.PettingZooGame(lambda: Coins(honest=False))
    state = game.new_initial_state()
    state.apply_action(state.legal_actions()[0])
    copy = state.clone()
    with pytest.raises(mk.UnsupportedGameError, match=r"coins cannot be cloned: with seed 0"):
        copy.apply_action(copy.legal_actions()[0])
    with pytest.raises(mk.UnsupportedGameError, match="does not show its agents the same twice"):
        state.child(state.legal_actions()[0])
    assert play_out(state, np.random.default_rng(0)).is_terminal()


def test_what_differs_only_later_is_refused_as_well():
    class Drifting(Coins):
        made = itertools.count()

        def reset(self, seed=None, options=None):
            super().reset(seed, options)
            self.odd = next(Drifting.made)

        def observe(self, agent):
            return super().observe(agent) + (self.odd if self.turns["red"] else 0)

    state = mk.PettingZooGame(Drifting).new_initial_state()
    moved = state.child(state.legal_actions()[0])
    with pytest.raises(mk.UnsupportedGameError, match=rf"history \[{moved.history()[0]}\]"):
        moved.child(moved.legal_actions()[0])


def test_masks_in_the_info_and_actions_that_do_not_start_at_zero():
    game = mk.PettingZooGame(Coins, seed=4)
    assert (game.name, game.agents, game.spec) == ("coins", ("red", "green", "blue"), "")
    assert game.num_distinct_actions() == 4
    seen, rng = set(), np.random.default_rng(0)
    state = game.new_initial_state()
    while not state.is_terminal():
        legal = state.legal_actions()
        assert len(legal) == 2
        seen.update(legal)
        forbidden = 6 - sum(legal)
        with pytest.raises(mk.IllegalActionError, match=f"action {forbidden} is not legal"):
            state.apply_action(forbidden)
        state.apply_action(int(rng.choice(legal)))
    assert seen == {1, 2, 3}


@pytest.mark.parametrize("limit", [1, 3, 5, 6, 8, 11])
def test_rewards_count_once_and_by_agent(limit):
    """The returns are what the agents are told by ``last()`` in PettingZoo's own loop."""
    state = mk.PettingZooGame(lambda: Coins(limit), seed=limit).new_initial_state()
    rewards = np.zeros(3)
    copies = []
    rng = np.random.default_rng(limit)
    while not state.is_terminal():
        copies.append(state.clone())
        state.apply_action(int(rng.choice(state.legal_actions())))
        rewards += state.rewards()
    env, told, moves = Coins(limit), dict.fromkeys(state._game.agents, 0.0), iter(state.history())
    env.reset(seed=limit)
    for agent in env.possible_agents:  # our adapter looks at everybody, and looking draws numbers
        env.observe(agent)
    while env.agents:
        agent = env.agent_selection
        told[agent] += env._cumulative_rewards[agent]
        out = env.terminations[agent] or env.truncations[agent]
        if out:
            env.observe(agent)
        env.step(None if out else next(moves))
        if env.agents and not (
            env.terminations[env.agent_selection] or env.truncations[env.agent_selection]
        ):
            for each in env.agents:
                env.observe(each)
    assert next(moves, None) is None
    assert state.returns() == list(told.values()) == rewards.tolist()
    assert sum(state.returns()) == sum(state.history()) / 2
    assert len(state.history()) == limit, "truncation ends the game"
    for n, copy in enumerate(copies):
        for action in state.history()[n:]:
            copy.apply_action(action)
        assert copy.returns() == state.returns()


def test_an_agent_that_is_out_does_not_move_again():
    state = mk.PettingZooGame(lambda: Coins(11)).new_initial_state()
    movers = []
    while not state.is_terminal():
        movers.append(state.current_player())
        state.apply_action(state.legal_actions()[0])
    assert movers == [0, 1, 2, 0, 1, 2, 0, 2, 0, 2, 0]


def test_observations_are_kept_and_not_looked_at_again():
    """A look draws random numbers here, so asking twice must not be two looks."""
    game = mk.PettingZooGame(Coins, seed=1)
    asked, quiet = game.new_initial_state(), game.new_initial_state()
    for _ in range(4):
        for player in range(3):
            assert asked.observation_tensor(player) == asked.observation_tensor(player)
            asked.information_state_string(player)
        action = quiet.legal_actions()[0]
        asked.apply_action(action)
        quiet.apply_action(action)
    assert asked.observation_tensor(0) == quiet.observation_tensor(0)
    assert asked.information_state_string(0) == quiet.information_state_string(0)


def test_an_observation_is_copied_from_an_array_that_goes_on_changing():
    class Board(Coins):
        def reset(self, seed=None, options=None):
            self.board = np.zeros(2)
            super().reset(seed, options)

        def observe(self, agent):
            return self.board

        def step(self, action):
            self.board += 1
            super().step(action)

    state = mk.PettingZooGame(Board).new_initial_state()
    first, tensor = state.clone(), state.observation_tensor(0)
    state.apply_action(state.legal_actions()[0])
    assert first.observation_tensor(0) == tensor == [0.0, 0.0]
    assert state.observation_tensor(0) == [1.0, 1.0]


def test_a_live_environment_is_played_inline_only():
    env = Coins()
    game = mk.PettingZooGame(env, seed=2)
    state = game.new_initial_state()
    first = play_out(state, np.random.default_rng(0))
    again = play_out(game.new_initial_state(), np.random.default_rng(0))
    assert (again.history(), again.returns()) == (first.history(), first.returns())
    remade = play_out(
        mk.PettingZooGame(Coins, seed=2).new_initial_state(), np.random.default_rng(0)
    )
    assert remade.returns() == first.returns()
    for refused in (again.clone, lambda: game.new_initial_state().child(1), game.tree):
        with pytest.raises(mk.UnsupportedGameError, match=r"live environment.*give a callable"):
            refused()
    stale = game.new_initial_state()
    game.new_initial_state()
    assert stale.legal_actions()
    with pytest.raises(mk.UnsupportedGameError, match="has been reset for another play"):
        stale.apply_action(stale.legal_actions()[0])


def test_agents_of_a_parallel_environment_choose_unseen():
    game = mk.PettingZooGame(Choices, utility_bounds=(-2, 2))
    tree = game.tree()
    assert (tree.num_nodes, tree.num_leaves) == (1 + 2 + 4 + 8 + 16, 16)
    # a player knows the round and its own move and result before: 1 + 4 infosets each
    assert np.bincount(tree.infoset_player).tolist() == [5, 5]
    info = game.info
    assert info.perfect_recall
    assert info.zero_sum
    assert not info.perfect_information
    assert game.utility_bounds() == (tree.payoffs.min(), tree.payoffs.max()) == (-2, 2)
    assert mk.nash_conv(game, "uniform") == 0
    state = game.new_initial_state()
    assert state.child(0).information_state_string(1) == state.child(1).information_state_string(
        1
    ), "the first choice is not seen"


def test_rock_paper_scissors_by_name():
    spec = "pettingzoo:classic/rps_v2(max_cycles=1)"
    game = mk.load_game("pettingzoo:classic/rps_v2", max_cycles=1)
    assert game.spec == spec
    assert mk.load_game(game.spec).spec == spec
    assert mk.testing.check_game(game).tree().num_nodes == 13
    assert game.action_names(0) == ("0", "1", "2")
    assert not game.perfect_information
    solution = mk.solve(game, "lp")
    assert solution.nash_conv < 1e-9
    assert np.allclose(solution.profile.probabilities, 1 / 3)


def test_an_infoset_remembers_what_the_observation_forgets():
    game = mk.PettingZooGame(lambda: Forgetful(limit=4))
    tree = game.tree()
    assert (tree.num_nodes, game.info.perfect_recall) == (1 + 3 + 9 + 27 + 81, True)
    # red has its own first action and what it was given since: 3 actions x 3 payments by blue;
    # green has what red's action cost it, blue what green's cost it
    assert np.bincount(tree.infoset_player).tolist() == [1 + 9, 3, 3]


def test_an_infoset_remembers_what_was_seen_once():
    """Green sees red's choice at its first turn only, and what anybody does is worth nothing."""

    class Glimpse(Forgetful):
        def step(self, action):
            first, self.glimpse = not any(self.turns.values()), np.zeros(2)
            super().step(action)
            if first:
                self.glimpse = np.array([0.0, action])
            self.rewards = dict.fromkeys(self.rewards, 0.0)
            self._cumulative_rewards = dict.fromkeys(self._cumulative_rewards, 0.0)

        def observe(self, agent):
            return self.glimpse if agent == "green" and any(self.turns.values()) else np.zeros(2)

    def at_greens_second_turn(first):
        state = mk.PettingZooGame(Glimpse).new_initial_state()
        for action in (first, 2, 2, 2):
            state.apply_action(action)
        assert state.current_player() == 1
        return state

    one, two, again = (at_greens_second_turn(first) for first in (1, 2, 1))
    assert one.observation_tensor(1) == two.observation_tensor(1) == [0.0, 0.0]
    assert one.information_state_string(1) == again.information_state_string(1)
    assert one.information_state_string(1) != two.information_state_string(1)
    assert one.information_state_string(2) == two.information_state_string(2), "blue never saw it"


def test_seeds_deal_and_specs_keep_them():
    plain = mk.load_game("pettingzoo:classic/tictactoe_v3(seed=0)")
    assert plain.spec == "pettingzoo:classic/tictactoe_v3"
    seeded = mk.load_game("pettingzoo:classic/tictactoe-v3", seed=7)
    assert seeded.spec == "pettingzoo:classic/tictactoe_v3(seed=7)"
    assert seeded.new_initial_state().seed == mk.load_game(seeded.spec).seed == 7
    coins = mk.PettingZooGame(Coins)
    seen = {tuple(coins.new_initial_state(s).observation_tensor(0)) for s in range(5)}
    assert len(seen) == 5
    assert coins.new_initial_state().observation_tensor(0) in [list(s) for s in seen]


def test_parameters_of_the_environment():
    game = mk.load_game("pettingzoo:classic/connect_four_v3(render_mode=rgb_array)")
    assert game.spec == "pettingzoo:classic/connect_four_v3(render_mode=rgb_array)"
    assert game.new_initial_state().child(0).history() == [0]


def boxed():
    env = Coins()
    env._actions["blue"] = Box(0, 1)
    return env


def nameless():
    env = Coins()
    del env.possible_agents
    return env


def stubborn():
    env = Coins(limit=1)
    env._was_dead_step = lambda action: None
    return env


def maskless():
    env = Coins()
    env._mask = lambda: setattr(env, "infos", {a: {"action_mask": [0, 0, 0]} for a in env.agents})
    return env


ONE = Coins()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: mk.load_game("pettingzoo:classic/conect_four_v3"),
            mk.UnknownNameError,
            "four_v3'",
        ),
        (lambda: mk.load_game("pettingzoo:classic/go_v1"), mk.UnknownNameError, "classic/go_v5"),
        (lambda: mk.load_game("pettingzoo:"), mk.UnknownNameError, "PettingZoo environment"),
        (
            lambda: mk.load_game("pettingzoo:classic/tictactoe_v3(rows=3)"),
            mk.InvalidOptionError,
            r"refuses pettingzoo:classic/tictactoe_v3\(rows=3\): .*rows",
        ),
        (
            lambda: mk.load_game("pettingzoo:classic/rps_v2(num_actions=4)"),
            mk.InvalidOptionError,
            "must be an odd number",
        ),
        (
            lambda: mk.load_game("pettingzoo:classic/rps_v2", num_actions=[3]),
            mk.InvalidOptionError,
            "cannot be written in a spec",
        ),
        (lambda: mk.PettingZooGame(3), mk.InvalidOptionError, "neither a PettingZoo environment"),
        (lambda: mk.PettingZooGame(dict), mk.InvalidOptionError, "no PettingZoo environment"),
        (lambda: mk.PettingZooGame(Coins, seed=-1), mk.InvalidOptionError, "seed is -1"),
        (
            lambda: mk.PettingZooGame(Coins, utility_bounds=(1, -1)),
            mk.InvalidOptionError,
            "smaller one first",
        ),
        (lambda: mk.PettingZooGame(boxed), mk.UnsupportedGameError, "blue chooses from Box"),
        (lambda: mk.PettingZooGame(nameless), mk.UnsupportedGameError, "possible_agents"),
        (
            lambda: mk.PettingZooGame(lambda: ONE).new_initial_state(),
            mk.InvalidOptionError,
            "the same environment twice",
        ),
        (
            lambda: mk.PettingZooGame(maskless).new_initial_state(),
            mk.InvalidGameError,
            r"mask of red is \[0, 0, 0\]",
        ),
        (
            lambda: play_out(
                mk.PettingZooGame(stubborn).new_initial_state(), np.random.default_rng(0)
            ),
            mk.InvalidGameError,
            "empty step does not remove it",
        ),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.skipif(importlib.util.find_spec("chess") is not None, reason="chess is installed")
def test_what_an_environment_needs_is_named():
    with pytest.raises(
        mk.UnsupportedGameError, match=r"chess.*pip install 'pettingzoo\[classic\]'"
    ):
        mk.load_game("pettingzoo:classic/chess_v6")


def test_without_pettingzoo(monkeypatch):
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    for asked in (
        lambda: mk.load_game("pettingzoo:classic/tictactoe_v3"),
        lambda: mk.PettingZooGame(Coins),
        lambda: mk.to_pettingzoo("kuhn_poker"),
    ):
        with pytest.raises(mk.UnsupportedGameError, match=r"pip install 'marl-kit\[pettingzoo\]'"):
            asked()


def test_leduc_holdem():
    game = mk.load_game("pettingzoo:classic/leduc_holdem_v4(seed=5)")
    assert not game.perfect_information
    low, high = game.utility_bounds()
    seen, rng = set(), np.random.default_rng(0)
    for seed in range(30):
        state = game.new_initial_state(seed)
        seen.add(tuple(state.observation_tensor(0)) + tuple(state.observation_tensor(1)))
        copy = state.clone()
        play_out(state, rng)
        for action in state.history():
            copy.apply_action(action)
        assert copy.returns() == state.returns()
        assert sum(state.returns()) == 0
        assert low <= min(state.returns()) <= max(state.returns()) <= high
    assert len(seen) > 5
    with pytest.raises(mk.UnsupportedGameError, match="does not go the same way with every seed"):
        mk.nash_conv(game, "uniform")


def test_digests_tell_values_apart():
    values = [
        np.zeros(4, np.int8),
        np.zeros((2, 2), np.int8),
        np.zeros(4, np.int16),
        {"a": 1, "b": [2, 3]},
        {"a": 1, "b": [2], "c": 3},
        [["a"], "b"],
        ["a", ["b"]],
        ["ab"],
        "ab",
        b"ab",
        None,
        0,
        0.0,
        False,
    ]
    assert len({digest(v) for v in values}) == len(values)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(np.array([1, [2]], object)) == digest(np.array([1, [2]], object))
    assert digest({"ab", "cd", "ef"}) == digest({"ef", "cd", "ab"})


def test_infosets_have_the_same_names_in_another_process():
    code = (
        "import marl_kit as mk\n"
        "state = mk.load_game('pettingzoo:classic/connect_four_v3').new_initial_state()\n"
        "state.apply_action(3)\n"
        "print(state.information_state_string(0), state.information_state_string(1), sep='|')"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashing in ("1", "2")
    }
    state = mk.load_game("pettingzoo:classic/connect_four_v3").new_initial_state().child(3)
    own = [state.information_state_string(p) for p in range(2)]
    assert [line.strip().split("|") for line in printed] == [own]


# Games as environments


def guess_a_coin():
    builder = mk.TreeBuilder(players=2)
    builder.chance((), {"heads": "1/3", "tails": "2/3"})
    for coin in ("heads", "tails"):
        builder.decision((coin,), 1, "guess", ["heads", "tails"])
        for guess in ("heads", "tails"):
            won = 1 if coin == guess else -1
            builder.payoff((coin, guess), [-won, won])
    return builder.build()


GAMES = {
    "Kuhn": "kuhn_poker",
    "Kuhn for three": "kuhn_poker(players=3)",
    "Leduc": "leduc_poker",
    "tic-tac-toe": "tic_tac_toe",
    "Connect Four": "connect_four",
    "OpenSpiel's Connect Four": "openspiel:connect_four",
    "goofspiel in turns": GOOFSPIEL,
    "backgammon": "backgammon",
    "a file": "kuhn_1950",
    "a file for three": "selten_horse",
    "a matrix": "matching_pennies",
    "a builder": guess_a_coin(),
    "an environment": "pettingzoo:classic/rps_v2",
}
UNAVOIDABLE = {
    # said of every dictionary, unless the environment is on a list of PettingZoo's own
    "Observation is not a NumPy array",
    "Observation space for each agent probably should be gymnasium.spaces.box or "
    "gymnasium.spaces.discrete",
}


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES.keys())
def test_pettingzoo_accepts_our_games(game):
    with warnings.catch_warnings(record=True) as said, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        api_test(mk.to_pettingzoo(game), num_cycles=60)
        seed_test(lambda: mk.to_pettingzoo(game), num_cycles=60)
    assert {str(warning.message) for warning in said} <= UNAVOIDABLE


def run(env, rng):
    """Play by PettingZoo's loop; actions, and what each agent was told that it won."""
    told, actions = dict.fromkeys(env.possible_agents, 0.0), []
    for agent in env.agent_iter():
        seen, reward, terminated, truncated, _ = env.last()
        told[agent] += reward
        assert not truncated
        if terminated:
            assert not seen["action_mask"].any()
            env.step(None)
            continue
        actions.append(int(rng.choice(np.flatnonzero(seen["action_mask"]))))
        env.step(actions[-1])
    return actions, list(told.values())


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES.keys())
def test_an_environment_plays_as_its_game_does(game):
    env, rng = mk.to_pettingzoo(game), np.random.default_rng(0)
    for seed in range(5):
        env.reset(seed=seed)
        _, told = run(env, rng)
        position = env.unwrapped.position
        assert position.is_terminal()
        assert told == pytest.approx(list(position.returns()), abs=1e-12)


@pytest.mark.parametrize("name", ["Kuhn for three", "Leduc", "Connect Four", "a file", "a builder"])
def test_there_and_back(name):
    """Our game as an environment as a game plays as the original, on the deal of the seed."""
    original = mk.load_game(GAMES[name])
    game = mk.PettingZooGame(lambda: mk.to_pettingzoo(original))
    assert (game.num_players, game.name) == (original.num_players, original.name)
    rng = np.random.default_rng(0)
    for seed in range(10):
        state = game.new_initial_state(seed)
        env = mk.to_pettingzoo(original)
        env.reset(seed=seed)
        twin = env.unwrapped.position
        while not state.is_terminal():
            assert state.current_player() == twin.current_player()
            assert state.legal_actions() == twin.legal_actions()
            seen = env.observe(env.agent_selection)["observation"]
            assert state.observation_tensor() == seen.tolist()
            action = int(rng.choice(state.legal_actions()))
            if rng.random() < 0.3:
                state = state.child(action)
            else:
                state.apply_action(action)
            env.step(action)
        assert twin.is_terminal()
        assert state.returns() == list(twin.returns())


def test_one_deal_is_not_solved_as_if_it_were_the_game():
    game = mk.PettingZooGame(lambda: mk.to_pettingzoo("kuhn_poker"), utility_bounds=(-2, 2))
    with pytest.raises(mk.UnsupportedGameError, match="does not go the same way with every seed"):
        mk.nash_conv(game, "uniform")


class Coin:
    """Agent a guesses, then a coin is tossed: its chance comes after the first move."""

    def __new__(cls):
        import gymnasium
        from pettingzoo import AECEnv

        class Env(AECEnv):
            metadata = {"name": "coin"}
            possible_agents = ["a", "b"]

            def observation_space(self, agent):
                return gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

            def action_space(self, agent):
                return gymnasium.spaces.Discrete(2)

            def observe(self, agent):
                return np.zeros(1, np.float32)

            def reset(self, seed=None, options=None):
                self.rng = np.random.default_rng(seed)
                self.agents = self.possible_agents[:]
                self.agent_selection = "a"
                self.rewards = {"a": 0.0, "b": 0.0}
                self._cumulative_rewards = dict(self.rewards)
                self.terminations = dict.fromkeys(self.agents, False)
                self.truncations = dict.fromkeys(self.agents, False)
                self.infos = {agent: {} for agent in self.agents}

            def step(self, action):
                if self.terminations[self.agent_selection]:
                    self._was_dead_step(action)
                    return
                right = action == int(self.rng.integers(2))
                self.rewards = {"a": 1.0, "b": -1.0} if right else {"a": -1.0, "b": 1.0}
                self.terminations = dict.fromkeys(self.agents, True)
                self._accumulate_rewards()
                self._deads_step_first()

        return Env()


def test_chance_after_the_first_move_is_noticed():
    game = mk.PettingZooGame(Coin, perfect_information=True, utility_bounds=(-1, 1))
    with pytest.raises(mk.UnsupportedGameError, match="chance is inside the environment"):
        mk.solve(game)
    with pytest.raises(mk.UnsupportedGameError, match="chance is inside the environment"):
        mk.make_player("mcts(simulations=10)", game)
    assert abs(mk.play(game, ["random", "random"], games=100).by_seat[0, 0]) < 0.6


def test_an_exported_environment_deals_anew_with_every_seed():
    env = mk.to_pettingzoo(mk.PettingZooGame(Coin, utility_bounds=(-1, 1)))
    won = set()
    for seed in range(30):
        env.reset(seed=seed)
        env.step(1)
        won.add(env.rewards["player_0"])
    assert won == {-1.0, 1.0}


def test_unknown_bounds_are_asked_for():
    game = mk.PettingZooGame(lambda: mk.to_pettingzoo("tic_tac_toe"))
    with pytest.raises(mk.UnsupportedGameError, match="utility_bounds="):
        game.utility_bounds()


def test_an_action_that_is_no_integer_is_refused():
    state = mk.load_game("pettingzoo:classic/tictactoe_v3").new_initial_state()
    for action in (2.5, "3", None):
        with pytest.raises(mk.IllegalActionError):
            state.apply_action(action)


def test_every_block_of_a_match_has_its_own_deal():
    game = mk.PettingZooGame(lambda: mk.to_pettingzoo("kuhn_poker"), utility_bounds=(-2, 2))
    match = mk.play(game, ["random", "random"], games=60)
    by_block = match.scores.reshape(-1, 2, 2)[:, 0, 0]
    assert len(set(by_block.tolist())) > 2, "the same cards every time"
    assert np.array_equal(match.scores, mk.play(game, ["random", "random"], games=60).scores)


def test_chance_comes_from_the_seed_of_the_reset():
    env = mk.to_pettingzoo("kuhn_poker")

    def deals(resets):
        found = []
        for seed in resets:
            env.reset(seed=seed)
            found.append(tuple(env.unwrapped.position.history()))
        return found

    assert deals([3] * 3) == deals([3])[:1] * 3
    stream = deals([3, *[None] * 40])
    assert len(set(stream)) == 6, "resets without a seed go on"
    assert deals([3, *[None] * 40]) == stream


def test_chance_has_the_probabilities_of_the_game():
    env = mk.to_pettingzoo(guess_a_coin())
    env.reset(seed=0)
    tails = 0
    for _ in range(3000):
        env.reset()
        tails += env.unwrapped.position.history()[0]
    assert abs(tails / 3000 - 2 / 3) < 4 * np.sqrt(2 / 9 / 3000)


def test_an_illegal_action_is_refused_and_changes_nothing():
    env = mk.to_pettingzoo("tic_tac_toe")
    env.reset(seed=0)
    env.step(4)
    before = env.observe("player_0")
    for bad in (4, 9, None):
        with pytest.raises(mk.IllegalActionError, match=rf"player_1 .* action {bad} .*\[4\]"):
            env.step(bad)
    assert env.agent_selection == "player_1"
    assert np.array_equal(env.observe("player_0")["observation"], before["observation"])
    env.step(np.int64(0))
    assert env.agent_selection == "player_0"


def test_pettingzoos_own_custom_with_illegal_actions(caplog):
    env = TerminateIllegalWrapper(mk.to_pettingzoo("tic_tac_toe"), illegal_reward=-1)
    env.reset(seed=0)
    env.step(4)
    env.step(4)
    assert env.rewards == {"player_0": 0, "player_1": -1}
    assert all(env.terminations.values())
    assert "Illegal move" in caplog.text


def test_who_does_not_move_sees_that_in_a_game_given_as_a_tree():
    env = mk.to_pettingzoo(guess_a_coin())
    env.reset(seed=0)
    assert env.agent_selection == "player_1"
    assert env.observe("player_0")["observation"].tolist() == [0.0, 1.0]
    assert env.observe("player_1")["observation"].tolist() == [1.0, 0.0]
    assert env.observe("player_1")["action_mask"].tolist() == [1, 1]
    env.step(0)
    assert env.observe("player_1")["observation"].tolist() == [0.0, 1.0]


def test_rendering():
    env = mk.to_pettingzoo("tic_tac_toe", render_mode="ansi")
    env.reset(seed=0)
    env.step(4)
    assert env.render() == str(env.unwrapped.position)
    assert "x" in env.render()
    silent = mk.to_pettingzoo("tic_tac_toe")
    silent.reset(seed=0)
    with pytest.warns(UserWarning, match="needs a render_mode"):
        assert silent.render() is None
    with pytest.raises(mk.InvalidOptionError, match="render_mode is 'human'; allowed are None and"):
        mk.to_pettingzoo("tic_tac_toe", render_mode="human")


def test_games_of_openspiel_without_tensors_are_refused():
    with pytest.raises(mk.UnsupportedGameError, match="neither observation nor information state"):
        mk.to_pettingzoo("openspiel:coin_game")
