"""Populations in continuous time and in generations: constants of motion, peers, closed forms."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import marl_kit as mk
from marl_kit.solve.dynamics.velocity import velocity

RPS = "rock_scissors_paper"


def test_one_population_of_rock_scissors_paper_keeps_the_product():
    """Hofbauer and Sigmund (1998), section 7.7: orbits are closed, x y z is constant."""
    path = mk.dynamics(RPS, "replicator", populations="one", start=[0.6, 0.3, 0.1], time=200)
    product = np.log(path.states).sum(axis=1)
    assert np.ptp(product) < 1e-6


def test_two_populations_of_a_zero_sum_game_keep_the_product():
    path = mk.dynamics(RPS, "replicator", time=100, seed=2)
    assert np.ptp(np.log(path.states).sum(axis=1)) < 1e-6


def test_time_averages_of_zero_sum_games_converge():
    """Hofbauer and Sigmund (1998), theorem 7.6.4: the averages go to the equilibrium as 1/t."""
    gaps = [
        mk.dynamics(
            RPS, "replicator", time=t, start=[[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]]
        ).average_nash_conv
        for t in (20, 400)
    ]
    assert gaps[1] < 0.02
    assert gaps[1] < gaps[0] / 5


def test_averages_are_the_integral():
    path = mk.dynamics("shapley_1964", "replicator", time=20, record=4000)
    integral = np.trapezoid(path.states, path.times, axis=0)
    np.testing.assert_allclose(path.averages[-1], integral / 20, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_where_populations_end(seed):
    """Prisoners defect; hawks and doves mix as the only ESS within a population, and split into
    roles between two (Maynard Smith 1982)."""
    prison = mk.dynamics("prisoners_dilemma", "replicator", time=100, seed=seed)
    assert [x[1] for x in prison.profile] == pytest.approx([1, 1], abs=1e-9)
    one = mk.dynamics("hawk_dove", "replicator", time=100, populations="one", seed=seed)
    assert one.states[-1] == pytest.approx([0.5, 0.5], abs=1e-9)
    two = mk.dynamics("hawk_dove", "replicator", time=100, seed=seed)
    assert two.nash_conv < 1e-9
    assert {round(float(x[0])) for x in two.profile} == {0, 1}


def test_zeros_stay_and_small_shares_keep_their_accuracy():
    path = mk.dynamics("prisoners_dilemma", "replicator", populations="one", start=[1, 0], time=10)
    assert path.states[-1].tolist() == [1, 0]
    A = mk.NormalFormGame.from_bimatrix([[1, 1], [0, 0]], [[1, 0], [1, 0]])
    path = mk.dynamics(A, "replicator", populations="one", start="uniform", time=300)
    assert path.states[-1][1] == pytest.approx(np.exp(-300), rel=1e-6)


def test_the_replicator_agrees_with_nashpy():
    learning = pytest.importorskip("nashpy.learning.replicator_dynamics")
    A = np.array([[3.0, 2.0, 1.0], [4.0, 1.0, 2.5], [1.0, 3.0, 2.0]])
    game = mk.NormalFormGame.from_bimatrix(A, A.T)
    start, Q = np.array([0.5, 0.3, 0.2]), np.array([[0.9, 0.05, 0.05], [0, 1, 0], [0.1, 0, 0.9]])
    for matrix in (None, Q):
        times = np.linspace(0, 10, 21)
        expected = learning.replicator_dynamics(A, start, times, matrix)
        path = mk.dynamics(
            game,
            "replicator",
            populations="one",
            start=start,
            time=10,
            record=20,
            mutation_matrix=matrix,
        )
        np.testing.assert_allclose(path.states, expected, atol=1e-6)
    B = A[::-1] * 0.5
    rows, columns = learning.asymmetric_replicator_dynamics(A, B, start, start[::-1], times)
    path = mk.dynamics(
        mk.NormalFormGame.from_bimatrix(A, B),
        "replicator",
        start=[start, start[::-1]],
        time=10,
        record=20,
    )
    np.testing.assert_allclose(path.states, np.hstack([rows, columns]), atol=1e-6)


def test_mutation_against_a_plain_integration():
    game = mk.load_game("mckelvey_mclennan")
    path = mk.dynamics(game, "replicator", mutation=0.7, time=3, record=10, seed=4)

    def slope(_, x):
        sides = np.split(x, np.cumsum(game.num_actions)[:-1])
        moves = velocity(game, "replicator", sides)
        pairs = zip(moves, sides, strict=True)
        return np.concatenate([v + 0.7 * (1 / len(s) - s) for v, s in pairs])

    expected = solve_ivp(
        slope, (0, 3), path.states[0], rtol=1e-10, atol=1e-12, t_eval=path.times
    ).y.T
    np.testing.assert_allclose(path.states, expected, atol=1e-7)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("method", ["replicator", "replicator(discrete=true)", "best_response"])
def test_units_change_the_clock_only(method, scale):
    game = mk.load_game("shapley_1964")
    a = mk.dynamics(game, method, record=20)
    b = mk.dynamics(mk.NormalFormGame(game.payoffs * scale), method, record=20)
    np.testing.assert_allclose(a.states, b.states, atol=1e-6)
    if method == "replicator":
        np.testing.assert_allclose(a.times, b.times * scale)


def test_generations():
    """x_a (u_a + c) / (mean + c), by hand; and a large background makes the flow's small steps."""
    game = mk.load_game("hawk_dove")
    x = np.array([0.2, 0.8])
    path = mk.dynamics(
        game,
        "replicator",
        discrete=True,
        background=3.0,
        populations="one",
        start=x,
        steps=5,
        spacing="linear",
    )
    for k in range(6):
        np.testing.assert_allclose(path.states[k], x, atol=1e-14)
        fitness = game.payoffs[0] @ x + 3
        x = x * fitness / (x @ fitness)
    assert path.averages[-1] == pytest.approx(path.states[:5].mean(axis=0))
    slow = mk.dynamics(
        RPS, "replicator", discrete=True, background=1e4, start="random", steps=20_000
    )
    flow = mk.dynamics(RPS, "replicator", start=slow.at(0), time=2)
    np.testing.assert_allclose(slow.states[-1], flow.states[-1], atol=1e-3)


