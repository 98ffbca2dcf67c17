"""The whole family, certified by ``evaluate/`` on the games that everybody knows."""

from functools import cache

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from tests.reference import cfr_notebook

METHODS = ["cfr", "cfr+", "lcfr", "dcfr", "pcfr+", "cfr_hedge", "cfr_br"]
GOOFSPIEL = "goofspiel(num_cards={},imp_info=True,points_order=descending,returns_type=win_loss)"
# NashConv after 1000 iterations, as a share of the payoff range, and the first player's value
ZERO_SUM = {
    "openspiel:kuhn_poker": -1 / 18,
    "leduc_poker": -0.085606424078,
    "liars_dice(dice_sides=3)": None,
    GOOFSPIEL.format(3): 0.0,
    GOOFSPIEL.format(4): 0.0,
    "chomp_2x3": 1.0,
    "koller_megiddo_von_stengel": None,
    "kuhn_1950": -1 / 18,
    "nim_5": 1.0,
    "simplified_poker": 1 / 3,
}
SHARE = 0.012
"""CFR-BR's theory promises no more than 1 / sqrt(1000) = 0.03 times a constant."""
TREES = ["beer_quiche", "centipede_4", "selten_horse", "openspiel:kuhn_poker(players=3)"]


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spec", ZERO_SUM)
def test_zero_sum_games_are_solved(spec, method):
    game = load(spec)
    solution = mk.solve(game, method, iterations=1000)
    allowed = (4 if method == "cfr_br" else 1) * SHARE * game.info.payoff_range
    assert solution.nash_conv == mk.nash_conv(game, solution) < allowed
    if ZERO_SUM[spec] is not None:
        assert solution.values[0] == pytest.approx(ZERO_SUM[spec], abs=allowed)
    assert solution.values.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "cfr_br"])
@pytest.mark.parametrize("spec", TREES)
def test_no_regret_is_left_where_nothing_is_promised(spec, method):
    """Without a guarantee, but these games are kind."""
    solution = mk.solve(load(spec), method, iterations=1000)
    assert solution.status is mk.Status.NO_GUARANTEE
    assert solution.nash_conv < 0.01 * load(spec).info.payoff_range


@pytest.mark.parametrize(
    ("method", "iterations", "tolerance"),
    [
        ("cfr", 20_000, 0.02),
        ("cfr+", 20_000, 2e-3),
        ("lcfr", 20_000, 2e-3),
        ("dcfr", 20_000, 2e-3),
        ("pcfr+", 2_000, 1e-6),
        ("cfr_hedge", 20_000, 0.02),
        ("cfr_br", 20_000, 0.1),
    ],
)
def test_the_equilibria_of_kuhn_poker(method, iterations, tolerance):
    """Kuhn (1950): the first player bets a jack with a in [0, 1/3], a queen never, a king with
    3a, and calls with a queen at a + 1/3; the second player has only one equilibrium strategy."""
    bet = {
        key: row[1]
        for key, row in mk.solve("openspiel:kuhn_poker", method, iterations=iterations)
        .profile.to_dict()
        .items()
    }
    a = bet["0"]
    assert -tolerance <= a <= 1 / 3 + tolerance
    expected = {"1": 0, "2": 3 * a, "0pb": 0, "1pb": a + 1 / 3, "2pb": 1}
    expected |= {"0p": 1 / 3, "1p": 0, "2p": 1, "0b": 0, "1b": 1 / 3, "2b": 1}
    if bet["2"] > 1 - tolerance:
        del expected["2pb"]  # the king never checks: nothing is said about the call after it
    for key, probability in expected.items():
        assert bet[key] == pytest.approx(probability, abs=3 * tolerance), key


@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_three_players_agree_with_openspiel(iterations):
    """Then regrets cancel, as in tic-tac-toe below."""
    peer = pyspiel.CFRSolver(pyspiel.load_game("kuhn_poker(players=3)"))
    for _ in range(iterations):
        peer.evaluate_and_update_policy()
    game = load("openspiel:kuhn_poker(players=3)")
    ours = mk.solve(game, "cfr", iterations=iterations)
    assert ours.nash_conv == pytest.approx(mk.nash_conv(game, peer.average_policy()), abs=1e-9)


# Tic-tac-toe. Two iterations of OpenSpiel's C++ solver, NashConv; from the third on regrets that
# cancel to 0 exactly are left to rounding, and two right programs part in the fifth digit.
OPENSPIEL = [1.9196593915344, 1.4642135239970]
# "Nash conv after step k" of google-deepmind/open_spiel, issue 1288; see cfr_notebook for what it
# is. Issue 3 quotes those of 8, 128 (as 64) and 512.
NOTEBOOK = {
    0: 1.0296009897922054,
    1: 1.0231448034382464,
    2: 1.0558273704815282,
    4: 0.7840930066452345,
    8: 0.5131075756977104,
    16: 0.27398820392206685,
    32: 0.14882404817885986,
    64: 0.07843115321372457,
    128: 0.040219964482678616,
    256: 0.02033826050459841,
    512: 0.010215142856195864,
}


def follow(steps):
    """The notebook's loop against its figures."""
    notebook = cfr_notebook.Solver(load("openspiel:tic_tac_toe").sequence_form(), 9)
    for step in range(steps + 1):
        notebook.step()
        if step in NOTEBOOK:
            assert notebook.nash_conv() == pytest.approx(NOTEBOOK[step], abs=1e-12)


def test_tic_tac_toe():
    game = load("openspiel:tic_tac_toe")
    assert game.tree().num_nodes == 549_946
    solution = None
    for number in OPENSPIEL:
        solution = mk.solve(game, "cfr", iterations=1, start=solution)
        assert solution.nash_conv == pytest.approx(number, abs=1e-11)
    follow(8)
    # the averages of the two differ, and both converge like 1 / t
    ours = mk.solve(game, "cfr", iterations=128, updates="simultaneous", delay=1)
    assert ours.nash_conv == pytest.approx(NOTEBOOK[128], rel=0.1)
    assert abs(ours.values[0]) < 0.05  # a draw


@pytest.mark.slow
def test_tic_tac_toe_to_the_end():
    follow(512)
    game = load("openspiel:tic_tac_toe")
    for method in METHODS[:-1]:  # CFR-BR is at 0.6 then
        solution = mk.solve(game, method, iterations=512)
        assert solution.nash_conv < 0.05
        assert np.all(np.abs(solution.values) < 0.05)
