"""Several leaves of one tree at once: the same search with one, a sound one with more."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.evaluator import OnStates
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.leaf_parallel import search_leaf_parallel
from marl_kit.search.puct import PUCT
from marl_kit.search.search import search
from marl_kit.search.uct import UCT
from tests.search.positions import random_history, random_tree, state_after
from tests.search.test_strength import critical_positions

ALL = [UCT(150), UCT(150, solve=True), PUCT(150), PUCT(150, noise=0.3, solve=True)]


class Recorder:
    def __init__(self):
        self.batches = []

    def evaluate(self, leaves):
        self.batches.append(len(leaves))
        assert len(set(leaves.identities())) == len(leaves)
        return None, leaves.random_returns(1)


def told(result):
    return result.best, result.visits.tolist(), np.nan_to_num(result.values).tolist()


@pytest.mark.parametrize("options", ALL, ids=repr)
@pytest.mark.parametrize("spec", ["tic_tac_toe", "openspiel:tic_tac_toe", "pig(winscore=12)"])
def test_with_one_leaf_it_is_the_search(spec, options):
    game = mk.load_game(spec)
    for key in range(3):
        state = state_after(game, random_history(game, key, key))
        alone = search(game, state, options, key)
        assert told(search_leaf_parallel(game, state, options, key, leaves=1)) == told(alone)


@pytest.mark.parametrize("options", ALL, ids=repr)
@pytest.mark.parametrize("leaves", [3, 8])
def test_sums_never_see_what_waits(options, leaves):
    """Means lie within what was returned, visits add up, and every simulation is one leaf."""
    game = mk.load_game("connect_four")
    recorder = Recorder()
    result = search_leaf_parallel(game, game.new_initial_state(), options, 5, recorder, leaves)
    assert result.visits.sum() == options.simulations - 1
    assert max(recorder.batches) == leaves
    assert sum(recorder.batches) <= options.simulations
    total = (result.visits[:, None] * np.nan_to_num(result.values)).sum(axis=0)
    own = result.value * options.simulations - total  # the root's evaluation
    assert own == pytest.approx([own[0], -own[0]])
    assert round(own[0], 9) in (-1.0, 0.0, 1.0)


def test_proofs_are_sound_with_many_leaves():
    known = mk.oracle("tic_tac_toe")
    game = known.game
    for key in range(20):
        state = state_after(game, random_history(game, 3, key))
        player = state.current_player()
        result = search_leaf_parallel(game, state, UCT(2000, c=8.0, solve=True), key, leaves=6)
        values = known.action_values(state)
        for action, low, high in zip(result.actions, result.low, result.high, strict=True):
            assert low <= values[int(action)][player] <= high
        assert result.proven
        assert result.best in known.keeping(state)


def test_many_players_and_the_same_leaf_never_waits_twice():
    game = random_tree(3, depth=5, seed=3)
    state, recorder = game.new_initial_state(), Recorder()
    result = search_leaf_parallel(game, state, PUCT(400), 1, recorder, leaves=16)
    assert result.visits.sum() == 399
    assert max(recorder.batches) > 1


def test_virtual_losses_spread_a_batch():
    """All priors on one line: without them all leaves of a batch would be one."""
    game = mk.load_game("connect_four")

    def evaluate(states):
        policy = np.tile(np.array([1.0, 1, 1, 4, 1, 1, 1]), (len(states), 1))
        return policy, np.zeros((len(states), 2))

    state = game.new_initial_state()
    result = search_leaf_parallel(game, state, PUCT(200), 1, OnStates(evaluate), leaves=7)
    assert result.best == 3
    assert (result.visits > 0).all()


def test_refusals():
    game = mk.load_game("tic_tac_toe")
    state = game.new_initial_state()
    with pytest.raises(mk.InvalidOptionError, match="leaves is 0"):
        search_leaf_parallel(game, state, UCT(5), 1, leaves=0)
    with pytest.raises(mk.InvalidOptionError, match="one visit after the other"):
        search_leaf_parallel(game, state, Gumbel(5), 1)
    with pytest.raises(mk.UnsupportedGameError, match="hides information"):
        search_leaf_parallel("kuhn_poker", state, UCT(5), 1)


@pytest.mark.slow
@pytest.mark.parametrize(("leaves", "share"), [(1, 93.7), (4, 93.7), (8, 94.0), (16, 94.7)])
def test_values_kept_on_tic_tac_toe(leaves, share):
    """The figures of the docstring; the standard error is 0.6 points."""
    game, cases = mk.load_game("tic_tac_toe"), critical_positions()[::2]
    good = 0
    for key, (history, kept) in enumerate(cases):
        state = state_after(game, history)
        good += search_leaf_parallel(game, state, UCT(100, 2.0), key, leaves=leaves).best in kept
    assert abs(100 * good / len(cases) - share) < 1.5
