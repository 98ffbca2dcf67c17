"""Meta-solvers against known equilibria and slow twins."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.errors import InvalidGameError, UnknownNameError, UnsupportedGameError
from marl_kit.league.meta_solvers import META_SOLVERS, meta_strategy
from tests.reference import league as reference

RPS = np.array([[0, -1, 2], [1, 0, -1], [-2, 1, 0.0]])  # equilibrium (1, 2, 1) / 4
ZERO_SUM = np.stack([RPS, -RPS])
CHICKEN = np.array([[[6, 2], [7, 0]], [[6, 7], [2, 0]]], float)


@pytest.mark.parametrize("name", ["nash", "max_entropy_nash", "prd", "regret_matching"])
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1e-6, 0.0), (1e5, 3e5)])
def test_mixtures_of_a_zero_sum_game_at_any_scale(name, scale, shift):
    found = meta_strategy(ZERO_SUM * scale + shift, name)
    tolerance = 1e-8 if "nash" in name else 0.03
    for own in found.marginals:
        np.testing.assert_allclose(own, [0.25, 0.5, 0.25], atol=tolerance)
    assert found.joint is None


def test_max_entropy_shares_a_weight_among_copies():
    copies = RPS[np.ix_([0, 1, 2, 2], [0, 1, 2, 2])]
    found = meta_strategy([copies, -copies], "max_entropy_nash")
    np.testing.assert_allclose(found.marginals[0], [0.25, 0.5, 0.125, 0.125], atol=1e-9)


def test_nash_of_a_general_sum_game():
    found = meta_strategy(CHICKEN, "nash")
    assert mk.nash_conv(mk.NormalFormGame(CHICKEN), list(found.marginals)) < 1e-12


def test_projected_replicator_is_its_twin():
    payoffs = np.random.default_rng(5).random((2, 3, 4))
    found = meta_strategy(payoffs, "prd(steps=300,rate=0.05,gamma=0.3)")
    spread = np.ptp(payoffs, axis=(1, 2))[:, None, None]
    twin = reference.projected_replicator(payoffs / spread, 300, 0.05, 0.3)
    for own, other in zip(found.marginals, twin, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-10)
        assert own.min() >= 0.3 / (len(own) + 1) - 1e-12


def test_projected_replicator_of_three_players_finds_a_dominant_profile():
    payoffs = np.zeros((3, 2, 2, 2))
    payoffs[0, 1], payoffs[1, :, 1], payoffs[2, :, :, 1] = 1.0, 1.0, 1.0
    found = meta_strategy(payoffs, "prd")
    assert all(own[1] > 0.9 for own in found.marginals)


@pytest.mark.parametrize("name", ["ce", "cce"])
def test_correlated_meta_strategies_are_equilibria(name):
    found = meta_strategy(CHICKEN, name)
    assert mk.correlation_gap(mk.NormalFormGame(CHICKEN), found.joint, name) < 1e-9
    assert found.by_recommendation == (name == "ce")
    assert found.values(CHICKEN).sum() >= 10.5 - 1e-9  # the best CE of chicken: 5.25 each
    np.testing.assert_allclose(found.joint.sum(axis=1), found.marginals[0])


def test_alpha_rank_is_blind_to_the_rounding_of_payoffs():
    noise = 1e-17 * np.random.default_rng(0).standard_normal(ZERO_SUM.shape)
    clean, rounded = (meta_strategy(x, "alpha_rank") for x in (ZERO_SUM, ZERO_SUM / 3 * 3 + noise))
    np.testing.assert_allclose(clean.joint, rounded.joint, atol=1e-12)
    np.testing.assert_allclose(clean.joint.sum(), 1.0)


def test_latest_and_uniform():
    assert meta_strategy(CHICKEN, "latest").marginals[0].tolist() == [0, 1]
    assert meta_strategy(CHICKEN, "uniform").marginals[1].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("name", [n for n, entry in META_SOLVERS.items() if not entry[2]])
def test_values_are_those_of_the_distribution_for_three_players(name):
    payoffs = np.random.default_rng(1).random((3, 2, 3, 2))
    found = meta_strategy(payoffs, name)
    table = found.probabilities()
    np.testing.assert_allclose(table.sum(), 1.0)
    np.testing.assert_allclose(found.values(payoffs), np.sum(payoffs * table, axis=(1, 2, 3)))


@pytest.mark.parametrize(
    ("payoffs", "name", "error", "says"),
    [
        (ZERO_SUM, "nahs", UnknownNameError, "nash"),
        (ZERO_SUM, "prd(step=3)", UnknownNameError, "steps"),
        (ZERO_SUM, "prd(steps=0)", mk.MarlKitError, "at least 1"),
        (ZERO_SUM, "prd(gamma=1)", mk.MarlKitError, "below 1"),
        (ZERO_SUM, "prd(rate=0)", mk.MarlKitError, "above 0"),
        (np.zeros((3, 2, 2, 2)), "nash", UnsupportedGameError, "two players"),
        (CHICKEN, "max_entropy_nash", UnsupportedGameError, "constant"),
        ([[[0, np.nan]], [[0, 0]]], "nash", InvalidGameError, "nan"),
        (ZERO_SUM, 3, mk.MarlKitError, "give a name"),
        (ZERO_SUM, "ce(objective=3)", UnknownNameError, "welfare"),
        (ZERO_SUM, "cce(objective=player)", UnknownNameError, "player:0"),
        (ZERO_SUM, "alpha_rank(alpha=-1)", mk.MarlKitError, "at least 0, or 'inf'"),
        (ZERO_SUM, "alpha_rank(alpha=big)", mk.MarlKitError, "at least 0, or 'inf'"),
        (ZERO_SUM, "alpha_rank(m=0)", mk.MarlKitError, "at least 2"),
        (ZERO_SUM * [[[1]], [[1e9]]], "ce(objective=egalitarian)", UnsupportedGameError, "apart"),
    ],
)
def test_refusals(payoffs, name, error, says):
    with pytest.raises(error, match=says):
        meta_strategy(payoffs, name)


PENNIES = np.array([[1.0, -1.0], [-1.0, 1.0]])
APART = np.stack([[[0.3, 0.0], [0.0, 0.2]], [[0.0, 0.1], [0.3, 0.0]]])  # mixed, general sum


@pytest.mark.parametrize("name", ["nash", "ce", "cce"])
@pytest.mark.parametrize("offset", [0.0, 1e6, 3e8])
def test_an_offset_of_one_player_is_no_range(name, offset):
    """3e8 beside payoffs of 0.3 once made any game a constant-sum one."""
    moved = APART + np.array([offset, 0.0])[:, None, None]
    found = meta_strategy(moved, name)
    gap = mk.correlation_gap(mk.NormalFormGame(APART), found.probabilities(), "cce")
    assert gap < 1e-12 + 1e-15 * offset  # the payoffs given are no more exact
    np.testing.assert_allclose(found.marginals[0], [0.75, 0.25], atol=1e-6)


@pytest.mark.parametrize("name", ["nash", "ce", "cce", "alpha_rank"])
@pytest.mark.parametrize("scale", [1e-9, 1e9, 1e15])
def test_a_player_of_another_scale_is_seen(name, scale):
    found = meta_strategy([PENNIES * scale, -PENNIES], name)
    np.testing.assert_allclose(found.marginals, 0.5, atol=1e-9)


@pytest.mark.parametrize("objective", ["welfare", "-welfare", "egalitarian", "player:1"])
def test_objectives_are_of_the_payoffs_as_given(objective):
    payoffs = CHICKEN * np.array([1.0, 20.0])[:, None, None]
    expected = mk.correlated(mk.NormalFormGame(payoffs), objective)
    found = meta_strategy(payoffs, f"ce(objective={objective})")
    weights = {"welfare": (1, 1), "-welfare": (1, 1), "player:1": (0, 1), "egalitarian": (1, 0)}
    aim = np.array(weights[objective])  # player 0 has the least, everywhere
    assert aim @ found.values(payoffs) == pytest.approx(aim @ expected.values, abs=1e-8)


def test_alpha_rank_is_that_of_the_payoffs_as_given():
    payoffs = (
        np.random.default_rng(3).integers(0, 9, (2, 3, 3)) * np.array([1.0, 7.0])[:, None, None]
    )
    found = meta_strategy(payoffs, "alpha_rank")
    expected = mk.alpha_rank(payoffs, "inf").pi.reshape(3, 3)
    np.testing.assert_allclose(found.joint, expected, atol=1e-9)


def test_correlation_in_a_constant_sum_game_is_its_nash_equilibrium():
    """A program of as many profiles took half a minute."""
    table = np.random.default_rng(0).random((36, 36))
    game = mk.NormalFormGame([table - table.T, table.T - table])
    found = meta_strategy(game.payoffs, "ce")
    assert mk.correlation_gap(game, found.joint, "ce") < 1e-12
    assert found.by_recommendation


def test_programs_that_take_minutes_are_refused():
    payoffs = np.random.default_rng(0).random((2, 90, 90))
    with pytest.raises(mk.GameTooLargeError, match="take 'cce', or fewer"):
        meta_strategy(payoffs, "ce")
    with pytest.raises(mk.GameTooLargeError, match="take 'projected_replicator'"):
        meta_strategy(np.zeros((2, 200, 200)) + payoffs[:, :1, :1], "cce(objective=entropy)")


def test_projected_replicator_stops_where_nothing_changes():
    payoffs = np.zeros((2, 2, 2))
    payoffs[0, 1], payoffs[1, :, 1] = 1.0, 1.0
    short, long = (meta_strategy(payoffs, f"prd(steps={n},rate=1)") for n in (3000, 10**9))
    assert long.marginals[0][1] > short.marginals[0][1] > 0.99


def test_a_distribution_says_what_it_is():
    names = {n: meta_strategy(CHICKEN, n).concept for n in ("nash", "ce", "cce", "alpha_rank")}
    assert list(names.values()) == ["Nash", "CE", "CCE", "alpha-rank"]
    assert "alpha-rank" in meta_strategy(CHICKEN, "alpha_rank").found()
