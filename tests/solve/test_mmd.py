"""Magnetic mirror descent: OpenSpiel, a twin, Gambit's QRE, Nash by annealing."""

from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.evaluate.quantal import logit_response
from marl_kit.games.profile import as_profile
from marl_kit.solve import driver
from tests.reference import oracles, recursive

GOOFSPIEL = "goofspiel(num_cards={},imp_info=True,points_order=descending,returns_type=win_loss)"
KUHN = "openspiel:kuhn_poker"

# Gambit's logit QRE of Kuhn poker's reduced normal form at lambda = 10, as OpenSpiel's test of
# MMD gives it (mmd_dilated_test.py): weights of player 0's passes at the root and of its calls
# after pass and bet, and probabilities of player 1's passes and folds.
GAMBIT_QRE = {
    "0": 0.75364232,
    "1": 0.70309809,
    "2": 0.47546799,
    "0pb": 0.10668266 / 0.75364232,
    "1pb": 0.44700625 / 0.70309809,
    "2pb": 0.46256001 / 0.47546799,
    "1p": 0.63415944,
    "1b": 0.41154828,
    "2p": 0.28438486,
    "2b": 0.0620185,
    "0p": 0.65005434,
    "0b": 0.79722767,
}


@cache
def load(spec):
    return mk.load_game(spec)


def test_gambits_qre_of_kuhn_poker():
    solution = mk.solve(load(KUHN), "mmd", alpha=0.1, iterations=500)
    assert mk.qre_residual(load(KUHN), solution, 0.1) < 1e-12
    for key, row in solution.profile.to_dict().items():
        place = 1 if key.endswith("pb") else 0
        assert row[place] == pytest.approx(GAMBIT_QRE[key], abs=2e-7)


@pytest.mark.parametrize(
    ("name", "alpha", "iterations"), [("kuhn_poker", 0.1, 30), ("leduc_poker", 0.5, 1)]
)
def test_openspiel_agrees(name, alpha, iterations):
    pyspiel = pytest.importorskip("pyspiel")
    from open_spiel.python.algorithms import mmd_dilated

    peer = mmd_dilated.MMDDilatedEnt(pyspiel.load_game(name), alpha)
    for _ in range(iterations):
        peer.update_sequences()
    game = load(f"openspiel:{name}")
    ours = mk.solve(game, "mmd", alpha=alpha, iterations=iterations)
    theirs = as_profile(game, peer.get_policies())
    assert ours.profile.probabilities == pytest.approx(theirs.probabilities, abs=1e-12)


@pytest.mark.parametrize("spec", [KUHN, "openspiel:kuhn_poker(players=3)", "beer_quiche", "trust"])
@pytest.mark.parametrize(("eta", "alpha"), [(0.7, 0.2), (3.0, 1.0)])
def test_the_twin_agrees_on_random_payoffs(spec, eta, alpha):
    game = oracles.with_random_payoffs(load(spec), np.random.default_rng(3))
    root = recursive.walk(game)
    table = recursive.uniform(root)
    for _ in range(3):
        new = {}
        for p in range(game.num_players):
            new |= oracles.logit_response(root, table, p, eta, alpha, table)
        table = new
    solution = mk.solve(game, "mmd", eta=eta, alpha=alpha, iterations=3)
    for key, row in recursive.from_policy(solution.profile).items():
        assert row == pytest.approx(table[key], abs=1e-12)


@pytest.mark.parametrize("spec", [KUHN, "openspiel:kuhn_poker(players=3)", "trust"])
def test_the_logit_response_of_the_certificate_agrees_with_the_twin(spec):
    game = oracles.with_random_payoffs(load(spec), np.random.default_rng(8))
    root = recursive.walk(game)
    table = recursive.random_profile(root, np.random.default_rng(2))
    policy = as_profile(game, recursive.as_callable(game, table))
    response = mk.TabularPolicy(game, logit_response(policy, 0.3))
    wanted = {}
    for p in range(game.num_players):
        # an endless step forgets where it starts
        wanted |= oracles.logit_response(root, table, p, 1e13, 0.3, recursive.uniform(root))
    for key, row in recursive.from_policy(response).items():
        assert row == pytest.approx(wanted[key], abs=1e-9)
    gaps = [abs(row[a] - table[key][a]) for key, row in wanted.items() for a in row]
    assert mk.qre_residual(game, policy, 0.3) == pytest.approx(max(gaps), abs=1e-9)


