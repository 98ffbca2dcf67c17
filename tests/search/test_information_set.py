"""Hidden information: states drawn from infosets, and the search that uses them."""

import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
import marl_kit.games.resample as resample_module
from marl_kit.games.openspiel import OpenSpielGame
from marl_kit.games.resample import RESAMPLING, resample, resampler
from marl_kit.play.registry import make_player
from marl_kit.search import information_set
from marl_kit.search.evaluator import OnStates
from marl_kit.search.information_set import ISMCTS, search_information_set
from marl_kit.search.rollouts import PolicyRollouts
from tests.search.positions import random_history, random_tree, state_after

OPTIONS = "points_order=descending,returns_type=win_loss"
BLIND = f"goofspiel(num_cards=3,imp_info=True,{OPTIONS})"
OPEN = f"goofspiel(num_cards=4,imp_info=False,{OPTIONS})"
HIDDEN = [
    "kuhn_poker",
    "kuhn_poker(players=3)",
    "leduc_poker",
    BLIND,
    OPEN,
    "liars_dice(dice_sides=2)",
]


def coin(heads="3/4", reward=1) -> mk.Game:
    """Player 0 guesses a coin that it does not see, or asks, which costs half of the reward and
    tells it the coin."""
    game = mk.TreeBuilder(2, name="coin")
    game.chance((), {"heads": heads, "tails": 1 - Fraction(heads)})
    for side in ("heads", "tails"):
        game.decision((side,), 0, "guess", ["heads", "tails", "ask"])
        for said in ("heads", "tails"):
            paid = reward if said == side else -reward
            game.payoff((side, said), [paid, -paid])
        game.decision((side, "ask"), 0, f"saw {side}", ["heads", "tails"])
        for said in ("heads", "tails"):
            paid = 0 if said == side else -reward
            game.payoff((side, "ask", said), [paid, -paid])
    return game.build()


def shares(game, state, draws, seed=0):
    rng, sample = random.Random(seed), resampler(game, state)
    seen = Counter(tuple(sample(rng.random).history()) for _ in range(draws))
    return {history: n / draws for history, n in seen.items()}


def at(game, history):
    return state_after(mk.load_game(game) if isinstance(game, str) else game, history)


# States of an infoset


@pytest.mark.parametrize("spec", HIDDEN)
def test_drawn_states_are_of_the_infoset(spec):
    game, rng = mk.load_game(spec), np.random.default_rng(1)
    for seed in range(12):
        state = at(game, random_history(game, seed % 4, seed))
        player, drawn = state.current_player(), resample(game, state, rng)
        assert drawn is not state
        assert drawn.current_player() == player
        assert game.infoset_key(drawn) == game.infoset_key(state)
        assert drawn.legal_actions() == state.legal_actions()


@pytest.mark.parametrize(
    ("spec", "history", "wanted"),
    [
        ("kuhn_poker", [1, 2], {(1, 0): 1 / 2, (1, 2): 1 / 2}),
        ("kuhn_poker", [2, 1, 0], {(0, 1, 0): 1 / 2, (2, 1, 0): 1 / 2}),
        (BLIND, [1], {(0,): 1 / 3, (1,): 1 / 3, (2,): 1 / 3}),
        (OPEN, [0, 1, 3], {(0, 1, a): 1 / 3 for a in (1, 2, 3)}),
        (OPEN, [0, 1], {(0, 1): 1}),
        ("tic_tac_toe", [4], {(4,): 1}),
        (coin(), [0], {(0,): 3 / 4, (1,): 1 / 4}),
        (coin(), [1, 2], {(1, 2): 1}),
        (coin("1/1"), [0], {(0,): 1}),
    ],
)
def test_they_are_drawn_by_chance(spec, history, wanted):
    game = mk.load_game(spec)
    found = shares(game, at(game, history), 4000)
    assert found.keys() == wanted.keys()
    for drawn, share in wanted.items():
        assert found[drawn] == pytest.approx(share, abs=0.04)  # five standard errors


