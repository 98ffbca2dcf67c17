"""Symmetries of the catalogue's boards, and the ones that are refused."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.board_numbers import checked_symmetries
from marl_kit.games.symmetry import Symmetry, board_symmetry, turns_and_mirrors

DECLARED = {
    "tic_tac_toe": (7, 1),
    "connect_four": (1, 1),
    "connect_four(rows=3,columns=4,x_in_row=3)": (1, 1),
    "connect_four(egocentric_obs_tensor=true)": (1, 1),
    "othello": (3, 1),
    "hex(board_size=4)": (1, 1),
    "hex(num_rows=2,num_cols=3,plain_obs_tensor=true)": (1, 0),
    "hex(board_size=3,swap=true)": (1, 0),
}
"""Mirror images, and exchanges of the players."""


def test_which_boards_have_symmetries():
    declared = {info.name for info in mk.list_games("board") if mk.load_game(info.name).symmetries}
    assert declared == {spec.split("(")[0] for spec in DECLARED}


@pytest.mark.parametrize("spec", DECLARED)
def test_mirror_images_follow_the_game(spec):
    """A game whose actions are relabelled is legal, looks relabelled and ends alike."""
    game, rng = mk.load_game(spec), np.random.default_rng(0)
    mirrors = [s for s in game.symmetries if s.same_seats]
    assert (len(mirrors), len(game.symmetries) - len(mirrors)) == DECLARED[spec]
    for mirror in mirrors:
        for _ in range(3):
            state, image = game.new_initial_state(), game.new_initial_state()
            while not state.is_terminal():
                player = state.current_player()
                assert image.current_player() == player
                mapped = sorted(int(mirror.actions[a]) for a in state.legal_actions())
                assert image.legal_actions() == mapped
                for seat in (0, 1):
                    seen = np.array(state.observation_tensor(seat))
                    assert np.array_equal(image.observation_tensor(seat), seen[mirror.cells])
                action = int(rng.choice(state.legal_actions()))
                state.apply_action(action)
                image.apply_action(int(mirror.actions[action]))
            assert image.returns() == state.returns()


@pytest.mark.parametrize("spec", DECLARED)
def test_mirror_images_are_different_and_closed(spec):
    """Two of them one after the other are a third, or the board as it was."""
    game = mk.load_game(spec)
    mirrors = [s for s in game.symmetries if s.same_seats]
    cells = [np.arange(len(mirrors[0].cells)), *(s.cells for s in mirrors)]
    known = {c.tobytes() for c in cells}
    assert len(known) == len(cells)
    assert {a[b].tobytes() for a in cells for b in cells} == known


@pytest.mark.parametrize("spec", [s for s in DECLARED if s[:4] not in ("othe", "hex(")])
def test_exchanging_the_players_exchanges_their_stones(spec):
    """Stones of each pair of moves laid in the other order: the same cells, exchanged stones."""
    game, rng = mk.load_game(spec), np.random.default_rng(1)
    (swap,) = [s for s in game.symmetries if not s.same_seats]
    assert swap.seats == (1, 0)
    assert swap.actions.tolist() == list(range(game.num_actions))
    compared = 0
    for _ in range(20):
        state, other = game.new_initial_state(), game.new_initial_state()
        while len(legal := state.legal_actions()) > 1:
            first, second = rng.choice(legal, size=2, replace=False).tolist()
            for at, moves in ((state, (first, second)), (other, (second, first))):
                for move in moves:
                    if not at.is_terminal():
                        at.apply_action(int(move))
            if state.is_terminal() or other.is_terminal():
                break
            for seat in (0, 1):
                # who sees with the other's eyes sees the stones exchanged
                seen = np.array(state.observation_tensor(1 - seat))
                assert np.array_equal(other.observation_tensor(seat), seen[swap.cells])
                compared += 1
    assert compared > 40


def test_othello_is_seen_by_the_player_to_move():
    game = mk.load_game("othello")
    (swap,) = [s for s in game.symmetries if not s.same_seats]
    state = game.new_initial_state()
    state.apply_action(state.legal_actions()[0])
    mine = np.array(state.observation_tensor(1)).reshape(3, -1)
    theirs = np.array(state.observation_tensor(0)).reshape(3, -1)
    stones = mine.sum(axis=1)
    assert sorted(stones.tolist()) == [1.0, 4.0, 59.0]
    assert np.array_equal(mine, theirs[[0, 2, 1]]) or np.array_equal(mine, theirs[[1, 0, 2]])
    assert swap.cells.tolist() == list(range(192))


def test_cells_and_actions_of_a_mirrored_board():
    mirror = board_symmetry((1, 2, 3), 3, np.fliplr, columns=True)
    assert mirror.cells.tolist() == [2, 1, 0, 5, 4, 3]
    assert mirror.actions.tolist() == [2, 1, 0]
    assert mirror.same_seats
    turn = board_symmetry((2, 2, 2), 5, np.rot90, planes=[1, 0], seats=(1, 0))
    # rot90 brings the upper right corner (cell 1) to the upper left (cell 0)
    assert turn.cells.tolist() == [5, 7, 4, 6, 1, 3, 0, 2]
    assert turn.actions[1] == 0
    assert turn.actions[4] == 4
    assert not turn.same_seats


def test_seven_ways_to_move_a_square():
    board = np.arange(9).reshape(3, 3)
    images = {move(board).tobytes() for move in turns_and_mirrors()} | {board.tobytes()}
    assert len(images) == 8


@pytest.mark.parametrize(
    ("cells", "actions", "seats", "name"),
    [
        ([0, 0], [0], (0, 1), "cells"),
        ([0, 1], [1, 2], (0, 1), "actions"),
        ([0, 1], [0], (1, 1), "seats"),
        ([[0, 1]], [0], (0, 1), "cells"),
    ],
)
def test_what_is_no_relabelling(cells, actions, seats, name):
    with pytest.raises(mk.InvalidOptionError, match=f"{name} of a symmetry"):
        Symmetry(np.array(cells), np.array(actions), seats)


def test_symmetries_of_another_size_are_refused():
    (*_, swap) = mk.load_game("tic_tac_toe").symmetries
    with pytest.raises(mk.InvalidOptionError, match="relabels 27 cells, 9 actions and 2 players"):
        checked_symmetries("a game", [swap], (3, 6, 7), 7, 2)


def test_a_symmetry_that_is_none_is_found(monkeypatch):
    """Turned cells with actions that stay where they are; and turned actions, cells that stay."""
    game = mk.load_game("tic_tac_toe")
    turn, *_ = game.symmetries
    same_cells, same_actions = np.arange(27), np.arange(9)
    mk.testing.check_game(game)
    for cells, actions in ((turn.cells, same_actions), (same_cells, turn.actions)):
        monkeypatch.setattr(game, "symmetries", (Symmetry(cells, actions, (0, 1)),))
        with pytest.raises(mk.InvalidGameError, match="symmetry 0 is none: after the history"):
            mk.testing.check_game(game)


@pytest.mark.parametrize("plain", [False, True])
def test_sides_of_hex_are_exchanged_across_the_diagonal(plain):
    """Positions that look like each other's images, with the same player to move: what a play
    cannot show, for Black begins."""
    game = mk.load_game(f"hex(board_size=4,plain_obs_tensor={str(plain).lower()})")
    exchange, rng = game.symmetries[1], np.random.default_rng(3)
    assert exchange.seats == (1, 0)
    for pairs in range(1, 6):
        cells = rng.permutation(16)[: 2 * pairs].tolist()
        state, image = game.new_initial_state(), game.new_initial_state()
        for black, white in zip(cells[::2], cells[1::2], strict=True):
            for of, action in ((state, black), (state, white)):
                of.apply_action(action)
            for action in (exchange.actions[white], exchange.actions[black]):
                image.apply_action(int(action))
            if state.is_terminal() or image.is_terminal():
                break
        else:
            seen = np.array(state.observation_tensor(0))[exchange.cells]
            assert np.array_equal(seen, image.observation_tensor(0))
