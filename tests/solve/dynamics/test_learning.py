"""Learning in rounds: twins, the literature, peers."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.evaluate.quantal import qre_residual
from tests.reference import dynamics as twin

SEEDS = range(3)


def random_game(seed, shape):
    rng = np.random.default_rng(seed)
    return mk.NormalFormGame(rng.normal(size=(len(shape), *shape)))


def scaled(game):
    """Each player's payoffs moved to [0, 1], as the learners see them."""
    flat = game.payoffs.reshape(game.num_players, -1)
    low, spread = flat.min(axis=1), np.ptp(flat, axis=1)
    shape = (-1, *(1,) * game.num_players)
    return (game.payoffs - low.reshape(shape)) / spread.reshape(shape)


def a_start(game, seed):
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.ones(n)) for n in game.num_actions]


@pytest.mark.parametrize("shape", [(4,), (3, 4), (5, 2), (2, 3, 2)])
@pytest.mark.parametrize("prior", [0, 2.5])
@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
def test_fictitious_play_agrees_with_its_twin(shape, prior, updates):
    game = random_game(sum(shape), shape)
    start = a_start(game, 1)
    path = mk.dynamics(
        game, "fictitious_play", steps=300, start=start, prior=prior, updates=updates, record=7
    )
    for t, record in zip(path.times, range(len(path)), strict=True):
        expected = twin.fictitious_play(
            scaled(game), int(t), start, prior, updates == "alternating"
        )
        np.testing.assert_allclose(
            np.concatenate(path.at(record)), np.concatenate(expected), atol=1e-12
        )


def test_ties_of_fractions_stay_ties_after_a_million_rounds():
    """Three equal actions: rounding in sums of 1/3 must not break the tie."""
    table = np.full((3, 3), 1 / 3)
    table[:, 0] = 0.1
    game = mk.NormalFormGame.from_bimatrix(table, np.array([[0, 1, 0.7]] * 3) / 3)
    path = mk.dynamics(game, "fictitious_play", steps=1_000_000, record=3, start="uniform")
    assert path.profile[0].tolist() == [1, 0, 0]


def test_shapleys_cycles_grow():
    """Shapley (1964): fictitious play does not converge; each run of equal plays is longer by a
    factor that stays above 1."""
    path = mk.dynamics(
        "shapley_1964", "fictitious_play", steps=20_000, spacing="linear", record=20_000
    )
    counts = path.population(0)[1:] * path.times[1:, None]
    plays = np.argmax(np.diff(counts, axis=0), axis=1)
    switches = np.flatnonzero(np.diff(plays))
    runs = np.diff(switches)[2:]
    assert len(runs) >= 6
    assert np.all(runs[1:] > runs[:-1])
    assert path.nash_conv > 0.1
    assert abs(path.profile[0] - 1 / 3).max() > 0.05


def test_alternating_play_converges_where_simultaneous_miscoordinates():
    """Fudenberg and Kreps (1993): simultaneous beliefs converge to the mixed equilibrium of a
    coordination game while the plays miss each other for ever; Brown's own turns do not."""
    game = mk.NormalFormGame.from_bimatrix([[0, 1], [1, 0]], [[0, 1], [1, 0]])
    together = mk.dynamics(game, "fictitious_play", steps=1001, joint=True)
    assert together.joint[0, 1] + together.joint[1, 0] < 1e-9
    in_turns = mk.dynamics(game, "fictitious_play", steps=1000, updates="alternating", joint=True)
    assert in_turns.joint[0, 1] + in_turns.joint[1, 0] > 0.99
    assert in_turns.nash_conv < 1e-9


