"""Simultaneous moves: regret matching at every node, against tables, a twin and equilibria."""

import itertools

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from marl_kit.games.rounds import remember_rounds
from marl_kit.search.draws import streams
from marl_kit.search.rounds_result import decisions, tree_visits
from marl_kit.search.simultaneous import SMMCTS, matched, search_rounds
from tests.reference.simultaneous import RegretMatching
from tests.search.positions import state_after

OPTIONS = "points_order=descending,returns_type=win_loss"
THREE = f"goofspiel(num_cards=3,imp_info=False,{OPTIONS})"
FOUR = f"goofspiel(num_cards=4,imp_info=False,{OPTIONS})"
DEALT = "goofspiel(num_cards=3,imp_info=False,points_order=random,returns_type=total_points)"
PENNIES = [[1, -1], [-1, 1]]
BIASED = [[0, -1, 2], [1, 0, -1], [-2, 1, 0]]  # equilibrium 1/4, 1/2, 1/4


def from_start(game, simulations, key=1, **options):
    game = mk.load_game(game) if isinstance(game, str) else game
    return search_rounds(game, game.new_initial_state(), SMMCTS(simulations, **options), key)


@pytest.mark.parametrize(
    ("regrets", "strategy"),
    [
        ([0, 0], [1 / 2, 1 / 2]),
        ([-1, -2, -3], [1 / 3] * 3),
        ([3, 1], [3 / 4, 1 / 4]),
        ([2, -5, 6], [1 / 4, 0, 3 / 4]),
    ],
)
def test_regret_matching_by_hand(regrets, strategy):
    assert matched(regrets) == strategy


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("spec", [THREE, FOUR, "matching_pennies_3p", "openspiel:matrix_rps"])
def test_agrees_with_the_twin(spec, averaged):
    rules = pyspiel.load_game(spec.removeprefix("openspiel:"))
    game = mk.load_game(rules)
    for key in (1, 2):
        found = from_start(game, 400, key, exploration=0.3, averaged=averaged)
        twin = RegretMatching(rules.new_initial_state(), 0.3, averaged)
        for draw in streams(key, 400):
            twin.simulate(draw)
        compared = 0
        for node, _ in decisions(found.root, ()):
            history = tuple(node.state.history())
            assert node.visits == len(twin.returns[history])
            for p, actions in zip(node.movers, node.actions, strict=True):
                regret = [twin.regret[history, p][a] for a in actions]
                average = [twin.average[history, p][a] for a in actions]
                assert node.regrets[p] == pytest.approx(regret, abs=1e-9)
                assert node.averages[p] == pytest.approx(average, abs=1e-9)
                compared += 1
        assert compared >= 2
        assert found.value == pytest.approx([twin.mean((), p) for p in found.movers])


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("table", [PENNIES, BIASED])
def test_finds_the_equilibrium_of_a_matrix(table, averaged):
    """What is *played*, exploration included, comes to the equilibrium, which is inner here: then
    the average without exploration is ``(x - gamma / A) / (1 - gamma)``, which is off by at most
    gamma. Within 0.03 (the error falls as one over the root of the simulations; measured: 0.01)."""
    game = mk.NormalFormGame.from_bimatrix(table)
    exact = mk.solve(game, "lp").profile
    gamma = 0.1
    found = from_start(game, 15_000, exploration=gamma, averaged=averaged)
    for p in (0, 1):
        played = (1 - gamma) * found.strategy(p) + gamma / len(table)
        assert played == pytest.approx(exact[p], abs=0.03)
    assert mk.exploitability(game, found.profile()) < 0.1
    assert found.value == pytest.approx(mk.expected_values(game, exact), abs=0.03)


def test_exploration_leaves_a_bias():
    """As the docstring has it: more simulations do not help against much exploration."""
    game = mk.NormalFormGame.from_bimatrix(BIASED)
    found = [
        mk.nash_conv(game, from_start(game, 8000, exploration=gamma).profile())
        for gamma in (0.05, 0.5, 0.99)
    ]
    assert found[0] < 0.2
    assert found[1] == pytest.approx(0.51, abs=0.2)
    assert found[2] == pytest.approx(1.94, abs=0.3)