def test_discrete_rock_scissors_paper_spirals_outwards():
    """Hofbauer and Sigmund (1998), section 7.7: unlike in continuous time."""
    path = mk.dynamics(
        RPS, "replicator", discrete=True, populations="one", start=[0.4, 0.3, 0.3], steps=300
    )
    product = np.log(path.states).sum(axis=1)
    assert np.all(np.diff(product) < 0)


@pytest.mark.parametrize(
    ("spec", "populations"),
    [("chicken", "many"), (RPS, "many"), (RPS, "one"), ("mckelvey_mclennan", "many")],
)
def test_best_responses_against_small_steps(spec, populations):
    game = mk.load_game(spec)
    path = mk.dynamics(game, "best_response", time=1, record=3, populations=populations, seed=3)
    x, h = path.at(0), 5e-4
    for _ in range(round(1 / h)):
        x = [s + h * v for s, v in zip(x, velocity(game, "best_response", x), strict=True)]
        if populations == "one":
            x[1] = x[0]
    np.testing.assert_allclose(np.concatenate(path.profile), np.concatenate(x), atol=5e-3)


def test_best_response_paths_are_exact_between_switches():
    """Matching pennies from (0.9, 0.2): the first switch is when the column player is indifferent,
    x = 1/2 on the way from 0.9 to 0."""
    switch = np.log(0.9 / 0.5)
    path = mk.dynamics(
        "matching_pennies",
        "best_response",
        start=[[0.9, 0.1], [0.2, 0.8]],
        time=switch + 0.1,
        record=1,
    )
    # the row player, who wants to match, goes on to 0; the column player turns round
    row = 0.5 * np.exp(-0.1)
    column = 1 - (1 - 0.2 * np.exp(-switch)) * np.exp(-0.1)
    assert [x[0] for x in path.profile] == pytest.approx([row, column], abs=1e-12)


def test_the_lyapunov_function_of_zero_sum_games_falls_as_exp():
    """Hofbauer (1995): along best-response paths NashConv is multiplied by e^-t."""
    path = mk.dynamics(RPS, "best_response", time=4, record=40, seed=1)
    gaps = np.array([mk.nash_conv(RPS, path.at(k)) for k in range(len(path))])
    np.testing.assert_allclose(gaps, gaps[0] * np.exp(-path.times), atol=2e-3)


def test_best_response_stays_at_the_mixed_ess():
    path = mk.dynamics("hawk_dove", "best_response", populations="one", start=[0.1, 0.9], time=5)
    assert path.states[-1] == pytest.approx([0.5, 0.5], abs=2e-4)


def test_shapleys_triangle():
    """Gaunersdorfer and Hofbauer (1995): best-response paths of Shapley's game approach a closed
    hexagon away from the equilibrium."""
    path = mk.dynamics("shapley_1964", "best_response", time=60, seed=0, record=600)
    distance = np.abs(path.population(0)[300:] - 1 / 3).max(axis=1)
    assert distance.min() > 0.1
    assert distance.max() < 0.35


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"populations": "two"}, "populations is 'two'"),
        ({"mutation": -1}, "mutation is -1"),
        ({"mutation_matrix": [[1, 0]]}, "mutation_matrix has shapes"),
        ({"mutation_matrix": [[0.5, 0.4], [0, 1]]}, "row 0 of population 0"),
        ({"mutation_matrix": "much"}, "no table of numbers"),
        ({"discrete": 1}, "discrete is 1"),
        ({"background": 3}, "discrete=True only"),
        ({"discrete": True, "mutation": 0.1}, "continuous time"),
        ({"discrete": True, "background": 0.5}, r"player 0's fitness at \(0, 0\) is -0.5"),
        ({"discrete": True, "background": float("inf")}, "finite"),
    ],
)
def test_bad_replicator_options(options, message):
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.dynamics("hawk_dove", "replicator", **options)


def test_bad_best_response_options():
    for shortest in (0, 1, "short"):
        with pytest.raises(mk.InvalidOptionError, match="shortest is"):
            mk.dynamics("chicken", "best_response", shortest=shortest)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("battle_of_the_sexes", r"player 0 gets .* at \(\d, \d\) where player 1 gets"),
        ("von_stengel_3x2", "3 and 2 actions"),
        ("mckelvey_mclennan", "has 3 in normal form"),
    ],
)
@pytest.mark.parametrize("method", ["replicator", "best_response", "replicator(discrete=true)"])
def test_one_population_needs_symmetry(spec, message, method):
    with pytest.raises(mk.UnsupportedGameError, match=message):
        mk.dynamics(spec, method, populations="one")
