"""The elimination: plain, by panels and scaled, against Fractions."""

from fractions import Fraction

import numpy as np
import pytest

from marl_kit.solve.meta_games import stationary as module
from marl_kit.solve.meta_games.stationary import limit_distribution, stationary
from tests.reference import meta_games as slow


def random_chain(rng, n, density=1.0):
    chain = rng.integers(1, 1000, (n, n)) * (rng.random((n, n)) < density)
    np.fill_diagonal(chain, 0)
    chain[np.arange(n), (np.arange(n) + 1) % n] = 1  # a cycle through all states: irreducible
    return chain


def logs(chain):
    with np.errstate(divide="ignore"):
        return np.log(chain.astype(float))


@pytest.mark.parametrize("density", [1.0, 0.1])
@pytest.mark.parametrize("n", [1, 2, 5, 13])
@pytest.mark.parametrize("scaled", [False, True])
def test_against_fractions(n, density, scaled, monkeypatch):
    if scaled:
        monkeypatch.setattr(module, "GENTLE", np.inf)
    chain = random_chain(np.random.default_rng(n), n, density)
    expected = slow.stationary([[Fraction(int(x)) for x in row] for row in chain])
    assert stationary(logs(chain)) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("n", [48, 49, 97, 150])
def test_panels_and_scaled_numbers_agree(n, monkeypatch):
    chain = logs(random_chain(np.random.default_rng(n), n, 0.3))
    plain = stationary(chain)
    monkeypatch.setattr(module, "GENTLE", np.inf)
    assert stationary(chain) == pytest.approx(plain, rel=1e-11)
    rate = np.exp(chain)
    flow = plain @ (rate - np.diag(rate.sum(axis=1)))
    assert np.abs(flow).max() < 1e-9


def test_no_number_is_too_small():
    """A birth-death chain has pi in the ratio of its rates (detailed balance)."""
    down, n = -5000.0, 40
    chain = np.full((n, n), -np.inf)
    chain[np.arange(n - 1), np.arange(1, n)] = -3000.0
    chain[np.arange(1, n), np.arange(n - 1)] = down
    pi = stationary(chain)
    assert pi[-1] == 1
    assert np.all(pi[:-1] == 0)
    chain[np.arange(n - 1), np.arange(1, n)] = down - np.log(2)
    assert stationary(chain) == pytest.approx(0.5 ** np.arange(n) / (2 - 0.5 ** (n - 1)), rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_leading_orders_against_all_trees(seed):
    rng = np.random.default_rng(seed)
    n = 5
    order = rng.integers(0, 3, (n, n)).astype(float)
    weight = rng.integers(1, 5, (n, n))
    order[rng.random((n, n)) < 0.4] = np.inf
    order[np.arange(n), (np.arange(n) + 1) % n] = 2
    listed = [[None if x == np.inf else int(x) for x in row] for row in order]
    expected = slow.limit(listed, [[Fraction(int(x)) for x in row] for row in weight])
    assert limit_distribution(order, weight.astype(float)) == pytest.approx(expected, abs=1e-13)
