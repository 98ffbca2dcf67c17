"""Games as tables of positions: the same game, every position once, nothing merged in error."""

import gc
import pickle
import random
import weakref

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games import table_check, table_compile, table_guard, table_sources
from marl_kit.games.game import Game
from marl_kit.games.table_compile import compile_table
from marl_kit.games.table_guess import log_guess
from marl_kit.games.table_sources import Moves, signature
from marl_kit.search.search import search
from marl_kit.search.uct import UCT
from tests.reference.tables import histories
from tests.search.positions import random_tree

SMALL_PIG = "pig(winscore=4,diceoutcomes=3,horizon=6)"
GAMES = {
    "tic_tac_toe": "position",
    "openspiel:tic_tac_toe": "string",
    SMALL_PIG: "position",
    # the text does not tell how many moves were made, and the horizon depends on it
    f"openspiel:{SMALL_PIG}": "history",
    "openspiel:breakthrough(rows=3,columns=3)": "string",
    "openspiel:nim": "string",
}


class Told(Game):
    """Moves 0 and 1, for so many plies; rules and text are functions of the history."""

    def __init__(self, text, returns, plies):
        super().__init__(name="told", num_players=2)
        self.text, self.score, self.plies = text, returns, plies

    @property
    def perfect_information(self):
        return True

    def utility_bounds(self):
        return -1.0, 1.0

    def new_initial_state(self):
        return ToldState(self, ())

    def action_names(self, infoset):
        return ("0", "1")

    def _build_tree(self, node_limit, progress):
        raise NotImplementedError


class ToldState:
    def __init__(self, game, moves):
        self.game, self.moves = game, moves

    def __str__(self):
        return self.game.text(self.moves)

    def current_player(self):
        return -4 if len(self.moves) == self.game.plies else len(self.moves) % 2

    def legal_actions(self):
        return [] if self.current_player() == -4 else [0, 1]

    def returns(self):
        value = self.game.score(self.moves)
        return [value, -value]

    def child(self, action):
        return ToldState(self.game, (*self.moves, action))

    def clone(self):
        return ToldState(self.game, self.moves)

    def apply_action(self, action):
        self.moves = (*self.moves, action)

    def history(self):
        return list(self.moves)

    def num_players(self):
        return 2

    def action_to_string(self, player, action):
        return str(action)


def test_positions_of_tic_tac_toe():
    """5,478 positions and 255,168 games on 549,946 histories: well-known numbers."""
    for spec in ("tic_tac_toe", "openspiel:tic_tac_toe"):
        table = compile_table(spec).table
        assert (table.num_positions, len(table.decisions)) == (5478, 4520)
        assert table.count_histories() == 549946
        assert table.payoffs.shape == (3, 2)
        assert np.all(table.child > table.sources())


@pytest.mark.parametrize("spec", GAMES)
def test_a_table_is_the_same_game(spec):
    game = mk.load_game(spec)
    compiled = compile_table(game)
    assert compiled.table.key == GAMES[spec]
    rng = random.Random(1)
    for _ in range(40):
        walk_together(game.new_initial_state(), compiled, rng)


@pytest.mark.parametrize("players", [1, 2, 3])
def test_trees_of_any_number_of_players(players):
    game = random_tree(players, depth=5, seed=players)
    compiled = compile_table(game)
    assert compiled.table.num_positions == histories(game.new_initial_state())
    for seed in range(20):
        walk_together(game.new_initial_state(), compiled, random.Random(seed))


def walk_together(state, compiled, rng):
    """One random play on the rules and on the table."""
    twin = compiled.new_initial_state()
    while True:
        assert compiled.index(state) == compiled.index(twin) == twin.position[0]
        assert twin.current_player() == state.current_player()
        assert twin.returns() == (state.returns() if state.is_terminal() else twin.returns())
        if state.is_terminal():
            return
        assert twin.legal_actions() == state.legal_actions()
        if state.is_chance_node():
            assert twin.chance_outcomes() == state.chance_outcomes()
        action = rng.choice(state.legal_actions())
        player = state.current_player()
        assert twin.action_to_string(player, action) != ""
        state.apply_action(action)
        twin.apply_action(action)


@pytest.mark.parametrize("spec", ["openspiel:tic_tac_toe", SMALL_PIG])
def test_it_is_a_board_game_that_passes_the_check(spec):
    compiled = mk.testing.check_game(compile_table(spec))
    state = compiled.new_initial_state()
    source = compiled.source_state(0)
    assert str(state) == str(source)
    first = state.legal_actions()[0]
    assert state.action_to_string(0, first) == source.action_to_string(0, first)
    assert compiled.info.zero_sum
    assert compiled.utility_bounds() == (-1.0, 1.0)


