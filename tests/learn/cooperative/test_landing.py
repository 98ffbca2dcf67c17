"""Where learners land: regrets, optimum and nearest equilibrium against slow twins."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import marl_kit as mk
from marl_kit.evaluate.intervals import wilson
from marl_kit.learn.cooperative.team_optimum import team_optimum

CORNER = [[0, 0, 1], [0, 0, 1]]
BEST = [[1, 0, 0], [1, 0, 0]]


def expected(payoffs, profile):
    """Cell by cell."""
    cells = itertools.product(*map(range, payoffs.shape))
    return sum(payoffs[c] * np.prod([x[a] for x, a in zip(profile, c, strict=True)]) for c in cells)


def regret(payoffs, profile, player):
    pure = np.eye(len(profile[player]))
    replies = [[*profile[:player], row, *profile[player + 1 :]] for row in pure]
    return max(expected(payoffs, r) for r in replies) - expected(payoffs, profile)


def random_profiles(rng, sizes, seeds):
    return [[rng.dirichlet(np.full(n, 0.5)) for n in sizes] for _ in range(seeds)]


@pytest.mark.parametrize("sizes", [(2, 3), (3, 3), (2, 2, 3)])
@pytest.mark.parametrize("is_team", [True, False])
def test_values_and_regrets_equal_those_of_the_twin(sizes, is_team):
    rng = np.random.default_rng([len(sizes), is_team])
    payoffs = rng.integers(-9, 10, (len(sizes), *sizes)).astype(float)
    if is_team:
        payoffs[:] = payoffs[0]
    profiles = random_profiles(rng, sizes, 4)
    found = mk.landing(mk.NormalFormGame(payoffs), profiles)
    for s, profile in enumerate(profiles):
        for p, table in enumerate(payoffs):
            assert found.values[s, p] == pytest.approx(expected(table, profile))
            assert found.regrets[s, p] == pytest.approx(regret(table, profile, p), abs=1e-12)
    assert found.optimum == payoffs.mean(axis=0).max()
    np.testing.assert_allclose(found.nash_conv, found.regrets.sum(axis=1))
    np.testing.assert_allclose(found.exploitability * len(sizes), found.nash_conv)
    np.testing.assert_allclose(found.shortfall, found.optimum - found.values.mean(axis=1))
    if is_team:  # the best pure plan is an equilibrium, so correlation adds nothing
        assert found.correlated_optimum == pytest.approx(found.optimum)


def test_chicken_has_a_correlated_optimum_below_the_teams():
    found = mk.landing("chicken", ["uniform"])
    assert (found.optimum, found.values.tolist()) == (6, [[3.75, 3.75]])
    assert found.correlated_optimum == pytest.approx(5.25)


def test_nearest_is_the_equilibrium_itself_and_certified():
    game = mk.load_game("climbing")
    known = list(mk.all_equilibria(game))
    found = mk.landing(game, known)
    np.testing.assert_allclose(found.distances, 0, atol=1e-12)
    np.testing.assert_allclose(found.nearest_values, found.value)
    assert found.nearest_nash_conv.max() < 1e-9
    assert sorted(found.outcomes) == ["a, a", "b, b", "mixed"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_nearest_of_isolated_equilibria_is_found_by_looking_at_each(seed):
    rng = np.random.default_rng(seed)
    table = rng.permutation(9).reshape(3, 3).astype(float)
    game = mk.NormalFormGame([table, table])
    (profile,) = random_profiles(rng, (3, 3), 1)
    known = mk.all_equilibria(game)
    assume(all(len(subset) == 1 for subset in known.nash_subsets))
    found = mk.landing(game, [profile])
    each = [max(abs(x - y).sum() / 2 for x, y in zip(profile, e, strict=True)) for e in known]
    assert found.distances[0] == pytest.approx(min(each))
    assert found.nearest_nash_conv[0] < 1e-9


def test_nearest_is_sought_within_nash_subsets():
    """In QTRAN's matrix every mixture of the two bad actions is an equilibrium."""
    rng = np.random.default_rng(0)
    profile = [[0.1, 0.2, 0.7], [0.05, 0.55, 0.4]]
    found = mk.landing("qtran", [profile, [[0, 0.2, 0.8], [0, 0.5, 0.5]]])
    assert found.distances.tolist() == pytest.approx([0.1, 0.0])
    assert found.nash_conv[1] == found.nearest_values[1] == 0
    assert found.nearest_nash_conv.max() < 1e-9
    for _ in range(200):  # nothing nearer among equilibria drawn at random
        near = [np.r_[0.0, rng.dirichlet([1, 1])] for _ in range(2)]
        assert mk.nash_conv("qtran", near) < 1e-12
        away = max(abs(np.array(x) - y).sum() / 2 for x, y in zip(profile, near, strict=True))
        assert away >= 0.1 - 1e-12


def test_more_players_are_compared_with_pure_equilibria_and_the_note_says_so():
    found = mk.landing("mckelvey_mclennan", ["uniform"])
    assert len(found.equilibria) == 4
    assert "pure strategies only: 3 players" in found.note
    assert found.distances.tolist() == [0.5]
    pennies = mk.landing(mk.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]]), ["uniform"])
    assert pennies.distances.tolist() == [0.0]
    assert pennies.note == ""


