"""Zero-sum matrices by HiGHS and by the interior-point method: gaps, edges, what the note says."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve import lp
from marl_kit.solve.bimatrix import matrix_lp
from marl_kit.solve.bimatrix.interior_point import interior_point
from marl_kit.solve.bimatrix.matrix_lp import optimal_strategies
from marl_kit.solve.bimatrix.support_system import duality_gap, on_supports

PROMISED = 1e-8
"""Of the payoff range (issue 5)."""
N = 60


def normal(rng, m=N, n=N):
    return rng.normal(size=(m, n))


def saddle(rng):
    A = normal(rng)
    A[7] += 10
    A[:, 9] -= 30
    return A


def repeated(rng):
    return np.tile(normal(rng, 20, 30), (3, 2))


def skew(rng):
    K = rng.integers(-5, 6, (N, N))
    return (K - K.T).astype(float)


def outlier(rng):
    A = normal(rng)
    A[3, 4] = 1e9
    return A


FAMILIES = {
    "normal": normal,
    "integers": lambda rng: rng.integers(-10, 11, (N, N)).astype(float),
    "ties": lambda rng: rng.integers(-1, 2, (N, N)).astype(float),
    "sparse": lambda rng: (rng.random((N, N)) < 0.05).astype(float),
    "wide": lambda rng: normal(rng, 20, 500),
    "tall": lambda rng: normal(rng, 500, 20),
    "rank 5": lambda rng: normal(rng, N, 5) @ normal(rng, 5, N),
    "repeated rows and columns": repeated,
    "saddle point": saddle,
    "all equal": lambda rng: np.full((N, N), 3.0),
    "rows differ": lambda rng: np.repeat(normal(rng, N, 1), N, axis=1),
    "columns differ": lambda rng: np.repeat(normal(rng, 1, N), N, axis=0),
    "symmetric": skew,
    "identity": lambda rng: np.eye(N),
    "transitive": lambda rng: normal(rng, N, 1) - normal(rng, 1, N),
    "many magnitudes": lambda rng: np.exp(5 * normal(rng)),
    "one payoff dwarfs the others": outlier,
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_gap_is_what_is_promised(family, seed):
    A = FAMILIES[family](np.random.default_rng(seed))
    unit = np.ptp(A) or 1.0
    dense, simplex = (optimal_strategies(A, a) for a in ("interior_point", "highs"))
    for answer in (dense, simplex):
        for z, size in ((answer.x, A.shape[0]), (answer.y, A.shape[1])):
            assert z.shape == (size,)
            assert z.min() >= 0
            assert z.sum() == pytest.approx(1, abs=1e-12)
        measured = (A @ answer.y).max() - (answer.x @ A).min()
        assert answer.gap == pytest.approx(measured, abs=1e-15 * unit)
        assert measured < PROMISED * unit
    values = [a.x @ A @ a.y / unit for a in (dense, simplex)]
    assert values[0] == pytest.approx(values[1], abs=PROMISED)
    assert "interior point" in dense.how
    assert family == "one payoff dwarfs the others" or "HiGHS" not in dense.how


@pytest.mark.parametrize("family", ["normal", "ties", "saddle point", "symmetric", "tall"])
def test_supports_are_told_from_the_rest(family):
    """Where the optimal strategies are single points, both algorithms end at them to rounding."""
    A = FAMILIES[family](np.random.default_rng(5))
    a, b = optimal_strategies(A, "interior_point"), optimal_strategies(A, "highs")
    assert np.count_nonzero(a.x) == np.count_nonzero(a.y)
    assert a.gap < 1e-12 * np.ptp(A)
    assert a.x == pytest.approx(b.x, abs=1e-9)
    assert a.y == pytest.approx(b.y, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_scale_and_shift_change_nothing(scale, shift):
    A = normal(np.random.default_rng(2))
    plain = optimal_strategies(A, "interior_point")
    moved = optimal_strategies((A + shift) * scale, "interior_point")
    assert moved.x == pytest.approx(plain.x, abs=1e-9)
    assert moved.y == pytest.approx(plain.y, abs=1e-9)
    assert moved.gap < PROMISED * scale


def test_swapping_the_players_swaps_the_strategies():
    A = normal(np.random.default_rng(3), 40, 70)
    a, b = optimal_strategies(A), optimal_strategies(-A.T)
    assert a.x == pytest.approx(b.y, abs=1e-9)
    assert a.y == pytest.approx(b.x, abs=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2), (3, 5)])
def test_small_matrices_too(shape):
    rng = np.random.default_rng(4)
    for _ in range(10):
        A = rng.integers(-2, 3, shape).astype(float)
        answer = optimal_strategies(A, "interior_point")
        assert answer.gap <= PROMISED * max(np.ptp(A), 1.0)


def test_the_method_alone_needs_no_other_step():
    """Without the systems of supports and without HiGHS the promise holds as well."""
    A = FAMILIES["repeated rows and columns"](np.random.default_rng(6))
    A = (A - A.min()) / np.ptp(A)
    x, y, iterations = interior_point(A)
    assert duality_gap(A, x, y) < PROMISED
    assert 0 < iterations < 30


def test_auto_goes_by_size_and_says_so():
    rng = np.random.default_rng(0)
    for shape, how in (((39, 40), "HiGHS"), ((40, 40), "interior point"), ((4, 500), "interior")):
        game = mk.NormalFormGame.from_bimatrix(rng.normal(size=shape))
        solution = mk.solve(game, "lp")
        assert how in solution.note
        assert ("dense" in solution.note) == ("interior" in how)
        assert "duality gap" in solution.note
        assert solution.status is mk.Status.SOLVED
        assert mk.nash_conv(game, solution) < PROMISED * np.ptp(game.payoffs[0])


@pytest.mark.parametrize("algorithm", ["highs", "interior_point"])
def test_the_algorithm_is_an_option(algorithm):
    solution = mk.solve("blotto_4_3", "lp", algorithm=algorithm)
    assert solution.values[0] == pytest.approx(14 / 9, abs=1e-9)
    assert ("HiGHS" in solution.note) == (algorithm == "highs")
    assert solution.options == {"algorithm": algorithm}


def test_highs_takes_over_where_the_other_is_stuck(monkeypatch):
    A = normal(np.random.default_rng(1))

    def stuck(unit):
        return np.full(N, 1 / N), np.full(N, 1 / N), 100

    monkeypatch.setattr(matrix_lp, "interior_point", stuck)
    monkeypatch.setattr(matrix_lp, "_polished", lambda A, x, y, *supports: (x, y))
    answer = optimal_strategies(A)
    assert answer.gap < PROMISED * np.ptp(A)
    assert answer.how.startswith("HiGHS, as interior point, 100 iterations")
    assert "left a gap of" in answer.how


K = 10**10
DWARFED = {
    "integers": ([[2, 4, 2, 3], [6, -6, 4, -9], [-2, 9, -1, 4], [5, -2, 4, -(10**7)]], 15 / 7),
    "forbidden action": ([[0, -1, 2, K], [1, 0, -3, K], [-2, 3, 0, K], [-K, -K, -K, 0]], 0),
}


@pytest.mark.parametrize("name", DWARFED)
@pytest.mark.parametrize("algorithm", ["auto", "interior_point"])
def test_one_large_payoff_does_not_swallow_the_game(name, algorithm):
    A, value = DWARFED[name]
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp", algorithm=algorithm)
    assert solution.status is mk.Status.SOLVED
    assert solution.values[0] == pytest.approx(value, abs=1e-9)
    assert solution.nash_conv < 1e-9
    assert "left a gap of" in solution.note


def test_one_forbidden_payoff_among_decimals():
    A = np.random.default_rng(0).random((8, 8)).round(2)
    A[3, 3] = -1e6
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp")
    assert solution.status is mk.Status.SOLVED
    assert solution.nash_conv < 1e-9


def test_a_wrong_answer_beside_a_large_payoff_is_not_called_solved(monkeypatch):
    third = np.array([1, 1, 1, 0]) / 3
    wrong = matrix_lp.MatrixAnswer(third, third, 0.0, "a guess")
    monkeypatch.setattr(lp, "optimal_strategies", lambda payoffs, algorithm: wrong)
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(DWARFED["forbidden action"][0]), "lp")
    assert solution.nash_conv == pytest.approx(2 / 3)
    assert solution.status is mk.Status.INEXACT


def test_too_large_for_exact_pivots():
    A = normal(np.random.default_rng(0))
    A[3, 4] = 1e9
    assert matrix_lp._exactly(A) is None
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp")
    assert (solution.status is mk.Status.SOLVED) == (solution.nash_conv < 1e-6)


@pytest.mark.parametrize(
    "A", [np.full((40, 40), 3.0), np.array([[10**12 + 1, 10**12], [10**12, 10**12 + 2]])]
)
def test_rounding_of_large_payoffs_is_no_gap(A):
    assert mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp").status is mk.Status.SOLVED


def test_a_singular_system_of_supports_is_no_answer():
    A = np.ones((3, 3))
    assert on_supports(A, np.array([0, 1]), np.array([0, 1])) is None


def test_refusals():
    with pytest.raises(mk.UnknownNameError, match=r"algorithm of lp.*did you mean 'highs'"):
        mk.solve("blotto_4_3", "lp", algorithm="high")
    with pytest.raises(mk.UnknownNameError, match="algorithm of lp"):
        mk.solve("openspiel:kuhn_poker", "lp", algorithm="simplex")
    with pytest.raises(mk.InvalidOptionError, match=r"dense matrices, and .* extensive form"):
        mk.solve("openspiel:kuhn_poker", "lp", algorithm="interior_point")


def test_the_cell_that_breaks_the_constant_sum_is_named():
    rng = np.random.default_rng(0)
    A = rng.integers(-5, 6, (4, 5))
    B = 3 - A
    B[2, 4] += 1
    message = r"general-sum: payoffs sum to 3 at actions \(0, 0\) and to 4 at \(2, 4\)"
    for game in (mk.NormalFormGame.from_bimatrix(A, B), mk.NormalFormGame(np.stack([A, B]) * 1.0)):
        with pytest.raises(mk.UnsupportedGameError, match=message):
            mk.solve(game, "lp")
