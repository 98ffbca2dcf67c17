"""Random first moves, and then the player."""

import numpy as np

import marl_kit as mk
from marl_kit.learn.alphazero.random_opening import PLIES, RandomOpening
from tests.search.positions import state_after


class First:
    """Plays the first legal action; notes when it was asked."""

    def __init__(self):
        self.asked = []

    def act_batch(self, states, rngs):
        self.asked += [len(state.history()) for state in states]
        return [state.legal_actions()[0] for state in states]


def test_moves_are_drawn_evenly_at_first_and_never_later():
    game, player = mk.load_game("tic_tac_toe"), First()
    opened, counts = RandomOpening(player), np.zeros(9)
    for seed in range(900):
        counts[opened.act(game.new_initial_state(), np.random.default_rng(seed))] += 1
    assert player.asked == []
    assert np.abs(counts - 100).max() < 35
    later = state_after(game, [4, 0])
    assert len(later.history()) == PLIES
    assert {opened.act(later, np.random.default_rng(seed)) for seed in range(20)} == {1}


def test_a_batch_is_answered_as_its_states_one_by_one():
    game, player = mk.load_game("tic_tac_toe"), First()
    opened = RandomOpening(player)
    states = [state_after(game, moves) for moves in ([], [4, 0], [8], [0, 1, 2], [])]
    together = opened.act_batch(states, [np.random.default_rng(i) for i in range(5)])
    assert player.asked == [2, 3]
    alone = [opened.act(s, np.random.default_rng(i)) for i, s in enumerate(states)]
    assert together == alone