def test_openspiel_draws_leduc_as_the_tree_has_it():
    """Four cards that the other may hold once two are seen, each as likely."""
    game = mk.load_game("leduc_poker")
    state = at(game, [0, 3, 1, 1, 5])
    found = shares(game, state, 4000)
    assert {history[1] for history in found} == {1, 2, 3, 4}
    assert all(share == pytest.approx(1 / 4, abs=0.035) for share in found.values())


OWN_DRAWING = [
    "bargaining",
    "bargaining(discount=0.9,max_turns=3)",
    "kuhn_poker(players=4)",
    "leduc_poker(starting_player=1)",
    "leduc_poker(action_mapping=true,players=3,suit_isomorphism=true)",
    "oh_hell",
    "oh_hell(players=4,num_cards_per_suit=4,num_suits=3,off_bid_penalty=true)",
    "oh_hell(num_suits=2,num_cards_per_suit=4,num_tricks_fixed=2,points_per_trick=3)",
    "universal_poker",
    "universal_poker(stack=2000 2000)",
]


@pytest.mark.parametrize("spec", OWN_DRAWING)
def test_openspiels_own_drawing_is_right(spec):
    """What is drawn could have happened, is of the infoset, and does not depend on what is hidden;
    why euchre, gin_rummy and blackjack are not in the list."""
    rules, rng = pyspiel.load_game(spec), random.Random(3)
    moved, games = 0, 15 if spec == "oh_hell" else 50  # a deal of it has up to 39 cards
    for _ in range(games):
        state = rules.new_initial_state()
        while not state.is_terminal():
            if (player := state.current_player()) >= 0 and rng.random() < 0.7:
                other = state.resample_from_infostate(player, rng.random)
                assert str(other) == str(replayed(rules, other.history()))
                key = state.information_state_string(player)
                assert other.current_player() == player
                assert other.information_state_string(player) == key
                assert other.legal_actions() == state.legal_actions()
                one, two = (
                    s.resample_from_infostate(player, random.Random(5).random)
                    for s in (state, other)
                )
                assert str(one) == str(two)
                moved += str(one) != str(state)
            state.apply_action(rng.choice(state.legal_actions()))
    assert moved > games


def replayed(rules, history):
    state = rules.new_initial_state()
    for action in history:
        assert action in state.legal_actions()
        state.apply_action(action)
    return state


def test_every_parameter_with_which_openspiel_may_draw_is_tested_above():
    changed = {name: set() for name in RESAMPLING}
    for spec in OWN_DRAWING:
        rules = pyspiel.load_game(spec)
        kind = rules.get_type()
        usual = kind.parameter_specification
        given = rules.get_parameters()
        changed[kind.short_name] |= {name for name in given if given[name] != usual[name]}
    assert changed == RESAMPLING


def test_with_other_parameters_a_game_is_enumerated():
    """OpenSpiel draws other infosets where there are fewer suits, and fails where talks may end."""
    game = mk.load_game("openspiel:universal_poker(numSuits=2,numRanks=3,stack=300 300)")
    mk.testing.check_player("ismcts(simulations=5)", game, games=2)
    with pytest.raises(mk.UnsupportedGameError, match=r"hidden in bargaining .* enumerated"):
        make_player("ismcts", "openspiel:bargaining(prob_end=0.1)")
    with pytest.raises(mk.UnsupportedGameError, match=r"hidden in euchre .* enumerated"):
        make_player("ismcts", "openspiel:euchre")


@pytest.mark.parametrize("history", [[2, 1], [1, 2, 0, 1, 0]])
def test_a_state_of_another_infoset_is_noticed(monkeypatch, history):
    """The guard of every way to draw; the second play is over."""
    game = mk.load_game("kuhn_poker")
    monkeypatch.setattr(information_set, "resampler", lambda *_: lambda draw: at(game, history))
    words = r"\[.*\] was drawn, which is not of the infoset '1' of player 0"
    with pytest.raises(mk.InvalidGameError, match=words):
        search_information_set(game, at(game, [1, 0]), ISMCTS(10), 1)