def test_no_equilibrium_on_the_list_is_told_as_none():
    table = np.array([[1.0, -1.0], [-1.0, 1.0]])
    three = np.stack([np.stack([sign * table] * 2, axis=2) for sign in (1, -1, 0)])
    found = mk.landing(mk.NormalFormGame(three), ["uniform"])
    assert found.nearest == (None,)
    assert np.isnan(found.distances).all()
    assert json.loads(json.dumps(found.to_dict()))["seeds"][0]["distance"] is None


def test_counts_have_wilson_intervals():
    found = mk.landing("climbing", [CORNER] * 3 + [BEST] + ["uniform"])
    counts = found.counts().set_index("outcome")
    assert counts["seeds"].to_dict() == {"c, c": 3, "a, a": 1, "mixed": 1}
    assert counts["value"].to_dict() == pytest.approx({"c, c": 5, "a, a": 11, "mixed": -31 / 9})
    assert tuple(counts.loc["c, c", ["low", "high"]]) == wilson(0.6, 5)
    half = mk.landing("climbing", [[[0.6, 0.4, 0], [1, 0, 0]]], sure=0.55)
    assert half.outcomes == ("a, a",)


def two_step_game():
    """The two-step game of Rashid et al. 2018: the first agent's action chooses the second table;
    states are observed."""
    tables = {"A": [[7, 7], [7, 7]], "B": [[0, 1], [1, 8]]}
    builder = mk.TreeBuilder(players=2)
    builder.decision((), 0, "first", ["A", "B"])
    for state, table in tables.items():
        builder.decision((state,), 0, f"0 in {state}", ["a", "b"])
        for i, a in enumerate("ab"):
            builder.decision((state, a), 1, f"1 in {state}", ["a", "b"])
            for j, b in enumerate("ab"):
                builder.payoff((state, a, b), [table[i][j]] * 2)
    return builder.build()


def test_trees_are_told_by_optimum_and_equilibrium():
    game = two_step_game()
    safe = {"first": [1, 0], "0 in A": [1, 0], "0 in B": [1, 0]}
    safe |= {"1 in A": [1, 0], "1 in B": [1, 0]}
    best = safe | {"first": [0, 1], "0 in B": [0, 1], "1 in B": [0, 1]}
    waste = safe | {"first": [0, 1]}
    found = mk.landing(game, [safe, best, waste])
    assert found.optimum == 8
    assert found.outcomes == ("equilibrium", "optimum", "no equilibrium")
    assert found.value.tolist() == [7, 8, 0]
    assert found.nash_conv.tolist() == [0, 0, 8]
    assert found.equilibria is None
    assert "distance" not in found.to_frame()


def test_tiny_hanabi_has_the_known_optimum():
    """Foerster et al. 2019, Bayesian action decoder: 10."""
    found = mk.landing("openspiel:tiny_hanabi", ["uniform"])
    assert found.optimum == pytest.approx(10)
    assert found.nash_conv[0] == pytest.approx(mk.nash_conv("openspiel:tiny_hanabi", "uniform"))


def test_backward_induction_of_the_team_equals_the_best_joint_plan():
    rng = np.random.default_rng(5)
    builder = mk.TreeBuilder(players=2)
    builder.chance((), {"u": 0.25, "v": 0.75})
    for c in "uv":
        builder.decision((c,), 0, f"0{c}", ["a", "b"])
        for a in "ab":
            builder.decision((c, a), 1, f"1{c}{a}", ["a", "b"])
            for b in "ab":
                builder.payoff((c, a, b), rng.integers(-9, 10, 2).tolist())
    game = builder.build()
    assert game.info.perfect_information
    plans = game.to_normal_form().payoffs.mean(axis=0)
    assert team_optimum(game) == pytest.approx(plans.max())


def test_results_can_be_looked_at():
    found = mk.landing("penalty", [CORNER, BEST, [[0, 1, 0], [0, 1, 0]]])
    assert json.loads(json.dumps(found.to_dict()))["counts"][0]["seeds"] == 1
    assert repr(found).startswith("Landing\n  game ")
    assert found._repr_html_().count("<tr>") == len(found.rows())
    assert found.to_frame()["shortfall"].tolist() == [110, 110, 8]
    assert len(found) == 3


def test_bad_input_is_refused():
    with pytest.raises(mk.InvalidOptionError, match="profiles is empty"):
        mk.landing("climbing", [])
    with pytest.raises(mk.InvalidOptionError, match="profiles is a str"):
        mk.landing("climbing", "uniform")
    with pytest.raises(mk.InvalidOptionError, match="profiles is a int"):
        mk.landing("climbing", 3)
    with pytest.raises(mk.InvalidProfileError, match=r"profiles\[1\]: player 0's probabilit"):
        mk.landing("climbing", [BEST, [[1, 1, 0], [1, 0, 0]]])
    with pytest.raises(mk.InvalidProfileError, match=r"profiles\[0\]: player 0's probabilit"):
        mk.landing("climbing", [[[np.nan, 0, 1], [1, 0, 0]]])
    with pytest.raises(mk.InvalidOptionError, match="sure is"):
        mk.landing("climbing", [BEST], sure=0.2)
    with pytest.raises(mk.InvalidOptionError, match="within is nan"):
        mk.landing("climbing", [BEST], within=float("nan"))
    with pytest.raises(mk.GameTooLargeError, match="reduced normal form"):
        mk.landing("openspiel:leduc_poker", ["uniform"])
