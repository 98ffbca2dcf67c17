"""Exact PSRO: reference figures, slow twins, and what is known of its special cases."""

import itertools

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.results import Status
from marl_kit.games.reduced_normal_form import pure_strategies
from marl_kit.league import psro_generation as generation
from marl_kit.league.psro import psro
from tests.reference import league as reference


def blotto(coins: int, fields: int) -> mk.NormalFormGame:
    """Whoever has more coins on more fields wins (Borel 1921); the sign of the difference."""
    ways = [a for a in itertools.product(range(coins + 1), repeat=fields) if sum(a) == coins]
    won = [[np.sign(np.sign(np.subtract(a, b)).sum()) for b in ways] for a in ways]
    return mk.NormalFormGame.from_bimatrix(np.array(won))


@pytest.mark.parametrize("seed", range(6))
def test_kuhn_is_solved_after_a_few_iterations(seed):
    result = psro("kuhn_poker", seed=seed)
    assert result.status is Status.CONVERGED
    assert 5 <= result.iterations <= 9
    assert mk.nash_conv("kuhn_poker", result.profile) < 1e-12
    np.testing.assert_allclose(result.values, [-1 / 18, 1 / 18], atol=1e-12)


def test_leduc_at_100_iterations():
    result = psro("leduc_poker", iterations=100)
    assert 0.3 < result.nash_conv < 0.55  # 0.36 to 0.49 over random starts
    assert result.nash_conv == pytest.approx(mk.nash_conv("leduc_poker", result.profile))
    # not monotone: the best so far is better than the last
    assert np.any(np.diff(result.history.nash_conv) > 0)
    assert np.all(np.diff(result.history.best) <= 0)
    best = mk.nash_conv("leduc_poker", result.best_profile)
    assert best == pytest.approx(result.history.nash_conv.min())


@pytest.mark.parametrize(("n", "games", "low", "high"), [(30, 8, 20, 25), (100, 2, 63, 73)])
def test_double_oracle_on_uniform_random_matrices(n, games, low, high):
    sizes = []
    for seed in range(games):
        game = mk.NormalFormGame.from_bimatrix(np.random.default_rng(seed).random((n, n)))
        result = psro(game, iterations=n, seed=seed)
        assert result.status is Status.CONVERGED
        np.testing.assert_allclose(result.values, mk.solve(game, "lp").values, atol=1e-9)
        sizes += [len(m) for m in result.members]
    assert low <= np.mean(sizes) <= high  # single games of 30 x 30 differ more: 16 to 25


def test_blotto_is_solved_by_nash_and_not_by_self_play():
    game = blotto(10, 3)
    assert game.num_actions == (66, 66)
    result = psro(game)
    assert result.nash_conv < 1e-9
    np.testing.assert_allclose(result.values, 0.0, atol=1e-9)
    assert all(18 <= len(m) <= 30 for m in result.members)
    alone = psro(game, "latest", iterations=50)
    np.testing.assert_allclose(alone.history.nash_conv / 2, 1.0)  # exploitability, to the end


@pytest.mark.parametrize(
    "game", ["kuhn_poker", "leduc_poker", "kuhn_poker(players=3)", "selten_horse"]
)
def test_uniform_is_fictitious_play(game):
    result = psro(game, "uniform", start="uniform", iterations=12)
    twin = mk.solve(game, "xfp", iterations=12)
    np.testing.assert_allclose(result.profile.probabilities, twin.profile.probabilities, atol=1e-9)


@pytest.mark.parametrize(
    ("game", "meta_solver"),
    [
        ("kuhn_poker", "nash"),
        ("kuhn_poker(players=3)", "uniform"),
        ("chicken", "cce"),
        ("selten_horse", "prd(steps=500)"),
    ],
)
def test_payoffs_are_those_of_the_members(game, meta_solver):
    game = mk.load_game(game)
    result = psro(game, meta_solver, iterations=4, start="uniform")
    members = [[result.member(p, i) for i in range(len(m))] for p, m in enumerate(result.members)]
    expected = reference.empirical_payoffs(game, members)
    np.testing.assert_allclose(result.payoffs, expected, atol=1e-12)


@pytest.mark.parametrize("game", ["chicken", "selten_horse", "kuhn_poker", "prisoners_dilemma"])
@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_joint_meta_strategies_are_equilibria_of_the_whole_game(game, concept):
    result = psro(game, concept, iterations=30)
    assert result.status is Status.CONVERGED
    assert concept.upper() in repr(result)
    normal = mk.load_game(game).to_normal_form()
    assert mk.correlation_gap(normal, _over_pure(game, normal, result), concept) < 1e-7


def test_correlation_in_a_constant_sum_game_of_three_settles():
    """Every equilibrium has the same welfare; as an objective it kept the program from ending."""
    result = psro("kuhn_poker(players=3)", "ce", iterations=12)
    assert result.status is Status.CONVERGED
    assert result.history.gap[-1] < 1e-8
    np.testing.assert_allclose(result.values.sum(), 0.0, atol=1e-9)


def _over_pure(game, normal, result):
    """The joint distribution over members as one over the reduced normal form's strategies."""
    form, joint = mk.load_game(game).sequence_form(), np.zeros(normal.num_actions)
    places = []
    for p, plans in enumerate(result.members):
        strategies, first = pure_strategies(form, p), int(form.player_sequences[p])
        played = [tuple((first + np.flatnonzero(plan)).tolist()) for plan in plans]
        places.append([strategies.index(strategy) for strategy in played])
    for cell in np.ndindex(result.meta.joint.shape):
        joint[tuple(own[i] for own, i in zip(places, cell, strict=True))] += result.meta.joint[cell]
    return joint


