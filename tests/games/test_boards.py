"""The boards of the catalogue against OpenSpiel's and against lists of rows, move by move."""

import random
import re
import sys

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from tests.reference.boards import ConnectFour, TicTacToe

PLAYS = 60
SIZES = [  # rows, columns, x_in_row: small, large, as many bits as there are, lines up to the most
    (6, 7, 4),
    (4, 5, 3),
    (3, 3, 3),
    (1, 1, 1),
    (3, 3, 9),
    (7, 8, 5),
    (7, 8, 8),
    (2, 20, 4),
    (15, 4, 2),
    (31, 2, 8),
    (1, 32, 2),
    (63, 1, 3),
    (6, 9, 7),
]
SPECS = ["tic_tac_toe"] + [
    f"connect_four(rows={r},columns={c},x_in_row={x},egocentric_obs_tensor={ego})"
    for (r, c, x), ego in zip(SIZES, ["false", "true"] * len(SIZES), strict=False)
]


def twin_of(spec):
    """The slow game, and how it draws what it has."""
    numbers = list(map(int, re.findall(r"\d+", spec)))
    return ConnectFour(*numbers) if numbers else TicTacToe()


def theirs_of(spec):
    return pyspiel.load_game(spec.replace("true", "True").replace("false", "False"))


def agree(ours, theirs):
    """Everything that a state says."""
    for ask in (
        "current_player",
        "is_terminal",
        "is_chance_node",
        "is_simultaneous_node",
        "legal_actions",
        "returns",
        "rewards",
        "history",
        "history_str",
        "num_players",
        "__str__",
    ):
        assert getattr(ours, ask)() == getattr(theirs, ask)(), ask
    told = theirs.get_game().get_type().provides_information_state_string  # Pig does not
    for player in range(ours.num_players()):
        for ask in ("legal_actions", "observation_string", "observation_tensor"):
            assert getattr(ours, ask)(player) == getattr(theirs, ask)(player), (ask, player)
        own = theirs.information_state_string(player) if told else theirs.history_str()
        assert ours.information_state_string(player) == own
    if ours.is_chance_node():
        assert ours.chance_outcomes() == theirs.chance_outcomes()
    if not ours.is_terminal():
        player = ours.current_player()
        if player >= 0:
            assert ours.observation_tensor() == theirs.observation_tensor()
        for action in ours.legal_actions():
            assert ours.action_to_string(player, action) == theirs.action_to_string(player, action)


@pytest.mark.parametrize("spec", SPECS)
def test_move_by_move_like_openspiel(spec):
    game, reference = mk.load_game(spec), theirs_of(spec)
    assert game.num_actions == reference.num_distinct_actions()
    assert list(game.observation_shape) == reference.observation_tensor_shape()
    assert game.utility_bounds() == (reference.min_utility(), reference.max_utility())
    rng, plies = random.Random(spec), 0
    for _ in range(PLAYS):
        ours, theirs = game.new_initial_state(), reference.new_initial_state()
        agree(ours, theirs)
        while not theirs.is_terminal():
            action = rng.choice(theirs.legal_actions())
            if rng.random() < 0.5:
                ours = ours.child(action)
            else:
                ours.apply_action(action)
            theirs.apply_action(action)
            plies += 1
            agree(ours, theirs)
    assert plies >= PLAYS