def test_fictitious_play_agrees_with_quantecon():
    theory = pytest.importorskip("quantecon.game_theory")
    rng = np.random.default_rng(5)
    for _ in range(3):
        A, B = rng.normal(size=(2, 4, 3))
        peer = theory.FictitiousPlay(theory.NormalFormGame((theory.Player(A), theory.Player(B.T))))
        game = mk.NormalFormGame.from_bimatrix(A, B)
        start = a_start(game, 2)
        series = peer.play(actions=tuple(x.copy() for x in start), num_reps=200)
        path = mk.dynamics(game, "fictitious_play", steps=200, prior=1, start=start)
        for x, y in zip(path.profile, series, strict=True):
            np.testing.assert_allclose(x, y, atol=1e-9)


def test_smooth_fictitious_play_settles_at_a_quantal_response_equilibrium():
    for spec, alpha in (("matching_pennies", 0.4), ("chicken", 0.7)):
        game = mk.load_game(spec)
        share = alpha / game.info.payoff_range
        path = mk.dynamics(
            game, "smooth_fictitious_play", steps=50_000, temperature=share, start="random"
        )
        assert qre_residual(game, path.profile, alpha) < 2e-2


def test_sampled_plays_are_reproducible_and_average_to_the_same():
    options = {"steps": 50_000, "sampled": True, "temperature": 0.3, "record": 5}
    a, b, c = (
        mk.dynamics("matching_pennies", "smooth_fictitious_play", seed=s, **options)
        for s in (1, 1, 2)
    )
    assert np.array_equal(a.states, b.states)
    assert not np.array_equal(a.states, c.states)
    counts = a.states[-1] * 50_000
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6)
    assert abs(a.profile[0][0] - 0.5) < 0.02


def match(regret, _):
    positive = np.maximum(regret, 0)
    return (
        positive / positive.sum() if positive.sum() > 0 else np.full(len(regret), 1 / len(regret))
    )


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 2)])
@pytest.mark.parametrize(
    ("method", "options", "power", "predict", "floor"),
    [
        ("regret_matching", {}, 0, 0.0, False),
        ("regret_matching", {"optimistic": True}, 0, 1.0, False),
        ("regret_matching+", {"updates": "simultaneous"}, 1, 0.0, True),
        ("regret_matching+", {"updates": "simultaneous", "optimistic": True}, 1, 1.0, True),
    ],
)
def test_regret_matching_agrees_with_its_twin(shape, method, options, power, predict, floor):
    game = random_game(7, shape)
    start = a_start(game, 3)
    path = mk.dynamics(game, method, steps=60, start=start, joint=True, **options)
    now, mean, joint = twin.regret_learner(scaled(game), 60, start, match, power, predict, floor)
    np.testing.assert_allclose(path.states[-1], np.concatenate(now), atol=1e-7)
    np.testing.assert_allclose(path.averages[-1], np.concatenate(mean), atol=1e-8)
    np.testing.assert_allclose(path.joint, joint, atol=1e-8)


@pytest.mark.parametrize("method", ["hedge", "optimistic_hedge"])
def test_hedge_with_a_constant_rate_agrees_with_its_twin(method):
    game = random_game(8, (3, 4))
    start = a_start(game, 4)
    sizes = iter(range(10**9))

    def respond(regret, t):
        base = start[next(sizes) % 2]
        weights = base * np.exp(0.3 * (regret - regret.max()))
        return weights / weights.sum()

    now, mean, _ = twin.regret_learner(
        scaled(game), 80, start, respond, predict=float(method == "optimistic_hedge")
    )
    path = mk.dynamics(game, method, steps=80, start=start, schedule="constant", rate=0.3)
    np.testing.assert_allclose(path.states[-1], np.concatenate(now), atol=1e-10)
    np.testing.assert_allclose(path.averages[-1], np.concatenate(mean), atol=1e-10)


@pytest.mark.parametrize(
    ("matrix", "tree", "options"),
    [
        ("regret_matching", "cfr", {"updates": "alternating"}),
        ("regret_matching", "cfr", {"updates": "simultaneous"}),
        ("regret_matching+", "cfr+", {}),
    ],
)
def test_regret_matching_is_cfr_with_one_infoset_a_player(matrix, tree, options):
    for spec in ("blotto_4_3", "morra_two_finger"):
        a = mk.solve(spec, matrix, iterations=200, **options)
        b = mk.solve(spec, tree, iterations=200, **options)
        assert a.nash_conv == pytest.approx(b.nash_conv, abs=1e-6)