def test_a_start_of_ones_own_and_a_game_of_one_player():
    given = psro("matching_pennies", start=[[1.0, 0.0], [0.25, 0.75]], iterations=0)
    assert given.members[1].tolist() == [[1.0, 0.25, 0.75]]
    assert given.status is Status.ITERATION_LIMIT
    lone = mk.NormalFormGame([[1.0, 5.0, 2.0]])
    for name in ("uniform", "cce", "ce"):
        result = psro(lone, name, start=[[1.0, 0.0, 0.0]])
        assert result.history.gap[0] == pytest.approx(4.0)
    assert psro(lone, "ce", start=[[1.0, 0.0, 0.0]]).values.tolist() == pytest.approx([5.0])


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_scale_of_payoffs_does_not_matter(scale):
    table = np.random.default_rng(7).random((12, 12))
    plain, scaled = (
        psro(mk.NormalFormGame.from_bimatrix(x), iterations=40) for x in (table, table * scale)
    )
    assert [len(m) for m in plain.members] == [len(m) for m in scaled.members]
    assert scaled.nash_conv <= 1e-9 * scale


def test_an_inexact_meta_solver_ends_when_nothing_is_new():
    result = psro("chicken", "prd(steps=10)", iterations=50)
    assert result.status is Status.NO_GUARANTEE
    assert "member already" in result.note
    assert result.nash_conv > 0


def test_a_meta_solver_that_gives_up_loses_nothing(monkeypatch):
    def give_up(*given):
        raise mk.GameTooLargeError("too many profiles.")

    monkeypatch.setattr(generation, "grown", give_up)
    result = psro("kuhn_poker")
    assert result.iterations == 0
    assert result.note == "ended early: too many profiles."


def test_what_people_look_at():
    result = psro("kuhn_poker")
    assert "NashConv / 2" in repr(result)
    assert result._repr_html_().startswith("<table>")
    plain = result.to_dict()
    assert plain["history"]["best"] == result.history.best.tolist()
    assert len(plain["meta_strategy"][0]) == len(result.members[0])
    frame = result.history.to_frame()
    assert frame["members of 1"].iloc[-1] == len(result.members[1])
    assert len(result.generations) == result.iterations + 1 == len(frame)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"iterations": -1}, "at least 0"),
        ({"iterations": 2.5}, "whole number"),
        ({"iterations": 10_000, "meta_solver": "uniform"}, "run fewer"),
        ({"tol": -1.0}, "at least 0"),
        ({"time_limit": "long"}, "at least 0"),
        ({"start": "pure"}, "random, uniform"),
        ({"start": [[1.0]]}, "2 players"),
        ({"meta_solver": "lp2"}, "meta-solver"),
        ({"seed": -3}, "non-negative"),
    ],
)
def test_bad_input_is_refused(options, says):
    with pytest.raises(mk.MarlKitError, match=says):
        psro("kuhn_poker", **options)


def test_four_players_settle_however_many_iterations_are_allowed():
    payoffs = np.zeros((4, 2, 2, 2, 2))
    for p in range(4):
        payoffs[p] = np.moveaxis(np.arange(2.0).reshape(2, 1, 1, 1) * np.ones((2,) * 4), 0, p)
    result = psro(mk.NormalFormGame(payoffs), "cce", iterations=1000)
    assert result.values.tolist() == [1.0] * 4
    assert result.nash_conv == 0.0


def test_nash_of_three_players_is_refused():
    with pytest.raises(mk.MarlKitError, match="two players and there are 3"):
        psro("kuhn_poker(players=3)")


@pytest.mark.parametrize("meta_solver", ["nash", "ce", "cce"])
@pytest.mark.parametrize("scales", [(1e9, 1.0), (1.0, 1e9), (1.0, 1e-12)])
def test_converged_means_that_no_player_gains_on_its_own_scale(meta_solver, scales):
    """The larger range once hid all that the other player could gain."""
    table = np.random.default_rng(2).random((5, 5))
    game = mk.NormalFormGame([scales[0] * table, -scales[1] * table])
    result = psro(game, meta_solver, iterations=30)
    assert result.status is Status.CONVERGED
    joint, values = result.meta.probabilities(), result.values
    for p in range(2):
        others = joint.sum(axis=p) @ result.members[1 - p][:, 1:]  # over the opponent's actions
        table = game.payoffs[p] if p == 0 else game.payoffs[p].T
        assert (table @ others).max() - values[p] <= 2e-9 * scales[p]


def test_without_a_gain_a_run_ends_whatever_the_tolerance():
    assert psro("kuhn_poker", tol=0.0).status is Status.CONVERGED
    assert psro("leduc_poker", tol=3.0, iterations=40).history.gap[-1] <= 3.0


def test_alpha_rank_is_named_and_seldom_converges():
    result = psro("kuhn_poker", "alpha_rank", iterations=10)
    assert "(alpha-rank, sum of gains)" in repr(result)
    assert result.status is Status.NO_GUARANTEE
    settled = psro("prisoners_dilemma", "alpha_rank")
    assert settled.status is Status.CONVERGED
    assert "alpha-rank distribution" in settled.note