@pytest.mark.parametrize("spec", SPECS)
def test_move_by_move_like_lists_of_rows(spec):
    game, twin = mk.load_game(spec), twin_of(spec)
    rng = random.Random(spec)
    for _ in range(PLAYS // 4):
        state, position = game.new_initial_state(), twin.start()
        while True:
            assert str(state).split() == list(position)
            assert state.legal_actions() == twin.legal(position)
            if not twin.legal(position):
                break
            assert state.current_player() == twin.mover(position)
            action = rng.choice(twin.legal(position))
            state.apply_action(action)
            position = twin.play(position, action)
        assert state.is_terminal()
        assert state.returns() == twin.returns(position)


def bits(position, rows):
    """Cells of player 0 as Connect Four keeps them, from the rows, the top one first."""
    return sum(
        1 << column * (rows + 1) + rows - 1 - row
        for row, line in enumerate(position)
        for column, cell in enumerate(line)
        if cell == "x"
    )


@pytest.mark.parametrize("size", sorted({(rows, columns) for rows, columns, _ in SIZES}))
def test_lines_of_every_length_in_every_place(size):
    """Random play hardly ever makes eight in a row, so whole lines are put on the board."""
    rows, columns = size
    rng = random.Random(str(size))
    for length in range(1, max(size) + 2):
        if 8 < length <= max(size):
            continue  # refused, see below
        game, twin = mk.load_game("connect_four", rows=rows, columns=columns, x_in_row=length), None
        has_line = sys.modules[game.rules._numba_type_.module]._has_line
        twin = ConnectFour(rows, columns, length)

        def seen(cells, params=game.params, has_line=has_line):
            text = "".join(
                "x" if (r, c) in cells else "." for r in range(rows) for c in range(columns)
            )
            position = tuple(text[i : i + columns] for i in range(0, len(text), columns))
            return has_line(params, bits(position, rows)), position

        for row in range(rows):
            for column in range(columns):
                for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                    line = [(row + k * down, column + k * right) for k in range(length)]
                    if all(0 <= r < rows and 0 <= c < columns for r, c in line):
                        assert seen(set(line))[0]
                        assert not seen(set(line) - {rng.choice(line)})[0]
        for share in (0.3, 0.6, 0.9):
            board = [(r, c) for r in range(rows) for c in range(columns)]
            found, position = seen({cell for cell in board if rng.random() < share})
            assert found == (twin.winner(position) is not None)


def test_a_full_board_without_a_line_is_drawn():
    state = mk.load_game("connect_four(rows=2,columns=2,x_in_row=3)").new_initial_state()
    for action in (0, 0, 1, 1):
        assert state.returns() == [0.0, 0.0]
        state.apply_action(action)
    assert state.is_terminal()
    assert state.returns() == [0.0, 0.0]


@pytest.mark.parametrize("spec", ["tic_tac_toe", "connect_four(rows=2,columns=9)"])
@pytest.mark.parametrize("action", [-1, 9, 10**6, "0", None, 0.5])
def test_illegal_actions_are_refused(spec, action):
    state = mk.load_game(spec).new_initial_state()
    state.apply_action(4)
    before = str(state)
    for attempt in (state.apply_action, state.child):
        with pytest.raises(mk.IllegalActionError, match=r"after the history \[4\]; legal actions"):
            attempt(action)
    assert (str(state), state.history(), state.current_player()) == (before, [4], 1)


def test_taken_cells_full_columns_and_finished_games_are_refused():
    state = mk.load_game("tic_tac_toe").new_initial_state()
    state.apply_action(4)
    with pytest.raises(mk.IllegalActionError, match="action 4 is not legal"):
        state.apply_action(4)
    for action in (0, 5, 1, 3):
        state.apply_action(action)
    assert state.is_terminal()
    with pytest.raises(mk.IllegalActionError, match=r"legal actions are \[\]"):
        state.apply_action(8)
    column = mk.load_game("connect_four(rows=2,columns=3)").new_initial_state()
    column.apply_action(1)
    column.apply_action(1)
    with pytest.raises(mk.IllegalActionError, match=r"legal actions are \[0, 2\]"):
        column.apply_action(1)


@pytest.mark.parametrize("spec", ["tic_tac_toe", "connect_four(rows=4,columns=5,x_in_row=3)"])
def test_clones_and_children_are_independent(spec):
    game, rng = mk.load_game(spec), random.Random(1)

    def facts(state):
        return (
            str(state),
            state.position.tolist(),
            state.history(),
            state.legal_actions(),
            state.current_player(),
            state.returns(),
        )

    for _ in range(20):
        state = game.new_initial_state()
        while not state.is_terminal():
            before, action = facts(state), rng.choice(state.legal_actions())
            copy, child = state.clone(), state.child(action)
            assert facts(copy) == before
            copy.apply_action(action)
            assert facts(copy) == facts(child)
            while not copy.is_terminal():
                copy.apply_action(rng.choice(copy.legal_actions()))
            state.legal_actions().clear()
            state.history().clear()
            state.returns().clear()
            assert facts(state) == before
            state = child


@pytest.mark.parametrize("player", [-4, -1, 2, 7])
@pytest.mark.parametrize("ego", ["true", "false"])
def test_nobodys_observation_is_refused(player, ego):
    """The kernels would read beyond the position."""
    state = mk.load_game(f"connect_four(egocentric_obs_tensor={ego})").new_initial_state()
    with pytest.raises(mk.MarlKitError, match=rf"player is {player}.*from 0 to 1"):
        state.observation_tensor(player)


def test_the_observation_at_the_end_needs_a_player():
    state = mk.load_game(
        "connect_four(rows=1,columns=1,x_in_row=1,egocentric_obs_tensor=true)"
    ).new_initial_state()
    state.apply_action(0)
    with pytest.raises(mk.MarlKitError, match="from 0 to 1"):
        state.observation_tensor()
    assert state.observation_tensor(0) == [0.0, 1.0, 0.0]
    assert state.observation_tensor(1) == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ["rows", "columns", "x_in_row"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "x", True])
