"""The Connect Four solver against a search of every history, and against what is known."""

import random

import numpy as np
import pyspiel
import pytest
from open_spiel.python.algorithms import minimax

import marl_kit as mk
from marl_kit.search.exact import _connect_four_kernels as kernels
from marl_kit.search.exact import connect_four
from marl_kit.search.exact.connect_four import ConnectFourSolver, solve_connect_four
from tests.reference.boards import ConnectFour
from tests.search.positions import state_after

FIRST_MOVES = [-1, -1, 0, 1, 0, -1, -1]
"""What each is worth to the first player: Allis (1988), Allen (1988)."""


class Scores:
    """Value and plies to the end for the player to move, by trying everything."""

    def __init__(self, size):
        self.rules, self.known = ConnectFour(*size), {}

    def score(self, position):
        if position not in self.known:
            self.known[position] = self._score(position)
        return self.known[position]

    def _score(self, position):
        moves = self.rules.legal(position)
        if not moves:
            return self.rules.returns(position)[self.rules.mover(position)], 0
        scores = [self.after(position, move) for move in moves]
        # the winner hurries, the loser does not
        return max(scores, key=lambda score: (score[0], -score[0] * score[1]))

    def after(self, position, move):
        value, plies = self.score(self.rules.play(position, move))
        return 0 - value, plies + 1


def game_of(size):
    rows, columns, length = size
    return mk.load_game("connect_four", rows=rows, columns=columns, x_in_row=length)


def agree(state, position, slow):
    """All that is said of a position and its moves."""
    scored, quick = solve_connect_four(state), solve_connect_four(state, distances=False)
    assert scored.player == quick.player == state.current_player()
    assert (scored.value, scored.distance) == slow.score(position)
    assert scored.actions.tolist() == slow.rules.legal(position)
    told = list(zip(scored.action_values[:, scored.player], scored.distances, strict=True))
    assert told == [slow.after(position, action) for action in scored.actions.tolist()]
    assert np.array_equal(scored.values, [scored.value, -scored.value][:: 1 - 2 * scored.player])
    assert np.array_equal(scored.action_values.sum(axis=1), np.zeros(len(scored.actions)))
    assert np.array_equal(quick.values, scored.values)
    assert np.array_equal(quick.action_values, scored.action_values)
    assert (quick.distance, quick.distances) == (None, None)
    assert set(scored.keeping) == set(quick.best) == slow.rules.keeping(position)
    goal = scored.distances[np.isin(scored.actions, scored.best)]
    assert set(goal.tolist()) == {scored.distance}
    assert set(scored.best) <= set(scored.keeping)


@pytest.mark.parametrize(
    "size", [(3, 4, 3), (4, 3, 3), (3, 3, 3), (2, 4, 2), (3, 3, 9), (5, 2, 3), (1, 5, 3), (3, 2, 1)]
)
def test_small_boards_like_trying_everything(size):
    """Positions of the whole game, the first one too."""
    game, slow = game_of(size), Scores(size)
    found = [pair for pair in slow.rules.positions().items() if slow.rules.legal(pair[0])]
    chosen = random.Random(str(size)).sample(found, min(len(found), 200))
    for position, history in [found[0], *chosen]:
        agree(state_after(game, history), position, slow)


@pytest.mark.parametrize(
    ("size", "least"),
    [((4, 4, 4), 8), ((4, 5, 4), 12), ((5, 4, 4), 12), ((6, 7, 4), 34), ((5, 7, 5), 28)],
)
def test_late_positions_like_trying_everything(size, least):
    game, slow, rng = game_of(size), Scores(size), random.Random(str(size))
    played = 0
    while played < 30:
        state, position = game.new_initial_state(), slow.rules.start()
        while not state.is_terminal() and len(state.history()) < least + played % 3:
            action = rng.choice(state.legal_actions())
            state.apply_action(action)
            position = slow.rules.play(position, action)
        if not state.is_terminal():
            agree(state, position, slow)
            played += 1


def test_late_positions_like_openspiels_alpha_beta():
    rules, rng, played = pyspiel.load_game("connect_four"), random.Random(5), 0
    while played < 8:
        theirs = rules.new_initial_state()
        while not theirs.is_terminal() and len(theirs.history()) < 34:
            theirs.apply_action(rng.choice(theirs.legal_actions()))
        if theirs.is_terminal():
            continue
        value, _ = minimax.alpha_beta_search(rules, theirs, maximizing_player_id=0)
        scored = solve_connect_four(state_after(mk.load_game("connect_four"), theirs.history()))
        assert scored.values[0] == value
        played += 1


def test_holes_of_four_are_those_of_any_length():
    """Two formulas, the special one and the general one, on random stones."""
    rng = np.random.default_rng(1)
    for rows, columns in ((6, 7), (4, 12), (7, 8), (15, 4), (3, 4), (2, 20)):
        full = sum(((1 << rows) - 1) << c * (rows + 1) for c in range(columns))
        for _ in range(200):
            stones = int(rng.integers(1 << 62)) & full
            h = rows + 1
            for step in (h, h - 1, h + 1):
                special = kernels._holes_of_four(stones, step)
                assert special & full == kernels._holes(stones, step, 4) & full


