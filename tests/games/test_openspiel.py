"""OpenSpiel's games behind our handle."""

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from tests.reference import recursive

GOOFSPIEL = "goofspiel(num_cards=3,imp_info=true,points_order=descending,returns_type=win_loss)"
MATRICES = ["matrix_rps", "matrix_pd", "matrix_bos", "matrix_shapleys_game", "matrix_rpsw"]


@pytest.mark.parametrize("name", MATRICES)
def test_matrix_games_become_normal_forms(name):
    theirs = pyspiel.load_game(name)
    game = mk.load_game(f"openspiel:{name}")
    assert isinstance(game, mk.NormalFormGame)
    assert game.form == "normal"
    assert np.array_equal(game.payoffs[0], theirs.row_utilities())
    assert np.array_equal(game.payoffs[1], theirs.col_utilities())
    assert game.actions[0] == tuple(theirs.row_action_name(i) for i in range(theirs.num_rows()))
    uniform = pyspiel.UniformRandomPolicy(pyspiel.convert_to_turn_based(theirs))
    expected = pyspiel.nash_conv(pyspiel.convert_to_turn_based(theirs), uniform)
    assert mk.nash_conv(game, "uniform") == pytest.approx(expected, abs=1e-12)


def test_tensor_games_become_normal_forms():
    rng = np.random.default_rng(0)
    payoffs = rng.integers(-5, 6, (3, 2, 3, 4)).astype(float)
    kind = pyspiel.load_game("matching_pennies_3p").get_type()
    names = [[f"{p}{a}" for a in range(n)] for p, n in enumerate((2, 3, 4))]
    tensor = pyspiel.TensorGame(kind, {}, names, [u.ravel().tolist() for u in payoffs])
    game = mk.load_game(tensor)
    assert isinstance(game, mk.NormalFormGame)
    assert np.array_equal(game.payoffs, payoffs)
    assert game.actions == tuple(tuple(row) for row in names)


@pytest.mark.parametrize("name", ["matching_pennies_3p", "blotto(coins=3,fields=2)"])
def test_other_one_shot_games_in_turns(name):
    theirs = pyspiel.convert_to_turn_based(pyspiel.load_game(name))
    expected = pyspiel.nash_conv(theirs, pyspiel.UniformRandomPolicy(theirs))
    assert mk.nash_conv(f"openspiel:{name}", "uniform") == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "spec",
    [
        *(f"openspiel:{name}" for name in MATRICES),
        "openspiel:matching_pennies_3p",
        "openspiel:kuhn_poker",
        "openspiel:kuhn_poker(players=3)",
        f"openspiel:{GOOFSPIEL}",
        "openspiel:liars_dice(dice_sides=2)",
        "openspiel:blotto(coins=3,fields=2)",
    ],
)
def test_spec_reloads_an_equal_game(spec):
    game = mk.load_game(spec)
    again = mk.load_game(game.spec)
    assert again.spec == game.spec
    assert game.spec.startswith("openspiel:")
    assert (again.name, again.num_players, again.form) == (game.name, game.num_players, game.form)
    a, b = game.tree(), again.tree()
    assert a.infoset_keys == b.infoset_keys
    assert np.array_equal(a.player, b.player)
    assert np.array_equal(a.payoffs, b.payoffs)


@pytest.mark.parametrize("game", ["kuhn_poker", "kuhn_poker(players=3)"])
def test_every_spelling_is_the_same_game(game):
    name, _, rest = game.partition("(")
    params = {"players": 3} if rest else {}
    wrapped = mk.load_game(pyspiel.load_game(game))
    for spelt in (mk.load_game(name, **params), mk.load_game(f"openspiel:{game}")):
        assert spelt.tree().infoset_keys == wrapped.tree().infoset_keys
        assert spelt.spec == wrapped.spec


def test_states_are_openspiels_own():
    state = mk.load_game("openspiel:kuhn_poker").new_initial_state()
    assert isinstance(state, pyspiel.State)
    assert isinstance(state, mk.State)