def test_sizes_that_are_no_sizes_are_refused(name, value):
    with pytest.raises(mk.MarlKitError, match=f"{name} is {value!r}; give a whole number"):
        mk.load_game("connect_four", **{name: value})


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("connect_four(egocentric_obs_tensor=maybe)", "egocentric_obs_tensor is 'maybe'"),
        ("connect_four(rows=8,columns=8)", "8 x 8 does not fit into 64 bits"),
        ("connect_four(rows=64,columns=1)", "64 x 1 does not fit"),
        ("connect_four(rows=1,columns=33)", "1 x 33 does not fit"),
        ("connect_four(rows=1000000000000,columns=1000000000000)", "does not fit"),
        ("connect_four(columns=10,rows=5,x_in_row=9)", "x_in_row is 9; these rules see lines"),
        ("connect_four(rows=1.5)", "rows is 1.5"),
        ("connect_four(rows=x)", "rows is 'x'"),
        ("connect_four(row=3)", "row"),
        ("tic_tac_toe(rows=3)", "rows"),
    ],
)
def test_parameters_that_cannot_be_are_refused(spec, complaint):
    with pytest.raises(mk.InvalidOptionError, match=complaint):
        mk.load_game(spec)


def test_a_line_longer_than_the_board_is_a_game_without_winners():
    game = mk.load_game("connect_four(rows=2,columns=3,x_in_row=9)")
    assert set(np.unique(game.tree().payoffs)) == {0.0}


@pytest.mark.parametrize("spec", [*SPECS, "connect_four"])
def test_the_spec_loads_the_same_game(spec):
    game = mk.load_game(spec)
    again = mk.load_game(game.spec)
    assert again.spec == game.spec
    assert game.params.tolist() == again.params.tolist()
    assert str(again.new_initial_state()) == str(game.new_initial_state())
    assert repr(game) == f"BoardGame({game.spec!r}, players=2)"


def test_nothing_is_enumerated_for_what_the_rules_say(monkeypatch):
    game = mk.load_game("connect_four")
    monkeypatch.setattr(type(game), "_build_tree", lambda *_: pytest.fail("enumerated"))
    assert game.perfect_information
    assert game.utility_bounds() == (-1.0, 1.0)
    info = game.info
    assert (info.zero_sum, info.constant_sum, info.stochastic) == (True, True, False)
    assert (info.perfect_information, info.perfect_recall, info.payoff_range) == (True, True, 2.0)
    assert (game.form, game.num_players) == ("board", 2)


def test_too_large_to_enumerate():
    with pytest.raises(mk.GameTooLargeError, match="2,000"):
        mk.load_game("connect_four").tree(node_limit=2000)


@pytest.mark.parametrize(
    "spec",
    ["connect_four(rows=3,columns=3,x_in_row=3)", "connect_four(rows=2,columns=4,x_in_row=2)"],
)
def test_trees_are_openspiels(spec):
    same_tree(mk.load_game(spec), mk.load_game(f"openspiel:{spec}"))


def same_tree(ours, theirs):
    a, b = ours.tree(), theirs.tree()
    for column in ("player", "parent", "action", "infoset", "payoffs", "infoset_player"):
        assert np.array_equal(getattr(a, column), getattr(b, column)), column
    assert a.infoset_keys == b.infoset_keys
    for infoset in range(0, a.num_infosets, max(1, a.num_infosets // 50)):
        assert ours.action_names(infoset) == theirs.action_names(infoset)


def test_the_tree_of_tic_tac_toe_is_openspiels():
    """550,000 nodes: half the time of this file."""
    game, twin = mk.load_game("tic_tac_toe"), TicTacToe()
    same_tree(game, mk.load_game("openspiel:tic_tac_toe"))
    tree = game.tree()
    assert tree.num_nodes == twin.nodes(twin.start())
    assert len(tree.payoffs) == twin.terminal_histories(twin.start())
    solution = mk.solve(game)
    assert solution.values.tolist() == [0.0, 0.0]
    assert solution.nash_conv == 0


@pytest.mark.parametrize("size", [(3, 3, 3), (2, 4, 2), (3, 2, 2), (2, 3, 3), (1, 5, 2), (4, 2, 3)])
def test_solved_like_the_twin(size):
    rows, columns, length = size
    game = mk.load_game(f"connect_four(rows={rows},columns={columns},x_in_row={length})")
    twin = ConnectFour(*size)
    value = twin.value(twin.start())
    assert game.tree().num_nodes == twin.nodes(twin.start())
    solution = mk.solve(game)
    assert solution.values.tolist() == [value, -value]
    assert solution.nash_conv == 0


def test_states_agree_with_the_tree():
    game = mk.load_game("connect_four(rows=2,columns=3,x_in_row=2)")
    assert mk.testing.check_game(game) is game
