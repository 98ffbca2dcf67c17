"""The softmax of legal actions, against scipy's."""

import numpy as np
from scipy.special import softmax

from marl_kit.learn.networks.legal_softmax import legal_softmax


def test_it_is_the_softmax_of_the_legal_logits_where_the_network_sees_them():
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=[[1], [10], [400], [1]], size=(4, 6))  # 400: too large for exp
    places = np.array([np.arange(6), rng.permutation(6)])
    players, counts = np.array([0, 1, 1, 0]), np.array([6, 3, 2, 1])
    actions = np.array([np.sort(rng.permutation(6)) for _ in range(4)])
    actions[1:] = [[0, 2, 5, 0, 0, 0], [1, 4, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0]]
    out = np.zeros((4, 7))
    assert legal_softmax(logits, places, players, actions, counts, out) == -1
    for row in range(4):
        legal = actions[row, : counts[row]]
        seen = logits[row, places[players[row]][legal]]
        assert np.allclose(out[row, : counts[row]], softmax(seen))
        assert not out[row, counts[row] :].any()


def test_illegal_logits_do_not_matter_however_large():
    out, logits = np.zeros((1, 2)), np.array([[1e300, 0.0, 0.0]])
    one = np.array([0])
    legal_softmax(logits, np.arange(3)[None], one, np.array([[1, 2]]), np.array([2]), out)
    assert out.tolist() == [[0.5, 0.5]]


def test_actions_without_a_logit_are_told_and_what_lies_behind_the_legal_ones_is_not():
    logits, places, one = np.zeros((1, 2)), np.arange(2)[None], np.array([0])
    for actions, count, told in (([0, 5], 2, 5), ([0, 5], 1, -1)):
        given = np.array([actions]), np.array([count]), np.zeros((1, 2))
        assert legal_softmax(logits, places, one, *given) == told
