"""Exact values of positions, whoever knows them."""

import pickle

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.play.oracle import ConnectFourOracle, TableOracle
from marl_kit.search.exact.table_solver import solve_table
from tests.search.positions import random_history, state_after

SMALL_PIG = "openspiel:pig(winscore=4,diceoutcomes=3,horizon=6)"
BOARD = "connect_four(rows=3,columns=4,x_in_row=3)"


def test_the_board_solver_and_the_table_agree():
    game = mk.load_game(BOARD)
    asked = mk.oracle(game)
    assert isinstance(asked, ConnectFourOracle)
    compiled = mk.compile_table(game)
    table = TableOracle(compiled, solve_table(compiled.table))
    assert asked.game is table.game is game
    for seed in range(60):
        state = state_after(game, random_history(game, seed % 9, seed))
        assert asked.values(state).tolist() == table.values(state).tolist()
        one, two = asked.action_values(state), table.action_values(state)
        assert {a: v.tolist() for a, v in one.items()} == {a: v.tolist() for a, v in two.items()}
        assert asked.keeping(state) == table.keeping(state)
        assert asked.best_actions(state) == table.best_actions(state)
        for action in state.legal_actions():
            assert asked.keeps_value(state, action) == (action in asked.keeping(state))


def test_the_end_and_chance_have_values_too():
    game = mk.load_game(SMALL_PIG)
    known = mk.oracle(game)
    state = game.new_initial_state()
    state.apply_action(0)
    assert state.is_chance_node()
    outcomes = known.action_values(state)
    expected = sum(p * outcomes[a] for a, p in state.chance_outcomes())
    assert known.values(state) == pytest.approx(expected)
    assert known.keeping(state) == known.best_actions(state) == []
    while not state.is_terminal():
        state.apply_action(state.legal_actions()[0])
    assert known.values(state).tolist() == state.returns()
    assert known.action_values(state) == {}


def test_best_actions_hurry_to_win():
    """Two ways to win at once, and others that win later."""
    game = mk.load_game("tic_tac_toe")
    known = mk.oracle(game)
    state = state_after(game, [0, 1, 4, 2])  # 8 wins, and so does 3 (with 5 and 6 to come)
    assert known.values(state).tolist() == [1.0, -1.0]
    assert known.best_actions(state) == [8]
    assert set(known.keeping(state)) > {8}


@pytest.mark.parametrize("game", [SMALL_PIG, "openspiel:breakthrough(rows=3,columns=3)"])
def test_perfect_play_is_not_exploitable(game):
    assert mk.nash_conv(game, mk.make_player("oracle", game)) < 1e-9


def test_the_player_draws_what_it_tells():
    game = mk.load_game("tic_tac_toe")
    player = mk.make_player("oracle", game)
    state = game.new_initial_state()
    told = player.probabilities(state)
    assert told == dict.fromkeys(range(9), 1 / 9)  # all moves draw, and none sooner
    chosen = {player.act(state, np.random.default_rng(seed)) for seed in range(60)}
    assert chosen == set(range(9))
    match = mk.play(game, ["oracle", "random"], games=60, seed=1)
    assert match.scores[:, 0].min() >= 0


@pytest.mark.parametrize(
    ("game", "error", "words"),
    [
        ("kuhn_poker", mk.UnsupportedGameError, "hides information"),
        ("chicken", mk.UnsupportedGameError, "hides information"),
        ("openspiel:chess", mk.GameTooLargeError, "chess has more than"),
    ],
)
def test_what_cannot_be_solved_is_refused(game, error, words):
    with pytest.raises(error, match=words):
        mk.oracle(game)
    with pytest.raises(error, match=words):
        mk.make_player("oracle", game)


def test_what_cannot_be_asked_is_refused():
    known = mk.oracle("tic_tac_toe")
    with pytest.raises(mk.InvalidOptionError, match="none of tic_tac_toe"):
        known.values(mk.load_game("connect_four").new_initial_state())
    state = state_after(mk.load_game("tic_tac_toe"), [4])
    for action in (4, 9, -1):
        with pytest.raises(mk.IllegalActionError, match=f"action {action} is not legal"):
            known.keeps_value(state, action)
    with pytest.raises(mk.GameTooLargeError, match="more than 50 positions"):
        mk.oracle("tic_tac_toe", limit=50)


def test_states_of_other_games_are_refused():
    """Misere tic-tac-toe and Hex 3 x 3 begin with the same actions."""
    known = mk.oracle("tic_tac_toe")
    others = ["openspiel:misere(game=tic_tac_toe())", "hex(board_size=3)", "openspiel:hex"]
    for other in others:
        state = mk.load_game(other).new_initial_state()
        for ask in (known.values, known.action_values, known.keeping, known.best_actions):
            with pytest.raises(mk.InvalidOptionError, match="none of tic_tac_toe"):
                ask(state)
    misere = mk.oracle(others[0])
    with pytest.raises(mk.InvalidOptionError, match="none of misere"):
        misere.values(mk.load_game("openspiel:tic_tac_toe").new_initial_state())
    for wrong in (None, 3, "x"):
        with pytest.raises(mk.InvalidOptionError, match="is no state; give one of"):
            known.keeps_value(wrong, 0)


def test_the_same_game_of_another_handle_is_answered():
    catalogue, theirs = "pig(winscore=4,diceoutcomes=3,horizon=6)", SMALL_PIG
    known = [mk.oracle(spec) for spec in (catalogue, theirs)]
    handles = [mk.load_game(spec) for spec in (catalogue, theirs)]
    states = [game.new_initial_state() for game in (*handles, mk.compile_table(handles[0]))]
    for state in states:
        state.apply_action(0)
        values = [one.values(state).tolist() for one in known]
        assert values[0] == pytest.approx(values[1])
    wrong = mk.load_game("pig(winscore=4,diceoutcomes=3,horizon=7)").new_initial_state()
    for one in known:
        with pytest.raises(mk.InvalidOptionError, match="none of pig"):
            one.values(wrong)


def test_trees_are_one_game_if_they_are_equal():
    def game(last):
        builder = mk.TreeBuilder(1)
        builder.decision((), 0, "x", ["a", "b"])
        builder.payoff(("a",), [1])
        builder.payoff(("b",), [last])
        return builder.build()

    known = mk.oracle(game(0))
    assert known.values(game(0).new_initial_state()).tolist() == [1.0]
    with pytest.raises(mk.InvalidOptionError, match="is of"):
        known.values(game(2).new_initial_state())


def test_solvers_travel_without_what_they_searched():
    game = mk.load_game("connect_four(rows=4,columns=5)")
    known = mk.oracle(game)
    written = pickle.dumps(known)
    assert len(written) < 2000
    again = pickle.loads(written)
    assert again.solver.table_bits == known.solver.table_bits
    assert again.keeping(game.new_initial_state()) == known.keeping(game.new_initial_state())
