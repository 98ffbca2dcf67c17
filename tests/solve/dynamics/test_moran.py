"""Finite populations: the formula against the Markov chain, the simulation against the formula."""

from fractions import Fraction

import numpy as np
import pytest

import marl_kit as mk
from tests.reference.dynamics import fixation

GAMES = [[[3, 1], [4, 2]], [[2, 5], [3, 1]], [[4, 1], [2, 3]], [[1, 1], [1, 1]]]


def symmetric(A):
    return mk.NormalFormGame.from_bimatrix(A, np.transpose(A).tolist())


@pytest.mark.parametrize("A", GAMES)
@pytest.mark.parametrize("size", [2, 5, 9])
def test_the_formula_is_the_markov_chain(A, size):
    """Nowak (2006), chapter 6 and section 7.1, in Fractions."""
    w = Fraction(3, 10)
    for mutant, resident in ((0, 1), (1, 0)):

        def fitness(i, r, j, mutant=mutant, resident=resident):
            """Of an i, where j mutants and the rest residents are."""
            mutants, residents = j - (i == mutant), size - j - (i == resident)
            pi = Fraction(A[i][mutant] * mutants + A[i][resident] * residents, size - 1)
            return 1 - w + w * pi

        for mutants in {1, size - 1}:
            expected = fixation(
                lambda j: fitness(mutant, resident, j),  # noqa: B023
                lambda j: fitness(resident, mutant, j),  # noqa: B023
                size,
                mutants,
            )
            options = {"population": size, "selection": "linear", "mutants": mutants}
            exact = mk.fixation_probability(
                symmetric(A), mutant, resident, intensity=0.3, exact=True, **options
            )
            assert exact == expected
            rounded = mk.fixation_probability(
                symmetric(A), mutant, resident, intensity=0.3, **options
            )
            assert rounded == pytest.approx(float(expected), rel=1e-12)


def test_neutral_mutants_take_over_once_in_n():
    for size in (2, 17, 1000):
        for selection in ("linear", "exponential"):
            options = {"population": size, "selection": selection}
            rho = mk.fixation_probability("chicken", intensity=0, **options)
            assert rho == pytest.approx(1 / size, rel=1e-12)
    assert mk.fixation_probability(
        symmetric(GAMES[3]), population=50, intensity=0.5, selection="linear", exact=True
    ) == Fraction(1, 50)


def test_constant_fitness():
    """Nowak (2006), equation 6.14: rho = (1 - 1/r) / (1 - 1/r^N)."""
    r, size = 1.1, 100
    game = symmetric([[np.log(r)] * 2, [0, 0]])
    rho = mk.fixation_probability(game, population=size)
    assert rho == pytest.approx((1 - 1 / r) / (1 - r**-size), rel=1e-10)


def test_strong_selection_does_not_overflow():
    game = symmetric([[1, 0], [20, 2]])
    rho = mk.fixation_probability(game, 0, 1, population=40)
    assert 0 < rho < 1e-150
    assert mk.fixation_probability(game, 1, 0, population=4000) == pytest.approx(1)


def test_the_one_third_law():
    """Nowak et al. (2004): in large populations under weak selection a mutant is favoured if it
    wins at a frequency of 1/3."""
    for a, favoured in ((2.2, False), (2.8, True)):
        game = symmetric([[a, 0], [1, 0.7]])  # they are equal at x with a x = x + 0.7 (1 - x)
        unstable = 0.7 / (a - 1 + 0.7)
        assert (unstable < 1 / 3) == favoured
        rho = mk.fixation_probability(game, population=2000, intensity=1e-5, selection="linear")
        assert (rho > 1 / 2000) == favoured


@pytest.mark.parametrize("selection", ["linear", "exponential"])
def test_simulations_fix_as_often_as_the_formula_says(selection):
    game, size = symmetric([[3, 1], [4, 2]]), 6
    options = {"population": size, "selection": selection, "intensity": 0.4}
    rho = mk.fixation_probability(game, 1, 0, mutants=2, **options)
    runs = 600
    ends = [
        mk.dynamics(
            game, "moran", steps=2000, record=1, start=[4 / 6, 2 / 6], seed=s, **options
        ).states[-1]
        for s in range(runs)
    ]
    assert {x.max() for x in ends} == {1.0}
    share = np.mean([x[1] for x in ends])
    assert abs(share - rho) < 4 * np.sqrt(rho * (1 - rho) / runs)


def test_fixation_is_noted_and_mutation_prevents_it():
    path = mk.dynamics("hawk_dove", "moran", population=10, steps=5000, intensity=0.1)
    assert path.states[-1].max() == 1
    assert "has been fixed since step" in path.note
    when = int(path.note.rpartition(" ")[2].replace(",", ""))
    assert np.all(path.states[path.times >= when] == path.states[-1])
    assert np.all(path.states[path.times < when].max(axis=1) < 1)
    mixed = mk.dynamics("hawk_dove", "moran", population=10, steps=5000, mutation=0.2)
    assert mixed.note == ""
    counts = mixed.states * 10
    np.testing.assert_allclose(counts, np.rint(counts))


def test_without_selection_types_are_alike():
    """With mutation u and no selection the shares average 1/n."""
    path = mk.dynamics(
        "rock_paper_scissors_lizard_spock",
        "moran",
        population=20,
        mutation=0.5,
        intensity=0,
        steps=200_000,
        record=2,
    )
    np.testing.assert_allclose(path.averages[-1], 0.2, atol=0.01)


def test_starts_become_whole_numbers():
    path = mk.dynamics("hawk_dove", "moran", population=10, start=[0.3, 0.7], steps=1)
    assert path.states[0].tolist() == [0.3, 0.7]
    path = mk.dynamics("rock_scissors_paper", "moran", population=10, steps=1)
    assert path.states[0].tolist() == [0.4, 0.3, 0.3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"population": 1}, "population is 1"),
        ({"selection": "weak"}, "selection is 'weak'"),
        ({"intensity": -1}, "intensity is -1"),
        ({"intensity": 2, "selection": "linear"}, r"finite number in \[0, 1\]"),
        ({"intensity": 0.9, "selection": "linear"}, r"is -0.8 at \(0, 0\)"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.dynamics("hawk_dove", "moran", **options)
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.fixation_probability("hawk_dove", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mutant": 2}, "mutant is 2"),
        ({"mutant": 1}, "both 1"),
        ({"mutants": 100}, "1 to 99"),
        ({"exact": True}, "not rational"),
    ],
)
def test_bad_options_of_the_formula(options, message):
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.fixation_probability("hawk_dove", **options)


def test_asymmetric_games_are_refused():
    for ask in (mk.fixation_probability, lambda g: mk.dynamics(g, "moran")):
        with pytest.raises(mk.UnsupportedGameError, match="symmetric"):
            ask("matching_pennies")
    with pytest.raises(mk.InvalidOptionError, match="mutation is 2"):
        mk.dynamics("hawk_dove", "moran", mutation=2)
