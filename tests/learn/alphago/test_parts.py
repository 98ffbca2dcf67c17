"""What the stages are made of."""

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.learn.alphago.options import AlphaGo
from marl_kit.learn.alphago.players import PriorPlayer, ValuePlayer
from marl_kit.learn.alphago.positions import decisions_of, packed, whole_batch
from marl_kit.learn.alphago.records import recorded_games
from marl_kit.learn.alphago.reinforce import _climb, reinforced_policy
from marl_kit.learn.alphago.search import PriorsAndValues
from marl_kit.learn.alphago.supervised import supervised_policy
from marl_kit.learn.alphago.value_regression import value_positions
from marl_kit.learn.networks.architecture import Architecture, new_network
from marl_kit.learn.networks.evaluator import network_evaluator
from marl_kit.learn.networks.view import view_of
from marl_kit.play.strength import value_keeping
from marl_kit.search.evaluator import ExactValues, OnStates, checked
from marl_kit.search.states import held_leaves

ROOT = np.random.SeedSequence(0)
WON_BY_FIRST = (0, 3, 1, 4, 2)  # x takes the top row of tic-tac-toe


@pytest.fixture(scope="module")
def game() -> mk.Game:
    return mk.load_game("tic_tac_toe")


def untrained(game: mk.Game):
    view = view_of(game)
    sizes = view.shape, view.num_actions, view.num_players
    return view, new_network(Architecture("mlp", 16, 1), *sizes, seed=0)


def test_decisions_are_those_of_the_game(game):
    told = decisions_of(game, WON_BY_FIRST, number=7)
    assert [d.action for d in told] == list(WON_BY_FIRST)
    assert [d.player for d in told] == [0, 1, 0, 1, 0]
    assert all(d.returns == (1.0, -1.0) and d.game == 7 for d in told)
    assert told[2].legal == (1, 2, 4, 5, 6, 7, 8)
    assert [d.action for d in decisions_of(game, WON_BY_FIRST, 7, seat=1)] == [3, 4]


def test_a_batch_is_seen_by_whoever_moves(game):
    view = view_of(game)
    batch = whole_batch(view, packed(view, decisions_of(game, WON_BY_FIRST, 0)))
    assert batch.policies.argmax(dim=1).tolist() == list(WON_BY_FIRST)
    assert batch.outcomes[:, 0].tolist() == [1, -1, 1, -1, 1]  # the mover is the first
    assert batch.legal.sum(dim=1).tolist() == [9, 8, 7, 6, 5]


def test_prior_player_draws_what_it_tells(game):
    shares = np.array([0.0, 0.5, 0.25, 0.25, 0, 0, 0, 0, 0])
    evaluator = OnStates(lambda states: ([shares] * len(states), [[0.0, 0.0]] * len(states)))
    player, state = PriorPlayer(evaluator, "fixed"), game.new_initial_state()
    assert player.probabilities(state) == dict(enumerate(shares))
    rngs = [np.random.default_rng(i) for i in range(2000)]
    drawn = player.act_batch([state] * 2000, rngs)
    assert np.bincount(drawn, minlength=9) / 2000 == pytest.approx(shares, abs=0.04)
    assert drawn[:50] == [player.act(state, np.random.default_rng(i)) for i in range(50)]


@pytest.mark.parametrize("spec", ["tic_tac_toe", "pig(winscore=4,horizon=8)"])
def test_exact_values_are_played_without_a_mistake(spec):
    game = mk.load_game(spec)
    player = ValuePlayer(ExactValues(mk.oracle(game)), "exact")
    compiled = mk.compile_table(game)
    nodes = compiled.table.decisions
    nodes = np.random.default_rng(0).choice(nodes, min(len(nodes), 150), replace=False)
    states = [compiled.source_state(node) for node in nodes.tolist()]
    assert value_keeping(game, player, 1, states=states).share == 1
    assert player.probabilities(states[0])[player.act(states[0])] == 1


def test_imitation_learns_what_was_done(game):
    options = AlphaGo(network="mlp", width=32, supervised_steps=500, batch=32, rate=3e-3)
    view = view_of(game)
    network = supervised_policy(game, view, [WON_BY_FIRST], options, ROOT)
    player, state = PriorPlayer(network_evaluator(network, view), "copy"), game.new_initial_state()
    # mirror images of the game are learned too: 4 corners for the first move
    assert sum(player.probabilities(state)[corner] for corner in (0, 2, 6, 8)) > 0.9
    for action in WON_BY_FIRST[:4]:
        state.apply_action(action)
    assert player.probabilities(state)[2] > 0.9


def test_policy_gradient_goes_towards_what_won_and_away_from_what_lost(game):
    view, network = untrained(game)
    played = packed(view, decisions_of(game, WON_BY_FIRST, 0))
    before = _taken(view, network, played)
    _climb(network, torch.optim.SGD(network.parameters(), lr=0.05), view, played)
    change = _taken(view, network, played) - before
    assert (change[[0, 2, 4]] > 0).all()
    assert (change[[1, 3]] < 0).all()


def _taken(view, network, played) -> np.ndarray:
    """Log probabilities of the moves that were made."""
    batch = whole_batch(view, played)
    with torch.no_grad():
        logits = torch.where(batch.legal, network(batch.inputs)[0], -torch.inf)
        return (logits.log_softmax(1).nan_to_num(neginf=0.0) * batch.policies).sum(1).numpy()


def test_reinforcement_leaves_the_supervised_policy_alone(game):
    view, network = untrained(game)
    before = [p.clone() for p in network.parameters()]
    options = AlphaGo(reinforce_steps=3, reinforce_games=4, pool_every=1)
    learned = reinforced_policy(game, view, network, options, ROOT)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    pairs = zip(before, learned.parameters(), strict=True)
    assert not all(torch.equal(a, b) for a, b in pairs)


def test_values_are_learned_from_one_position_of_each_game(game):
    view, network = untrained(game)
    player = PriorPlayer(network_evaluator(network, view), "policy")
    records = recorded_games(game, 20, "random", ROOT)
    found = value_positions(game, view, player, player, records, 600, ROOT)
    assert len(np.unique(found.games)) == len(found) > 300
    assert not found.full.any()
    taken = 9 - found.legal_at(np.arange(len(found))).sum(axis=1)
    assert set(taken.tolist()) == set(range(1, 9))  # at least the random move; not the end
    assert np.isin(found.values, (-1, 0, 1)).all()
    assert (found.values.sum(axis=1) == 0).all()


def test_search_takes_priors_from_one_network_and_values_from_the_other(game):
    view, network = untrained(game)
    first = network_evaluator(network, view)
    second = ExactValues(mk.oracle(game))
    state = game.new_initial_state()
    leaves = held_leaves([state], np.zeros(1, np.uint64), np.zeros(1, np.int64))
    priors, values = checked(PriorsAndValues(first, second).evaluate(leaves), leaves)
    assert values.tolist() == [[0, 0]]
    expected = PriorPlayer(first, "").probabilities(state)
    assert priors is not None
    assert priors[0, :9] == pytest.approx(list(expected.values()))
