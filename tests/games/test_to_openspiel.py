"""Matrix and tensor games to OpenSpiel and back."""

import numpy as np
import pyspiel
import pytest

import marl_kit as mk


@pytest.mark.parametrize("spec", ["chicken", "blotto_4_3", "mckelvey_mclennan"])
def test_there_and_back(spec):
    game = mk.load_game(spec)
    theirs = mk.to_openspiel(game)
    assert isinstance(theirs, pyspiel.MatrixGame if game.num_players == 2 else pyspiel.TensorGame)
    again = mk.load_game(theirs)
    assert np.array_equal(again.payoffs, game.payoffs)
    assert (again.actions, again.name) == (game.actions, game.name)
    assert again.spec == ""  # nothing to load it again from


@pytest.mark.parametrize("sizes", [(3,), (2, 5), (2, 3, 4), (2, 2, 2, 2)])
def test_any_number_of_players(sizes):
    payoffs = np.random.default_rng(len(sizes)).normal(size=(len(sizes), *sizes))
    again = mk.load_game(mk.to_openspiel(mk.NormalFormGame(payoffs)))
    assert np.array_equal(again.payoffs, payoffs)


def test_it_is_played_there():
    state = mk.to_openspiel("chicken").new_initial_state()
    state.apply_actions([1, 0])
    assert state.returns() == mk.load_game("chicken").payoffs[:, 1, 0].tolist()


def test_what_came_from_openspiel_goes_back_as_it_was():
    kuhn = pyspiel.load_game("kuhn_poker")
    assert mk.to_openspiel(kuhn).get_type().short_name == "kuhn_poker"
    rps = mk.load_game(pyspiel.load_game("matrix_rps"))
    assert rps.spec == "openspiel:matrix_rps"
    assert mk.solve(pyspiel.create_matrix_game([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])).values == (
        pytest.approx([0, 0])
    )


def test_refused():
    with pytest.raises(mk.UnsupportedGameError, match=r"to_normal_form\(\) can be converted"):
        mk.to_openspiel("trust")
    matrix = mk.load_game("trust").to_normal_form()
    assert np.array_equal(mk.load_game(mk.to_openspiel(matrix)).payoffs, matrix.payoffs)


@pytest.mark.parametrize("players", [2, 3])
def test_a_registered_name_does_not_make_it_the_registered_game(players, tmp_path):
    payoffs = np.random.default_rng(0).integers(0, 9, (players, *[2] * players))
    game = mk.NormalFormGame(payoffs, name="matrix_pd")
    again = mk.load_game(mk.to_openspiel(game))
    assert again.spec == ""
    path = tmp_path / "x"
    mk.solve(again, "logit").save(path)
    with pytest.raises(mk.CheckpointError, match="pass it as game="):
        mk.load_solution(path)
    assert np.array_equal(mk.load_solution(path, game=game).game.payoffs, payoffs)
    assert mk.load_game(pyspiel.load_game("matrix_pd")).spec == "openspiel:matrix_pd"


def test_a_game_of_one_move_that_is_too_large():
    with pytest.raises(
        mk.GameTooLargeError, match=r"286 x 286 x 286 actions.* more than 2,000,000"
    ):
        mk.load_game("openspiel:blotto(coins=10,fields=4,players=3)")