@pytest.mark.parametrize(
    ("size", "value"),
    [((4, 4), 0), ((4, 5), 0), ((5, 4), 0), ((5, 5), 0), ((6, 4), 0), ((4, 6), -1)],
)
def test_values_of_boards(size, value):
    """Found also, once, by an alpha-beta in C that shares nothing with this one."""
    solved = solve_connect_four(game_of((*size, 4)).new_initial_state())
    assert (solved.value, solved.distance) == (value, size[0] * size[1])


@pytest.mark.parametrize(
    ("moves", "score"),
    [
        ("2252576253462244111563365343671351441", -1),
        ("7422341735647741166133573473242566", 1),
        ("23163416124767223154467471272416755633", 0),
    ],
)
def test_published_positions(moves, score):
    """Pons, Solving Connect 4, test set L3 R1, its first lines: columns from 1, and scores."""
    state = state_after(mk.load_game("connect_four"), [int(move) - 1 for move in moves])
    solved = solve_connect_four(state)
    left = 42 - len(moves)
    assert np.sign(score) == solved.value
    assert solved.distance == connect_four._plies(score, left)


def test_mirror_images_and_a_small_table_change_nothing():
    """What the table forgets is searched again."""
    game, rng = game_of((5, 6, 4)), random.Random(9)
    small, large = ConnectFourSolver(game, table_bits=8), ConnectFourSolver(game)
    for _ in range(6):
        history = [rng.randrange(6) for _ in range(11)]
        if max(map(history.count, range(6))) > 5:
            continue
        try:
            state = state_after(game, history)
            mirrored = state_after(game, [5 - column for column in history])
        except mk.IllegalActionError:  # somebody has won
            continue
        if not state.is_terminal():
            one, other = small.solve(state), large.solve(mirrored)
            assert one.action_values.tolist() == other.action_values[::-1].tolist()
            assert one.distances.tolist() == other.distances[::-1].tolist()


def test_a_search_in_many_pieces_is_the_same(monkeypatch):
    """The kernel stops and goes on where it was."""
    state = state_after(game_of((4, 5, 4)), [2, 2, 1])
    whole = ConnectFourSolver(state.game).solve(state)
    monkeypatch.setattr(connect_four, "BUDGET", 7)
    pieces = ConnectFourSolver(state.game).solve(state)
    assert pieces.to_dict() == whole.to_dict()
    assert whole.nodes > 700


def test_what_is_told():
    state = state_after(mk.load_game("connect_four"), [3, 2, 3, 2, 3, 2])
    scored = solve_connect_four(state)
    assert (scored.player, scored.value, scored.distance, scored.best) == (0, 1.0, 1, (3,))
    lines = repr(scored).splitlines()
    assert lines[0] == "PositionScore"
    assert [line.split() for line in lines if "best" in line] == [["best", "3"]]
    assert ["action", "3", "1", "-1", "in", "1", "plies"] in [line.split() for line in lines]
    assert "<th" in scored._repr_html_()
    told = scored.to_dict()
    assert (told["values"], told["distances"][3]) == ([1.0, -1.0], 1)


def test_the_end_of_the_game():
    state = state_after(mk.load_game("connect_four"), [3, 2, 3, 2, 3, 2, 3])
    over = solve_connect_four(state)
    assert (over.player, over.values.tolist(), over.distance, over.best) == (-4, [1.0, -1.0], 0, ())
    assert "the game is over" in repr(over)


@pytest.mark.parametrize("egocentric", [True, False])
def test_tensors_do_not_matter(egocentric):
    game = mk.load_game("connect_four", rows=4, columns=4, egocentric_obs_tensor=egocentric)
    assert solve_connect_four(game.new_initial_state()).value == 0


@pytest.mark.parametrize(
    "state",
    [
        pyspiel.load_game("connect_four").new_initial_state(),
        mk.load_game("tic_tac_toe").new_initial_state(),
        None,
    ],
)
def test_other_games_are_refused(state):
    with pytest.raises(mk.UnsupportedGameError, match="give one of the catalogue's Connect Four"):
        solve_connect_four(state)


def test_solvers_that_do_not_fit_are_refused():
    solver = ConnectFourSolver("connect_four(rows=4,columns=4)")
    with pytest.raises(mk.UnsupportedGameError, match="the same rows, columns and x_in_row"):
        solver.solve(game_of((4, 5, 4)).new_initial_state())
    with pytest.raises(mk.UnsupportedGameError, match="'tic_tac_toe' is not the catalogue's"):
        ConnectFourSolver("tic_tac_toe")
    for bits in (7, 31, 20.0, True):
        with pytest.raises(mk.InvalidOptionError, match=f"table_bits is {bits!r}; give a whole"):
            ConnectFourSolver("connect_four", table_bits=bits)


@pytest.mark.slow
def test_the_first_moves_of_the_board_of_six_by_seven():
    """The middle wins, its neighbours draw, the others lose: 3.3 thousand million positions, some
    ten minutes of one core."""
    game = mk.load_game("connect_four")
    solver = ConnectFourSolver(game, table_bits=25)
    solved = solver.solve(game.new_initial_state(), distances=False)
    assert (solved.value, solved.best) == (1.0, (3,))
    assert solved.action_values[:, 0].tolist() == FIRST_MOVES
