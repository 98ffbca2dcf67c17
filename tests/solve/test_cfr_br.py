"""CFR-BR: golden numbers, OpenSpiel's solver, ties."""

from functools import cache

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from tests.reference import cfr as twin
from tests.reference import recursive

# NashConv of the average after t = 1, ..., 5 iterations, ten digits: issue 3.
GOLDEN = {
    "openspiel:kuhn_poker": ".9166666667 .3333333333 .3194444444 .2604166667 .2266666667",
    "leduc_poker": "4.7472222222 4.0068672840 3.4090489231 2.8982539553 2.5367193593",
}


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize("spec", GOLDEN)
def test_golden_nash_conv(spec):
    solution = None
    for number in map(float, GOLDEN[spec].split()):
        solution = mk.solve(load(spec), "cfr_br", iterations=1, start=solution)
        assert solution.nash_conv == pytest.approx(number, abs=5.1e-11)
    assert solution.iterations == 5


@pytest.mark.parametrize(("name", "iterations"), [("kuhn_poker", 5), ("leduc_poker", 5)])
def test_openspiel_agrees(name, iterations):
    game = pyspiel.load_game(name)
    peer = pyspiel.CFRBRSolver(game)
    for t in range(1, iterations + 1):
        peer.evaluate_and_update_policy()
        ours = mk.solve(load(f"openspiel:{name}"), "cfr_br", iterations=t)
        theirs = pyspiel.nash_conv(game, peer.average_policy())
        assert ours.nash_conv == pytest.approx(theirs, abs=1e-12)


def test_the_twin_best_responds():
    root = recursive.walk(load("openspiel:kuhn_poker(players=3)"))
    table = recursive.random_profile(root, np.random.default_rng(1))
    for player in range(3):
        reply = twin.best_response(root, table, player)
        played = table | {
            key: {a: float(a == action) for a in table[key]} for key, action in reply.items()
        }
        best = recursive.best_response_value(root, table, player)
        assert recursive.expected(root, played)[player] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_tie_falls_to_the_first_action_whatever_the_rounding(scale):
    """0.1 + 0.2 is not 0.3: the row player is indifferent, but for the last bit."""
    rows = scale * np.array([[0.3, 0.3], [0.1 + 0.2, 0.1 + 0.2]])
    columns = scale * np.array([[1.0, 0.0], [0.0, 1.0]])
    game = mk.NormalFormGame(np.stack([rows, columns]))
    solution = mk.solve(game, "cfr_br", iterations=10, averaging="last")
    assert solution.profile[1].tolist() == [1.0, 0.0]  # against the first row


def test_the_last_strategies_converge():
    solution = mk.solve(load("openspiel:kuhn_poker"), "cfr_br", iterations=5000, averaging="last")
    assert solution.nash_conv < 5e-3
    assert solution.values[0] == pytest.approx(-1 / 18, abs=2e-3)
