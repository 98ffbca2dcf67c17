"""The best equilibrium, against all of them."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve.bimatrix import confirmed_milp
from marl_kit.solve.bimatrix.support_program import best_on_supports

CERTIFIED = 1e-12
METHOD = "support_enumeration"
OBJECTIVES = {
    "welfare": lambda v: v.sum(),
    "-welfare": lambda v: -v.sum(),
    "egalitarian": lambda v: v.min(),
    "player:0": lambda v: v[0],
    "player:1": lambda v: v[1],
    (2.0, -1.0): lambda v: 2 * v[0] - v[1],
    (0.0, 3.0): lambda v: 3 * v[1],
}


def random_game(number):
    """Payoffs in small ranges, in any unit."""
    rng = np.random.default_rng(number)
    width = (1, 2, 4, 9)[number % 4]
    scale, shift = [(1, 0), (1e-9, 0), (1e9, -3e9)][number % 3]
    payoffs = rng.integers(-width, width + 1, (2, *rng.integers(1, 6, 2)))
    return mk.NormalFormGame(payoffs * scale + shift)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("number", [*range(9), 163])
def test_random_games_against_all_equilibria(number, objective):
    """Linear objectives, the least value too, are best at an extreme equilibrium: x and y of one
    Nash subset can be chosen apart, and each only matters to the other player's value. Without
    presolving HiGHS 1.12 calls a welfare of 7 in game 163 optimal, where it is 8."""
    game = random_game(number)
    unit = game.info.payoff_range or 1.0
    solution = mk.solve(game, "mip", objective=objective)
    assert solution.nash_conv <= CERTIFIED * unit
    assert solution.status is mk.Status.SOLVED
    measure = OBJECTIVES[objective]
    every = [measure(mk.expected_values(game, profile)) for profile in mk.all_equilibria(game)]
    assert measure(solution.values) == pytest.approx(max(every), abs=1e-9 * unit)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(100))
def test_more_random_games(number):
    for objective in OBJECTIVES:
        test_random_games_against_all_equilibria(100 + number, objective)


def test_chicken():
    """The pure equilibria pay (2, 7) and (7, 2), the mixed one 14/3 to each."""
    assert mk.solve("chicken", "mip").values.sum() == pytest.approx(28 / 3)
    assert mk.solve("chicken", "mip", objective="player:1").values == pytest.approx([2, 7])
    fair = mk.solve("chicken", "mip", objective="egalitarian")
    assert fair.values == pytest.approx([14 / 3, 14 / 3])
    assert fair.note == "egalitarian 4.66667, the greatest of all equilibria (HiGHS)"
    assert fair.nash_conv < 1e-14


def test_what_the_solver_calls_optimal_is_confirmed(monkeypatch):
    """A first answer that is the worst equilibrium is found out."""
    original, calls = confirmed_milp._milp, []

    def milp(cost, *arguments, presolve):
        calls.append(presolve)
        if not presolve:
            return original(cost, *arguments, presolve=presolve)
        result = original(-cost, *arguments, presolve=presolve)
        result.fun = -result.fun
        return result

    monkeypatch.setattr(confirmed_milp, "_milp", milp)
    game = mk.load_game("coordination_3x3")
    best = max(mk.expected_values(game, p).sum() for p in mk.all_equilibria(game))
    assert mk.solve(game, "mip").values.sum() == pytest.approx(best)
    assert calls[0]
    assert len(calls) >= 3


def test_nothing_is_printed(capfd):
    """In this game HiGHS 1.12 says something on stdout, whatever it is told."""
    A = [[-1, 0, 0, 0], [1, -1, 0, 0], [-1, 1, 1, 0], [-1, -1, -1, -1], [1, 1, 0, 1]]
    B = [[-1, 0, -1, -1], [-1, -1, 1, 1], [0, -1, 0, 0], [-1, 0, 1, 1], [0, -1, -1, 0]]
    game = mk.NormalFormGame.from_bimatrix(A, B)
    assert mk.solve(game, "mip", objective="egalitarian").nash_conv < CERTIFIED
    assert capfd.readouterr().out == ""


def test_offsets_of_the_players_apart():
    """Where one player has far more in any case, the other one decides what is egalitarian."""
    A, B = np.array([[0, 7], [2, 6]]), np.array([[0, 2], [7, 6]])
    rich = mk.NormalFormGame([A + 1e6, B])
    assert mk.solve(rich, "mip", objective="egalitarian").values == pytest.approx([1e6 + 2, 7])


def test_random_floats_to_the_last_digits():
    for seed in range(4):
        game = mk.NormalFormGame(np.random.default_rng(seed).normal(size=(2, 6, 5)))
        solution = mk.solve(game, "mip")
        assert solution.nash_conv < 1e-14
        every = [mk.expected_values(game, p).sum() for p in mk.iter_equilibria(game, METHOD)]
        assert solution.values.sum() == pytest.approx(max(every), abs=1e-9)


def test_a_strategy_on_a_support():
    """Rock, scissors and paper of which all are best replies to one strategy only."""
    payoffs = np.array([[0.5, 1.0, 0.0], [0.0, 0.5, 1.0], [1.0, 0.0, 0.5]])
    everything = np.arange(3)
    z = best_on_supports(payoffs, everything, everything, 1.0)
    assert np.abs(z - 1 / 3).max() < 1e-16
    best = best_on_supports(np.array([[0.2, 0.9], [0.1, 0.0]]), np.array([0]), np.arange(2), 1.0)
    worst = best_on_supports(np.array([[0.2, 0.9], [0.1, 0.0]]), np.array([0]), np.arange(2), -1.0)
    assert best.tolist() == [0, 1]
    assert worst.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"objective": "entropy"}, mk.InvalidOptionError, "not linear"),
        ({"objective": "welfair"}, mk.UnknownNameError, "welfare"),
        ({"objective": "player:2"}, mk.InvalidOptionError, "'player:0' to 'player:1'"),
        ({"objective": [1.0]}, mk.InvalidOptionError, "2"),
        ({"objective": [1.0, np.nan]}, mk.InvalidOptionError, "finite"),
        ({"max_actions": 1}, mk.InvalidOptionError, "max_actions is 1"),
        ({"max_actions": 3}, mk.GameTooLargeError, r"2 x 2.* or raise max_actions"),
    ],
)
def test_bad_options(options, error, words):
    with pytest.raises(error, match=words):
        mk.solve("chicken", "mip", **options)


def test_large_games_are_refused():
    with pytest.raises(mk.GameTooLargeError, match="50 binary variables"):
        mk.solve(mk.NormalFormGame(np.zeros((2, 25, 25))), "mip")


@pytest.mark.parametrize("objective", ["welfare", "-welfare", "egalitarian", "player:0"])
@pytest.mark.parametrize("power", [3, 6, 9])
@pytest.mark.parametrize("where", ["one payoff", "one player"])
def test_payoffs_of_unlike_size_hide_no_better_equilibrium(objective, power, where):
    rng = np.random.default_rng([power, len(objective)])
    A, B = (table.astype(object) for table in rng.integers(-3, 4, (2, 3, 4)))
    if where == "one player":
        B = B * 10**power
    else:
        A[rng.integers(3), rng.integers(4)] = -(10**power)
    game = mk.NormalFormGame.from_bimatrix(A, B)
    values = np.array([mk.expected_values(game, profile) for profile in mk.all_equilibria(game)])
    best = {
        "welfare": values.sum(axis=1).max(),
        "-welfare": values.sum(axis=1).min(),
        "egalitarian": values.min(axis=1).max(),
        "player:0": values[:, 0].max(),
    }[objective]
    found = mk.solve(game, "mip", objective=objective)
    mine = {"egalitarian": found.values.min(), "player:0": found.values[0]}
    assert mine.get(objective, found.values.sum()) == pytest.approx(best, rel=1e-9)
    assert found.status is mk.Status.SOLVED
