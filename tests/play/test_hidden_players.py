"""``ismcts`` and ``smmcts`` as players, and the check of anybody's player."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.play.frozen import position_key
from marl_kit.play.mcts import random_key
from marl_kit.search.information_set import search_information_set
from tests.search.positions import random_history, state_after

OPTIONS = "points_order=descending,returns_type=win_loss"
BLIND = f"goofspiel(num_cards=3,imp_info=True,{OPTIONS})"
OPEN = f"goofspiel(num_cards=3,imp_info=False,{OPTIONS})"
ISMCTS, SMMCTS = "ismcts(simulations=30)", "smmcts(simulations=40)"


@pytest.mark.parametrize(
    ("spec", "game"),
    [
        (ISMCTS, "kuhn_poker"),
        (ISMCTS, "kuhn_poker(players=3)"),
        ("ismcts(simulations=30,temperature=1)", "leduc_poker"),
        (ISMCTS, BLIND),
        (ISMCTS, OPEN),
        (ISMCTS, "matching_pennies"),
        (ISMCTS, "tic_tac_toe"),
        (SMMCTS, OPEN),
        (SMMCTS, "matching_pennies"),
        (SMMCTS, "openspiel:tic_tac_toe"),
        ("random", "leduc_poker"),
        ("solver:cfr(iterations=10)", "kuhn_poker"),
    ],
)
def test_players_keep_their_promises(spec, game):
    assert mk.testing.check_player(spec, game, games=4).spec.startswith(spec.partition("(")[0])


class Cheat:
    """Looks at the other's card."""

    def act(self, state, rng):
        return int(state.history()[1] > state.history()[0])


class Blunt:
    def act(self, state, rng):
        return 7


class Hasty:
    """Moves on the state that it was shown."""

    def act(self, state, rng):
        action = state.legal_actions()[0]
        state.apply_action(action)
        return action


class Moody:
    """Does now this, now that."""

    last = 0

    def act(self, state, rng):
        self.last = 1 - self.last
        return self.last


class Braggart:
    """Says one thing, and does another."""

    def probabilities(self, state):
        return {0: 1.0}

    def act(self, state, rng):
        return 1


@pytest.mark.parametrize(
    ("player", "words"),
    [
        (Cheat(), "Cheat answers otherwise in .*, which is of the same infoset, after the history"),
        (Blunt(), r"Blunt chose 7, which is not legal of \[0, 1\]"),
        (Hasty(), "Hasty changed the state"),
        (Moody(), "Moody answers otherwise if asked again"),
        (Braggart(), "Braggart chose 1 and tells the probabilities"),
    ],
)
def test_broken_promises_are_found(player, words):
    with pytest.raises(mk.IllegalActionError, match=words):
        mk.testing.check_player(player, "kuhn_poker", games=5)


class Liar:
    """Tells probabilities that it does not draw from."""

    def probabilities(self, state):
        return {0: 0.9, 1: 0.1}

    def act(self, state, rng):
        return int(rng.integers(2))


class TwoFaced:
    """Plays otherwise in batches, where it looks at the other's card."""

    def act(self, state, rng):
        return 0

    def act_batch(self, states, rngs):
        return [int(state.history()[0] == 2) for state in states]


@pytest.mark.parametrize(
    ("player", "words"),
    [
        (Liar(), r"Liar chose 0 \d+ times of 200 and tells the probability 0.9"),
        (TwoFaced(), r"TwoFaced answers 4 states of one infoset by \[.*1.*\], and each alone by 0"),
    ],
)
def test_broken_promises_of_many_answers_are_found(player, words):
    with pytest.raises(mk.IllegalActionError, match=words):
        mk.testing.check_player(player, "kuhn_poker", games=5)


class Seated:
    """Wants to know where it sits, and when the game is over."""

    def __init__(self):
        self.seat, self.ends = None, []

    def start(self, seat, game_seeds):
        self.seat, self.seeds = seat, [np.random.default_rng(seed) for seed in game_seeds]

    def act(self, state, rng):
        assert state.current_player() == self.seat
        assert len(self.seeds) == 1
        return state.legal_actions()[0]

    def end(self, state):
        self.ends.append((self.seat, state.is_terminal()))


def test_a_player_is_told_its_seat_and_asked_there_only():
    player = mk.testing.check_player(Seated(), "kuhn_poker(players=3)", games=2)
    assert player.ends == [(0, True), (1, True), (2, True)] * 2


@pytest.mark.parametrize("games", [0, -1, 1.5, "x", True])
def test_a_check_without_games_is_refused(games):
    with pytest.raises(mk.InvalidOptionError, match=r"games is .*; give a whole number"):
        mk.testing.check_player("random", "kuhn_poker", games=games)


def test_states_of_another_game_are_refused():
    rng, state = np.random.default_rng(1), state_after(mk.load_game("leduc_poker"), [0, 1])
    for spec, game in ((ISMCTS, "kuhn_poker"), (SMMCTS, OPEN), (SMMCTS, "matching_pennies")):
        with pytest.raises(mk.InvalidOptionError, match="leduc_poker"):
            mk.make_player(spec, game).act(state, rng)


