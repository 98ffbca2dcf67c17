"""Nash averaging of populations: exact payoffs of poker policies, with copies and rounding."""

import functools

import numpy as np
import pytest
from scipy.optimize import linprog

import marl_kit as mk
from marl_kit.games.load import load_game

LARGEST = 2.0  # chips in Kuhn poker


@functools.cache
def kuhn():
    """The sequence form and the first player's payoffs."""
    form = load_game("kuhn_poker").sequence_form()
    return form, form.payoff_matrix(0).toarray()


def pool(seed, count):
    """Payoffs of policies of both seats, float64 [n, n], and whose copy each is, int64 [n]."""
    rng = np.random.default_rng(seed)
    form, payoffs = kuhn()
    plans = np.ones((count, form.num_sequences))
    for plan in plans:
        pure = rng.random() < 0.7
        for first, n, parent in zip(
            form.first_sequence, form.num_actions, form.parent_sequence, strict=True
        ):
            mixture = np.eye(n)[rng.integers(n)] if pure else rng.dirichlet(np.ones(n))
            plan[first : first + n] = plan[parent] * mixture
    index = rng.permutation(np.r_[np.arange(count), rng.integers(0, count, count // 2)])
    cut = form.player_sequences[1]
    return (plans[:, :cut] @ payoffs @ plans[:, cut:].T)[np.ix_(index, index)], index


def antisymmetric(table):
    return (table - table.T) / 2


def noise(seed, n):
    """What sums of floats in another order would change."""
    return np.random.default_rng(seed).normal(scale=1e-17, size=(n, n))


def others_alive(table, weights):
    """How much weight an equilibrium can give to those that have none."""
    none = (weights == 0).astype(float)
    best = linprog(
        -none, A_ub=table, b_ub=np.zeros(len(table)), A_eq=np.ones((1, len(table))), b_eq=[1]
    )
    assert best.status == 0
    return -best.fun


def assert_copies_share(weights, index):
    for one in np.unique(index):
        assert np.ptp(weights[index == one]) < 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_rounding_of_the_payoffs_changes_no_weight(seed):
    """Twelve digits, as they come from a table of exact payoffs, or noise of 1e-17."""
    table, index = pool(seed, 6 + 3 * seed)
    plain = antisymmetric(table)
    weights = mk.nash_average(plain).weights
    assert_copies_share(weights, index)
    assert others_alive(plain, weights) < 1e-6
    rounded = antisymmetric(np.round(table, 12))
    noisy = antisymmetric(table + noise(seed, len(table)))
    for other in (rounded, noisy, 0.5 + noisy / (2 * LARGEST)):
        average = mk.nash_average(other)
        assert average.weights == pytest.approx(weights, abs=1e-8)
        assert average.nash_conv < 1e-10
        assert_copies_share(average.weights, index)


@pytest.mark.parametrize("seed", range(4))
def test_one_seat_against_the_other(seed):
    table, index = pool(seed, 12)
    plain = mk.nash_average(table, tasks=True)
    for other in (np.round(table, 12), table + noise(seed, len(table))):
        average = mk.nash_average(other, tasks=True)
        assert average.nash_conv < 1e-10
        assert average.weights == pytest.approx(plain.weights, abs=1e-8)
        assert average.task_weights == pytest.approx(plain.task_weights, abs=1e-8)
        assert_copies_share(average.weights, index)
        assert_copies_share(average.task_weights, index)


@pytest.mark.parametrize("small", [0.25, 1e-7])
def test_copies_of_the_best_do_not_play_for_dust(small):
    """Payoffs of 1e-17 among them would be a game of its own; ``small`` tries both arithmetics."""
    scores = np.array([1, 1, 1, 0.5, small, 0])
    table = np.subtract.outer(scores, scores)
    average = mk.nash_average(table + antisymmetric(noise(0, 6)))
    assert average.weights == pytest.approx([1 / 3] * 3 + [0] * 3, abs=1e-14)
    assert average.ratings == pytest.approx(scores - 1)


def test_an_agent_that_ties_with_all_that_matter():
    """Its row has only zeros, and what rounding left of the value is no gain."""
    inner = np.array([[0, -1.1, 2.7], [1.1, 0, -3.3], [-2.7, 3.3, 0]])
    table = np.zeros((4, 4))
    table[:3, :3] = inner
    average = mk.nash_average(table)
    weights = mk.nash_average(inner).weights
    assert average.weights[3] > 0
    assert average.weights[:3] / average.weights[:3].sum() == pytest.approx(weights)
