"""The labelled positions of Connect Four: what the file holds, how it was drawn, and the grader."""

import itertools
from collections import Counter

import numpy as np
import pytest

import marl_kit as mk
from benchmarks.connect_four_drawing import EACH, draw, foreseen, promising
from benchmarks.connect_four_positions import (
    FILE,
    ILLEGAL,
    NO_MOVE,
    PHASES,
    Positions,
    canonical,
    connect_four,
    load_positions,
    state_after,
)
from benchmarks.connect_four_strength import grade, table
from marl_kit.search.exact.connect_four import ConnectFourSolver
from tests.reference.boards import ConnectFour

FEW = 40
LATE = 32
"""Stones from which on the slow twin is quick."""


@pytest.fixture(scope="module")
def positions() -> Positions:
    return load_positions()


class Reader:
    """Plays a move by the labels: one that keeps the value, or one that loses it."""

    def __init__(self, positions: Positions, keep: bool):
        good = positions.keeping
        moves = good if keep else ~good & (positions.labels != ILLEGAL)
        keys = [state.position.tobytes() for state in positions.states()]
        self.moves = dict(zip(keys, moves.argmax(axis=1).tolist(), strict=True))

    def act(self, state, rng):
        return self.moves[state.position.tobytes()]


def test_the_file_is_small_and_holds_enough_of_each_class(positions: Positions):
    assert FILE.stat().st_size < 300_000
    columns = (positions.phase.tolist(), positions.strong.tolist(), positions.easy.tolist())
    counts = Counter(zip(*columns, strict=True))
    classes = itertools.product(range(len(PHASES)), (False, True), (False, True))
    assert counts == dict.fromkeys(classes, EACH)
    assert set(positions.plies[positions.phase == 0].tolist()) == set(range(8, 14))


def test_no_position_is_there_twice_nor_beside_its_mirror_image(positions: Positions):
    keys = {canonical(state) for state in positions.states()}
    assert len(keys) == len(positions)
    assert canonical(state_after([0, 1, 6])) == canonical(state_after([6, 5, 0]))
    assert canonical(state_after([0, 1, 6])) != canonical(state_after([0, 1, 5]))


def test_labels_are_of_the_legal_moves_of_running_games(positions: Positions):
    for state, labels in zip(positions.states(), positions.labels, strict=True):
        assert state.legal_actions() == np.flatnonzero(labels != ILLEGAL).tolist()
        assert not state.is_terminal()
    assert set(np.unique(positions.labels)) == {-1, 0, 1, ILLEGAL}
    legal = positions.labels != ILLEGAL
    assert (legal & ~positions.keeping).any(axis=1).all()  # something can go wrong everywhere


def test_a_slow_twin_finds_the_same_labels(positions: Positions):
    late = positions[positions.plies >= LATE]
    some = late[np.linspace(0, len(late) - 1, FEW).astype(int)]
    for row, labels in zip(some.moves, some.labels, strict=True):
        twin = ConnectFour()
        position = twin.start()
        for action in row[row != NO_MOVE].tolist():
            position = twin.play(position, action)
        sign = -1 if twin.mover(position) else 1
        for action in twin.legal(position):
            assert sign * twin.value(twin.play(position, action)) == labels[action]


def test_what_is_easy_follows_from_the_position(positions: Positions):
    chosen = np.random.default_rng(1).permutation(len(positions))[:FEW]
    some = positions[chosen]
    for state, keeping, easy in zip(some.states(), some.keeping, some.easy, strict=True):
        assert easy == (promising(state)[1] <= set(np.flatnonzero(keeping).tolist()))


def test_looking_ahead():
    threat = state_after([0, 6, 0, 6, 0, 1])  # the mover has three above each other
    assert [foreseen(threat, plies) for plies in range(3)] == [0, 1, 1]
    assert promising(threat) == (1, {0})
    parry = state_after([0, 6, 0, 6, 0])
    assert promising(parry) == (0, {0})
    open_three = state_after([2, 2, 3, 3, 4])  # 1 and 5 both threaten: whatever is played loses
    assert foreseen(open_three, 1) == 0
    assert promising(open_three, 2)[0] == -1


def test_drawing_goes_on_where_it_was_stopped(tmp_path):
    game = connect_four()
    players = [mk.make_player("random", game)] * 2
    solver = ConnectFourSolver(game, table_bits=16)
    at_once, in_pieces = tmp_path / "at_once.npz", tmp_path / "in_pieces.npz"
    for _ in draw(1, at_once, solver, players, each=1):
        pass
    stops = 0
    while any(draw(1, in_pieces, solver, players, each=1)):  # stopped after each position
        stops += 1
    whole, pieces = load_positions(at_once), load_positions(in_pieces)
    assert len(whole) == stops >= 4
    for name in ("moves", "labels", "easy", "game"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


@pytest.mark.parametrize("keep", [True, False])
def test_a_reader_of_the_labels_makes_no_error_or_nothing_else(positions: Positions, keep: bool):
    player = Reader(positions, keep)
    found = grade(player, positions)
    for share in found.shares().values():
        assert share.share == (not keep)
        assert share.low <= share.share <= share.high
        assert share.positions >= 2 * EACH


def test_grades_add_up_and_are_the_same_again():
    found, again = grade("random"), grade("random")
    np.testing.assert_array_equal(found.lost, again.lost)
    shares = found.shares()
    of_all = shares.pop("all")
    assert sum(share.positions for share in shares.values()) == of_all.positions
    lost = sum(share.share * share.positions for share in shares.values())
    assert lost == pytest.approx(of_all.share * of_all.positions)
    right = found.positions.keeping.sum(axis=1) / (found.positions.labels != ILLEGAL).sum(axis=1)
    assert found.errors().share == pytest.approx(1 - right.mean(), abs=0.04)
    lines = list(table([found]))
    assert len(lines) == 4
    assert "`random`" in lines[-1]
    assert found.to_dict()["errors"]["all"]["positions"] == len(found.lost)


def test_what_is_no_player_is_refused():
    with pytest.raises(mk.UnknownNameError, match="randm"):
        grade("randm")
