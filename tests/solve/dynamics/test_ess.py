"""Evolutionarily stable strategies: the literature, a search for invaders, exactness."""

from fractions import Fraction as F

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve.dynamics.rational import strictly_copositive
from tests.reference.dynamics import can_be_invaded


def symmetric(A):
    return mk.NormalFormGame.from_bimatrix(A, np.transpose(A).tolist())


@pytest.mark.parametrize(
    ("A", "expected"),
    [
        ([[-1, 2], [0, 1]], [["1/2", "1/2"]]),  # hawks and doves
        ([[2, 0], [3, 1]], [["0", "1"]]),  # a prisoners' dilemma
        ([[2, 0], [0, 1]], [["1", "0"], ["0", "1"]]),  # coordination: the mixed one is none
        ([[0, 0], [0, 0]], []),  # neutral
        ([[1, 1], [1, 0]], [["1", "0"]]),  # the rival does worse against itself
        # Maynard Smith (1982), appendix D: rock-scissors-paper with a cost or a prize for ties
        ([[-1, 2, -2], [-2, -1, 2], [2, -2, -1]], [["1/3", "1/3", "1/3"]]),
        ([[0, 2, -2], [-2, 0, 2], [2, -2, 0]], []),
        ([[1, 2, -2], [-2, 1, 2], [2, -2, 1]], []),
    ],
)
def test_textbook_games(A, expected):
    found = mk.evolutionarily_stable(symmetric(A), exact=True)
    assert found == [[F(x) for x in p] for p in expected]


def test_the_equilibrium_of_best_replies_outside_its_support():
    """The case where copositivity, not definiteness, decides: 1 is the only pure strategy with
    best replies 2 and 3, whose mixture alone can invade."""
    stable = [[0, 0, 0], [0, -1, 2], [0, -2, -1]]  # z2^2 + z3^2 > 0 on the cone
    assert mk.is_ess(symmetric(stable), [1, 0, 0])
    invaded = [[0, 0, 0], [0, -1, 2], [0, 2, -1]]  # 2 and 3 together get 1/2 among themselves
    assert not mk.is_ess(symmetric(invaded), [1, 0, 0])
    edge = [[0, 0, 0], [0, -1, 1], [0, 1, -1]]  # they get exactly 0
    assert not mk.is_ess(symmetric(edge), [1, 0, 0])


@pytest.mark.parametrize("seed", range(12))
def test_against_a_search_for_invaders(seed):
    """Small integers: degenerate games, in which much is decided by ties."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    A = rng.integers(-2, 3, size=(n, n))
    game = symmetric(A.tolist())
    found = mk.evolutionarily_stable(game)
    for p in found:
        assert mk.is_ess(game, p)
        assert mk.nash_conv(game, [p, p]) < 1e-12
        assert not can_be_invaded(A, p, rng)
    # of the other symmetric equilibria a mutant is found
    for profile in mk.all_equilibria(game):
        x, y = profile
        same = np.allclose(x, y)
        if same and not any(np.allclose(x, p) for p in found):
            assert not mk.is_ess(game, x)
            assert can_be_invaded(A, x, rng)


def test_ess_are_attractors_of_the_replicator():
    """Taylor and Jonker (1978); Hofbauer, Schuster and Sigmund (1979)."""
    rng = np.random.default_rng(3)
    done = 0
    for _ in range(6):
        A = rng.normal(size=(3, 3))
        game = symmetric(A)
        for p in mk.evolutionarily_stable(game):
            start = 0.98 * p + 0.02 * rng.dirichlet(np.ones(3))
            path = mk.dynamics(game, "replicator", populations="one", start=start, time=400)
            assert np.abs(path.states[-1] - p).max() < np.abs(start - p).max() / 5
            done += 1
    assert done >= 3


def test_floats_stand_for_the_exact_equilibrium():
    third = [1 / 3, 1 / 3, 1 / 3]
    good = symmetric([[-1, 2, -2], [-2, -1, 2], [2, -2, -1]])
    assert mk.is_ess(good, third)
    assert mk.is_ess(good, np.array(third))
    assert mk.is_ess(good, [third, third])
    assert not mk.is_ess(good, [0.34, 0.33, 0.33])
    assert not mk.is_ess(good, ["34/100", "33/100", "33/100"])


@pytest.mark.parametrize(("scale", "shift"), [(1e-9, 0), (1e9, 0), (1, 17), (0.1, 0.3)])
def test_units_do_not_matter(scale, shift):
    A = np.array([[-1, 2], [0, 1]])
    (p,) = mk.evolutionarily_stable(symmetric((A * scale + shift).tolist()))
    assert p == pytest.approx([0.5, 0.5])


def test_columns_may_shift_without_consequence():
    """Adding a number to a column changes no difference between mutants and residents."""
    rng = np.random.default_rng(0)
    A = rng.integers(-3, 4, size=(4, 4))
    B = A + rng.integers(-5, 6, size=(1, 4))
    a, b = (mk.evolutionarily_stable(symmetric(M.tolist()), exact=True) for M in (A, B))
    assert a == b


def test_strict_copositivity():
    """The Horn form (Hall and Newman 1963) is copositive, not strictly; with a little more on its
    diagonal strictly, although not a sum of a definite and a non-negative form."""
    horn = [[F(1 if (i - j) % 5 in (0, 2, 3) else -1) for j in range(5)] for i in range(5)]
    assert not strictly_copositive(horn)
    more = [[x + F(i == j, 100) for j, x in enumerate(row)] for i, row in enumerate(horn)]
    assert strictly_copositive(more)
    less = [[x - F(i == j, 100) for j, x in enumerate(row)] for i, row in enumerate(horn)]
    assert not strictly_copositive(less)


def test_bad_input():
    with pytest.raises(mk.UnsupportedGameError, match="player 0 gets"):
        mk.is_ess("matching_pennies", [0.5, 0.5])
    with pytest.raises(mk.InvalidProfileError, match="sum to"):
        mk.is_ess("hawk_dove", [0.5, 0.6])
    with pytest.raises(mk.InvalidProfileError):
        mk.is_ess("hawk_dove", ["1/2", "2/3"])
    with pytest.raises(mk.InvalidProfileError, match="probability of action 1"):
        mk.is_ess("hawk_dove", [1.5, -0.5])
    with pytest.raises(mk.InvalidOptionError, match="differ"):
        mk.is_ess("hawk_dove", [[1, 0], [0, 1]])
    with pytest.raises(mk.GameTooLargeError, match="8,191 supports"):
        mk.evolutionarily_stable(symmetric(np.eye(13)))