def test_positions_are_found_again():
    compiled = compile_table("tic_tac_toe")
    for position in (0, 17, 5000):
        state = compiled.source_state(position)
        assert compiled.index(state) == position
        assert compiled.to_state(state).history() == state.history()
        assert compiled.index(compiled.state_at(position)) == position
    # a state of OpenSpiel has the same action numbers
    other = mk.load_game("openspiel:tic_tac_toe").new_initial_state()
    other.apply_action(4)
    found = compiled.to_state(other)
    assert str(found) == str(other)
    with pytest.raises(mk.InvalidOptionError, match="none of tic_tac_toe"):
        compiled.index(mk.load_game("connect_four").new_initial_state())


def test_returns_are_exact_to_the_bit():
    returns = [0.1, -1 / 3, 1e-300, 0.30000000000000004]
    game = Told(lambda moves: str(moves), lambda moves: returns[2 * moves[0] + moves[1]], plies=2)
    compiled = compile_table(game)
    for a in (0, 1):
        for b in (0, 1):
            state = compiled.new_initial_state().child(a).child(b)
            assert state.returns() == [returns[2 * a + b], -returns[2 * a + b]]


def test_a_text_that_tells_all_merges():
    game = Told(lambda m: f"{len(m)} {sum(m)}", lambda m: float(sum(m) % 2), plies=9)
    table = compile_table(game).table
    assert (table.key, table.num_positions) == ("string", 55)
    assert table.count_histories() == 2**10 - 1


def test_a_text_without_the_plies_gets_them():
    """The lamp is on or off, and the play ends after 6 moves: without plies a position returns."""
    game = Told(lambda m: "on" if sum(m) % 2 else "off", lambda m: float(sum(m) % 2), plies=6)
    table = compile_table(game).table
    assert (table.key, table.num_positions) == ("string and plies", 13)


@pytest.mark.parametrize("plies", [2, 6, 12])
def test_a_text_that_hides_what_matters_merges_nothing(plies):
    """The first move decides, and the text does not tell it: seen at the end of the game only."""
    game = Told(lambda m: str(len(m)), lambda m: 1.0 - 2.0 * m[0], plies)
    table = compile_table(game).table
    assert (table.key, table.num_positions) == ("history", 2 ** (plies + 1) - 1)


@pytest.mark.parametrize(
    ("game", "error", "words"),
    [
        ("kuhn_poker", mk.UnsupportedGameError, "kuhn_poker hides information"),
        ("chicken", mk.UnsupportedGameError, "hides information"),
        ("openspiel:goofspiel(num_cards=3)", mk.UnsupportedGameError, "hides information"),
        ("connect_four", mk.GameTooLargeError, "by a guess from the first"),
        ("openspiel:go(board_size=9)", mk.GameTooLargeError, "more than 3,000,000 positions"),
    ],
)
def test_what_has_no_table_is_refused(game, error, words):
    with pytest.raises(error, match=words):
        compile_table(game)


def test_the_limit_is_kept():
    with pytest.raises(mk.GameTooLargeError, match="more than 100 positions, 101 so far"):
        compile_table("openspiel:nim", limit=100)
    game = mk.load_game("openspiel:nim")
    size = compile_table(game).table.num_positions
    assert compile_table(game) is compile_table(game, limit=size)
    with pytest.raises(mk.GameTooLargeError, match="raise the limit"):
        compile_table(game, limit=size - 1)
    for limit in (0, -1, 2.5, True, "many"):
        with pytest.raises(mk.InvalidOptionError, match="limit is"):
            compile_table(game, limit=limit)


def test_a_table_is_forgotten_with_its_game():
    game = mk.load_game("openspiel:nim")
    table = weakref.ref(compile_table(game).table.child)
    gc.collect()
    assert table() is not None
    del game
    gc.collect()
    assert table() is None


def test_a_game_without_an_end_is_refused():
    game = Told(lambda moves: "here", lambda moves: 0.0, plies=-1)
    with pytest.raises(mk.EndlessGameError, match="has not ended"):
        compile_table(game)


def test_a_guess_is_not_made_of_shallow_trees():
    assert log_guess([1, 80, 6400], longest=2) == pytest.approx(np.log(6400))
    assert log_guess([1, 10, 100, 1000], longest=5) == pytest.approx(np.log(1e5))


