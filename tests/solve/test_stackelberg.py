"""Optimal commitment: literature, the exact twin, what it is worth beside Nash equilibria."""

import numpy as np
import pytest

import marl_kit as mk
from tests.reference.commitment import best_commitment

SAVED = [[2, 4], [1, 3]], [[1, 0], [0, 1]]


def test_conitzer_and_sandholm():
    """Section 1 of the paper: 2 in the only equilibrium, 3 by a pure commitment, 3.5 by a mixed."""
    game = mk.NormalFormGame.from_bimatrix(*SAVED)
    answer = mk.stackelberg(game)
    assert answer.commitment.tolist() == [0.5, 0.5]
    assert answer.reply == 1
    assert answer.values.tolist() == [3.5, 0.5]
    assert answer.worst == pytest.approx(1.5)
    assert answer.gain == 0
    assert answer.status is mk.Status.SOLVED
    assert mk.all_equilibria(game)[0][0].tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(40))
def test_the_exact_twin(seed):
    rng = np.random.default_rng(seed)
    shape = [(1, 3), (2, 2), (2, 4), (3, 2), (3, 3), (4, 3)][seed % 6]
    A, B = rng.integers(-3, 4, (2, *shape))
    game = mk.NormalFormGame.from_bimatrix(A, B)
    for leader, value in (
        (0, best_commitment(A.tolist(), B.tolist())),
        (1, best_commitment(B.T.tolist(), A.T.tolist())),
    ):
        answer = mk.stackelberg(game, leader)
        assert answer.leader == leader
        assert answer.values[leader] == pytest.approx(float(value), abs=1e-9)
        assert answer.status is mk.Status.SOLVED
        assert answer.values == pytest.approx(mk.expected_values(game, answer.profile), abs=1e-12)
        reply = mk.best_response(game, answer.profile, 1 - leader)
        assert answer.gain == reply.gain < 1e-9
        assert answer.worst <= answer.values[leader] + 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_commitment_is_worth_at_least_any_equilibrium(seed):
    """Von Stengel and Zamir (2010), Leadership games with convex strategy sets."""
    game = mk.NormalFormGame(np.random.default_rng(seed).normal(size=(2, 5, 5)))
    answer = mk.stackelberg(game)
    for profile in mk.all_equilibria(game):
        assert answer.values[0] >= mk.expected_values(game, profile)[0] - 1e-9


def test_in_zero_sum_games_it_is_the_value():
    game = mk.load_game("blotto_4_3")
    for leader in (0, 1):
        answer = mk.stackelberg(game, leader)
        value = mk.solve(game, "lp").values[leader]
        assert answer.values[leader] == pytest.approx(value, abs=1e-9)
        assert answer.worst == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_scale_and_shift_change_nothing(scale):
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(2, 6, 7))
    plain = mk.stackelberg(mk.NormalFormGame.from_bimatrix(A, B))
    moved = mk.stackelberg(mk.NormalFormGame.from_bimatrix((A + 100) * scale, (B - 50) / scale))
    assert moved.reply == plain.reply
    assert moved.commitment == pytest.approx(plain.commitment, abs=1e-9)
    assert moved.status is mk.Status.SOLVED


def test_constant_payoffs():
    answer = mk.stackelberg(mk.NormalFormGame.from_bimatrix(np.ones((2, 3)), np.ones((2, 3))))
    assert answer.values.tolist() == [1, 1]
    assert answer.gain == 0


def test_a_tree_counts_as_its_reduced_normal_form():
    answer = mk.stackelberg("trust")
    assert answer.game.form == "normal"
    assert len(answer.commitment) == answer.game.num_actions[0]


def test_printed_and_plain():
    answer = mk.stackelberg(mk.NormalFormGame.from_bimatrix(*SAVED))
    assert "commitment  player 0: (0.5, 0.5)" in repr(answer)
    assert "<table>" in answer._repr_html_()
    plain = answer.to_dict()
    assert plain["values"] == [3.5, 0.5]
    assert plain["reply_name"] == "1"


def test_refusals():
    with pytest.raises(mk.UnsupportedGameError, match=r"needs two players, and .* has 3"):
        mk.stackelberg("mckelvey_mclennan")
    for leader in (2, -1, True, "row", 0.0):
        with pytest.raises(mk.InvalidOptionError, match="give player 0 or 1"):
            mk.stackelberg("chicken", leader)


@pytest.mark.parametrize("seed", range(24))
def test_a_forbidding_payoff_hides_nothing(seed):
    rng = np.random.default_rng(seed)
    A, B = rng.integers(-9, 10, (2, 3, 3))
    table = A if seed % 2 else B
    table[rng.integers(3), rng.integers(3)] = -(10 ** (6 + seed % 4))
    answer = mk.stackelberg(mk.NormalFormGame.from_bimatrix(A, B))
    twin = float(best_commitment(A.tolist(), B.tolist()))
    assert answer.values[0] == pytest.approx(twin, abs=1e-5)
    assert answer.status is mk.Status.SOLVED


def test_a_reply_is_a_best_reply_however_large_both_are():
    game = mk.NormalFormGame.from_bimatrix([[0, 100, 0]], [[10**11, 10**11 - 1, 0]])
    answer = mk.stackelberg(game)
    assert answer.reply == 0
    assert answer.values.tolist() == [0, 1e11]