def test_public_functions_take_pyspiel_games():
    theirs = pyspiel.load_game("kuhn_poker")
    assert mk.nash_conv(theirs, "uniform") == pytest.approx(11 / 12)
    assert mk.solve(theirs).values[0] == pytest.approx(-1 / 18)


def test_simultaneous_moves_become_turns():
    theirs = pyspiel.load_game(GOOFSPIEL)
    game = mk.load_game(theirs)
    assert theirs.new_initial_state().is_simultaneous_node()
    assert not any(node.player == -2 for node in recursive.walk(game))
    state = game.new_initial_state()
    assert state.current_player() == 0
    seen = {state.child(a).information_state_string(1) for a in state.legal_actions()}
    assert len(seen) == 1  # player 1 does not see the choice
    assert state.child(state.legal_actions()[1]).current_player() == 1
    turns = pyspiel.convert_to_turn_based(theirs)
    expected = pyspiel.nash_conv(turns, pyspiel.UniformRandomPolicy(turns))
    assert mk.nash_conv(game, "uniform") == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", ["lp", "cfr"])
def test_that_moves_became_turns_is_said(method):
    game = mk.load_game(GOOFSPIEL)
    assert "simultaneous moves became turns" in game.note
    assert game.note in repr(game)
    budget = {} if method == "lp" else {"iterations": 1}
    solution = mk.solve(game, method, **budget)
    assert solution.note.endswith(game.note)
    assert game.note in repr(solution)
    assert game.note in mk.solve(mk.load_game(pyspiel.load_game(GOOFSPIEL)), method, **budget).note


def test_nothing_is_said_of_games_that_were_left_as_they_are():
    for spec in ("openspiel:kuhn_poker", "openspiel:matrix_pd", "chicken", "kuhn_1950"):
        game = mk.load_game(spec)
        assert game.note == ""
        assert "note" not in repr(game)
    assert mk.solve("openspiel:kuhn_poker", "cfr", iterations=1).note == ""


def test_perfect_information_without_information_states_is_keyed_by_history():
    """Chess and its kind have observations only."""
    game = mk.load_game("openspiel:nim(pile_sizes=1;2)")
    tree = game.tree()
    assert len(set(tree.infoset_keys)) == tree.num_infosets
    assert game.info.perfect_information
    assert mk.nash_conv(game, mk.solve(game)) == 0


def test_walking_the_tree_matches_the_states():
    game = mk.load_game("openspiel:kuhn_poker")
    tree = game.tree()
    stack = [(game.new_initial_state(), 0)]
    seen = 0
    while stack:
        state, node = stack.pop()
        seen += 1
        assert tree.player[node] == state.current_player()
        if state.is_terminal():
            assert tree.payoffs[tree.terminal_index[node]].tolist() == state.returns()
            continue
        first = int(tree.first_child[node])
        actions = state.legal_actions()
        assert tree.action[first : first + tree.num_children[node]].tolist() == actions
        if state.is_chance_node():
            chance = tree.chance_prob[first : first + len(actions)].tolist()
            assert chance == [p for _, p in state.chance_outcomes()]
        else:
            key = tree.infoset_keys[tree.infoset[node]]
            assert key == state.information_state_string() == game.infoset_key(state)
        stack += [(state.child(a), first + k) for k, a in enumerate(actions)]
    assert seen == tree.num_nodes


def test_action_names():
    game = mk.load_game("openspiel:kuhn_poker")
    assert {game.action_names(i) for i in range(12)} == {("Pass", "Bet")}


