"""What networks see of a game, and the way back."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.symmetry import Symmetry
from marl_kit.learn.networks.view import View, view_of
from tests.learn.alphazero.tiny import random_states, seen_in

SWAPPED = ["tic_tac_toe", "connect_four(rows=3,columns=4,x_in_row=3)", "othello"]
TOLD = [
    "openspiel:tic_tac_toe",
    "pig(winscore=6,players=3)",
    "openspiel:pig(winscore=8,players=3)",
    "hex(num_rows=3,num_cols=2)",
]


def three_in_a_ring():
    """Three players with a symmetry that turns the ring, and payoffs from -3 to 5."""
    ring = [
        Symmetry(np.roll(np.arange(6), -2 * k), np.roll(np.arange(4), k), seats)
        for k, seats in ((1, (2, 0, 1)), (2, (1, 2, 0)))
    ]
    return View((6,), 4, 3, -3.0, 5.0, (None, *ring), ())


def views():
    games = [mk.load_game(spec) for spec in (*SWAPPED, *TOLD)]
    return [pytest.param(view_of(g), id=g.name) for g in games] + [
        pytest.param(three_in_a_ring(), id="ring")
    ]


@pytest.mark.parametrize("view", views())
def test_there_and_back(view):
    rng = np.random.default_rng(0)
    players = rng.integers(view.num_players, size=40)
    policy = rng.random((40, view.num_actions))
    seen = view.encode_policy(policy, players)
    assert np.array_equal(np.take_along_axis(seen, view.places[players], axis=1), policy)
    payoffs = rng.uniform(view.low, view.high, (40, view.num_players))
    seen = view.encode_values(payoffs, players)
    assert np.abs(seen).max() <= 1
    assert np.allclose(view.decode_values(seen, players), payoffs)


@pytest.mark.parametrize("spec", SWAPPED)
def test_who_moves_is_player_0(spec):
    game = mk.load_game(spec)
    view = view_of(game)
    assert not view.tells_mover
    assert view.shape == game.observation_shape
    payoffs = np.array([[1.0, -1.0], [1.0, -1.0]])
    assert view.encode_values(payoffs, np.array([0, 1])).tolist() == [[1, -1], [-1, 1]]


def test_every_seat_of_a_ring_is_the_first():
    view, payoffs = three_in_a_ring(), np.array([[-3.0, 1.0, 5.0]] * 3)
    assert not view.tells_mover
    seen = view.encode_values(payoffs, np.arange(3))
    assert seen.tolist() == [[-1, 0, 1], [0, 1, -1], [1, -1, 0]]
    # each player's own two cells come first, and each one's own action
    cells = np.tile(np.repeat([10.0, 20.0, 30.0], 2), (3, 1))
    assert view.encode(cells, np.arange(3))[:, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("spec", "planes"), [("tic_tac_toe", [0, 2, 1]), ("connect_four", [1, 0, 2])]
)
def test_the_second_player_sees_his_stones_as_the_firsts(spec, planes):
    game = mk.load_game(spec)
    view, states = view_of(game), random_states(game, 40, seed=2)
    seen, players = seen_in(states)
    encoded = view.encode(seen, players)
    boards = seen.reshape(40, 3, -1)
    expected = np.where((players == 0)[:, None, None], boards, boards[:, planes])
    assert encoded.dtype == np.float32
    assert np.array_equal(encoded.reshape(expected.shape), expected)


def test_an_egocentric_board_is_seen_as_it_is():
    game = mk.load_game("connect_four(egocentric_obs_tensor=true)")
    view = view_of(game)
    seen, players = seen_in(random_states(game, 20, seed=3))
    assert np.array_equal(view.encode(seen, players), seen)
    plain = mk.load_game("connect_four")
    other = view_of(plain).encode(*seen_in(random_states(plain, 20, seed=3)))
    # the same positions: there the opponent's stones come first, here the mover's
    assert np.array_equal(other.reshape(20, 3, -1), seen.reshape(20, 3, -1)[:, [1, 0, 2]])


@pytest.mark.parametrize("spec", TOLD)
def test_where_nothing_is_declared_the_mover_is_told(spec):
    game = mk.load_game(spec)
    view = view_of(game)
    seen, players = seen_in(random_states(game, 30, seed=4))
    encoded = view.encode(seen, players)
    assert view.tells_mover
    assert encoded.shape == (30, view.cells)
    assert np.array_equal(encoded[:, : seen.shape[1]], seen)
    area = (view.cells - seen.shape[1]) // game.num_players
    told = encoded[:, seen.shape[1] :].reshape(30, game.num_players, area)
    assert np.array_equal(told.argmax(axis=1), np.tile(players[:, None], area))
    assert (told.sum(axis=1) == 1).all()
    policy = np.random.default_rng(0).random((30, view.num_actions))
    assert np.array_equal(view.encode_policy(policy, players), policy)


def test_a_position_and_its_mirror_image_are_both_seen():
    view = view_of(mk.load_game("connect_four"))
    (mirror,) = view.mirrors
    assert mirror.actions.tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert len(view_of(mk.load_game("tic_tac_toe")).mirrors) == 7
    assert view_of(mk.load_game("openspiel:connect_four")).mirrors == ()


def test_games_that_networks_cannot_see():
    game = mk.TreeBuilder(2)
    game.decision((), 0, "a", ["l", "r"])
    game.payoff(("l",), [1, -1])
    game.payoff(("r",), [0, 0])
    with pytest.raises(mk.UnsupportedGameError, match="observations as numbers"):
        view_of(game.build())