@pytest.mark.parametrize("game", ["openspiel:markov_soccer(horizon=4)", "openspiel:pathfinding"])
def test_players_of_rounds_without_infoset_strings_can_be_frozen(game):
    game = mk.load_game(game)
    for spec in ("ismcts(simulations=5)", "smmcts(simulations=5)"):
        player, first = mk.make_player(spec, game), state_after(game, random_history(game, 0, 1))
        frozen = [mk.freeze(player, seed) for seed in range(12)]
        acts = [f.act(first) for f in frozen]
        assert acts == [f.act(first) for f in frozen]
        assert len(set(acts)) > 1
    if game.num_players > 1:  # the second does not see what the first has just chosen
        keys = {position_key(first.child(action)) for action in first.legal_actions()}
        assert len(keys) == 1
        assert keys != {position_key(first)}


def test_who_knows_nothing_that_can_be_told_cannot_be_frozen():
    game = mk.load_game("openspiel:deep_sea(size=3)")
    player = mk.freeze(mk.make_player("random", game))
    with pytest.raises(mk.UnsupportedGameError, match=r"deep_sea .*cannot be frozen by what it"):
        player.act(game.new_initial_state())


def test_the_errors_say_how_a_hidden_player_is_evaluated():
    game = mk.load_game("kuhn_poker")
    player = mk.make_player("ismcts(simulations=10)", game)
    works = r"mk.exploitability\(game, mk.freeze\(player, seed\)\)"
    with pytest.raises(mk.InvalidProfileError, match=f"does not tell its probabilities.*{works}"):
        mk.exploitability(game, player)
    with pytest.raises(mk.UnsupportedGameError, match=f"kuhn_poker hides information.*{works}"):
        mk.refute(game, player)
    assert 0 < mk.exploitability(game, mk.freeze(player, 3)) < 1
    assert mk.best_response(game, mk.freeze(player, 3), 1).gain >= 0


def test_a_frozen_player_does_not_see_hidden_cards_either():
    """Its random numbers follow from what the player to move knows."""
    game = mk.load_game("kuhn_poker")
    player = mk.make_player("ismcts(simulations=10)", game)
    acts = []
    for seed in range(20):
        frozen = mk.freeze(player, seed)
        one, two = (frozen.act(state_after(game, [1, other])) for other in (0, 2))
        assert one == two
        acts.append(one)
    assert set(acts) == {0, 1}
    keys = [position_key(state_after(game, cards)) for cards in ([1, 0], [1, 2], [2, 0])]
    assert keys[0] == keys[1] != keys[2]
    seen = [position_key(state_after(mk.load_game(OPEN), [card])) for card in range(3)]
    assert len(set(seen)) == 1


@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker"])
def test_information_set_search_beats_random_play(game):
    match = mk.play(game, ["ismcts(simulations=50)", "random"], games=150, seed=1)
    assert match.mean[0] > 2.5 * match.stderr[0]


def test_simultaneous_search_beats_random_play():
    match = mk.play(OPEN, ["smmcts(simulations=50)", "random"], games=150, seed=1)
    assert match.mean[0] > 2.5 * match.stderr[0]


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_move_is_the_most_visited_or_drawn_by_the_visits(temperature):
    game, chosen = mk.load_game("kuhn_poker"), set()
    state = state_after(game, [0, 2])
    player = mk.make_player(f"ismcts(simulations=20,temperature={temperature})", game)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = search_information_set(game, state, player.options, random_key(rng))
        action = player.act(state, np.random.default_rng(seed))
        assert action == found.draw(temperature, rng.random())
        chosen.add(action == found.best)
    assert chosen == ({True} if temperature == 0 else {True, False})


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("ismcts", "ismcts(simulations=400,c=1.4)"),
        ("ismcts(temperature=1.0)", "ismcts(simulations=400,c=1.4,temperature=1)"),
        ("ismcts(rollouts=2,c=2)", "ismcts(simulations=400,c=2,rollouts=2)"),
        ("smmcts", "smmcts(simulations=1000,exploration=0.2)"),
        (
            "smmcts(averaged=true,rollouts=3)",
            "smmcts(simulations=1000,exploration=0.2,averaged=true,rollouts=3)",
        ),
    ],
)
def test_specs_are_written_in_one_way(given, canonical):
    assert mk.make_player(given, OPEN).spec == canonical


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ("ismcts(simulations=0)", mk.InvalidOptionError, "simulations of ismcts is 0"),
        ("ismcts(c=-1)", mk.InvalidOptionError, "c of ismcts is -1"),
        ("ismcts(temperature=-1)", mk.InvalidOptionError, "temperature of ismcts is -1"),
        ("ismcts(rollouts=0)", mk.InvalidOptionError, "rollouts of ismcts is 0"),
        ("smmcts(simulations=1.5)", mk.InvalidOptionError, "simulations of smmcts is 1.5"),
        ("smmcts(exploration=0)", mk.InvalidOptionError, "exploration is 0"),
        ("smmcts(exploration=1)", mk.InvalidOptionError, "exploration is 1; .* below 1"),
        ("smmcts(exploration=2)", mk.InvalidOptionError, "exploration is 2"),
        ("smmcts(averaged=1)", mk.InvalidOptionError, "averaged is 1"),
        ("smmcts(exploraton=1)", mk.UnknownNameError, "did you mean 'exploration'"),
        ("smmcts", mk.UnsupportedGameError, "kuhn_poker hides more"),
    ],
)
def test_what_cannot_be_made_is_refused(spec, error, words):
    with pytest.raises(error, match=words):
        mk.make_player(spec, "kuhn_poker")