def _same_walk(ours, theirs):
    """Ours (a tree read from a file) and theirs move in step."""
    assert ours.current_player() == theirs.current_player()
    assert ours.is_terminal() == theirs.is_terminal()
    assert ours.is_chance_node() == theirs.is_chance_node()
    assert ours.num_players() == theirs.num_players()
    assert len(ours.history()) == len(theirs.history())
    if ours.is_terminal():
        assert ours.returns() == pytest.approx(theirs.returns())
        return 1, []
    pairs = []
    if ours.is_chance_node():
        a, b = ours.chance_outcomes(), theirs.chance_outcomes()
        assert [p for _, p in a] == pytest.approx([p for _, p in b])
    else:
        pairs = [(ours.information_state_string(), theirs.information_state_string())]
    count = 1
    player = ours.current_player()
    assert len(ours.legal_actions()) == len(theirs.legal_actions())
    for a, b in zip(ours.legal_actions(), theirs.legal_actions(), strict=True):
        if player >= 0:
            assert ours.action_to_string(player, a) == theirs.action_to_string(player, b)
        below, more = _same_walk(ours.child(a), theirs.child(b))
        count, pairs = count + below, pairs + more
    return count, pairs


@pytest.mark.parametrize("spec", ["openspiel:kuhn_poker", "openspiel:kuhn_poker(players=3)"])
def test_an_exported_game_walks_like_the_original(spec, tmp_path):
    game = mk.load_game(spec)
    game.save(tmp_path / "kuhn.efg")
    again = mk.load_game(tmp_path / "kuhn.efg")
    count, pairs = _same_walk(again.new_initial_state(), game.new_initial_state())
    assert count == game.tree().num_nodes
    # the file's infosets are the game's: a bijection
    assert len(set(pairs)) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    uniform = mk.nash_conv(game, "uniform")
    assert mk.nash_conv(again, "uniform") == pytest.approx(uniform, abs=1e-12)


def test_unknown_game_has_near_misses():
    with pytest.raises(mk.UnknownNameError, match="kuhn_poker"):
        mk.load_game("openspiel:kuhn_pokre")
    with pytest.raises(mk.UnknownNameError, match="kuhn_poker"):
        mk.load_game("kuhn_pokre")


def test_unknown_parameter_has_near_misses():
    with pytest.raises(mk.UnknownNameError, match="players"):
        mk.load_game("openspiel:kuhn_poker(player=3)")


@pytest.mark.parametrize("players", [1, 99, "three"])
def test_bad_parameters_are_refused(players):
    with pytest.raises(mk.MarlKitError):
        mk.load_game("openspiel:kuhn_poker", players=players)


def test_mean_field_games_are_refused():
    with pytest.raises(mk.UnsupportedGameError, match="mean-field"):
        mk.load_game("openspiel:mfg_crowd_modelling")


def test_hidden_information_without_information_states_is_refused():
    game = mk.load_game("openspiel:phantom_ttt")
    with pytest.raises(mk.MarlKitError):
        game.tree(node_limit=1000)


def test_sampled_chance_is_refused():
    kinds = [
        t.short_name
        for t in pyspiel.registered_games()
        if t.chance_mode == pyspiel.GameType.ChanceMode.SAMPLED_STOCHASTIC
        and t.default_loadable
        and t.dynamics == pyspiel.GameType.Dynamics.SEQUENTIAL
    ]
    assert kinds
    with pytest.raises(mk.UnsupportedGameError, match="samples its chance moves"):
        mk.load_game(f"openspiel:{kinds[0]}").tree(node_limit=100)


def test_policies_go_to_openspiel_and_back():
    game = mk.load_game("openspiel:kuhn_poker")
    policy = mk.solve(game, "cfr+", iterations=20).profile
    theirs = policy.to_openspiel()
    assert isinstance(theirs, pyspiel.TabularPolicy)
    state = game.new_initial_state()
    for action in (0, 1):
        state.apply_action(action)
    assert dict(theirs.action_probabilities(state)) == policy.action_probabilities(state)
    assert mk.nash_conv(game, theirs) == mk.nash_conv(game, policy)


def test_other_games_have_no_openspiel_policy():
    with pytest.raises(mk.UnsupportedGameError, match="not an OpenSpiel game"):
        mk.TabularPolicy.uniform(mk.load_game("kuhn_1950")).to_openspiel()