def test_dominated_actions_vanish_for_any_number_of_players():
    """Each of three players has an action that is better by its own amount, whatever happens."""
    payoffs = np.zeros((3, 2, 3, 2))
    for place in itertools.product(range(2), range(3), range(2)):
        a, b, c = place
        payoffs[(slice(None), *place)] = [5 * a - b, 100 * (b == 1) + c, -c + 2 * a]
    game = mk.NormalFormGame(payoffs)
    found = from_start(game, 1500)
    assert found.movers == (0, 1, 2)
    for p, best in enumerate((1, 1, 0)):
        assert found.strategy(p)[best] > 0.95
    assert mk.nash_conv(game, found.profile()) < 3


def test_payoffs_of_any_scale_are_searched_in_the_same_way():
    """Powers of two, so that nothing is rounded otherwise."""
    first = from_start(mk.NormalFormGame.from_bimatrix(BIASED), 500)
    for scale, shift in ((1024, 0), (1 / 1024, 0), (1, 64)):
        table = scale * np.array(BIASED) + shift
        game = mk.NormalFormGame.from_bimatrix(table, -table)
        other = from_start(game, 500)
        for p in (0, 1):
            assert other.strategy(p) == pytest.approx(first.strategy(p), abs=1e-6)


@pytest.mark.parametrize(("spec", "simulations", "bound"), [(THREE, 3000, 0.04), (FOUR, 6000, 0.7)])
def test_exploitability_falls_with_simulations(spec, simulations, bound):
    """Uniform play has NashConv 4/3 and 3/2; measured means are 0.007 and 0.1."""
    game = remember_rounds(spec)
    few = [mk.nash_conv(game, from_start(spec, 50, k).profile(game)) for k in range(3)]
    many = [mk.nash_conv(game, from_start(spec, simulations, k).profile(game)) for k in (1, 2)]
    assert np.mean(many) < bound < np.mean(few)


def test_the_profile_has_every_infoset_and_is_uniform_where_nothing_was_tried():
    game = mk.load_game(THREE)
    profile = from_start(game, 30).profile()
    keys = game.tree().infoset_keys
    assert set(profile) == set(keys)
    assert mk.TabularPolicy.uniform(game).to_dict() != profile
    assert any(row == [0.5, 0.5] for row in profile.values())
    assert 0 < mk.exploitability(game, profile) <= 2
    nothing = from_start(game, 1).profile()
    assert nothing == mk.TabularPolicy.uniform(game).to_dict()


def test_positions_that_share_a_name_are_averaged():
    """Goofspiel with four cards: what was played in two rounds can come about in two orders."""
    game, told = mk.load_game(FOUR), remember_rounds(FOUR)
    assert (game.tree().num_infosets, told.tree().num_infosets) == (270, 322)
    assert not game.info.perfect_recall
    assert told.info.perfect_recall
    assert mk.expected_values(told, "uniform") == pytest.approx([0, 0], abs=1e-12)
    found = from_start(game, 2000)
    merged, apart = found.profile(), found.profile(told)
    assert (len(merged), len(apart)) == (270, 322)
    policy = mk.TabularPolicy(game, np.concatenate([merged[k] for k in game.tree().infoset_keys]))
    assert policy.action_probabilities(game.new_initial_state())
    start = apart["player 0 after []"]
    assert merged[game.infoset_key(game.new_initial_state())] == pytest.approx(start)
    assert told.action_names(0) == game.action_names(0)
    assert remember_rounds(mk.load_game("kuhn_poker")).name == "kuhn_poker"


def test_choices_of_this_round_are_not_looked_at():
    game, options = mk.load_game(FOUR), SMMCTS(60)
    for rounds in ([], [0, 3], [0, 3, 2, 1]):
        start = search_rounds(game, state_after(game, rounds), options, 5)
        for hidden in state_after(game, rounds).legal_actions():
            later = search_rounds(game, state_after(game, [*rounds, hidden]), options, 5)
            assert (start.player, later.player) == (0, 1)
            assert later.before == start.before == tuple(rounds)
            for p in (0, 1):
                assert later.strategy(p).tolist() == start.strategy(p).tolist()


