"""What mixers can represent: published matrices in Fractions, twins, and refusals."""

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import marl_kit as mk
from tests.reference import mixers

MATRICES = ["climbing", "penalty", "qtran", "xor"]
MIXERS = ["vdn", "qmix", "wqmix"]


def team(table, players=None):
    table = np.asarray(table)
    return mk.NormalFormGame(np.stack([table] * (players or table.ndim)))


def exact(table):
    return {c: Fraction(repr(float(table[c]))) for c in np.ndindex(table.shape)}


def close(fit, expected, scale=1.0):
    return all(abs(fit[c] - float(v)) <= 1e-9 * scale for c, v in expected.items())


@pytest.mark.parametrize(
    ("game", "ninths", "value"),
    [
        ("climbing", [[-83, -77, -11], [-95, -89, -23], [7, 13, 79]], 5),
        ("qtran", [[-56, -44, -44], [-44, -32, -32], [-44, -32, -32]], 0),
        ("penalty", [[-362, -86, -362], [-86, 190, -86], [-362, -86, -362]], 2),
    ],
)
def test_vdn_on_published_matrices(game, ninths, value):
    """Row mean + column mean - mean: 8.78 in the climbing game's last corner (truly 5), -6.22,
    -4.89 and -3.56 in QTRAN's matrix (Son et al. 2019, table 1), 21.11 in the penalty's centre."""
    found = mk.mixer_projection(game, "vdn")
    np.testing.assert_allclose(found.table, np.array(ninths) / 9, atol=1e-12)
    assert found.values == found.reached_values == (value,)


@pytest.mark.parametrize(
    ("game", "reached", "loss", "best", "least"),
    [
        ("climbing", 5, None, 5, None),
        ("qtran", 0, Fraction(320, 9), 8, 32),
        ("penalty", 2, Fraction(24200, 27), 2, Fraction(24200, 27)),
    ],
)
def test_qmix_on_published_matrices(game, reached, loss, best, least):
    """QTRAN's matrix: learners land on -8, -8, ..., 0 (Son et al. 2019, table 1: -8.08 and 0.02),
    a local optimum; the best of all monotone fits plays 8 with errors of 6 in eight cells."""
    found = mk.mixer_projection(game, "qmix")
    assert found.reached_values == (reached,)
    assert found.values == (best,)
    ends = [fit.loss for fit in found.fits if fit.reached]
    assert loss is None or min(ends) == pytest.approx(float(loss), abs=1e-9)
    assert least is None or found.loss == pytest.approx(float(least), abs=1e-9)
    table, weights = exact(found.game.payoffs[0]), uniform_weights(found.game.num_actions)
    twin_loss, twin_tops = mixers.best_monotone(table, weights)
    assert found.loss == pytest.approx(float(twin_loss), abs=1e-9)
    assert set(found.greedy) == twin_tops


def test_qtran_reaches_the_fit_of_the_paper():
    found = mk.mixer_projection("qtran", "qmix")
    (end,) = (fit for fit in found.fits if fit.reached)
    np.testing.assert_allclose(end.table, [[-8, -8, -8], [-8, 0, 0], [-8, 0, 0]], atol=1e-12)
    assert [q.tolist() for q in end.utilities] == [[0, 1, 1], [0, 1, 1]]
    assert end.greedy == end.maximal == ((1, 1), (1, 2), (2, 1), (2, 2))


def test_optimistic_weights_find_the_optimum_of_two_matrices_and_flatten_the_third():
    assert mk.mixer_projection("climbing", "wqmix").reached_values == (11,)
    assert mk.mixer_projection("qtran", "wqmix").values == (8,)
    penalty = mk.mixer_projection("penalty", "wqmix", alpha=0.01)
    assert 10 in penalty.reached_values
    assert penalty.values == (-100,)  # the fit is flat from 10 up to the greedy corner
    assert {(0, 2), (2, 0)} & set(penalty.fits[0].maximal)


def test_ties_of_a_symmetric_game_are_all_told():
    found = mk.mixer_projection("xor", "qmix")
    assert found.greedy == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert [fit.loss for fit in found.fits] == pytest.approx([1 / 6] * 4)
    assert found.prediction == "QMIX may play 0 or 1, the optimum is 1"
    assert (found.value, found.values) == (0, (0, 1))


def uniform_weights(shape):
    cells = mixers.cells_of(shape)
    return dict.fromkeys(cells, Fraction(1, len(cells)))


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2), (2, 2, 2)])
@pytest.mark.parametrize("inverse", [1, 3])
def test_monotone_fits_equal_those_of_the_twin(shape, inverse):
    rng = np.random.default_rng([inverse, *shape])
    for _ in range(3):
        table = rng.integers(-9, 10, shape)
        weights = rng.integers(1, 5, shape)
        total = int(weights.sum())
        shares = {c: Fraction(int(weights[c]), total) for c in np.ndindex(shape)}
        options = {"mixer": "qmix"} if inverse == 1 else {"mixer": "wqmix", "alpha": 1 / inverse}
        found = mk.mixer_projection(team(table), exploration=weights / total, **options)
        least, tops = mixers.best_monotone(exact(table), shares, Fraction(1, inverse))
        assert found.loss == pytest.approx(float(least), abs=1e-9)
        assert set(found.greedy) == tops