@pytest.mark.parametrize("method", ["regret_matching", "hedge"])
def test_joint_play_approaches_the_coarse_correlated_equilibria(method):
    """Hart and Mas-Colell (2000), section 4: also in Shapley's game, where the average strategies
    do not approach the only Nash equilibrium."""
    gaps = []
    for steps in (100, 10_000):
        path = mk.dynamics("shapley_1964", method, steps=steps, start="random", joint=True)
        assert path.joint.sum() == pytest.approx(1)
        gaps.append(mk.correlation_gap("shapley_1964", path.joint, "cce"))
    assert gaps[1] < 0.02
    assert gaps[1] < gaps[0] / 3


def test_the_last_iterate_of_optimistic_hedge_converges():
    """Daskalakis and Panageas (2019); that of Hedge spirals outwards (Bailey and
    Piliouras 2018)."""
    start = [[0.9, 0.1], [0.3, 0.7]]
    last = mk.dynamics("matching_pennies", "optimistic_hedge", steps=5_000, start=start)
    assert last.nash_conv < 1e-6
    plain = mk.dynamics(
        "matching_pennies", "hedge", steps=5_000, start=start, schedule="constant", rate=0.25
    )
    assert plain.nash_conv > 0.5
    assert plain.average_nash_conv < 0.05


def test_regret_matching_plus_on_rock_scissors_paper():
    path = mk.dynamics("rock_scissors_paper", "regret_matching+", steps=10_000, start="random")
    assert path.average_nash_conv < 1e-3


@pytest.mark.parametrize("method", ["regret_matching", "regret_matching+", "hedge"])
def test_solvers_go_on_as_if_never_stopped(method, tmp_path):
    for options in ({}, {"averaging": "quadratic", "delay": 10}):
        whole = mk.solve("shapley_1964", method, iterations=300, **options)
        part = mk.solve("shapley_1964", method, iterations=77, **options)
        part.save(tmp_path / "part.npz")
        for start in (part, mk.load_solution(tmp_path / "part.npz")):
            more = mk.solve("shapley_1964", iterations=223, start=start)
            assert np.array_equal(np.concatenate(whole.profile), np.concatenate(more.profile))


@pytest.mark.parametrize("method", ["regret_matching", "regret_matching+", "hedge"])
@pytest.mark.parametrize(("scale", "shift"), [(1e-9, 0), (1e9, 0), (1, 100), (2.0**40, -3)])
def test_units_do_not_matter(method, scale, shift):
    game = mk.load_game("blotto_4_3")
    other = mk.NormalFormGame(game.payoffs * scale + shift)
    a, b = (mk.solve(g, method, iterations=200) for g in (game, other))
    np.testing.assert_allclose(np.concatenate(a.profile), np.concatenate(b.profile), atol=1e-6)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("fictitious_play", {"updates": "turns"}, "updates is 'turns'"),
        ("fictitious_play", {"prior": -1}, "prior is -1"),
        ("smooth_fictitious_play", {"temperature": 0}, "temperature is 0"),
        ("smooth_fictitious_play", {"sampled": 1}, "sampled is 1"),
        ("regret_matching", {"optimistic": "yes"}, "optimistic is 'yes'"),
        ("regret_matching", {"averaging": "cubic"}, "averaging is 'cubic'"),
        ("hedge", {"rate": 0}, "rate is 0"),
        ("hedge", {"schedule": "fast"}, "schedule is 'fast'"),
        ("optimistic_hedge", {"rate": float("nan")}, "rate is nan"),
    ],
)
def test_bad_options(method, options, message):
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.dynamics("chicken", method, **options)