def test_a_search_from_the_middle_speaks_of_what_follows():
    game = mk.load_game(FOUR)
    found = search_rounds(game, state_after(game, [0, 3]), SMMCTS(500), 1)
    profile, told = found.profile(), from_start(game, 500)
    after, before = (
        game.infoset_key(state_after(game, [0, 3])),
        game.infoset_key(game.new_initial_state()),
    )
    assert profile[after] == found.strategy(0).tolist()
    assert profile[before] == [0.25] * 4
    assert told.profile()[before] == told.strategy(0).tolist()


def test_chance_is_sampled():
    game = mk.load_game(DEALT)
    state = game.new_initial_state()
    while state.is_chance_node():
        state.apply_action(state.legal_actions()[0])
    found = search_rounds(game, state, SMMCTS(300), 1)
    assert len(found.before) == 1
    assert 3 < found.value.sum() < 6  # points of equal bids go to nobody
    assert tree_visits(found.root) > 900
    assert set(found.profile()) == set(game.tree().infoset_keys)


@pytest.mark.parametrize("spec", ["tic_tac_toe", "openspiel:tic_tac_toe"])
def test_turns_are_rounds_of_one(spec):
    """Otherwise player 1 has a row of three."""
    game = mk.load_game(spec)
    found = search_rounds(game, state_after(game, [0, 3, 8, 4]), SMMCTS(1500), 1)
    assert found.movers == (0,)
    assert found.actions(0)[np.argmax(found.strategy(0))] == 5


def test_one_key_is_one_answer_and_what_it_says():
    first, again, other = (from_start(THREE, 200, k) for k in (1, 1, 2))
    assert first.to_dict() == again.to_dict() != other.to_dict()
    told = first.to_dict()
    assert told["simulations"] == 200
    assert told["movers"] == [0, 1]
    assert told["actions"] == [[0, 1, 2]] * 2
    assert np.sum(told["strategies"], axis=1) == pytest.approx([1, 1])
    assert "player 1" in repr(first)
    assert "<table>" in first._repr_html_()
    us = (np.arange(1000) + 0.5) / 1000
    drawn = np.bincount([first.draw(u) for u in us], minlength=3) / 1000
    assert drawn == pytest.approx(first.strategy(0), abs=2e-3)


@pytest.mark.parametrize("game", ["kuhn_poker", f"goofspiel(num_cards=3,imp_info=True,{OPTIONS})"])
def test_other_hidden_information_is_refused(game):
    game = mk.load_game(game)
    with pytest.raises(mk.UnsupportedGameError, match="nothing is hidden but what is chosen"):
        search_rounds(game, game.new_initial_state(), SMMCTS(10), 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"simulations": 0}, "simulations is 0"),
        ({"simulations": 2.0}, "simulations is 2.0"),
        ({"simulations": 10**9}, "1,000,000,000 simulations could need"),
        ({"rollouts": 0}, "rollouts is 0"),
        ({"exploration": 0}, "exploration is 0"),
        ({"exploration": 1.0}, "exploration is 1.0; give a number above 0, .* and below 1"),
        ({"exploration": 1.5}, "exploration is 1.5; give a number from 0 to 1"),
        ({"exploration": float("nan")}, "exploration is nan"),
        ({"averaged": "yes"}, "averaged is 'yes'"),
    ],
)
def test_options_that_are_not_allowed(options, words):
    with pytest.raises(mk.InvalidOptionError, match=words):
        SMMCTS(**options)


def test_what_else_is_refused():
    game = mk.load_game(THREE)
    over = state_after(game, [0, 0, 1, 1])
    assert over.is_terminal()
    with pytest.raises(mk.UnsupportedGameError, match="end of the game"):
        search_rounds(game, over, SMMCTS(10), 1)
    with pytest.raises(mk.InvalidOptionError, match=r"2\*\*64"):
        from_start(game, 10, -1)
    with pytest.raises(mk.InvalidOptionError, match=r"key of a search is 1.5; give a whole number"):
        from_start(game, 10, 1.5)
    for other in ("kuhn_poker", "tic_tac_toe", "matching_pennies", FOUR):
        state = state_after(mk.load_game(other), [0, 1] if other == "kuhn_poker" else [])
        with pytest.raises(mk.InvalidOptionError, match=r"none of goof|one of BoardGame"):
            search_rounds(game, state, SMMCTS(10), 1)
    with pytest.raises(mk.InvalidOptionError, match="player 2 does not choose"):
        from_start(game, 10).strategy(2)