@pytest.mark.parametrize("seed", range(4))
def test_the_list_is_that_of_all_local_optima(seed):
    """By definition: fits that are the best of every order in which they are nondecreasing."""
    shape = (2, 3)
    table = np.random.default_rng(seed).integers(-9, 10, shape)
    twin, weights = exact(table), uniform_weights(shape)
    best = {}
    for orders in itertools.product(*(itertools.permutations(range(n)) for n in shape)):
        place = {c: tuple(o[i] for o, i in zip(orders, c, strict=True)) for c in twin}
        fit = mixers.isotonic({c: twin[place[c]] for c in twin}, weights)
        best[orders] = {place[c]: v for c, v in fit.items()}

    def holds(fit, orders):
        pairs = itertools.product(mixers.cells_of(shape), repeat=2)
        at = {c: fit[tuple(o[i] for o, i in zip(orders, c, strict=True))] for c in fit}
        return all(at[a] <= at[b] for a, b in pairs if mixers.below(a, b))

    local = [
        fit
        for fit in best.values()
        if all(best[orders] == fit for orders in best if holds(fit, orders))
    ]
    expected = {tuple(fit[c] for c in sorted(fit)) for fit in local}
    found = mk.mixer_projection(team(table), "qmix")
    assert len(found.fits) == len(expected)
    for fit in found.fits:
        flat = fit.table.ravel()
        assert any(np.allclose(flat, np.array(e, float), atol=1e-9) for e in expected)


@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (2, 3, 2)])
def test_additive_fits_equal_the_normal_equations(shape):
    rng = np.random.default_rng(shape)
    table, weights = rng.integers(-99, 100, shape), rng.integers(1, 9, shape)
    total = int(weights.sum())
    shares = {c: Fraction(int(weights[c]), total) for c in np.ndindex(shape)}
    found = mk.mixer_projection(team(table), "vdn", weights / total)
    assert close(found.table, mixers.additive(exact(table), shares), 100)
    for agent, q in enumerate(found.fits[0].utilities):
        others = tuple(j for j in range(len(shape)) if j != agent)
        assert abs(q @ weights.sum(axis=others)) < 1e-9 * total * 100


def test_additive_fits_under_independent_exploration_equal_the_normal_equations():
    table = np.array([[11, -30, 0], [-30, 7, 0], [0, 6, 5]])
    profile = [[0.5, 0.25, 0.25], [0.125, 0.375, 0.5]]
    shares = {c: Fraction(profile[0][c[0]]) * Fraction(profile[1][c[1]]) for c in exact(table)}
    found = mk.mixer_projection("climbing", "vdn", profile)
    assert close(found.table, mixers.additive(exact(table), shares), 10)


def test_a_square_array_of_two_strategies_is_a_profile():
    profile = np.array([[0.25, 0.75], [0.5, 0.5]])
    found = mk.mixer_projection("xor", "vdn", profile)
    np.testing.assert_allclose(found.exploration, np.outer(*profile))


TABLES = hnp.arrays(
    np.float64,
    st.sampled_from([(2, 2), (2, 3), (3, 3), (2, 2, 2)]),
    elements=st.integers(-20, 20).map(float),
)


@settings(max_examples=25, deadline=None)
@given(TABLES)
def test_every_fit_is_monotone_and_richer_mixers_lose_less(table):
    game = team(table)
    vdn, qmix = (mk.mixer_projection(game, mixer) for mixer in ("vdn", "qmix"))
    assert qmix.loss <= vdn.loss + 1e-9
    assert any(fit.reached for fit in qmix.fits)
    for fit in qmix.fits:
        ordered = fit.table[np.ix_(*(np.argsort(q, kind="stable") for q in fit.utilities))]
        for axis in range(table.ndim):
            assert (np.diff(ordered, axis=axis) >= -1e-7).all()
        assert set(fit.greedy) <= set(fit.maximal)
        assert fit.loss == pytest.approx(np.mean((fit.table - table) ** 2), abs=1e-9)
        assert fit.payoffs.tolist() == [table[a] for a in fit.greedy]


@settings(max_examples=15, deadline=None)
@given(TABLES, st.sampled_from([1e-6, 3.0, 1e8]), st.integers(-5, 5))
def test_scale_and_origin_of_payoffs_do_not_matter(table, scale, shift):
    for mixer in MIXERS:
        one = mk.mixer_projection(team(table), mixer)
        other = mk.mixer_projection(team((table + shift) * scale), mixer)
        assert one.greedy == other.greedy
        assert other.loss == pytest.approx(one.loss * scale**2, rel=1e-6, abs=1e-9 * scale**2)


