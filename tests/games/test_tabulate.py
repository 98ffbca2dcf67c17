"""A policy that is no table is asked once at every infoset, in batches where it can answer them."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games import tabulate

LEDUC = mk.load_game("leduc_poker")


class Network:
    """Answers for many states at once, and notes what it was asked."""

    def __init__(self, game=LEDUC):
        tree = game.tree()
        rng = np.random.default_rng(2)
        rows = [rng.dirichlet(np.ones(n)) for n in tree.num_actions]
        self.policy = mk.TabularPolicy(game, np.concatenate(rows))
        self.batches, self.keys = [], []

    def probabilities_batch(self, states):
        self.batches.append(len(states))
        self.keys += [s.information_state_string() for s in states]
        return [self.policy.action_probabilities(s) for s in states]

    def probabilities(self, state):
        raise AssertionError("asked one by one")


def test_every_infoset_is_asked_once_in_batches(monkeypatch):
    monkeypatch.setattr(tabulate, "BATCH", 100)
    network = Network()
    assert mk.nash_conv(LEDUC, network) == mk.nash_conv(LEDUC, network.policy)
    assert sorted(network.keys) == sorted(LEDUC.tree().infoset_keys)
    assert network.batches == [100] * 9 + [36]


def test_one_call_is_enough_for_a_small_game():
    game = mk.load_game("openspiel:kuhn_poker")
    network = Network(game)
    assert mk.nash_conv(game, network) == mk.nash_conv(game, network.policy)
    assert network.batches == [12]


def test_a_seat_is_asked_only_about_its_own_infosets():
    network = Network()
    values = mk.expected_values(LEDUC, [network, mk.TabularPolicy.uniform(LEDUC)])
    mine = np.repeat(LEDUC.tree().infoset_player == 0, LEDUC.tree().num_actions)
    uniform = mk.TabularPolicy.uniform(LEDUC).probabilities
    merged = mk.TabularPolicy(LEDUC, np.where(mine, network.policy.probabilities, uniform))
    assert values == pytest.approx(mk.expected_values(LEDUC, merged), abs=1e-15)
    assert len(network.keys) == int(np.sum(LEDUC.tree().infoset_player == 0))


def test_a_function_is_asked_once_at_every_infoset():
    asked = []

    def policy(state):
        asked.append(state.information_state_string())
        return {a: 1 / len(state.legal_actions()) for a in state.legal_actions()}

    assert mk.nash_conv(LEDUC, policy) == pytest.approx(mk.nash_conv(LEDUC, "uniform"))
    assert sorted(asked) == sorted(LEDUC.tree().infoset_keys)


def test_matrices_take_batches_too():
    class Even:
        def probabilities_batch(self, states):
            return [dict.fromkeys(s.legal_actions(), 1 / len(s.legal_actions())) for s in states]

    assert mk.nash_conv("chicken", Even()) == mk.nash_conv("chicken", "uniform")
    assert mk.nash_conv("chicken", [Even(), Even()]) == mk.nash_conv("chicken", "uniform")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda states: [{0: 1.0}], "given 12 states and answered list of length 1"),
        (lambda states: None, "given 12 states and answered NoneType"),
        (lambda states: {0: 1.0}, "answered dict"),
        (lambda states: [{7: 1.0}] * len(states), "gives action 7 a probability"),
        (lambda states: [{0: 0.4}] * len(states), "sum to 0.4"),
        (lambda states: [3.5] * len(states), "must give"),
        (lambda states: np.ones((len(states), 2)), "must give"),
    ],
)
def test_bad_answers_are_refused(answer, message):
    class Bad:
        probabilities_batch = staticmethod(answer)

    with pytest.raises(mk.InvalidProfileError, match=message):
        mk.nash_conv("openspiel:kuhn_poker", Bad())
