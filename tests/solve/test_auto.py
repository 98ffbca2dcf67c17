"""Which method ``auto`` takes, and that it says why."""

import re

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from marl_kit.solve import auto

GOOFSPIEL = "goofspiel(num_cards=3,imp_info={},points_order=descending,returns_type=win_loss)"


@pytest.mark.parametrize(
    ("spec", "method", "reason"),
    [
        ("trust", "backward_induction", "single node"),
        ("chomp_2x3", "backward_induction", "single node"),
        ("openspiel:kuhn_poker", "lp", "two players, zero-sum, .* non-zeros"),
        ("leduc_poker", "lp", "5,520 non-zeros"),
        ("blotto_4_3", "lp", "two players, zero-sum, 5 x 4"),
        ("chicken", "vertex_enumeration", "2 x 2"),
        ("von_stengel_6x6", "vertex_enumeration", "6 x 6"),
        ("beer_quiche", "cfr+", "general-sum: .* not promised"),
        ("selten_horse", "cfr+", "3 players: .* not promised"),
        ("mckelvey_mclennan", "logit", "3 players, 2 x 2 x 2: one equilibrium"),
        (f"openspiel:{GOOFSPIEL.format('true')}", "lp", "zero-sum"),
        (f"openspiel:{GOOFSPIEL.format('false')}", "lp", "zero-sum"),
    ],
)
def test_choices(spec, method, reason):
    chosen, why = auto.choose(mk.load_game(spec))
    assert chosen == method
    assert re.search(reason, why)


def test_constant_sum_counts_as_zero_sum():
    game = mk.NormalFormGame.from_bimatrix([[1, 0], [0, 1]], [[4, 5], [5, 4]])
    chosen, why = auto.choose(game)
    assert chosen == "lp"
    assert "constant-sum" in why


def test_seven_actions_are_too_many_to_enumerate():
    rng = np.random.default_rng(0)
    for shape, method in (
        ((6, 6), "vertex_enumeration"),
        ((7, 2), "lemke_howson"),
        ((2, 7), "lemke_howson"),
    ):
        game = mk.NormalFormGame(rng.normal(size=(2, *shape)))
        assert auto.choose(game)[0] == method


def test_many_payoffs_are_too_many_for_a_branch(monkeypatch):
    game = mk.load_game("mckelvey_mclennan")
    monkeypatch.setattr(auto, "LOGIT_ENTRIES", 23)
    chosen, why = auto.choose(game)
    assert chosen == "cfr+"
    assert "3 players: convergence" in why


def test_above_the_lp_limit(monkeypatch):
    monkeypatch.setattr(auto, "LP_NON_ZEROS", 5)
    chosen, why = auto.choose(mk.load_game("openspiel:kuhn_poker"))
    assert chosen == "cfr+"
    assert "30 non-zeros: too many for the LP" in why


def test_matrices_above_the_lp_limit(monkeypatch):
    """The work goes by the smaller side: 5 x 4 takes 80 multiplications."""
    game = mk.load_game("blotto_4_3")
    m, n = game.num_actions
    for limit, method in ((m * n * min(m, n), "lp"), (m * n * min(m, n) - 1, "cfr+")):
        monkeypatch.setattr(auto, "MATRIX_WORK", limit)
        chosen, why = auto.choose(game)
        assert chosen == method
        assert f"{m} x {n}" in why


def test_simultaneous_goofspiel_is_not_perfect_information():
    """OpenSpiel's flag says that it is."""
    theirs = pyspiel.load_game(GOOFSPIEL.format("false"))
    assert theirs.get_type().information == pyspiel.GameType.Information.PERFECT_INFORMATION
    game = mk.load_game(theirs)
    assert not game.info.perfect_information
    solution = mk.solve(game)
    assert solution.method == "lp"
    assert solution.nash_conv < 1e-8


@pytest.mark.parametrize("spec", ["trust", "openspiel:kuhn_poker", "chicken", "selten_horse"])
def test_the_solution_says_why(spec):
    solution = mk.solve(spec)
    assert solution.reason == auto.choose(mk.load_game(spec))[1]
    assert solution.reason in repr(solution)
    assert mk.solve(spec, solution.method).reason == ""


def test_one_player_with_one_decision():
    solution = mk.solve(mk.NormalFormGame([[1.0, 3.0, 2.0]]))
    assert solution.method == "backward_induction"
    assert solution.profile[0].tolist() == [0, 1, 0]


def test_imperfect_recall_is_refused():
    with pytest.raises(mk.ImperfectRecallError):
        mk.solve("absent_minded_driver")


@pytest.mark.parametrize("name", ["auto", "AUTO", " Auto "])
def test_spelling(name):
    assert mk.solve("chicken", name).method == "vertex_enumeration"


def test_auto_takes_no_options():
    with pytest.raises(mk.InvalidOptionError, match=r"takes no options \(gamma given\)"):
        mk.solve("chicken", gamma=3)
