"""Replicator dynamics against scipy, and where they lead."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import marl_kit as mk
from marl_kit.core.seeds import generator, resolve_seed
from marl_kit.evaluate.matrix import action_values
from marl_kit.solve.dynamics.replicator import Replicator


def start_of(game, seed):
    """Where ``mk.solve`` starts with this seed: the stream is named by its use."""
    rng = generator(resolve_seed(seed)[1], "solve", "replicator")
    return Replicator().init(game, rng).mixed.copy()


def by_scipy(game, x, time):
    """The replicator equation with each player's payoffs scaled to [0, 1]."""
    flat = game.payoffs.reshape(game.num_players, -1)
    low, spread = flat.min(axis=1), np.ptp(flat, axis=1)
    shape = (-1, *(1,) * game.num_players)
    scaled = mk.NormalFormGame((game.payoffs - low.reshape(shape)) / spread.reshape(shape))
    cuts = np.cumsum(game.num_actions)[:-1]

    def velocity(_, z):
        sides = np.split(z, cuts)
        out = []
        for p, side in enumerate(sides):
            values = action_values(scaled, sides, p)
            out.append(side * (values - side @ values))
        return np.concatenate(out)

    return solve_ivp(velocity, (0, time), x, rtol=1e-11, atol=1e-13).y[:, -1]


@pytest.mark.parametrize(
    "spec", ["rock_scissors_paper", "shapley_1964", "chicken", "mckelvey_mclennan", "blotto_4_3"]
)
def test_against_scipy(spec):
    game = mk.load_game(spec)
    solution = mk.solve(game, "replicator", dt=0.05, iterations=200, seed=3)
    expected = by_scipy(game, start_of(game, 3), 10.0)
    # Runge-Kutta of order 4 with h = 0.05: an error of some h^4 per unit of time
    assert np.concatenate(solution.profile) == pytest.approx(expected, abs=2e-5)


def test_order_four():
    """Half the step, a sixteenth of the error."""
    game = mk.load_game("shapley_1964")
    exact = by_scipy(game, start_of(game, 0), 16.0)
    errors = []
    for dt in (1.0, 0.5, 0.25):
        solution = mk.solve(game, "replicator", dt=dt, iterations=round(16 / dt))
        errors.append(np.abs(np.concatenate(solution.profile) - exact).max())
    assert errors[0] / errors[1] > 10
    assert errors[1] / errors[2] > 10


@pytest.mark.parametrize("seed", range(5))
def test_prisoners_defect(seed):
    solution = mk.solve("prisoners_dilemma", "replicator", iterations=2000, seed=seed)
    for x in solution.profile:
        assert x[1] == pytest.approx(1, abs=1e-6)
    assert solution.nash_conv < 1e-5


def test_the_first_integral_of_rock_scissors_paper():
    """Hofbauer and Sigmund (1998), section 11: zero-sum play cycles with the product of all
    probabilities constant, and does not converge."""
    game = mk.load_game("rock_scissors_paper")
    before = start_of(game, 1)
    solution = mk.solve(game, "replicator", dt=0.02, iterations=5000, seed=1)
    after = np.concatenate(solution.profile)
    assert np.log(after).sum() == pytest.approx(np.log(before).sum(), abs=1e-5)
    assert solution.nash_conv > 0.05


def test_seeds():
    a, b, c = (mk.solve("chicken", "replicator", iterations=3, seed=s) for s in (1, 1, 2))
    assert np.array_equal(np.concatenate(a.profile), np.concatenate(b.profile))
    assert not np.array_equal(np.concatenate(a.profile), np.concatenate(c.profile))
    assert (a.seed, c.seed) == (1, 2)
    drawn = mk.solve("chicken", "replicator", iterations=3, seed=np.random.default_rng(5))
    assert drawn.seed == -1
    fresh = mk.solve("chicken", "replicator", iterations=3, seed=None)
    again = mk.solve("chicken", "replicator", iterations=3, seed=fresh.seed)
    assert np.array_equal(np.concatenate(fresh.profile), np.concatenate(again.profile))


def test_points_stay_on_the_simplices():
    solution = mk.solve("travellers_dilemma", "replicator", dt=1.0, iterations=5000)
    for x in solution.profile:
        assert x.min() >= 0
        assert x.sum() == pytest.approx(1, abs=1e-12)


def test_going_on_is_as_if_never_stopped():
    whole = mk.solve("shapley_1964", "replicator", iterations=500, seed=4)
    part = mk.solve("shapley_1964", "replicator", iterations=123, seed=4)
    part = mk.solve("shapley_1964", "replicator", iterations=377, start=part, seed=99)
    assert np.array_equal(np.concatenate(whole.profile), np.concatenate(part.profile))


@pytest.mark.parametrize("dt", [0, -0.1, 1.5, float("nan"), float("inf"), "fast", None, True])
def test_bad_steps(dt):
    with pytest.raises(mk.InvalidOptionError, match="dt is"):
        mk.solve("chicken", "replicator", dt=dt, iterations=1)
