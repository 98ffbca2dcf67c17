"""Logit quantal response equilibria: the literature, a slow twin, and the branch's own promises."""

import signal

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.plot.qre import plot_qre
from marl_kit.plot.style import detached_axes
from marl_kit.solve.many_players import logit_path
from marl_kit.solve.many_players import qre as qre_module
from tests.reference.many_players import logit_qre

OCHS = mk.NormalFormGame.from_bimatrix([[1.1141, 0], [0, 0.2785]], [[0, 1.1141], [1.1141, 0]])
RESIDUAL = 1e-10
"""Of probabilities; lambda times rounding of payoffs."""


def random_game(seed, *shape):
    return mk.NormalFormGame(np.random.default_rng(seed).random((len(shape), *shape)))


TURNING = random_game(2, 4, 4, 4)
"""Its branch turns back at lambda of about 8."""


def test_ochs_matching_pennies():
    branch = mk.qre(OCHS, [2.0, 1.0])
    assert branch.lam.tolist() == [2, 1]
    assert [x[0] for x in branch[1]] == pytest.approx([0.586784, 0.451807], abs=5e-7)
    assert [x[0] for x in branch[0]] == pytest.approx([0.617522, 0.371982], abs=5e-7)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (3, 2, 2), (2, 2, 2, 2)])
def test_against_the_twin(shape):
    game = random_game(1, *shape)
    branch = mk.qre(game, [0.3, 1.0])
    for lam, profile in zip(branch.lam, branch, strict=True):
        for x, y in zip(profile, logit_qre(game.payoffs, lam), strict=True):
            np.testing.assert_allclose(x, y, atol=1e-10)