def test_who_does_not_know_how_often_it_was_there_is_refused():
    """The absent-minded driver (Piccione and Rubinstein 1997)."""
    game = mk.TreeBuilder(1, name="driver")
    game.decision((), 0, "road", ["exit", "on"])
    game.payoff(("exit",), [0])
    game.decision(("on",), 0, "road", ["exit", "on"])
    game.payoff(("on", "exit"), [4])
    game.payoff(("on", "on"), [1])
    game = game.build()
    words = r"driver comes to one infoset twice, the second time by the history \[1\]"
    with pytest.raises(mk.AbsentMindednessError, match=words):
        search_information_set(game, at(game, []), ISMCTS(20), 1)


def test_rounds_without_a_string_for_what_is_known_are_searched():
    """The history before the round names the infoset: what another has just chosen is not in it."""
    game = mk.load_game("openspiel:markov_soccer(horizon=4)")
    start = random_history(game, 1, 1)
    states = [at(game, [*start, action]) for action in range(3)]
    found = [search_information_set(game, state, ISMCTS(40), 3).to_dict() for state in states]
    assert found[0] == found[1] == found[2]


def test_a_game_that_is_too_large_to_draw_from_is_refused(monkeypatch):
    build, built = OpenSpielGame._build_tree, []

    def short(game, _, shown):
        built.append(game.name)
        return build(game, 500, shown)

    monkeypatch.setattr(OpenSpielGame, "_build_tree", short)
    words = (
        r"to draw what is hidden in liars_dice it would have to be enumerated.*smaller parameters"
    )
    game = mk.load_game("liars_dice")
    with pytest.raises(mk.UnsupportedGameError, match=words):
        make_player("ismcts", game)
    with pytest.raises(mk.UnsupportedGameError, match=words):
        search_information_set(game, at(game, [0, 0]), ISMCTS(10), 1)
    assert built == ["liars_dice"]  # once: it can take long


@pytest.mark.parametrize(
    "game", ["battleship", "crazy_eights", "hearts", "dark_hex(board_size=3)", "phantom_ttt"]
)
def test_a_hopeless_game_is_refused_before_it_is_enumerated(monkeypatch, game):
    monkeypatch.setattr(OpenSpielGame, "_build_tree", None)
    words = r"it would have .* guessed to have more than 60,000,000 nodes"
    with pytest.raises(mk.UnsupportedGameError, match=words):
        make_player("ismcts", f"openspiel:{game}")


@pytest.mark.parametrize("game", ["liars_dice", "leduc_poker(players=3)", BLIND])
def test_a_game_that_fits_is_not_called_hopeless(game):
    resample_module._refuse_hopeless(mk.load_game(game))
    with pytest.raises(mk.GameTooLargeError):
        resample_module._refuse_hopeless(mk.load_game("dark_hex(board_size=3)"))


def test_an_infoset_with_unequal_actions_is_refused(monkeypatch):
    """OpenSpiel would end the process at an action that is not legal."""
    game = mk.load_game("leduc_poker")
    monkeypatch.setattr(game, "infoset_key", lambda state: "the same")
    with pytest.raises(mk.InvalidGameError, match="at another state of the same infoset"):
        search_information_set(game, at(game, [0, 1]), ISMCTS(50), 1)