@pytest.mark.parametrize(
    ("spec", "alpha"),
    [
        ("leduc_poker", 0.5),
        ("liars_dice(dice_sides=3)", 0.2),
        (GOOFSPIEL.format(3), 0.5),
        (GOOFSPIEL.format(4), 0.5),
        ("kuhn_1950", 0.3),
        ("blotto_4_3", 1.0),
    ],
)
def test_it_converges_to_the_qre(spec, alpha):
    solution = mk.solve(load(spec), "mmd", alpha=alpha, iterations=2000)
    assert mk.qre_residual(load(spec), solution, alpha) < 1e-9
    assert mk.qre_residual(load(spec), solution, 2 * alpha) > 1e-3
    assert solution.nash_conv > 1e-3  # a QRE is not a Nash equilibrium


def test_the_qre_is_that_of_the_reduced_normal_form():
    """Trees and their matrices have the same QRE: equal values of the players."""
    tree = load(KUHN)
    matrix = tree.to_normal_form()
    values = [
        mk.solve(g, "mmd", alpha=0.5, iterations=2000, eta=0.1).values for g in (tree, matrix)
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-10)


def test_the_qre_of_a_matrix_is_a_logit_fixed_point():
    A = np.array([[3.0, -1.0], [0.0, 2.0]])
    x, y = mk.solve(mk.NormalFormGame.from_bimatrix(A), "mmd", alpha=0.7, iterations=500).profile
    assert x[0] / x[1] == pytest.approx(np.exp((A @ y)[0] / 0.7 - (A @ y)[1] / 0.7), rel=1e-9)
    assert y[0] / y[1] == pytest.approx(np.exp((x @ A)[1] / 0.7 - (x @ A)[0] / 0.7), rel=1e-9)


@pytest.mark.parametrize("spec", [KUHN, "leduc_poker", GOOFSPIEL.format(4), "blotto_4_3"])
def test_annealed_it_goes_to_nash(spec):
    """How near on every game: test_certified.py."""
    solution = mk.solve(load(spec), "mmd", iterations=10_000)
    assert solution.history.nash_conv[-1] < 0.5 * solution.history.nash_conv[-4]


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_annealing_does_not_depend_on_units(scale):
    game = load("blotto_4_3")
    plain = mk.solve(game, "mmd", iterations=200)
    moved = mk.solve(mk.NormalFormGame(game.payoffs * scale + scale), "mmd", iterations=200)
    for x, y in zip(plain.profile, moved.profile, strict=True):
        assert x == pytest.approx(y, abs=1e-9)


def test_cold_play_does_not_overflow():
    solution = mk.solve(load(KUHN), "mmd", alpha=1e-6, eta=1e6, iterations=200)
    assert np.all(np.isfinite(solution.state.logits))
    assert np.all(np.isfinite(solution.profile.probabilities))


def test_nothing_to_gain_is_converged_at_once():
    solution = mk.solve(mk.NormalFormGame(np.zeros((2, 2, 3))), "mmd")
    assert (solution.status, solution.iterations) == (mk.Status.CONVERGED, 1)


@pytest.mark.parametrize("options", [{}, {"alpha": 0.2}])
def test_going_on_and_blocks_change_nothing(options, monkeypatch, tmp_path):
    game = load("leduc_poker")
    whole = mk.solve(game, "mmd", iterations=60, **options)
    mk.solve(game, "mmd", iterations=13, **options).save(tmp_path / "s.npz")
    part = mk.load_solution(tmp_path / "s.npz")
    monkeypatch.setattr(driver, "BLOCK_S", 0.0)
    for more in (1, 46):
        part = mk.solve(game, iterations=more, start=part)
    assert part.iterations == 60
    for name in type(whole.state).ARRAYS:
        assert np.array_equal(getattr(whole.state, name), getattr(part.state, name))


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "big", True, None])
@pytest.mark.parametrize("name", ["alpha", "eta"])
def test_bad_options(name, value):
    with pytest.raises(mk.InvalidOptionError, match=f"{name} is"):
        mk.solve("kuhn_1950", "mmd", iterations=1, **{name: value})


@pytest.mark.parametrize("alpha", [0, -1, float("nan"), float("inf"), "warm", True])
def test_bad_temperatures(alpha):
    with pytest.raises(mk.InvalidOptionError, match="alpha is"):
        mk.qre_residual("kuhn_1950", "uniform", alpha)