def test_another_process_compiles_it_again():
    compiled = pickle.loads(pickle.dumps(compile_table("openspiel:tic_tac_toe")))
    assert compiled.table.num_positions == 5478


@pytest.mark.parametrize("spec", ["openspiel:tic_tac_toe", f"openspiel:{SMALL_PIG}"])
def test_searching_the_table_is_searching_the_game(spec):
    """The same random numbers, so the same visits and values, to the bit."""
    game = mk.load_game(spec)
    compiled = compile_table(game)
    options = UCT(simulations=150, c=2.0)
    for key in (1, 2, 3):
        one = search(game, game.new_initial_state(), options, key)
        two = search(compiled, compiled.new_initial_state(), options, key)
        assert one.visits.tolist() == two.visits.tolist()
        assert one.values.tolist() == two.values.tolist()
        assert one.best == two.best


def test_returns_of_minus_one_and_minus_two_are_told_apart():
    """``hash`` takes the two numbers for one."""
    assert hash((-1.0,)) == hash((-2.0,))
    found = {signature(Moves([-4], [0], returns=[(value, 0.0)])) for value in (-1.0, -2.0)}
    assert len(found) == 2
    zeros = {signature(Moves([-4], [0], returns=[(value, 0.0)])) for value in (0.0, -0.0)}
    assert len(zeros) == 1
    game = Told(lambda m: f"{len(m)} {sum(m)}", lambda m: -2.0 + (m == (1, 1, 1, 1, 0)), plies=5)
    assert compile_table(game).table.key == "history"


def test_what_is_not_proven_is_said():
    assert "told apart by string (seen to suffice, not proven)" in repr(
        compile_table("openspiel:tic_tac_toe").table
    )
    assert repr(compile_table("tic_tac_toe").table).endswith("told apart by position)")


def test_a_pickled_table_keeps_its_limit(monkeypatch):
    compiled = compile_table("openspiel:nim")
    written = pickle.dumps(compiled)
    monkeypatch.setattr("marl_kit.games.table_compile.POSITION_LIMIT", 10)
    again = pickle.loads(written)
    assert again.table.num_positions == compiled.table.num_positions


def test_few_states_are_alive_at_once(monkeypatch):
    """All children of a layer at once, known ones too, took five times the memory of the table."""
    sizes, expand = [], table_sources.Positions.expand

    def watched(source, states, ply):
        moves = expand(source, states, ply)
        sizes.append((len(states), len(moves.children)))
        return moves

    monkeypatch.setattr(table_sources.Positions, "expand", watched)
    with pytest.raises(mk.GameTooLargeError, match=r"more than 30,000 positions.* MB"):
        compile_table("openspiel:clobber(rows=4,columns=5)", limit=30_000)
    walked = [children for states, children in sizes if states > 1]
    assert 2_000 < max(walked) <= 2 * table_compile.CHUNK
    assert sum(walked) < 400_000


def test_checking_takes_no_more_than_walking(monkeypatch):
    """A state that is met again costs as many successors as it has moves."""
    compared, again = [], table_check.Met.again

    def watched(look, state, ply, row, walked):
        again(look, state, ply, row, walked)
        compared.append((look._compared, walked))

    monkeypatch.setattr(table_check.Met, "again", watched)
    monkeypatch.setattr(table_check, "CHECKS", 50)
    compile_table("openspiel:tic_tac_toe")
    assert compared[-1][0] > 0.9 * compared[-1][1]
    assert all(done <= 50 + walked + 9 for done, walked in compared)
    monkeypatch.setattr(table_check, "FULLY", 1_000)
    compared.clear()
    compile_table("openspiel:tic_tac_toe")
    assert compared[-1][0] <= 50 + 1_000 + table_check.SHARE * (compared[-1][1] - 1_000) + 9


def test_a_larger_limit_is_not_advised_where_it_is_vain():
    with pytest.raises(mk.GameTooLargeError, match="by a guess") as caught:
        compile_table("openspiel:chess", limit=30_000)
    assert "raise the limit" not in str(caught.value)
    assert "use search (mcts) or a smaller game" in str(caught.value)


def test_memory_that_runs_out_is_noticed(monkeypatch):
    monkeypatch.setattr(table_guard, "available_memory", lambda: 1e6)
    with pytest.raises(mk.GameTooLargeError, match="going on needs more than the memory"):
        compile_table("openspiel:nim")
