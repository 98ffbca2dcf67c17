"""Extreme values of correlated play, the nearest equilibrium, and profiles as joint play."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.evaluate.correlated import relative_gap
from marl_kit.solve.deviations import deviation_gains
from tests.solve.random_trees import random_game

CHICKEN = mk.NormalFormGame.from_bimatrix([[0, 7], [2, 6]], [[0, 2], [7, 6]], name="chicken")
CCE_BEATS_CE = mk.NormalFormGame.from_bimatrix(
    [[2, 3, 4], [0, 1, 0], [1, 4, 0]], [[1, 4, 3], [4, 3, 0], [4, 1, 0]]
)


def test_chicken():
    low, high = mk.correlated_range(CHICKEN)
    assert (low, high) == pytest.approx((36 / 5, 21 / 2), abs=1e-9)
    assert mk.correlated_range(CHICKEN, "player:0") == pytest.approx((2, 7), abs=1e-9)
    worst = mk.correlated(CHICKEN, "-welfare")
    assert worst.objective == "-welfare"
    assert worst.values.sum() == pytest.approx(36 / 5, abs=1e-9)


def test_coarse_equilibria_beat_all_others():
    assert mk.correlated(CCE_BEATS_CE, concept="cce").values.sum() == pytest.approx(115 / 17)
    assert mk.correlated_range(CCE_BEATS_CE) == pytest.approx((5, 5), abs=1e-9)
    assert mk.correlated_range(CCE_BEATS_CE, concept="cce")[1] == pytest.approx(115 / 17)


@pytest.mark.parametrize("concept", ["ce", "cce", "efce", "efcce"])
@pytest.mark.parametrize("seed", range(3))
def test_every_equilibrium_is_inside(seed, concept):
    game = random_game(seed, (2, 2, 2))
    for objective, weights in (("welfare", [1, 1]), ("player:1", [0, 1]), ([1, -2], [1, -2])):
        low, high = mk.correlated_range(game, objective, concept)
        for other in ("entropy", "egalitarian", "welfare", "-player:0"):
            value = mk.correlated(game, other, concept).values @ weights
            assert low - 1e-8 <= value <= high + 1e-8
        for profile in mk.all_equilibria(game.to_normal_form()):
            value = mk.expected_values(game.to_normal_form(), profile) @ weights
            assert low - 1e-8 <= value <= high + 1e-8


@pytest.mark.parametrize(("scale", "shift"), [(1e-9, 0), (1e9, 0), (1, 1e7), (1e-9, 1e-3)])
def test_scale_and_shift(scale, shift):
    moved = mk.NormalFormGame(CHICKEN.payoffs * scale + shift)
    found = (np.array(mk.correlated_range(moved)) - 2 * shift) / scale
    assert found == pytest.approx([7.2, 10.5], rel=1e-6)
    near = mk.nearest_correlated(moved, [[0.5, 0], [0, 0.5]])
    plain = mk.nearest_correlated(CHICKEN, [[0.5, 0], [0, 0.5]])
    assert near.distance == pytest.approx(plain.distance, abs=1e-7)


@pytest.mark.parametrize("concept", ["ce", "cce", "efce", "efcce"])
@pytest.mark.parametrize("seed", range(3))
def test_nearest(seed, concept):
    """The nearest is an equilibrium at that distance, and no other that is known is nearer; the
    dual bound is a deviation's gain divided by the most that moving mass can take from it."""
    rng = np.random.default_rng(seed)
    game = random_game(seed, (2, 2, 2))
    size = game.to_normal_form().num_actions
    given = rng.dirichlet(np.full(size[0] * size[1], 0.3)).reshape(size)
    near = mk.nearest_correlated(game, given, concept)
    assert near.gap < 1e-9
    assert near.distance == pytest.approx(np.abs(near.distribution - given).sum() / 2, abs=1e-12)
    assert mk.correlation_gap(game, near.distribution, concept) < 1e-9
    for objective in ("welfare", "entropy", "-welfare"):
        joint = mk.correlated(game, objective, concept).distribution
        if isinstance(joint, np.ndarray):
            assert near.distance <= np.abs(joint - given).sum() / 2 + 1e-9
    rows = deviation_gains(game, concept).toarray()
    rows = rows[np.ptp(rows, axis=1) > 0]
    bound = max(0.0, *(rows @ given.ravel() / np.ptp(rows, axis=1)))
    assert bound - 1e-9 <= near.distance <= 1


def test_an_equilibrium_is_at_distance_0():
    joint = mk.correlated(CHICKEN).distribution
    near = mk.nearest_correlated(CHICKEN, joint)
    assert near.distance == pytest.approx(0, abs=1e-9)
    assert near.given_gap < 1e-9


def test_by_hand():
    """Prisoner's dilemma: only defection is an equilibrium, so what is not defection must move."""
    game = mk.load_game("prisoners_dilemma")
    pure = mk.solve(game, "pure").profile
    joint = np.full((2, 2), 0.25)
    for concept in ("ce", "cce"):
        near = mk.nearest_correlated(game, joint, concept)
        assert near.distance == pytest.approx(0.75, abs=1e-9)
        assert near.distribution == pytest.approx(np.outer(*pure), abs=1e-9)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_profiles_count_as_their_product(concept):
    for spec in ("chicken", "shapley_1964", "mckelvey_mclennan"):
        game = mk.load_game(spec)
        rng = np.random.default_rng(1)
        profile = [rng.dirichlet(np.ones(n)) for n in game.num_actions]
        joint = profile[0]
        for x in profile[1:]:
            joint = np.multiply.outer(joint, x)
        gap = mk.correlation_gap(game, joint, concept)
        assert mk.correlation_gap(game, profile, concept) == pytest.approx(gap, abs=1e-15)
        assert mk.nearest_correlated(game, profile, concept).given_gap == pytest.approx(gap)
        gain = max(mk.best_response(game, profile, p).gain for p in range(game.num_players))
        if concept == "cce":  # not knowing what is drawn, and independent: the Nash gains
            assert gap == pytest.approx(gain, abs=1e-12)
    solution = mk.solve("chicken", "pure")
    assert mk.correlation_gap("chicken", solution, concept) == 0


