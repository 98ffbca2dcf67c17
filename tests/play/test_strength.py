"""The share of positions at which a player keeps the value."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.evaluate.intervals import wilson
from tests.reference.boards import TicTacToe
from tests.search.positions import random_history, state_after

BOARD = "connect_four(rows=3,columns=4,x_in_row=3)"


class First:
    """Plays the first legal action."""

    def act(self, state, rng):
        return state.legal_actions()[0]


def test_shares_are_counted_by_the_twin():
    twin = TicTacToe()
    positions = [p for p in twin.positions() if twin.legal(p)]
    kept = {p: twin.keeping(p) for p in positions}
    hard = [p for p in positions if len(kept[p]) < len(twin.legal(p))]
    found = mk.value_keeping("tic_tac_toe", First(), seeds=1)
    assert (found.positions, found.nontrivial_positions) == (4520, 3191) == (len(kept), len(hard))
    assert found.share == np.mean([twin.legal(p)[0] in kept[p] for p in positions])
    assert found.nontrivial_share == np.mean([twin.legal(p)[0] in kept[p] for p in hard])


def test_random_play_keeps_what_it_must():
    """The expected share is known; the interval, of 95 %, is on the safe side of it."""
    game = mk.load_game("tic_tac_toe")
    known, compiled = mk.oracle(game), mk.compile_table(game)
    states = [compiled.source_state(node) for node in compiled.table.decisions.tolist()]
    expected = np.mean([len(known.keeping(s)) / len(s.legal_actions()) for s in states])
    found = mk.value_keeping(game, "random", seeds=3)
    low, high = found.interval
    assert low < expected < high
    assert found.kept.shape == (3, 4520)
    assert not np.array_equal(found.kept[0], found.kept[1])
    again = mk.value_keeping(game, "random", seeds=[0, 1, 2])
    assert np.array_equal(found.kept, again.kept)


def test_perfect_play_keeps_every_value():
    found = mk.value_keeping("tic_tac_toe", "oracle", seeds=1)
    assert found.share == found.nontrivial_share == 1.0
    assert found.mistakes() == []


def test_given_states_are_judged_by_an_oracle():
    game = mk.load_game(BOARD)
    everywhere = mk.value_keeping(game, First(), seeds=1)
    by_history = dict(zip(everywhere.histories, everywhere.kept[0].tolist(), strict=True))
    states = [state_after(game, history) for history in list(by_history)[::40]]
    found = mk.value_keeping(game, First(), seeds=1, states=states)
    assert found.positions == len(states)
    assert found.kept[0].tolist() == [by_history[h] for h in found.histories]
    hard = dict(zip(everywhere.histories, everywhere.nontrivial.tolist(), strict=True))
    assert found.nontrivial.tolist() == [hard[h] for h in found.histories]


def test_states_of_a_large_board():
    """Late positions of the 6 x 7 board, which has no table."""
    game = mk.load_game("connect_four")
    states = [state_after(game, random_history(game, 30, seed)) for seed in range(5)]
    found = mk.value_keeping(game, "oracle", seeds=1, states=states)
    assert found.share == 1.0


def test_results_are_shown_and_told():
    found = mk.value_keeping("tic_tac_toe", First(), seeds=2)
    assert "of 3,191 non-trivial positions" in repr(found)
    assert "<table>" in found._repr_html_()
    told = found.to_dict()
    assert told["player"] == "First"
    assert told["interval"] == list(wilson(found.share, 2 * 4520))
    history, lost = found.mistakes(most=1)[0]
    assert lost == 1.0
    game = mk.load_game("tic_tac_toe")
    state = state_after(game, history)
    assert not mk.oracle(game).keeps_value(state, state.legal_actions()[0])


def test_a_game_without_choices_has_no_share_of_hard_positions():
    builder = mk.TreeBuilder(1)
    builder.decision((), 0, "only", ["a", "b"])
    builder.payoff(("a",), [1])
    builder.payoff(("b",), [1])
    found = mk.value_keeping(builder.build(), "random", seeds=2)
    assert (found.share, found.nontrivial_positions) == (1.0, 0)
    assert np.isnan(found.nontrivial_share)
    assert found.to_dict()["nontrivial_share"] is None


def test_wilson():
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 15 of 148."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0.0, 20)[0] == 0.0
    assert wilson(1.0, 29)[1] == 1.0
    low, high = wilson(0.5, 10)
    assert wilson(0.0, 10, -1.0, 1.0) == pytest.approx((2 * low - 1, 2 * high - 1))
    assert wilson(3.0, 10, 3.0, 3.0) == (3.0, 3.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"seeds": 0}, "seeds is 0"), ({"states": []}, "states is empty")],
)
def test_what_cannot_be_measured_is_refused(options, words):
    with pytest.raises(mk.InvalidOptionError, match=words):
        mk.value_keeping("tic_tac_toe", "random", **options)


def test_states_at_which_nobody_moves_are_refused():
    game = mk.load_game("tic_tac_toe")
    over = state_after(game, [0, 3, 1, 4, 2])
    with pytest.raises(mk.InvalidOptionError, match="nobody moves after the history"):
        mk.value_keeping(game, "random", states=[over])


def test_seeds_are_no_fresh_positions():
    """A player without chance in it: more seeds say nothing more about other states."""
    game = mk.load_game("tic_tac_toe")
    states = [state_after(game, random_history(game, 4, seed)) for seed in range(8)]
    one, many = (mk.value_keeping(game, First(), seeds=n, states=states) for n in (1, 20))
    assert one.interval == many.interval == wilson(one.share, 8)
    assert one.nontrivial_interval == many.nontrivial_interval
    assert "for other states drawn as these were" in repr(one)
    assert (one.to_dict()["sampled"], one.sampled) == (True, True)
    assert "95 %, for other seeds" in repr(mk.value_keeping(game, First(), seeds=1))


def test_states_of_another_game_are_refused_before_anybody_is_asked():
    class Never:
        def act(self, state, rng):
            raise AssertionError

    for spec in ("hex(board_size=3)", "openspiel:misere(game=tic_tac_toe())"):
        state = mk.load_game(spec).new_initial_state()
        with pytest.raises(mk.InvalidOptionError, match="none of tic_tac_toe"):
            mk.value_keeping("tic_tac_toe", Never(), states=[state])
    with pytest.raises(mk.InvalidOptionError, match="None is no state"):
        mk.value_keeping("tic_tac_toe", Never(), states=[None])