@pytest.mark.parametrize("game", [OCHS, TURNING, random_game(0, 5, 6)])
def test_every_point_is_a_quantal_response_equilibrium(game):
    branch = mk.qre(game)
    assert branch.lam[0] == 0
    assert np.ptp(branch[0][0]) == 0  # uniform play
    assert branch.lam[-1] >= 1e4 / game.info.payoff_range
    assert branch.residuals.max() < RESIDUAL
    for i in (1, len(branch) // 2):
        assert mk.qre_residual(game, branch[i], 1 / branch.lam[i]) < RESIDUAL
    bound = sum(np.log(game.num_actions)) / branch.lam[1:]  # entropy bounds what errors cost
    assert np.all(branch.nash_convs[1:] <= bound)


def test_turning_points():
    branch = mk.qre(TURNING)
    steps = np.diff(branch.lam)
    assert steps.min() < 0 < steps.max()
    first = int(np.argmin(steps > 0))  # where it turns back
    lam = float(branch.lam[first]) * 0.999
    point = mk.qre(TURNING, lam)
    assert point.residuals[0] < RESIDUAL
    # the first of several equilibria at this lambda: close to the points before the turn
    near = [np.abs(np.concatenate(p) - np.concatenate(point[0])).max() for p in branch]
    assert int(np.argmin(near)) <= first + 1


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_payoff_units(unit):
    game = mk.NormalFormGame(OCHS.payoffs * unit + 2 * unit)
    for x, y in zip(mk.qre(game, 2.0 / unit)[0], mk.qre(OCHS, 2.0)[0], strict=True):
        np.testing.assert_allclose(x, y, atol=1e-10)


def test_zero_and_repeated_lambdas():
    branch = mk.qre(OCHS, [0, 1, 0, 1])
    assert branch.residuals.max() < RESIDUAL
    assert branch[0][0].tolist() == [0.5, 0.5]
    assert np.array_equal(branch[1][1], branch[3][1])


def test_a_tree_and_constant_payoffs():
    assert mk.qre("selten_horse", 1.0).game.form == "normal"
    flat = mk.qre(mk.NormalFormGame(np.ones((2, 2, 3))), 5.0)
    assert flat[0][1].tolist() == pytest.approx([1 / 3] * 3)


def test_printed():
    branch = mk.qre(OCHS)
    assert "residual" in repr(branch)
    assert "more in between" in repr(branch)
    assert branch._repr_html_().startswith("<table>")
    assert len(branch.to_dict()["profiles"]) == len(branch)
    assert branch.probabilities(1).shape == (len(branch), 2)


@pytest.mark.parametrize(
    ("lam", "what"),
    [
        (-1.0, "lam is -1"),
        ([1, np.nan], r"lam\[1\] is nan"),
        (np.inf, "inf"),
        ("x", "'x'"),
        ("1.0", "'1.0'"),
        ([True], "True"),
        ([1, True], "True"),
        (1e15, "float64 cannot tell"),
        ([1.0, 1e308], "float64 cannot tell"),
    ],
)
def test_bad_lambdas_are_refused(lam, what):
    with pytest.raises(mk.InvalidOptionError, match=what):
        mk.qre(OCHS, lam)


def test_fit_finds_the_lambda_that_made_the_data():
    for game, lam in ((OCHS, 1.5), (TURNING, 3.0)):
        profile = mk.qre(game, lam)[0]
        fitted = mk.qre_fit(game, [1e6 * x for x in profile])
        assert fitted.lam == pytest.approx(lam, rel=1e-4)
        assert fitted.log_likelihood == pytest.approx(fitted.saturated, rel=1e-9)
        assert fitted.log_likelihood > fitted.uniform
        for x, y in zip(fitted.profile, profile, strict=True):
            np.testing.assert_allclose(x, y, atol=1e-5)


def test_fit_is_the_best_of_the_branch():
    counts = [[40, 30, 20, 10], [5, 5, 50, 40], [25, 25, 30, 20]]
    branch = mk.qre(TURNING)
    fitted = branch.fit(counts)
    likelihood = [
        sum(float(np.dot(c, np.log(x))) for c, x in zip(counts, profile, strict=True))
        for profile, lam in zip(branch, branch.lam, strict=True)
        if lam < 50  # later ones give some actions a probability of 0
    ]
    assert fitted.log_likelihood >= max(likelihood)
    at = mk.qre(TURNING, fitted.lam)
    assert at.residuals[0] < RESIDUAL


def test_fit_says_where_the_maximum_is_at_an_end():
    exact = mk.qre_fit("prisoners_dilemma", [[0, 50], [0, 50]])
    assert "lower bound" in exact.note
    away = mk.qre_fit("prisoners_dilemma", [[50, 0], [50, 0]])
    assert away.lam == 0
    assert "no lambda > 0" in away.note
    assert "Haile" in away.note
    assert "lambda" in repr(away)
    assert away.to_dict()["lam"] == 0


@pytest.mark.parametrize(
    ("counts", "what"),
    [
        ([[1, 2]], "shapes"),
        ([[1, -2], [1, 1]], "player 0's action 1 is -2"),
        ([[0, 0], [0, 0]], "all counts are 0"),
        ("ab", "not 2 vectors"),
    ],
)
def test_bad_counts_are_refused(counts, what):
    with pytest.raises(mk.InvalidOptionError, match=what):
        mk.qre_fit(OCHS, counts)


def test_plot_draws_every_action():
    branch = mk.qre("mckelvey_mclennan")
    ax = plot_qre(branch, ax=detached_axes())
    assert len(ax.get_lines()) == 6
    np.testing.assert_array_equal(ax.get_lines()[2].get_xdata(), branch.lam)
    np.testing.assert_array_equal(ax.get_lines()[2].get_ydata(), branch.probabilities(1)[:, 0])
    one = branch.plot(ax=detached_axes(), player=2)
    assert [t.get_text() for t in one.get_legend().get_texts()] == ["player 2: 1", "player 2: 2"]
    assert len(plot_qre(mk.qre(OCHS, 0), ax=detached_axes()).get_lines()) == 4
    with pytest.raises(mk.InvalidOptionError, match="player is 3"):
        plot_qre(branch, ax=detached_axes(), player=3)


@pytest.mark.parametrize("seed", [1, 15, 20])
def test_the_branch_is_not_lost_to_noise(seed):
    game = mk.NormalFormGame(np.random.default_rng(seed).integers(0, 4, (2, 8, 8)))
    assert mk.qre(game, 1000.0).residuals[0] < RESIDUAL


def test_the_branch_ends_where_lambda_is_large_for_everybody():
    rich = mk.NormalFormGame(OCHS.payoffs * np.array([1.0, 1e3])[:, None, None])
    branch = mk.qre(rich)
    assert branch.lam[-1] >= 1e4 / 1.1141
    assert [x[0] for x in branch[-1]] == pytest.approx([0.5, 0.2], abs=1e-3)
    fitted = mk.qre_fit(rich, [[50, 50], [20, 80]])
    assert fitted.profile[1][0] == pytest.approx(0.2, abs=0.01)


def test_a_residual_that_rounding_spoils_is_refused():
    game = mk.NormalFormGame(OCHS.payoffs + 1e13)
    with pytest.raises(mk.MarlKitError, match=r"rounding spoils|was lost|no quantal response"):
        mk.qre(game, 1e3)


def test_ctrl_c_returns_the_branch_so_far(monkeypatch):
    def interrupted(system, growth):
        for number, point in enumerate(logit_path.follow(system, growth)):
            if number == 20:
                signal.raise_signal(signal.SIGINT)
            yield point

    monkeypatch.setattr(qre_module, "follow", interrupted)
    whole = mk.qre(OCHS)
    assert len(whole) == 21
    assert "Ctrl-C" in whole.note
    assert "Ctrl-C" in repr(whole)
    some = mk.qre(OCHS, [0.0, 0.01, 1e6])
    assert some.lam.tolist() == [0, 0.01]
    assert len(some) == 2
    assert "Ctrl-C" in some.note
    none = mk.qre(OCHS, 1e7)
    assert len(none) == 0
    assert "Ctrl-C" in repr(none)
    assert "Ctrl-C" in mk.qre_fit(OCHS, [[58, 42], [32, 68]]).note


def test_fit_says_where_lambda_is_not_identified():
    """Play of matching pennies is uniform at every lambda."""
    fitted = mk.qre_fit("matching_pennies", [[30, 70], [50, 50]])
    assert np.isnan(fitted.lam)
    assert "not identified" in fitted.note
    assert "not identified" in repr(fitted)
    assert fitted.to_dict()["lam"] is None


def test_fit_gives_the_first_of_equally_good_lambdas():
    fitted = mk.qre_fit("prisoners_dilemma", [[0, 50], [0, 50]])
    assert 1 < fitted.lam < 100
    assert "lower bound" in fitted.note
    assert fitted.log_likelihood == pytest.approx(0, abs=1e-9)