@pytest.mark.parametrize("mixer", MIXERS)
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 3)])
def test_additive_payoffs_are_represented_by_all(mixer, shape):
    rng = np.random.default_rng(shape)
    table = np.array(0.0)
    for n in shape:
        table = np.add.outer(table, rng.permutation(n) * 2.0)
    found = mk.mixer_projection(team(table), mixer)
    assert found.loss < 1e-12
    assert found.values == found.reached_values == (found.optimum,)
    np.testing.assert_allclose(found.table, table, atol=1e-9)


def test_alpha_of_one_is_qmix_and_a_constant_game_ties_everything():
    qmix, weighted = (
        mk.mixer_projection("climbing", "qmix"),
        mk.mixer_projection("climbing", "wqmix", alpha=1),
    )
    np.testing.assert_array_equal(qmix.table, weighted.table)
    flat = mk.mixer_projection(team(np.full((2, 3), 4.0)), "qmix")
    assert (len(flat.greedy), flat.values, flat.loss) == (6, (4,), 0)


@pytest.mark.parametrize("seed", range(6))
def test_small_alpha_puts_the_optimum_where_the_fit_is_greatest(seed):
    """Rashid et al. 2020, theorem on optimistic weighting."""
    table = np.random.default_rng(seed).permutation(9).reshape(3, 3)
    found = mk.mixer_projection(team(table), "wqmix", alpha=1e-4)
    assert found.optimal_actions[0] in found.fits[0].maximal


@pytest.mark.parametrize("mixer", MIXERS)
@pytest.mark.parametrize("game", MATRICES)
def test_results_can_be_looked_at(game, mixer):
    found = mk.mixer_projection(game, mixer)
    told = json.loads(json.dumps(found.to_dict()))
    assert told["prediction"] == found.prediction
    assert found.prediction in repr(found)
    assert repr(found).startswith("MixerProjection\n  game ")
    assert found._repr_html_().count("<tr>") == len(found.rows())
    with pytest.raises(ValueError, match="read-only"):
        found.table[0, 0] = 1


def test_bad_input_is_refused():
    zeros = [[1, 0, 0], [0.5, 0.25, 0.25]]
    with pytest.raises(mk.UnknownNameError, match="did you mean 'qmix'"):
        mk.mixer_projection("climbing", "qmixx")
    with pytest.raises(mk.UnknownNameError, match="mixer"):
        mk.mixer_projection("climbing", None)
    with pytest.raises(mk.UnsupportedGameError, match=r"get 7, 2 at actions \(0, 1\)"):
        mk.mixer_projection("chicken")
    with pytest.raises(mk.UnsupportedGameError, match="no game in normal form"):
        mk.mixer_projection("kuhn_poker")
    with pytest.raises(mk.UnsupportedGameError, match="has one player"):
        mk.mixer_projection(mk.NormalFormGame([[1, 2]]))
    with pytest.raises(mk.GameTooLargeError, match="6 x 6 actions has 518,400 orders"):
        mk.mixer_projection(team(np.zeros((6, 6))))
    with pytest.raises(mk.InvalidGameError, match="finite"):
        mk.mixer_projection(team([[1, np.nan], [0, 0]]))
    with pytest.raises(mk.InvalidOptionError, match=r"actions \(1, 0\) the probability 0, so 6 of"):
        mk.mixer_projection("climbing", "vdn", zeros)
    with pytest.raises(mk.InvalidOptionError, match="alpha goes with"):
        mk.mixer_projection("climbing", "qmix", alpha=0.1)
    with pytest.raises(mk.InvalidProfileError, match="sum to"):
        mk.mixer_projection("climbing", "vdn", [[1, 1, 1], [1, 0, 0]])


@pytest.mark.parametrize("alpha", [0, -1, 1.5, float("nan"), "0.1", True])
def test_alpha_is_a_weight(alpha):
    with pytest.raises(mk.InvalidOptionError, match="above 0 and at most 1"):
        mk.mixer_projection("climbing", "wqmix", alpha=alpha)


@pytest.mark.parametrize("k", [-1e3, -1e6, -1e8])
def test_one_large_penalty_does_not_hide_the_other_payoffs(k):
    found = mk.mixer_projection(team([[k, 0, 10], [0, 2, 0], [10, 0, k]]))
    assert (found.values, found.reached_values) == ((2,), (2,))


def test_payoffs_whose_squares_overflow_are_refused():
    with pytest.raises(mk.UnsupportedGameError, match="rescale"):
        mk.mixer_projection(team([[1e200, 0.0], [0.0, 1.0]]))
