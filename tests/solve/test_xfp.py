"""Extensive-form fictitious play: golden numbers, an exact twin, OpenSpiel."""

from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve import driver
from tests.reference import oracles, recursive

GOOFSPIEL = "goofspiel(num_cards={},imp_info=True,points_order=descending,returns_type=win_loss)"


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize(
    ("spec", "t", "number", "within"),
    [
        ("openspiel:kuhn_poker", 10, 0.167, 0.1),
        ("openspiel:kuhn_poker", 100, 0.046, 0.05),
        ("openspiel:kuhn_poker", 1000, 0.013, 0.05),
        ("leduc_poker", 100, 0.50, 0.005),
        ("leduc_poker", 1000, 0.127, 0.005),
    ],
)
def test_golden_nash_conv(spec, t, number, within):
    """NashConv (not exploitability). Kuhn poker has ties in every iteration, and programs that
    leave them to rounding differ by a tenth at t = 10; here they go to the first action."""
    solution = mk.solve(load(spec), "xfp", iterations=t)
    assert solution.nash_conv == pytest.approx(number, rel=within)


def test_kuhn_to_twelve_digits():
    """Fractions: the exact twin below, with ties to the first action."""
    history = mk.solve(load("openspiel:kuhn_poker"), "xfp", iterations=100).history
    wanted = [5 / 8, 5 / 12, 17 / 72, 5 / 33, 1 / 12, 37 / 612, 9 / 202]
    assert history.iteration.tolist() == [1, 2, 5, 10, 20, 50, 100]
    assert history.nash_conv == pytest.approx(wanted, abs=5e-13)


@pytest.mark.parametrize(
    ("spec", "iterations"),
    [
        ("openspiel:kuhn_poker", 40),
        ("openspiel:kuhn_poker(players=3)", 6),
        ("beer_quiche", 30),
        (GOOFSPIEL.format(3), 20),
    ],
)
def test_the_exact_twin_agrees(spec, iterations):
    game = load(spec)
    slow = oracles.FictitiousPlay(oracles.exact(recursive.walk(game)), game.num_players)
    for t in range(1, iterations + 1):
        slow.iterate()
        if t in (1, 2, iterations):
            fast = mk.solve(game, "xfp", iterations=t)
            for key, row in recursive.from_policy(fast.profile).items():
                wanted = {a: float(p) for a, p in slow.average[key].items()}
                assert row == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("name", "iterations"), [("kuhn_poker", 3), ("leduc_poker", 2)])
def test_openspiel_agrees(name, iterations):
    pyspiel = pytest.importorskip("pyspiel")
    from open_spiel.python.algorithms import exploitability, fictitious_play

    peer = pyspiel.load_game(name)
    solver = fictitious_play.XFPSolver(peer)
    for _ in range(iterations):
        solver.iteration()
    wanted = exploitability.nash_conv(peer, solver.average_policy())
    solution = mk.solve(load(f"openspiel:{name}"), "xfp", iterations=iterations)
    assert solution.nash_conv == pytest.approx(wanted, abs=1e-9)


def test_on_a_matrix_it_is_fictitious_play_with_the_uniform_plays_counted():
    """One infoset a player: the mean of one uniform play and t best replies."""
    payoffs = np.random.default_rng(5).normal(size=(2, 3, 4))
    belief = [np.full(3, 1 / 3), np.full(4, 1 / 4)]
    for t in range(1, 51):
        replies = [np.argmax(payoffs[0] @ belief[1]), np.argmax(belief[0] @ payoffs[1])]
        belief = [
            (t * b + np.eye(len(b))[r]) / (t + 1) for b, r in zip(belief, replies, strict=True)
        ]
    solution = mk.solve(mk.NormalFormGame(payoffs), "xfp", iterations=50)
    for x, y in zip(solution.profile, belief, strict=True):
        assert x == pytest.approx(y, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_do_not_matter(scale):
    game = load("kuhn_1950").to_normal_form()
    plain = mk.solve(game, "xfp", iterations=300)
    scaled = mk.solve(mk.NormalFormGame(game.payoffs * scale), "xfp", iterations=300)
    for x, y in zip(plain.profile, scaled.profile, strict=True):
        assert x == pytest.approx(y, abs=1e-12)


def test_going_on_and_blocks_change_nothing(monkeypatch, tmp_path):
    game = load("leduc_poker")
    whole = mk.solve(game, "xfp", iterations=60)
    mk.solve(game, "xfp", iterations=13).save(tmp_path / "s.npz")
    part = mk.load_solution(tmp_path / "s.npz")
    monkeypatch.setattr(driver, "BLOCK_S", 0.0)
    for more in (1, 46):
        part = mk.solve(game, iterations=more, start=part)
    assert part.iterations == 60
    assert np.array_equal(whole.profile.probabilities, part.profile.probabilities)
    assert np.array_equal(whole.state.plan, part.state.plan)
    assert whole.history.nash_conv.tolist() == part.history.nash_conv.tolist()


def test_outside_zero_sum_nothing_is_promised():
    assert mk.solve("beer_quiche", "xfp", iterations=10).status is mk.Status.NO_GUARANTEE