def test_states_from_elsewhere_are_refused():
    game = mk.load_game(BLIND)
    with pytest.raises(mk.InvalidOptionError, match=r"kuhn_poker.*, none of goofspiel"):
        resampler(game, at("kuhn_poker", [0, 1]))
    kuhn = mk.make_player("ismcts(simulations=5)", "kuhn_poker")
    with pytest.raises(mk.InvalidOptionError, match=r"leduc_poker.*, none of kuhn_poker"):
        kuhn.act(at("leduc_poker", [0, 1]), np.random.default_rng(1))
    three = at("kuhn_poker(players=3)", [0, 1, 2])
    with pytest.raises(mk.InvalidOptionError, match="none of kuhn_poker"):
        kuhn.act(three, np.random.default_rng(1))
    with pytest.raises(mk.InvalidOptionError, match=r"nobody moves after the history \[0\]"):
        resampler(mk.load_game("kuhn_poker"), at("kuhn_poker", [0]))


# The search


@pytest.mark.parametrize("spec", HIDDEN)
def test_the_answer_is_that_of_the_infoset(spec):
    """To the bit, whatever is hidden."""
    game, rng = mk.load_game(spec), np.random.default_rng(2)
    for seed in range(4):
        state = at(game, random_history(game, 1 + seed % 3, seed))
        found = search_information_set(game, state, ISMCTS(60), 7)
        for _ in range(3):
            other = search_information_set(game, resample(game, state, rng), ISMCTS(60), 7)
            assert other.to_dict() == found.to_dict()


@pytest.mark.parametrize("spec", [*HIDDEN, "tic_tac_toe", "openspiel:pig(winscore=15)"])
def test_a_key_is_an_answer_and_what_it_says(spec):
    game = mk.load_game(spec)
    state = at(game, random_history(game, 0, 1))
    first, again, other = (search_information_set(game, state, ISMCTS(150), k) for k in (1, 1, 2))
    assert first.to_dict() == again.to_dict()
    assert first.values.tolist() != other.values.tolist()
    assert first.actions.tolist() == state.legal_actions()
    assert first.visits.sum() == 149
    assert first.visits.min() > 0
    assert not first.proven
    means = (first.values * first.visits[:, None]).sum(axis=0)
    own = 150 * first.value - means  # of the root's own evaluation
    low, high = game.utility_bounds()
    assert np.all((low - 1e-9 <= own) & (own <= high + 1e-9))


def test_chances_are_weighed_by_hand():
    """Guessing heads is worth 3/4 - 1/4, tails the opposite, whatever the coin shows; c is large,
    so that both are tried often. With a fair coin both are worth 0, and so is to ask once it is
    known what to say then."""
    game = coin()
    for side in (0, 1):
        found = search_information_set(game, at(game, [side]), ISMCTS(6000, c=20), 3)
        assert found.best == 0
        assert found.visits.min() > 800
        assert found.values[:2, 0] == pytest.approx([0.5, -0.5], abs=0.1)
        assert found.values.sum(axis=1) == pytest.approx(0, abs=1e-12)
    fair = coin("1/2")
    found = search_information_set(fair, at(fair, [0]), ISMCTS(6000), 3)
    assert found.values[:, 0] == pytest.approx(0, abs=0.15)


def test_exploration_is_in_units_of_the_payoff_range():
    """A power of two changes no digit."""
    visits = [
        search_information_set(g, at(g, [0]), ISMCTS(300), 3).visits.tolist()
        for g in (coin(), coin(reward=1024))
    ]
    assert visits[0] == visits[1]


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ([1, 2, 1], 1),  # the king calls
        ([2, 0, 1], 0),  # the jack folds
        ([2, 1, 0, 1], 1),  # the king calls after a pass
    ],
)
def test_certain_moves_of_kuhn_poker(history, best):
    game = mk.load_game("kuhn_poker")
    found = [search_information_set(game, at(game, history), ISMCTS(500), k) for k in range(4)]
    assert [r.best for r in found] == [best] * 4


