"""Better and worse, or round in circles: the Hodge split, and where Elo misleads."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import marl_kit as mk

RPS = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]], float)
LADDER = np.subtract.outer([1.0, 0.0, -1.0], [1.0, 0.0, -1.0])
CIRCLE = [("r", "s", 50, 0, 0), ("s", "p", 50, 0, 0), ("p", "r", 50, 0, 0)]


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5, 2.0, 30.0])
def test_a_cycle_and_a_ladder(epsilon) -> None:
    """C + eps T: ratings (eps, 0, -eps), cyclic share 6 / (6 + 12 eps^2)."""
    split = mk.hodge(RPS + epsilon * LADDER)
    np.testing.assert_allclose(split.ratings, [epsilon, 0, -epsilon], atol=1e-12)
    assert split.cyclic_share == pytest.approx(6 / (6 + 12 * epsilon**2))
    np.testing.assert_allclose(split.cyclic, RPS, atol=1e-12)
    assert split.worst_cycle() == ((0, 1, 2), pytest.approx(3))


@st.composite
def tables(draw) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(2, 6))
    numbers = draw(st.lists(st.integers(-9, 9), min_size=n * n, max_size=n * n))
    weights = draw(st.lists(st.integers(0, 4), min_size=n * n, max_size=n * n))
    table, weight = (np.reshape(x, (n, n)).astype(float) for x in (numbers, weights))
    np.fill_diagonal(weight, 0)
    return table - table.T, weight + weight.T


@settings(max_examples=100, deadline=None)
@given(tables())
def test_the_split_is_least_squares(case) -> None:
    """A twin by lstsq over the list of pairs; the parts add up and are orthogonal."""
    table, weight = case
    n = len(table)
    split = mk.hodge(table, weight)
    pairs = [(i, j) for i in range(n) for j in range(i) if weight[i, j]]
    if pairs:
        rows = np.array([np.sqrt(weight[i, j]) * (np.eye(n)[i] - np.eye(n)[j]) for i, j in pairs])
        sides = np.array([np.sqrt(weight[i, j]) * table[i, j] for i, j in pairs])
        np.testing.assert_allclose(split.ratings, np.linalg.lstsq(rows, sides)[0], atol=1e-9)
    known = weight > 0
    np.testing.assert_allclose((split.transitive + split.cyclic)[known], table[known], atol=1e-9)
    np.testing.assert_allclose((weight * split.cyclic).sum(axis=1), 0, atol=1e-9)
    assert abs((weight * split.cyclic * split.transitive).sum()) < 1e-7
    assert 0 <= split.cyclic_share <= 1


def test_names_and_scale_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(5, 5))
    table -= table.T
    order = rng.permutation(5)
    split, turned = mk.hodge(table), mk.hodge(1e200 * table[np.ix_(order, order)])
    np.testing.assert_allclose(turned.ratings, 1e200 * split.ratings[order], rtol=1e-9)
    assert turned.cyclic_share == pytest.approx(split.cyclic_share)


def test_players_who_never_met() -> None:
    weights = np.zeros((4, 4))
    weights[0, 1] = weights[1, 0] = weights[2, 3] = weights[3, 2] = 1
    table = np.zeros((4, 4))
    table[0, 1], table[1, 0] = 3, -3
    split = mk.hodge(table, weights, players=list("abcd"))
    np.testing.assert_allclose(split.ratings, [1.5, -1.5, 0, 0], atol=1e-12)
    assert split.worst_cycle() is None
    assert mk.hodge(np.zeros((3, 3))).cyclic_share == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((np.ones((2, 2)),), "antisymmetric"),
        ((np.zeros((2, 3)),), "square"),
        (([[0, np.nan], [np.nan, 0]],), "finite"),
        (("table",), "square"),
        ((RPS, -np.ones((3, 3))), "not negative"),
        ((RPS, np.ones((2, 2))), "weights must be"),
        ((RPS, np.triu(np.ones((3, 3)))), "symmetric"),
        ((RPS, None, ["a", "b"]), "3 different names"),
        ((RPS, None, ["a", "b", "b"]), "3 different names"),
        ((RPS, None, 5), "3 different names"),
        ((RPS, None, [[1], [2], [3]]), "3 different names"),
    ],
)
def test_bad_tables_are_refused(args, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.hodge(*args)


def test_elo_misleads_on_a_circle() -> None:
    misfit = mk.elo_misfit(CIRCLE)
    assert misfit.misleads
    assert len(misfit.pairs) == 3
    assert misfit.hodge.cyclic_share > 0.99
    assert misfit.ratings.elo.abs().max() < 1
    assert "yes: 3 pairs" in repr(misfit)
    assert "<table>" in misfit._repr_html_()
    assert json.loads(json.dumps(misfit.to_dict()))["misleads"] is True


def test_three_wins_each_are_no_proof_of_a_circle() -> None:
    misfit = mk.elo_misfit([(a, b, 3, 0, 0) for a, b, *_ in CIRCLE])
    assert not misfit.misleads
    assert misfit.pairs.empty
    assert list(misfit.pairs.columns) == ["a", "b", "games", "score", "expected", "chance"]


def test_elo_rarely_seems_to_mislead_where_it_holds() -> None:
    """200 leagues of five that Elo describes: the flag is raised in at most 5 %, by its bound."""
    rng = np.random.default_rng(2)
    true = rng.normal(0, 200, 5)
    raised = 0
    for _ in range(200):
        a, b = np.triu_indices(5, 1)
        wins = rng.binomial(60, 1 / (1 + 10 ** ((true[b] - true[a]) / 400)))
        frame = pd.DataFrame({"a": a, "b": b, "wins_a": wins, "draws": 0, "wins_b": 60 - wins})
        raised += mk.elo_misfit(frame).misleads
    assert raised <= 10


def test_infinite_differences_contradict_nothing() -> None:
    assert not mk.elo_misfit([("a", "b", 90, 0, 0), ("b", "c", 90, 0, 0)], prior=None).misleads
    assert not mk.elo_misfit([]).misleads


@pytest.mark.parametrize("heavy", [1.0, 1e308])
@pytest.mark.parametrize("light", [1.0, 1e-5, 1e-9, 1e-12])
def test_weights_far_apart_and_huge(heavy, light) -> None:
    """A chain is explained by ratings whatever its weights."""
    weights = np.zeros((3, 3))
    weights[0, 1] = weights[1, 0] = heavy
    weights[1, 2] = weights[2, 1] = heavy * light
    split = mk.hodge(np.subtract.outer([3.0, 0.7, -2.0], [3.0, 0.7, -2.0]), weights)
    np.testing.assert_allclose(np.diff(split.ratings), [-2.3, -2.7], rtol=1e-9)
    assert split.cyclic_share < 1e-15


def test_least_squares_of_weights_far_apart_in_exact_arithmetic() -> None:
    """Two heavy pairs of a triangle hold; the light one takes what is left of the cycle."""
    weights = np.array([[0, 1, 1e-11], [1, 0, 1], [1e-11, 1, 0]])
    split = mk.hodge(RPS, weights)
    np.testing.assert_allclose(split.ratings, [1, 0, -1], atol=1e-9)
    np.testing.assert_allclose(split.cyclic[2, 0], 3, atol=1e-9)


@pytest.mark.parametrize(("n", "light"), [(3, 1e-18), (201, 1e-8)])
def test_weights_that_rounding_hides_are_refused(n, light) -> None:
    weights = np.ones((n, n))
    weights[0, 1] = weights[1, 0] = light
    with pytest.raises(mk.InvalidOptionError, match="rounding hides the lightest"):
        mk.hodge(np.zeros((n, n)), weights)


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_cycle_is_that_of_all_triples(seed) -> None:
    rng = np.random.default_rng(seed)
    table, weights = rng.normal(size=(7, 7)), np.triu(rng.random((7, 7)) < 0.7, 1)
    table, weights = table - table.T, (weights | weights.T).astype(float)
    ways = itertools.permutations(range(7), 3)
    known = [w for w in ways if all(weights[w[i], w[(i + 1) % 3]] for i in range(3))]
    most = max(sum(table[w[i], w[(i + 1) % 3]] for i in range(3)) for w in known)
    (a, b, c), won = mk.hodge(table, weights).worst_cycle()
    assert won == pytest.approx(most)
    assert won == pytest.approx(table[a, b] + table[b, c] + table[c, a])


def test_names_of_a_data_frame() -> None:
    frame = pd.DataFrame(RPS, index=list("rsp"), columns=list("rsp"))
    assert mk.hodge(frame).players == ("r", "s", "p")
    assert mk.hodge(frame, players=list("xyz")).players == ("x", "y", "z")


@pytest.mark.parametrize("prior", [500.0, 100.0, 30.0, None])
def test_elo_never_misleads_about_two_players(prior) -> None:
    misfit = mk.elo_misfit([("a", "b", 900, 0, 100)], prior=prior)
    assert not misfit.misleads
    assert misfit.met["expected"].tolist() == pytest.approx([0.9])
    assert not mk.elo_misfit([("a", "b", 10**9, 0, 1)], prior=prior).misleads


def test_a_strong_prior_contradicts_nothing() -> None:
    rows = [("a", "b", 9000, 0, 1000), ("b", "c", 9000, 0, 1000), ("a", "c", 81000, 0, 1000)]
    assert not mk.elo_misfit(rows, prior=50.0).misleads
    assert mk.elo_misfit([*rows[:2], ("c", "a", 81000, 0, 1000)], prior=50.0).misleads