def test_sources():
    assert "Aumann" in mk.cite(mk.correlated(CHICKEN))
    assert "Moulin" in mk.cite(mk.nearest_correlated(CHICKEN, np.eye(2) / 2, "cce"))
    assert "Balduzzi" in mk.cite(mk.nash_average([[0]]))
    assert "Omidshafiei" in mk.cite(mk.alpha_rank([[0]]))


def test_three_players():
    game = mk.load_game("mckelvey_mclennan")
    low, high = mk.correlated_range(game)
    assert low < high
    near = mk.nearest_correlated(game, np.full((2, 2, 2), 1 / 8))
    assert near.gap < 1e-9


def forbidden(k):
    """Chicken with one action more, which nobody should play."""
    A, B = [[0, 7, -k], [2, 6, -k], [-k] * 3], [[0, 2, -k], [7, 6, -k], [-k] * 3]
    return mk.NormalFormGame.from_bimatrix(A, B)


def test_beyond_the_digits_of_the_program_nothing_is_called_solved():
    best = mk.correlated(forbidden(10**12))
    assert best.gap < 1e-9
    assert best.status is mk.Status.INEXACT


@pytest.mark.parametrize("k", [10**6, 10**9])
def test_forbidden_outcomes_do_not_swallow_the_game(k):
    game, block = forbidden(k), np.zeros((3, 3))
    block[:2, :2] = 0.25
    for objective in ("welfare", "egalitarian", [1e308, 1e308]):
        best = mk.correlated(game, objective)
        assert best.values == pytest.approx([5.25, 5.25], abs=1e-9)
        assert best.status is mk.Status.SOLVED
        assert best.gap < 1e-9
    near = mk.nearest_correlated(game, block)
    assert near.distance == pytest.approx(0.1, abs=1e-9)
    assert near.status is mk.Status.SOLVED


@pytest.mark.parametrize("k", [10**4, 10**8])
def test_entropy_beside_a_forbidden_outcome(k):
    A, B = [[8, -k, 3, 8], [1, 5, 6, -5], [-8, -4, -4, 7]], [[8, -k, 0, 6], [-7, 6, -7, -1]]
    game = mk.NormalFormGame.from_bimatrix(A, [*B, [6, -4, -3, -4]])
    best = mk.correlated(game, "entropy")
    assert best.gap < 1e-9
    assert best.status is mk.Status.SOLVED
    assert best.values == pytest.approx([0.5907, 0.0488], abs=2e-3)


def test_a_gain_beside_a_forbidden_outcome_is_no_rounding():
    joint = np.zeros((3, 3))
    joint[1, 1] = 1.0  # both are nice, and would gain 1
    assert mk.correlation_gap(forbidden(10**9), joint) == 1.0
    assert relative_gap(forbidden(10**9), joint, "ce") > 0.1


@pytest.mark.parametrize(("scale", "offset"), [(10**6, 0), (10**12, 0), (1, 10**12)])
def test_the_poorer_player_is_seen_beside_large_payoffs(scale, offset):
    A = np.array([[0, 7], [2, 6]]) * scale + offset
    best = mk.correlated(mk.NormalFormGame.from_bimatrix(A, [[0, 2], [7, 6]]), "egalitarian")
    assert best.values.min() == pytest.approx(7, abs=1e-9)
    assert best.status is mk.Status.SOLVED


def test_large_weights_and_folded_names():
    assert mk.correlated("chicken", [1e308, 1e308]).values == pytest.approx([5.25, 5.25])
    joint = np.eye(2) / 2
    assert mk.correlation_gap("chicken", joint, "CE") == mk.correlation_gap("chicken", joint)
    with pytest.raises(mk.UnknownNameError, match="concept"):
        mk.correlation_gap("chicken", joint, [1])
    with pytest.raises(mk.InvalidGameError, match="range must be a finite number"):
        mk.NormalFormGame.from_bimatrix([[1e308, -1e308]])


def test_printed_and_plain():
    near = mk.nearest_correlated(CHICKEN, np.full((2, 2), 0.25))
    assert "total variation" in repr(near)
    assert "<table>" in near._repr_html_()
    assert set(near.to_dict()) >= {"status", "distance", "distribution", "gap"}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mk.correlated_range(CHICKEN, "entropy"), mk.InvalidOptionError, "linear program"),
        (lambda: mk.correlated_range(CHICKEN, "wealth"), mk.UnknownNameError, "wealth"),
        (lambda: mk.correlated(CHICKEN, "-entropy"), mk.UnknownNameError, "entropy"),
        (lambda: mk.correlated(CHICKEN, "-player:5"), mk.InvalidOptionError, "player:1"),
        (lambda: mk.nearest_correlated(CHICKEN, np.ones((2, 2))), mk.InvalidProfileError, "sum 4"),
        (lambda: mk.nearest_correlated(CHICKEN, np.ones((3, 2))), mk.InvalidProfileError, "shape"),
        (
            lambda: mk.nearest_correlated(CHICKEN, np.ones((2, 2)) / 4, "nash"),
            mk.UnknownNameError,
            "nash",
        ),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