@pytest.mark.parametrize(
    ("spec", "history"),
    [("kuhn_poker", [1, 0]), ("kuhn_poker", [0, 1, 0]), ("leduc_poker", [0, 3, 1])],
)
def test_shares_of_visits_are_those_of_openspiels_bot(spec, history):
    """Means over 120 searches of 100 simulations; c in units of half the payoff range there."""
    game, searches, simulations, c = mk.load_game(spec), 120, 100, 1.0
    state, (low, high) = at(game, history), game.utility_bounds()
    ours, theirs = [], []
    for seed in range(searches):
        found = search_information_set(game, state, ISMCTS(simulations, c), seed)
        ours.append(found.shares)
        bot = pyspiel.ISMCTSBot(
            seed,
            pyspiel.RandomRolloutEvaluator(1, seed + 1000),
            c * (high - low) / 2,
            simulations,
            -1,
            pyspiel.ISMCTSFinalPolicyType.NORMALIZED_VISIT_COUNT,
            False,
            False,
        )
        told = dict(bot.get_policy(state))
        theirs.append([told.get(a, 0.0) for a in state.legal_actions()])
    ours, theirs = np.array(ours), np.array(theirs)
    error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / searches)
    assert np.all(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4.5 * error + 0.005)


@pytest.mark.parametrize("spec", ["tic_tac_toe", "openspiel:tic_tac_toe"])
def test_perfect_information_is_a_case_of_it(spec):
    game = mk.load_game(spec)
    state = at(game, [0, 8, 1])  # 2 is the only move that does not lose
    assert search_information_set(game, state, ISMCTS(300), 1).best == 2


def test_any_number_of_players_and_moves_in_a_row():
    for seed in range(4):
        game = random_tree(3, 4, seed)
        found = search_information_set(game, at(game, []), ISMCTS(200), seed)
        assert found.value.shape == (3,)
        assert found.values.shape == (len(found.actions), 3)


def test_leaves_can_be_scored_by_somebody_else():
    game = mk.load_game("leduc_poker")
    state = at(game, [0, 3])

    def nothing(states):
        return None, np.zeros((len(states), 2))

    found = search_information_set(game, state, ISMCTS(3), 1, OnStates(nothing))
    assert found.value.tolist() == [0, 0]  # three leaves, none at an end of the game
    player = PolicyRollouts(mk.make_player("random", game))
    told = [search_information_set(game, state, ISMCTS(50), k, player) for k in (1, 1, 2)]
    assert told[0].to_dict() == told[1].to_dict() != told[2].to_dict()
    more = [search_information_set(game, state, ISMCTS(50, rollouts=5), k) for k in range(2)]
    assert more[0].value[0] == pytest.approx(more[1].value[0], abs=4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"simulations": 0}, "simulations is 0"),
        ({"simulations": True}, "simulations is True"),
        ({"simulations": 10**8}, "100,000,000 simulations could need"),
        ({"c": -1}, "c is -1"),
        ({"c": float("inf")}, "c is inf"),
        ({"rollouts": 0.5}, "rollouts is 0.5"),
    ],
)
def test_options_that_are_not_allowed(options, words):
    with pytest.raises(mk.InvalidOptionError, match=words):
        ISMCTS(**options)


def test_what_else_is_refused():
    game = mk.load_game("kuhn_poker")
    with pytest.raises(mk.UnsupportedGameError, match="it is a chance node"):
        search_information_set(game, game.new_initial_state(), ISMCTS(10), 1)
    with pytest.raises(mk.UnsupportedGameError, match="end of the game"):
        search_information_set(game, at(game, [0, 1, 0, 0]), ISMCTS(10), 1)
    with pytest.raises(mk.InvalidOptionError, match=r"2\*\*64"):
        search_information_set(game, at(game, [0, 1]), ISMCTS(10), 1 << 64)
    with pytest.raises(mk.InvalidOptionError, match=r"key of a search is 1.5; give a whole number"):
        search_information_set(game, at(game, [0, 1]), ISMCTS(10), 1.5)
    together = pyspiel.load_game(OPEN).new_initial_state()
    with pytest.raises(mk.UnsupportedGameError, match="move at the same time"):
        search_information_set(mk.load_game(OPEN), together, ISMCTS(10), 1)
